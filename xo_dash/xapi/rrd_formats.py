"""What hosts write of their measurements, `/rrd_updates` and whole RRDs: which of the two ways it is, and JSON, the usual one."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Final, TypeAlias, TypeVar
from xml.etree import ElementTree

import msgspec

from xo_dash.xapi.breath import breathe
from xo_dash.xapi.errors import BadReply, BadStatus
from xo_dash.xapi.rrd_rows import LATEST, Archive, Export, Legend, Whole, check, legend_of
from xo_dash.xapi.rrd_xml import PIECE, export_of_xml, whole_of_xml
from xo_dash.xapi.wire import Body, Reply

T = TypeVar("T")
_Text: TypeAlias = msgspec.Raw | bytes | bytearray

LIMIT: Final = 64 << 20
"""Bytes of the largest reply: ten minutes of a thousand VMs."""
NOTHING: Final = 500
"""The status of an answer that has no series in it."""
MOST_OF_A_VALUE: Final = 64
"""Characters of a number with its quotes and comma, at most."""


def export(reply: Reply, known: Legend | None = None) -> Export:
    """Of `/rrd_updates`. Raises BadReply; for a thread. Its legend is `known`, if that is the same."""
    return _read(reply, partial(_export_of_json, known), export_of_xml)


def whole(reply: Reply) -> Whole:
    """Of `/vm_rrd` or `/host_rrd`. Raises BadReply; for a thread."""
    found = _read(reply, _whole_of_json, whole_of_xml)
    lasts = (found.step, *(archive.pdp_per_row for archive in found.archives))
    check(0 <= found.last_update < LATEST and all(0 < one < LATEST for one in lasts), "an archive of no time")
    return found


def _read(reply: Reply, of_json: Callable[[Body], T], of_xml: Callable[[Body], T]) -> T:
    if reply.status != 200:
        raise BadStatus(reply.status)
    try:
        return of_xml(reply.body) if reply.body[:PIECE].lstrip()[:1] == b"<" else of_json(reply.body)
    except (msgspec.DecodeError, ElementTree.ParseError, ValueError, RecursionError) as error:
        raise BadReply(f"measurements that are neither JSON nor XML: {error}") from error


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
    legend = known if known is not None and known.key == key else legend_of(key, _LEGEND.decode(text))
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
        check(at > 0, "a row without an end")
        yield body[begin:at]


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
    check(len(raw) <= MOST_OF_A_VALUE * (width + 4), "measurements do not fit their legend")
    breathe()
    return _lenient(decoder, raw)


def _quoted(body: bytes) -> bytes:
    for word in (b"NaN", b"-Infinity", b"Infinity"):
        body = body.replace(word, b'"' + word + b'"')
    return body.replace(b'"-"Infinity""', b'"-Infinity"')
