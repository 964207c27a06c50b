"""`event.from` and `get_all_records`, decoded where they arrive: in the thread, a record at a time."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from data.decode import KIND_BY_NAME, Sharing, decode
from data.mirror import Event, Operation
from data.objects import Message
from data.types import Ref, XapiObject
from xo_dash.xapi.codec import Codec, Envelope, decode_json, decode_xml
from xo_dash.xapi.errors import BadReply
from xo_dash.xapi.session import Session

log = logging.getLogger(__name__)

BREATH = 50
"""Records decoded before the loop may have the interpreter's lock: less than a millisecond."""
MANY = 1000
"""Rows of a batch from which on it pays to have equal values once."""
MARGIN = 10.0
"""Seconds a reply may take beyond the time that the server waits for events."""
FIRST_STATE_TIMEOUT = 300.0

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
            database, messages = text.split(",")
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
_RECORDS: msgspec.json.Decoder[Envelope[dict[str, msgspec.Raw]]] = msgspec.json.Decoder(Envelope[dict[str, msgspec.Raw]])


def fetch(session: Session, kinds: Iterable[type[XapiObject]], token: Token, timeout: float) -> Batch:
    """What happened to `kinds` since `token`, after waiting for it up to `timeout` seconds; all there is for START.

    Raises XapiError.
    """
    classes = [kind.xapi_class.lower() for kind in kinds]
    patience = FIRST_STATE_TIMEOUT if token.database == 0 else timeout + MARGIN
    codec, body = session.exchange("event.from", (session.handle, classes, str(token), float(timeout)), patience)
    reply = decode_json(_EVENTS, body) if codec is Codec.JSON else _events_of(decode_xml(body))
    counts = {KIND_BY_NAME[name]: count for name, count in reply.valid_ref_counts.items() if name in KIND_BY_NAME}
    counts.pop(Message, None)  # a real xapi has no such table
    sharing = Sharing() if len(reply.events) > MANY else None
    decoded = list(_decoded(reply.events, sharing))
    return Batch(decoded, Token.parse(reply.token), counts)


def fetch_records(session: Session, kind: type[XapiObject]) -> list[Event]:
    """Every object of `kind` as it is now. Raises XapiError."""
    codec, body = session.exchange(f"{kind.xapi_class}.get_all_records", (session.handle,), FIRST_STATE_TIMEOUT)
    records: dict[str, Any] = {}  # its values are of type Record
    records.update(decode_json(_RECORDS, body) if codec is Codec.JSON else _mapping(decode_xml(body)))
    return [
        Event(kind, Operation.ADD, Ref(ref), row)
        for number, (ref, record) in enumerate(records.items())
        if (row := _row(kind, Ref(ref), record, number)) is not None
    ]


class _XmlEvent(msgspec.Struct):
    ref: str
    class_: str = msgspec.field(name="class")
    operation: str
    snapshot: Any = msgspec.UNSET


class _XmlEvents(msgspec.Struct):
    events: list[_XmlEvent]
    token: str
    valid_ref_counts: dict[str, int] = {}


def _events_of(value: Any) -> _XmlEvents:
    try:
        return msgspec.convert(value, _XmlEvents, strict=False)
    except msgspec.ValidationError as error:
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
            yield Event(kind, Operation.ADD if event.operation == Operation.ADD else Operation.MOD, ref, row)


def _row(kind: type[XapiObject], ref: Ref, record: Record, number: int) -> XapiObject | None:
    """The object, or None for a record that cannot be read at all: one must not keep the others away."""
    if number % BREATH == 0:
        time.sleep(0)
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return decode(kind, ref, record)
    with suppress(ValueError, RecursionError, TypeError):
        return decode(kind, ref, _mended(record))
    log.warning("a record of class %s cannot be read: %s", kind.xapi_class, ref)
    return None


def _mended(record: Record) -> bytes:
    """The record without what is no text in it: bytes that are not UTF-8, as in a name of old, and halves of characters."""
    told = json.loads(bytes(record).decode("utf-8", "replace")) if isinstance(record, msgspec.Raw) else record
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
