"""`event.from` and `get_all_records`, decoded where they arrive: in the thread, a record at a time."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import msgspec

from data.changes import Event, Operation
from data.decode import KIND_BY_NAME, Sharing, decode
from data.objects import Message
from data.types import Ref, XapiObject
from xo_dash.xapi.breath import breathe
from xo_dash.xapi.codec import Codec, Envelope, decode_json, decode_xml
from xo_dash.xapi.errors import BadReply
from xo_dash.xapi.session import XapiSession
from xo_dash.xapi.wire import LIMIT, Body

log = logging.getLogger(__name__)

BREATH = 50
"""Records decoded between two looks whether it is the loop's turn: a fraction of a millisecond."""
MANY = 1000
"""Rows of a batch from which on it pays to have equal values once."""
MARGIN = 10.0
"""Seconds a reply may take beyond the time that the server waits for events."""
FIRST_STATE_TIMEOUT = 300.0

FEW, USUAL_RECORD = 1000, 16 << 10
"""Rows that are always read, and bytes of one: a VM with all there is to say of it has half of that."""
MOST_OF_A_RECORD = 1 << 20
"""Bytes of one record; the certificates of a pool may fill a third of that."""

MOST_OF_A_TOKEN = 64

X = TypeVar("X", bound=XapiObject)
Record = msgspec.Raw | Mapping[str, Any]


class Token(NamedTuple):
    """How far we have read: generations of the database and of the messages, which are kept apart from it."""

    database: int = 0
    messages: int = 0

    def __str__(self) -> str:
        return f"{self.database:020d},{self.messages:020d}" if self.database or self.messages else ""

    @classmethod
    def parse(cls, text: str) -> Token:
        """Raises BadReply."""
        try:
            database, messages = text[:MOST_OF_A_TOKEN].split(",")
            return cls(int(database), int(messages))
        except ValueError as error:
            raise BadReply(f"no token: {text[:80]!r}") from error


START = Token()


@dataclass(frozen=True, slots=True)
class Batch:
    """What happened since a token."""

    events: list[Event]
    token: Token
    counts: Mapping[type[XapiObject], int]  # rows the server has, of the classes it counts (all but messages)


class _Event(msgspec.Struct):
    ref: str
    class_: str = msgspec.field(name="class")
    operation: str
    snapshot: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Events(msgspec.Struct):
    events: list[_Event]
    token: str
    valid_ref_counts: dict[str, int] = {}


_EVENTS: msgspec.json.Decoder[Envelope[_Events]] = msgspec.json.Decoder(Envelope[_Events], strict=False)
_RECORD: msgspec.json.Decoder[Envelope[msgspec.Raw]] = msgspec.json.Decoder(Envelope[msgspec.Raw])
_RECORDS: msgspec.json.Decoder[Envelope[dict[str, msgspec.Raw]]] = msgspec.json.Decoder(Envelope[dict[str, msgspec.Raw]])


def fetch(
    session: XapiSession,
    kinds: Iterable[type[XapiObject]],
    token: Token,
    timeout: float,
    turn: AbstractContextManager[object] | None = None,
    sharing: Sharing | None = None,
) -> Batch:
    """What happened to `kinds` since `token`, after waiting for it up to `timeout` seconds; all there is for START.

    `turn`: held while a first state is decoded. `sharing`: of all portions of one. Raises XapiError.
    """
    classes = [kind.xapi_class.lower() for kind in kinds]
    patience = FIRST_STATE_TIMEOUT if token.database == 0 else timeout + MARGIN
    codec, body = session.exchange("event.from", (session.handle, classes, str(token), float(timeout)), patience, LIMIT)
    with turn if turn is not None and not token.database else nullcontext():
        return _batch(codec, body, sharing)


def _batch(codec: Codec, body: Body, sharing: Sharing | None) -> Batch:
    reply = decode_json(_EVENTS, body) if codec is Codec.JSON else _events_of(decode_xml(body))
    counts = {KIND_BY_NAME[name]: count for name, count in reply.valid_ref_counts.items() if name in KIND_BY_NAME}
    counts.pop(Message, None)  # a real xapi has no such table
    decoded = list(_decoded(reply.events, Sharing() if sharing is None and len(reply.events) > MANY else sharing))
    return Batch(decoded, Token.parse(reply.token), counts)


def fetch_records(session: XapiSession, kind: type[XapiObject], about: int = 0) -> list[Event]:
    """Every object of `kind` as it is now, of which there are `about` so many. Raises XapiError."""
    limit = min(LIMIT, (about + FEW) * USUAL_RECORD)
    codec, body = session.exchange(f"{kind.xapi_class}.get_all_records", (session.handle,), FIRST_STATE_TIMEOUT, limit)
    return [
        Event(kind, Operation.ADD, Ref(ref), row)
        for number, (ref, record) in enumerate(_records(codec, body).items())
        if (row := _row(kind, Ref(ref), record, number)) is not None
    ]


def fetch_few(session: XapiSession, kind: type[X]) -> list[X]:
    """Every object of a class that has few. Raises XapiError."""
    codec, body = session.exchange(f"{kind.xapi_class}.get_all_records", (session.handle,))
    return [_needed(kind, Ref(ref), record) for ref, record in _records(codec, body).items()]


def fetch_row(session: XapiSession, kind: type[X], ref: Ref) -> X:
    """One object. Raises XapiError."""
    codec, body = session.exchange(f"{kind.xapi_class}.get_record", (session.handle, ref))
    return _needed(kind, ref, decode_json(_RECORD, body) if codec is Codec.JSON else decode_xml(body))


def _records(codec: Codec, body: Body) -> dict[str, Any]:
    """{ref: Record}"""
    return decode_json(_RECORDS, body) if codec is Codec.JSON else _mapping(decode_xml(body))


def _needed(kind: type[X], ref: Ref, record: Record) -> X:
    row = _row(kind, ref, record, 0)
    if row is None:
        raise BadReply(f"not a record of class {kind.xapi_class}")
    return row


class _XmlEvent(msgspec.Struct):
    ref: str
    class_: str = msgspec.field(name="class")
    operation: str
    snapshot: Any = msgspec.UNSET


class _XmlEvents(msgspec.Struct):
    events: list[_XmlEvent]
    token: str
    valid_ref_counts: dict[str, int] = {}


_XML_EVENTS: msgspec.json.Decoder[_XmlEvents] = msgspec.json.Decoder(_XmlEvents)  # before there are threads, as in `data.decode`


def _events_of(value: Any) -> _XmlEvents:
    try:
        return msgspec.convert(value, _XML_EVENTS.type, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadReply(f"not a reply of XAPI's: {error}") from error


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadReply("not a reply of XAPI's: no records")
    return value


def _decoded(events: Iterable[_Event | _XmlEvent], sharing: Sharing | None) -> Iterator[Event]:
    for number, event in enumerate(events):
        kind = KIND_BY_NAME.get(event.class_)
        if kind is None:
            continue
        ref = Ref(event.ref)
        if event.operation == Operation.DEL:
            yield Event(kind, Operation.DEL, ref, None)
        elif event.snapshot is not msgspec.UNSET and (row := _row(kind, ref, event.snapshot, number)) is not None:
            if sharing is not None:
                sharing.share(row)  # at once: what it frees, the next row takes
            yield Event(kind, Operation.ADD if event.operation == Operation.ADD else Operation.MOD, row.ref, row)


def _row(kind: type[X], ref: Ref, record: Record, number: int) -> X | None:
    """The object, or None for a record that cannot be read at all: one must not keep the others away."""
    if number % BREATH == BREATH - 1:
        breathe()
    if len(record) <= MOST_OF_A_RECORD:  # of a mapping, which was read already, a number that is always less
        with suppress(*_UNREADABLE):
            return decode(kind, ref, record)
        with suppress(*_UNREADABLE):
            return decode(kind, ref, _mended(record))
    log.warning("a record of class %s cannot be read: %.100s", kind.xapi_class, ref)
    return None


_UNREADABLE = (msgspec.DecodeError, ValueError, ArithmeticError, TypeError, RecursionError)


def _mended(record: Record) -> bytes:
    """The record without what is no text in it: bytes that are not UTF-8, as in a name of old, and halves of characters."""
    told = json.loads(bytes(record).decode("utf-8", "replace")) if isinstance(record, msgspec.Raw) else record
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
