"""The expressions of get_all_records_where: `field "name__label" = "x" and not (field "is_a_template" = "true")`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from .database import Record
from .errors import XapiError

Predicate = Callable[[str, Record], bool]
TOKENS = re.compile(
    r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')|(?P<word>field|not|and|or|true|false)\b|(?P<mark>[()=]))', re.IGNORECASE
)


def parse(text: str) -> Predicate:
    """INVALID_VALUE if it is no expression."""
    tokens = list(_tokens(text))
    predicate, rest = _either(text, tokens)
    if rest:
        raise XapiError("INVALID_VALUE", text, "Stdlib.Parsing.Parse_error")
    return predicate


def _tokens(text: str) -> Iterator[str]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = TOKENS.match(text, at)
        if not found:
            raise XapiError("INVALID_VALUE", text, 'Failure("lexing: empty token")')
        at = found.end()
        yield found["string"] or (found["word"] or found["mark"]).lower()


def _expect(text: str, tokens: list[str], wanted: str) -> list[str]:
    if not tokens or tokens[0] != wanted:
        raise XapiError("INVALID_VALUE", text, "Stdlib.Parsing.Parse_error")
    return tokens[1:]


def _either(text: str, tokens: list[str]) -> tuple[Predicate, list[str]]:
    left, tokens = _both(text, tokens)
    while tokens and tokens[0] == "or":
        right, tokens = _both(text, tokens[1:])
        left = _or(left, right)
    return left, tokens


def _both(text: str, tokens: list[str]) -> tuple[Predicate, list[str]]:
    left, tokens = _one(text, tokens)
    while tokens and tokens[0] == "and":
        right, tokens = _one(text, tokens[1:])
        left = _and(left, right)
    return left, tokens


def _one(text: str, tokens: list[str]) -> tuple[Predicate, list[str]]:
    if not tokens:
        raise XapiError("INVALID_VALUE", text, "Stdlib.Parsing.Parse_error")
    head = tokens[0]
    if head == "not":
        inner, rest = _one(text, tokens[1:])
        return lambda ref, record: not inner(ref, record), rest
    if head == "(":
        inner, rest = _either(text, tokens[1:])
        return inner, _expect(text, rest, ")")
    if head in ("true", "false"):
        return lambda ref, record: head == "true", tokens[1:]
    left, tokens = _value(text, tokens)
    right, tokens = _value(text, _expect(text, tokens, "="))
    return lambda ref, record: left(ref, record) == right(ref, record), tokens


def _value(text: str, tokens: list[str]) -> tuple[Callable[[str, Record], str], list[str]]:
    if tokens[:1] == ["field"] and len(tokens) > 1 and tokens[1][:1] in "\"'":
        column = tokens[1][1:-1]
        name = column.replace("__", "_")

        def read(ref: str, record: Record) -> str:
            if column in ("_ref", "ref"):
                return ref
            if name not in record:
                raise XapiError("INVALID_VALUE", text, f'DBCache_NotFound("missing column","{column}","")')
            return as_text(record[name])

        return read, tokens[2:]
    if tokens and tokens[0][:1] in "\"'":
        constant = re.sub(r"\\(.)", r"\1", tokens[0][1:-1])
        return lambda ref, record: constant, tokens[1:]
    raise XapiError("INVALID_VALUE", text, "Stdlib.Parsing.Parse_error")


def as_text(value: Any) -> str:
    """A value as the database file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "(" + " ".join(f"'{as_text(item)}'" for item in value) + ")"
    if isinstance(value, dict):
        return "(" + " ".join(f"('{k}' '{as_text(v)}')" for k, v in value.items()) + ")"
    return str(value)


def _or(left: Predicate, right: Predicate) -> Predicate:
    return lambda ref, record: left(ref, record) or right(ref, record)


def _and(left: Predicate, right: Predicate) -> Predicate:
    return lambda ref, record: left(ref, record) and right(ref, record)
