"""The catalogues of messages: collect, update, compile. `make messages` runs this file; a test asks it what is missing."""

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from xo_dash.i18n import CATALOGUES, DOMAIN, LOCALES

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = ("xo_dash", "pages", "components", "data")
KEYWORDS: Final = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
TRANSLATED: Final = tuple(language for language in LOCALES if language != "en")


def source() -> Catalog:
    """All messages of the program, without translations."""
    catalog = Catalog(project="xo-dash", charset="utf-8")
    for package in PACKAGES:
        for _file, _line, message, comments, context in extract_from_dir(
            str(ROOT / package), method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=("i18n:",), strip_comment_tags=True
        ):
            catalog.add(message, None, [], auto_comments=comments, context=context)
    return catalog


def po_file(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def stored(language: str) -> Catalog:
    """The catalogue of `language` as it is in the repository."""
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def compiled(catalog: Catalog) -> bytes:
    """The .mo file of `catalog`, the same bytes at any time; what is not translated stays out of it, and is read in English."""
    for message in list(catalog):
        if message.id and not translated(message.string):
            catalog.delete(message.id, message.context)
    catalog.creation_date = catalog.revision_date = EPOCH
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def update() -> Iterator[str]:
    """Bring every catalogue up to date, and say in a line each what is left to translate."""
    template = source()
    for language in TRANSLATED:
        path = po_file(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = stored(language) if path.exists() else Catalog(locale=language, domain=DOMAIN)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        text = io.BytesIO()
        write_po(text, catalog, no_location=True, sort_output=True, omit_header=False, width=130)
        path.write_bytes(_without_dates(text.getvalue()))
        path.with_suffix(".mo").write_bytes(compiled(stored(language)))
        missing = [message.id for message in catalog if message.id and not translated(message.string)]
        yield f"{language}: {len(catalog)} messages, {len(missing)} to translate"
        yield from (f"  {message!r}" for message in missing)


def translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Whether a translation is there, in all its plural forms."""
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _without_dates(text: bytes) -> bytes:
    """A header without times: two updates of the same messages are the same file."""
    drop = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator', b'"Language-Team', b'"Generated-By', b'"Report-Msgid', b"#")
    head, gap, rest = text.partition(b"\n\n")
    lines = [line for line in head.splitlines() if not line.startswith(drop)]
    return b"\n".join(lines) + gap + rest


if __name__ == "__main__":
    print(*update(), sep="\n")  # noqa: T201
