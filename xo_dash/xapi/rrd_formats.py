"""What hosts write of their measurements, in JSON or XML: `/rrd_updates` and whole RRDs, read into rows of numbers.

A row has the size of the legend, times are moments, and there are no more rows than a host keeps: whatever is
computed with what is read here needs no bounds of its own.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeAlias, TypeVar
from xml.etree import ElementTree

import msgspec

from xo_dash.xapi.breath import breathe
from xo_dash.xapi.errors import BadReply, BadStatus
from xo_dash.xapi.wire import Body, Reply

Row: TypeAlias = "array[float]"
T = TypeVar("T")
_Text: TypeAlias = msgspec.Raw | bytes | bytearray

LIMIT: Final = 64 << 20
"""Bytes of the largest reply: ten minutes of a thousand VMs."""
NOTHING: Final = 500
"""The status of an answer that has no series in it."""
LARGEST: Final = 3e38
"""More than this is infinite in a row."""
SIGNED: Final = 3 if sys.byteorder == "little" else 0
"""Of the four bytes of a value that with its sign, which is the highest bit."""
MOST_ROWS: Final = 3000
"""Of one archive; the longest that a host keeps has 366."""
LATEST: Final = 1e11
"""Epoch seconds that no clock shows."""
MOST_OF_A_VALUE: Final = 64
"""Characters of a number with its quotes and comma, at most."""
MOST_OF_A_NAME: Final = 256
"""Characters of an entry of a legend, at most."""
DEPTH: Final = 16
PIECE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Legend:
    """Names of the values of each row: `FUNCTION:vm|host|sr:uuid:data source`."""

    key: int  # two of one key are equal; it means nothing to another process
    width: int  # how many there are
    entries: Sequence[str]

    def forgotten(self) -> Legend:
        """Without the names, which take much room: it still tells whether the next one is the same."""
        return replace(self, entries=())


@dataclass(slots=True)
class Export:
    """Samples as they come, each row of one time."""

    legend: Legend
    times: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    is_clean: bool = True
    """Whether every value can be: none is less than zero, without end or no number."""

    def add(self, t: float, values: Sequence[float]) -> None:
        fits = len(values) == self.legend.width and len(self.rows) < MOST_ROWS and 0 <= t < LATEST
        _check(fits, "measurements do not fit their legend")
        row = array("f", values)
        self.times.append(t)
        self.rows.append(row)
        # the bytes with signs are ASCII where none is set; and with NaN among them a sum is not less than anything
        self.is_clean = self.is_clean and row.tobytes()[SIGNED::4].isascii() and sum(values) < LARGEST


@dataclass(slots=True)
class Archive:
    cf: str = ""
    pdp_per_row: float = 0.0
    rows: list[Row] = field(default_factory=list)  # oldest first; each has a value of every source

    def add(self, row: Row, sources: int) -> None:
        _check(len(row) == sources and len(self.rows) < MOST_ROWS, "an archive that does not fit its sources")
        self.rows.append(row)


@dataclass(slots=True)
class Whole:
    """All archives of one object."""

    step: float = 0.0
    last_update: float = 0.0  # epoch seconds
    sources: list[str] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)


def export(reply: Reply, known: Legend | None = None) -> Export:
    """Of `/rrd_updates`. Raises BadReply; for a thread. Its legend is `known`, if that is the same."""
    return _read(reply, partial(_export_of_json, known), _export_of_xml)


def whole(reply: Reply) -> Whole:
    """Of `/vm_rrd` or `/host_rrd`. Raises BadReply; for a thread."""
    found = _read(reply, _whole_of_json, _whole_of_xml)
    lasts = (found.step, *(archive.pdp_per_row for archive in found.archives))
    _check(0 <= found.last_update < LATEST and all(0 < one < LATEST for one in lasts), "an archive of no time")
    return found


def block_of(rows: Iterable[Row]) -> Row:
    """All of them one after the other: of `n` values each, the column at a place is `block[place::n]`, without an object for each value."""
    block: Row = array("f")
    for row in rows:
        block.extend(row)
    return block


def _read(reply: Reply, of_json: Callable[[Body], T], of_xml: Callable[[Body], T]) -> T:
    if reply.status != 200:
        raise BadStatus(reply.status)
    try:
        return of_xml(reply.body) if reply.body[:PIECE].lstrip()[:1] == b"<" else of_json(reply.body)
    except (msgspec.DecodeError, ElementTree.ParseError, ValueError, RecursionError) as error:
        raise BadReply(f"measurements that are neither JSON nor XML: {error}") from error


def _check(true: bool, otherwise: str) -> None:
    if not true:
        raise BadReply(otherwise)


# ---- JSON


class _Meta(msgspec.Struct):
    legend: msgspec.Raw


class _RawExport(msgspec.Struct):
    meta: _Meta
    data: list[msgspec.Raw]


class _Row(msgspec.Struct):
    t: float
    values: list[float]


class _Source(msgspec.Struct):
    name: str


class _RawArchive(msgspec.Struct):
    cf: str
    pdp_per_row: float
    database: list[msgspec.Raw]


class _RawWhole(msgspec.Struct):
    step: float
    lastupdate: float
    ds: list[_Source]
    rra: list[_RawArchive]


# Not strict: the newer dialect has every number as a string. Row by row: ten minutes of 100 VMs at once would hold the loop for 40 ms.
_EXPORT = msgspec.json.Decoder(_RawExport, strict=False)
_WHOLE = msgspec.json.Decoder(_RawWhole, strict=False)
_ROW = msgspec.json.Decoder(_Row, strict=False)
_VALUES = msgspec.json.Decoder(list[float], strict=False)
_LEGEND = msgspec.json.Decoder(list[str])
_DATA: Final = re.compile(rb'"data"\s*:\s*\[')


def _export_of_json(known: Legend | None, body: Body) -> Export:
    head, rows = _in_portions(body)
    text = bytes(head.meta.legend)
    key = hash(text)
    legend = known if known is not None and known.key == key else _legend_of(key, _LEGEND.decode(text))
    made = Export(legend)
    for raw in rows:
        row = _part(_ROW, raw, legend.width)
        made.add(row.t, row.values)
    return made


def _in_portions(body: Body) -> tuple[_RawExport, Iterable[_Text]]:
    """What comes before the rows, and each row: no braces are within one. To look through megabytes at once would hold the loop."""
    data = _DATA.search(body)
    if data is not None and body[-16:].rstrip().endswith(b"]}"):
        with suppress(msgspec.DecodeError):
            return _EXPORT.decode(body[: data.end()] + b"]}"), _between_braces(body, data.end())
    outer = _lenient(_EXPORT, bytes(body))  # in another order
    return outer, outer.data


def _between_braces(body: Body, at: int) -> Iterator[bytes | bytearray]:
    while (begin := body.find(b"{", at)) >= 0:
        at = body.find(b"}", begin) + 1
        _check(at > 0, "a row without an end")
        yield body[begin:at]


def _legend_of(key: int, entries: Sequence[str]) -> Legend:
    return Legend(key, len(entries), entries)


def _whole_of_json(body: Body) -> Whole:
    outer = _lenient(_WHOLE, bytes(body))
    made = Whole(outer.step, outer.lastupdate, [source.name for source in outer.ds])
    for rra in outer.rra:
        archive = Archive(rra.cf, rra.pdp_per_row)
        for raw in rra.database:
            archive.add(array("f", _part(_VALUES, raw, len(made.sources))), len(made.sources))
        made.archives.append(archive)
    return made


def _lenient(decoder: msgspec.json.Decoder[T], body: _Text) -> T:
    """In the older dialect NaN and Infinity are bare words, which are no JSON; no legend has them in it."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return decoder.decode(_quoted(bytes(body)))


def _part(decoder: msgspec.json.Decoder[T], raw: _Text, width: int) -> T:
    """One row; looked at only if it is about as long as `width` numbers."""
    _check(len(raw) <= MOST_OF_A_VALUE * (width + 4), "measurements do not fit their legend")
    breathe()
    return _lenient(decoder, raw)


def _quoted(body: bytes) -> bytes:
    for word in (b"NaN", b"-Infinity", b"Infinity"):
        body = body.replace(word, b'"' + word + b'"')
    return body.replace(b'"-"Infinity""', b'"-Infinity"')


# ---- XML


class _Target:
    """An XMLParser's target that keeps nothing but the text of the element it is in: `ends` is called with it, by the element's path."""

    def __init__(self, root: str, ends: Mapping[str, Callable[[str], None]], starts: Mapping[str, Callable[[], None]]) -> None:
        self._root, self._ends, self._starts = root, ends, starts
        self._path: list[str] = []
        self._text: list[str] = []

    def start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        self._path.append(tag)
        _check(self._path[0] == self._root and len(self._path) < DEPTH, "XML of another kind")
        self._text.clear()
        if begin := self._starts.get(self._where):
            begin()

    def data(self, text: str) -> None:
        if len(self._text) < MOST_OF_A_NAME:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        if finish := self._ends.get(self._where):
            finish("".join(self._text).strip())
        self._path.pop()
        self._text.clear()

    def close(self) -> None:
        """Nothing is built."""

    @property
    def _where(self) -> str:
        return "/".join(self._path[1:])


def _parse(body: Body, target: _Target) -> None:
    parser = ElementTree.XMLParser(target=target)  # noqa: S314  # expat bounds the expansion of entities
    for at in range(0, len(body), PIECE):
        parser.feed(body[at : at + PIECE])
        breathe()
    parser.close()


def _export_of_xml(body: Body) -> Export:
    entries: list[str] = []
    made = Export(_legend_of(0, entries))
    times: list[float] = []
    row: Row = array("f")

    def begin(_text: str) -> None:
        _check(not made.rows, "two legends")
        made.legend = _legend_of(hash(tuple(entries)), entries)

    def value(text: str) -> None:
        _check(len(row) < made.legend.width, "measurements do not fit their legend")
        row.append(float(text or "nan"))

    def finish(_text: str) -> None:
        nonlocal row
        _check(len(times) == 1, "measurements without a time")
        made.add(times.pop(), row)
        row = array("f")

    ends = {
        "meta/legend/entry": entries.append,
        "meta/legend": begin,
        "data/row/t": lambda text: times.append(float(text)),
        "data/row/v": value,
    }
    _parse(body, _Target("xport", {**ends, "data/row": finish}, {}))
    return made


def _whole_of_xml(body: Body) -> Whole:
    made = Whole()
    row: Row = array("f")

    def value(text: str) -> None:
        _check(len(row) < len(made.sources), "an archive that does not fit its sources")
        row.append(float(text or "nan"))

    def finish(_text: str) -> None:
        nonlocal row
        made.archives[-1].add(row, len(made.sources))
        row = array("f")

    def number(name: str) -> Callable[[str], None]:
        return lambda text: setattr(made, name, float(text))

    def of_archive(name: str, read: Callable[[str], object]) -> Callable[[str], None]:
        return lambda text: setattr(made.archives[-1], name, read(text))

    ends = {
        "step": number("step"),
        "lastupdate": number("last_update"),
        "ds/name": made.sources.append,
        "rra/cf": of_archive("cf", str),
        "rra/pdp_per_row": of_archive("pdp_per_row", float),
        "rra/database/row/v": value,
        "rra/database/row": finish,
    }
    _parse(body, _Target("rrd", ends, {"rra": lambda: made.archives.append(Archive())}))
    return made
