"""The archives that hosts keep of what they measure: a stretch of one by `/rrd_updates`, or all of one object by `/vm_rrd`."""

from __future__ import annotations

import re
import time
from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final
from xml.etree import ElementTree

import msgspec

from data.history import NAN
from data.past import AVERAGE, MAX, MIN, Column, Past
from xo_dash.xapi import rrd
from xo_dash.xapi.errors import BadReply
from xo_dash.xapi.wire import Reply

FUNCTIONS: Final = (AVERAGE, MIN, MAX)
KEPT: Final = re.compile(
    r"cpu\d+|memory|memory_internal_free|memory_total_kib|memory_free_kib|loadavg|physical_utilisation"
    r"|vif_\d+_[rt]x|vbd_[a-z]+_(iops_)?(read|write)|vbd_[a-z]+_(read_|write_)?latency"
    r"|pif_[^_]+_[rt]x|(iops_)?(read|write)_[0-9a-f]{8}|(read_|write_)?latency_[0-9a-f]{8}"
)
"""The data sources that somebody draws; a host has hundreds of others."""


def parse_updates(reply: Reply, uuids: Iterable[str], step: int) -> Past | None:
    """What `/rrd_updates` has of the objects `uuids`; asked for `step`, it may have chosen another. None where there is nothing.

    Raises BadReply; for a thread.
    """
    export = rrd.export(reply)
    if export is None or not export.data:
        return None
    rows = sorted(export.data, key=lambda row: row.t)
    times = [round(row.t) for row in rows]
    step = min((after - before for before, after in pairwise(times)), default=0) or step
    wanted = frozenset(uuids)
    columns: dict[str, dict[str, Column]] = {}
    for number, (entry, values) in enumerate(zip(export.meta.legend, zip(*(row.values for row in rows), strict=True), strict=True)):
        match entry.split(":", 3):
            case [function, _kind, uuid, name] if function in FUNCTIONS and uuid in wanted and KEPT.fullmatch(name):
                columns.setdefault(function, {})[name] = _placed(times, step, values)
        if number % rrd.BREATH == 0:
            time.sleep(0)  # the loop's turn
    return Past(step, times[0], columns) if columns else None


def parse_whole(reply: Reply, step: int) -> Past | None:
    """The archive of `step` of a whole RRD (`/vm_rrd`, `/host_rrd`); None where it has none. Raises BadReply; for a thread."""
    if reply.status in (404, 500):
        return None
    if reply.status != 200:
        raise BadReply(f"HTTP {reply.status}")
    body = bytes(reply.body)
    whole = _from_xml(body) if body.lstrip()[:1] == b"<" else _from_json(body)
    columns: dict[str, dict[str, Column]] = {}
    length = 0
    for archive in whole.rra:
        if round(archive.pdp_per_row * whole.step) != step or archive.cf not in FUNCTIONS:
            continue
        rows = [_row(raw) if isinstance(raw, msgspec.Raw) else raw for raw in archive.database]
        if any(len(row) != len(whole.ds) for row in rows):
            raise BadReply("an archive that does not fit its sources")
        length = max(length, len(rows))
        for source, values in zip(whole.ds, zip(*rows, strict=True), strict=False):
            if KEPT.fullmatch(source.name):
                columns.setdefault(archive.cf, {})[source.name] = rrd.believable(values)
        time.sleep(0)
    if not columns:
        return None
    end = int(whole.lastupdate // step * step)
    return Past(step, end - (length - 1) * step, columns)


def _placed(times: Sequence[int], step: int, values: Sequence[float]) -> Column:
    """Samples at their times: one that is missing is a gap."""
    known = rrd.believable(values)
    count = round((times[-1] - times[0]) / step) + 1
    if count == len(known):
        return known
    column = array("f", (NAN,)) * count
    for t, value in zip(times, known, strict=True):
        column[round((t - times[0]) / step)] = value
    return column


class _Source(msgspec.Struct):
    name: str


class _Archive(msgspec.Struct):
    cf: str
    pdp_per_row: float
    database: list[msgspec.Raw] | list[list[float]]


class _Whole(msgspec.Struct):
    step: float
    lastupdate: float
    ds: list[_Source]
    rra: list[_Archive]


class _RawArchive(msgspec.Struct):
    cf: str
    pdp_per_row: float
    database: list[msgspec.Raw]


class _RawWhole(msgspec.Struct):
    step: float
    lastupdate: float
    ds: list[_Source]
    rra: list[_RawArchive]


# Not strict, and row by row: see rrd.py.
_WHOLE = msgspec.json.Decoder(_RawWhole, strict=False)
_ROW = msgspec.json.Decoder(list[float], strict=False)


def _from_json(body: bytes) -> _Whole:
    try:
        try:
            whole = _WHOLE.decode(body)
        except msgspec.DecodeError:
            whole = _WHOLE.decode(rrd.quoted(body))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadReply(f"an archive that is neither JSON nor XML: {error}") from error
    return _Whole(whole.step, whole.lastupdate, whole.ds, [_Archive(rra.cf, rra.pdp_per_row, rra.database) for rra in whole.rra])


def _row(raw: msgspec.Raw) -> list[float]:
    time.sleep(0)  # the loop's turn
    try:
        return _ROW.decode(raw)
    except msgspec.DecodeError:
        try:
            return _ROW.decode(rrd.quoted(bytes(raw)))
        except msgspec.DecodeError as error:
            raise BadReply(f"a row of an archive that is not JSON: {error}") from error


def _from_xml(body: bytes) -> _Whole:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  # expat bounds the expansion of entities
        sources = [_Source((source.findtext("name") or "").strip()) for source in root.findall("ds")]
        archives = [
            _Archive(
                (rra.findtext("cf") or "").strip(),
                float(rra.findtext("pdp_per_row") or ""),
                [[float(value.text or "nan") for value in row.iter("v")] for row in rra.iter("row")],
            )
            for rra in root.findall("rra")
        ]
        return _Whole(float(root.findtext("step") or ""), float(root.findtext("lastupdate") or ""), sources, archives)
    except (ElementTree.ParseError, ValueError) as error:
        raise BadReply(f"an archive that is not XML: {error}") from error
