"""The two ways to write a call down, and to read what comes back: JSON-RPC 2.0 and XML-RPC.

What they give is the same but for numbers, which XML-RPC has as strings; `data.decode` reads both.
"""

from __future__ import annotations

import itertools
import re
import threading
import xmlrpc.client
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar
from xml.parsers.expat import ExpatError

import msgspec

from xo_dash.xapi.breath import breathe
from xo_dash.xapi.errors import BadReply, failure
from xo_dash.xapi.wire import Body

T = TypeVar("T")
PIECE = 1 << 16


class Codec(StrEnum):
    JSON = "json"
    XML = "xml"

    @property
    def path(self) -> str:
        return "/jsonrpc" if self is Codec.JSON else "/RPC2"

    @property
    def content_type(self) -> str:
        return "application/json" if self is Codec.JSON else "text/xml"


class Envelope(msgspec.Struct, Generic[T]):
    """A JSON-RPC reply; `error` is an object, or a plain list from a host that is still booting."""

    result: T | msgspec.UnsetType = msgspec.UNSET
    error: msgspec.Raw = msgspec.Raw(b"null")


class _Error(msgspec.Struct):
    message: str
    data: list[Any] = []


_ERROR = msgspec.json.Decoder(_Error)  # before there are threads, as in `data.decode`
_MAKING = threading.Lock()
"""Held while a decoder is made: see `data.decode`."""
_numbers = itertools.count(1)


def encode(codec: Codec, method: str, params: Sequence[Any]) -> bytes:
    """The body of a call."""
    if codec is Codec.JSON:
        return msgspec.json.encode({"jsonrpc": "2.0", "id": next(_numbers), "method": method, "params": params})
    text = xmlrpc.client.dumps(tuple(_in_xml(param) for param in params), method)
    return text.encode("utf-8", "xmlcharrefreplace")


def _in_xml(value: Any) -> Any:
    """Whole numbers as text: XAPI's have 64 bits, XML-RPC's 32."""
    match value:
        case bool() | str() | float():
            return value
        case int():
            return str(value)
        case dict():
            return {str(key): _in_xml(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_in_xml(item) for item in value]
        case _:
            return value


def decode(codec: Codec, body: Body, kind: type[T]) -> T:
    """The result, which is of `kind`. Raises XapiFailure, BadReply."""
    if codec is Codec.JSON:
        decoder: msgspec.json.Decoder[Envelope[T]] = _decoder(kind)  # type: ignore[arg-type]  # a class is hashable
        return decode_json(decoder, body)
    try:
        return msgspec.convert(decode_xml(body), kind, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadReply(f"not a reply of XAPI's: {error}") from error


@cache
def _decoder(kind: Any) -> Any:
    with _MAKING:
        return msgspec.json.Decoder(Envelope[kind], strict=False)


def decode_json(decoder: msgspec.json.Decoder[Envelope[T]], body: Body) -> T:
    """The result. Raises XapiFailure, BadReply."""
    try:
        try:
            envelope = decoder.decode(body)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError):
            envelope = decoder.decode(_mended(body))
        if bytes(envelope.error) != b"null":
            raise failure(_details(msgspec.json.decode(envelope.error)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"not a reply of XAPI's: {error}") from error
    if envelope.result is msgspec.UNSET:
        raise BadReply("neither a result nor an error")
    return envelope.result


MENDABLE = 32 << 20
"""Bytes of the largest reply that is read in spite of what is no JSON in it; as text it takes up to four times as much."""

# possessive, and a string without an end goes on to the end of the text: nothing is looked at twice, whatever the text is
_STRING_OR_NAN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|-?\b(?:NaN|nan|Infinity|inf)\b', re.DOTALL)
_ESCAPED = re.compile(rb"\\\\|\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u[dD][89a-fA-F]\w\w")
HALF = len(r"\ud83d")


def _mended(body: Body) -> bytes:
    """Without what is no JSON in it: a real task's progress may be NaN, written as a bare word; names may have halves of characters.

    In a time that grows with its length alone. Raises BadReply for what is too large.
    """
    if len(body) > MENDABLE:
        raise BadReply(f"not JSON, and {len(body)} bytes are more than we mend")
    text = bytes(body).decode("utf-8", "replace").encode()
    text = _STRING_OR_NAN.sub(lambda found: found[0] if found[0].startswith(b'"') else b"null", text)
    return _ESCAPED.sub(lambda found: rb"\ufffd" if len(found[0]) == HALF else found[0], text)


def _details(error: Any) -> list[str]:
    """[code, argument ...] of either shape."""
    if isinstance(error, list):
        return [str(one) for one in error]
    told = msgspec.convert(error, _ERROR.type)
    return [told.message, *(str(one) for one in told.data)]


def decode_xml(body: Body) -> Any:
    """The result. Raises XapiFailure, BadReply."""
    reader = _Reader(use_datetime=False)
    parser = xmlrpc.client.ExpatParser(reader)
    parser._parser.buffer_text = True  # type: ignore[attr-defined]  # or each line of a text would be an object
    try:
        for at in range(0, len(body), PIECE):
            parser.feed(bytes(body[at : at + PIECE]))
            breathe()
        parser.close()
        (envelope,) = reader.close()
    except xmlrpc.client.Fault as fault:
        raise failure([str(fault.faultString)]) from None
    except (ExpatError, xmlrpc.client.Error, ValueError, ArithmeticError, TypeError, LookupError, AttributeError) as error:
        raise BadReply(f"not a reply of XAPI's: {error}") from error
    match envelope:
        case {"Status": "Success", "Value": value}:
            return value
        case {"Status": "Failure", "ErrorDescription": [*details]}:
            raise failure([str(one) for one in details])
        case list():
            return envelope  # system.listMethods alone has no envelope
        case _:
            raise BadReply("neither a result nor an error")


def _date(reader: xmlrpc.client.Unmarshaller, data: str) -> None:
    reader.append(data)
    reader._value = False


class _Reader(xmlrpc.client.Unmarshaller):
    """Dates stay the text they are, as in JSON."""

    dispatch = {**xmlrpc.client.Unmarshaller.dispatch, "dateTime.iso8601": _date}  # noqa: RUF012  # as its base has it
