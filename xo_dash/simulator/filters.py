"""The expressions of get_all_records_where: `field "name__label" = "x" and not (field "is_a_template" = "true")`.

As xapi's own little parser has it: `and` and `or` bind alike, from the left; `not` takes everything that follows.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator

from .classes.sexpr import as_text, column
from .database import Record
from .errors import XapiError

Predicate = Callable[[str, Record], bool]
Value = Callable[[str, Record], str]
TOKENS = re.compile(r'[ \t\n]*(?:(?P<string>"[^"]*")|(?P<word>field|not|and|or|true|false)|(?P<mark>[()=]))')
JOINED: dict[str, Callable[[bool, bool], bool]] = {"and": operator.and_, "or": operator.or_}


def parse(text: str, cls: str) -> Predicate:
    """For records of `cls`. INVALID_VALUE if it is no expression."""
    predicate, rest = _expression(text, cls, list(_tokens(text)))
    if rest:
        raise refused(text)
    return predicate


def refused(text: str, why: str = "Stdlib.Parsing.Parse_error") -> XapiError:
    return XapiError("INVALID_VALUE", text, why)


def _tokens(text: str) -> Iterator[str]:
    at, end = 0, len(text.rstrip(" \t\n"))
    while at < end:
        found = TOKENS.match(text, at)
        if not found:
            raise refused(text, 'Failure("lexing: empty token")')
        at = found.end()
        yield found["string"] or found["word"] or found["mark"]


def _expect(text: str, tokens: list[str], wanted: str) -> list[str]:
    if tokens[:1] != [wanted]:
        raise refused(text)
    return tokens[1:]


def _expression(text: str, cls: str, tokens: list[str]) -> tuple[Predicate, list[str]]:
    left, tokens = _operand(text, cls, tokens)
    while tokens and tokens[0] in JOINED:
        join = JOINED[tokens[0]]
        right, tokens = _operand(text, cls, tokens[1:])
        left = _joined(join, left, right)
    return left, tokens


def _joined(join: Callable[[bool, bool], bool], left: Predicate, right: Predicate) -> Predicate:
    return lambda ref, record: join(left(ref, record), right(ref, record))


def _operand(text: str, cls: str, tokens: list[str]) -> tuple[Predicate, list[str]]:
    match tokens[:1]:
        case ["not"]:
            inner, rest = _expression(text, cls, tokens[1:])
            return lambda ref, record: not inner(ref, record), rest
        case ["("]:
            inner, rest = _expression(text, cls, tokens[1:])
            return inner, _expect(text, rest, ")")
        case ["true" | "false" as word]:
            return lambda ref, record: word == "true", tokens[1:]
    left, tokens = _value(text, cls, tokens)
    right, tokens = _value(text, cls, _expect(text, tokens, "="))
    return lambda ref, record: left(ref, record) == right(ref, record), tokens


def _value(text: str, cls: str, tokens: list[str]) -> tuple[Value, list[str]]:
    match tokens[:2]:
        case ["field", name] if name[0] == '"':
            return _field(cls, name[1:-1]), tokens[2:]
        case [literal, *_] if literal[0] == '"':
            return lambda ref, record: literal[1:-1], tokens[1:]
    raise refused(text)


def _field(cls: str, wanted: str) -> Value:
    """A column of the database, whose names are not quite those of the fields. Who asks for another is told when it is looked at."""

    name = wanted.replace("__", "_")

    def read(ref: str, record: Record) -> str:
        if wanted in ("_ref", "ref"):
            return ref
        if name not in record or column(cls, name) != wanted:
            raise XapiError("INTERNAL_ERROR", "missing field", wanted, "")
        return as_text(record[name])

    return read
