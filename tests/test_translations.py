"""Every sentence a person reads goes through gettext, and is there in every language."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog, Message

from tests import messages

SHOWN = {  # what these are called with first, a person reads
    "label", "button", "notify", "tooltip", "link", "tab", "expansion", "checkbox", "switch", "menu_item", "badge", "chip", "item",
    "item_label", "input", "textarea", "markdown", "page_title", "notification", "dropdown_button", "item_section", "radio_label",
}  # fmt: skip
ARGUMENTS = {"label", "text", "placeholder", "title", "caption", "message", "hint", "tooltip", "no_data_label"}
PROPS = re.compile(r"""\b(?:label|placeholder|title|hint|aria-label|alt)=(["']?)(\w[^"']*)\1""")
OUR_NAME = re.compile(r"\b(xo-dash|xo|dash)\b")
ABBREVIATION = re.compile(r"[A-Z0-9 /.,:%()+-]*")  # CPU, IP, MAC, 10 %: the same in every language


@pytest.fixture(scope="module")
def source() -> Catalog:
    return messages.source()


@pytest.fixture(params=messages.TRANSLATED)
def catalog(request: pytest.FixtureRequest) -> Catalog:
    return messages.stored(request.param)


def key(message: Message) -> tuple[object, object]:
    return message.context, message.id


def forms(texts: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts or ())


def fields(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def test_every_sentence_is_translated(source: Catalog, catalog: Catalog) -> None:
    done = {key(message) for message in catalog if messages.translated(message.string) and not message.fuzzy}
    missing = [message.id for message in source if message.id and key(message) not in done]
    assert not missing, f"run `make messages` and translate into {catalog.locale}: {missing}"


def test_nothing_is_translated_that_nobody_says(source: Catalog, catalog: Catalog) -> None:
    said = {key(message) for message in source}
    assert [message.id for message in catalog if message.id and key(message) not in said] == [], "run `make messages`"


def test_translations_have_the_fields_of_the_sentence(catalog: Catalog) -> None:
    for message in catalog:
        if message.id and messages.translated(message.string):
            wanted = {name for form in forms(message.id) for name in fields(form)}
            for form in forms(message.string):
                assert fields(form) == wanted, message.id


def test_plurals_have_all_forms(catalog: Catalog) -> None:
    for message in catalog:
        if isinstance(message.id, tuple | list):
            assert len(forms(message.string)) == catalog.num_plurals, message.id


@pytest.mark.parametrize("language", messages.TRANSLATED)
def test_the_compiled_catalogue_is_of_this_one(language: str) -> None:
    compiled = messages.po_file(language).with_suffix(".mo").read_bytes()
    assert compiled == messages.compiled(messages.stored(language)), "run `make messages`"


# ---- sentences that never came to gettext


def untranslated(code: str) -> Iterator[tuple[int, str]]:
    """Line and text of what a person would read in English only."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        shown = node.args[:1] if name in SHOWN else []
        shown += [keyword.value for keyword in node.keywords if keyword.arg in ARGUMENTS]
        yield from ((value.lineno, text) for value in shown for text in _sentences(value))
        if name == "props" and node.args and isinstance(node.args[0], ast.Constant):
            yield from ((node.lineno, found[1]) for found in PROPS.findall(str(node.args[0].value)) if not _same_everywhere(found[1]))


def _sentences(value: ast.expr) -> Iterator[str]:
    """The literal texts in `value`, through f-strings, sums and choices."""
    if isinstance(value, ast.Constant):
        if isinstance(value.value, str) and not _same_everywhere(value.value):
            yield value.value
    elif isinstance(value, ast.JoinedStr):
        for part in value.values:
            yield from _sentences(part)
    elif isinstance(value, ast.BinOp):
        yield from (text for side in (value.left, value.right) for text in _sentences(side))
    elif isinstance(value, ast.IfExp):
        yield from (text for side in (value.body, value.orelse) for text in _sentences(side))
    elif isinstance(value, ast.BoolOp):
        yield from (text for side in value.values for text in _sentences(side))


def _same_everywhere(text: str) -> bool:
    text = OUR_NAME.sub("", text)
    return not any(char.isalpha() for char in text) or ABBREVIATION.fullmatch(text) is not None


SOURCES = [file for package in ("pages", "components") for file in sorted((messages.ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(messages.ROOT)))
def test_a_page_says_nothing_past_gettext(file: Path) -> None:
    assert list(untranslated(file.read_text("utf-8"))) == []


def test_no_sentence_hides_in_a_formatted_text(source: Catalog) -> None:
    """What collects the sentences does not look into f"...", where one would be said in English for ever."""
    found = {
        call.args[0].value
        for package in ("pages", "components", "data", "xo_dash")
        for file in (messages.ROOT / package).rglob("*.py")
        for text in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("_", "N_", "ngettext")
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    assert found - {form for message in source for form in forms(message.id)} == set()


@pytest.mark.parametrize(
    "code",
    [
        "ui.label('Start')",
        "ui.button('Start', on_click=f)",
        "ui.label(f'{n} hosts')",
        "ui.label('On' if vm.on else _('Off'))",
        "ui.label('Host ' + name)",
        "x.tooltip('Start it')",
        "ui.input(label='Name')",
        "ui.input(placeholder='Filter')",
        "ui.notify('Done')",
        "x.props('dense placeholder=\"Find a VM\"')",
    ],
)
def test_the_guard_sees(code: str) -> None:
    assert list(untranslated(code))


@pytest.mark.parametrize(
    "code",
    ["ui.label(_('Start'))", "ui.label('–')", "ui.label('CPU')", "ui.button(icon='start')", "ui.label(vm.name)", "ui.label(f'{a} / {b}')"],
)
def test_the_guard_lets_pass(code: str) -> None:
    assert not list(untranslated(code))
