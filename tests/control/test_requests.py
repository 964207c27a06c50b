"""Requests: what plain values they are made of, and what is said where they cannot be."""

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xo_dash.control.actions import ACTIONS
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.requests.fields import InputKind, fields
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.sizes import parse_size, written_size
from xo_dash.control.requests.types import HostUuid, Lines, Name, Secret, Size, called, one_of
from xo_dash.i18n import using

GIB = 1 << 30


class Wish(Request, frozen=True, kw_only=True):
    """One field of each sort."""

    name: Annotated[Name, called("Name")]
    size: Annotated[Size, called("Size")] = GIB
    count: Annotated[int, msgspec.Meta(ge=1, le=64), called("Count")] = 1
    fast: Annotated[bool, called("Fast")] = True
    host: Annotated[HostUuid | None, called("Host")] = None
    password: Annotated[Secret | None, called("Password")] = None
    notes: Annotated[Lines, called("Notes")] = ""
    tags: list[str] = []  # noqa: RUF012  # msgspec copies it
    mode: Annotated[str, one_of({"None": "None", "DHCP": "DHCP"}), called("Mode")] = "None"


def wrong(**values: object) -> dict[str, str]:
    try:
        decode(Wish, values)
    except BadRequest as error:
        return {fault.field: str(fault.reason) for fault in error.faults}
    return {}


def test_fields_tell_how_they_are_asked_for() -> None:
    assert {field.name: field.entry.value for field in fields(Wish)} == {
        "name": "text", "size": "size", "count": "number", "fast": "switch", "host": "object", "password": "text",
        "notes": "text", "tags": "list", "mode": "choice",
    }  # fmt: skip
    assert {field.name for field in fields(Wish) if field.secret} == {"password"}


def test_texts_of_forms_and_flags_become_what_a_field_takes() -> None:
    made = decode(Wish, {"name": " web ", "size": "1,5 GiB", "count": "4", "fast": "no", "host": "", "tags": ["a"], "mode": "dhcp"})
    assert made == Wish(name="web", size=3 * GIB // 2, count=4, fast=False, tags=["a"], mode="DHCP")
    assert decode(Wish, {"name": "web", "size": 7, "fast": False}) == Wish(name="web", size=7, fast=False)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, {"name": "“Name” is missing"}),
        ({"name": "  "}, {"name": "“Name” is missing"}),
        ({"name": 5}, {"name": "it must be text"}),
        ({"name": "a\x00b"}, {"name": "only visible characters are allowed"}),
        ({"name": "\u200d"}, {"name": "only visible characters are allowed"}),
        ({"name": "👩\u200d💻 می\u200cخواهم"}, {}),
        ({"name": "x" * 256}, {"name": "it has at most 255 characters"}),
        ({"name": "a", "size": "much"}, {"size": "it must be a size, like 20 GiB"}),
        ({"name": "a", "size": "0"}, {"size": "it must be more than 0 and at most 1 PiB"}),
        ({"name": "a", "size": "-1"}, {"size": "it must be more than 0 and at most 1 PiB"}),
        ({"name": "a", "size": 1 << 60}, {"size": "it must be more than 0 and at most 1 PiB"}),
        ({"name": "a", "count": "x"}, {"count": "it must be a whole number"}),
        ({"name": "a", "count": 1.5}, {"count": "it must be a whole number"}),
        ({"name": "a", "count": "+5"}, {"count": "it must be a whole number"}),
        ({"name": "a", "count": "1e1"}, {"count": "it must be a whole number"}),
        ({"name": "a", "size": "٣ GiB"}, {"size": "it must be a size, like 20 GiB"}),
        ({"name": "a", "count": "٣"}, {"count": "it must be a whole number"}),
        ({"name": "a", "count": 0}, {"count": "it must be at least 1"}),
        ({"name": "a", "count": "65"}, {"count": "it must be at most 64"}),
        ({"name": "a", "fast": "perhaps"}, {"fast": "it must be yes or no"}),
        ({"name": "a", "notes": "a\x07b"}, {"notes": "only visible characters are allowed"}),
        ({"name": "a", "notes": "\ud800"}, {"notes": "only visible characters are allowed"}),
        ({"name": "a", "notes": "x" * 4001}, {"notes": "it has at most 4000 characters"}),
        ({"name": "a", "tags": 3}, {"tags": "it must be a list"}),
        ({"name": "a", "mode": "dhcp6"}, {"mode": "it must be one of these: None, DHCP"}),
        ({"name": "a", "colour": "b"},
         {"colour": "there is no field “colour”; the fields are: name, size, count, fast, host, password, notes, tags, mode"}),
        ({"fast": "perhaps", "count": 0}, {"name": "“Name” is missing", "count": "it must be at least 1", "fast": "it must be yes or no"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(values: dict[str, Any], said: dict[str, str]) -> None:
    assert wrong(**values) == said


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("1k", 1024),
        ("20 GiB", 20 * GIB),
        ("20GB", 20 * GIB),
        ("0.5 t", 512 * GIB),
        ("2\u202fGiB", 2 * GIB),
        ("1 parsec", "1 parsec"),
    ],
)
def test_sizes_are_of_1024(text: str, size: object) -> None:
    assert parse_size(text) == size
    assert not isinstance(size, int) or parse_size(written_size(size)) == size


def test_a_text_has_lines() -> None:
    assert decode(Wish, {"name": "web", "notes": " one\r\n\ttwo\n"}).notes == "one\n\ttwo"
    assert decode(Wish, {"name": "web", "notes": "  "}).notes == ""


def test_secrets_are_not_told() -> None:
    made = decode(Wish, {"name": "a", "password": "hunter2"})
    assert made.told()["password"] == "•••" and "hunter2" not in str(made.told())


class Part(Request, frozen=True, kw_only=True):
    """A part."""

    size: Annotated[Size, called("Size")]
    kind: Annotated[str, called("Kind"), one_of({"thin": "Thin", "thick": "Thick"})] = "thin"
    key: Annotated[Secret, called("Key")] = ""


class Whole(Request, frozen=True, kw_only=True):
    """Has parts."""

    parts: Annotated[tuple[Part, ...], called("Parts"), msgspec.Meta(max_length=2)] = ()
    one: Annotated[Part | None, called("One")] = None
    tags: Annotated[tuple[Name, ...], called("Tags")] = ()


def test_a_request_inside_of_another_has_its_faults_at_their_place() -> None:
    with pytest.raises(BadRequest) as told:
        decode(Whole, {"parts": [{"size": "1 GiB"}, {"size": "0", "kind": "wet"}], "one": {}})
    assert [fault.field for fault in told.value.faults] == ["parts.1.size", "parts.1.kind", "one.size"]
    made = decode(Whole, {"parts": '[{"size": "1,5 GiB", "key": "hunter2"}]', "one": None, "tags": "a, b"})
    assert made == Whole(parts=(Part(size=3 << 29, key="hunter2"),), tags=("a", "b"))
    assert "hunter2" not in str(made.told())
    for tags, said in (
        ([5], "it must be a list of strings"),
        (["a", "x" * 300], f"“{'x' * 40}” is too long: it has at most 255 characters"),
        ([""], "an entry is empty, or has characters that cannot be seen"),
    ):
        with pytest.raises(BadRequest) as told:
            decode(Whole, {"tags": tags})
        assert [str(fault.reason) for fault in told.value.faults] == [said]
    for wrong in ("[", "[" * 100_000, 3, [1], [{"size": "1G"}] * 3):
        with pytest.raises(BadRequest):
            decode(Whole, {"parts": wrong})


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20) | st.just("x" * 300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(values=st.dictionaries(st.sampled_from([field.name for field in fields(Wish)]) | st.just("colour"), anything, max_size=4))
def test_whatever_is_given_makes_a_request_or_sentences(values: dict[str, object]) -> None:
    for language in ("en", "ru"):
        with using(language):
            try:
                made = decode(Wish, values)
            except BadRequest as error:
                assert error.faults and all(
                    str(fault.reason) and "?" not in str(fault.reason).replace(fault.field, "") for fault in error.faults
                )
            else:
                assert decode(Wish, msgspec.to_builtins(made)) == made


@pytest.mark.parametrize("row", ACTIONS, ids=lambda row: row.id)
def test_every_request_has_a_schema_a_doc_and_titles(row: Any) -> None:
    schema = msgspec.json.schema(row.request)
    assert schema["$defs"][row.request.__name__]["description"]
    for field in row.fields:
        assert field.title != field.name, f"{row.id}: {field.name} has no title"
        assert field.entry is not InputKind.OBJECT or field.name in row.choices, f"{row.id}: {field.name} has no choices"
