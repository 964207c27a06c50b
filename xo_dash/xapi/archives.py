"""The archives that hosts keep of what they measure: a stretch of one by `/rrd_updates`, or all of one object by `/vm_rrd`."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from data.archives import AVERAGE, MAX, MIN, ArchiveData
from data.columns import Column
from data.history import NAN
from xo_dash.xapi import rrd, rrd_formats, rrd_legend, rrd_rows
from xo_dash.xapi.breath import breathe
from xo_dash.xapi.errors import BadReply
from xo_dash.xapi.wire import Reply

FUNCTIONS: Final = (AVERAGE, MIN, MAX)
KEPT: Final = re.compile(
    r"cpu\d{1,4}|memory|memory_internal_free|memory_total_kib|memory_free_kib|loadavg|physical_utilisation"
    r"|vif_\d{1,4}_[rt]x|vbd_[a-z]{1,8}_(iops_)?(read|write)|vbd_[a-z]{1,8}_(read_|write_)?latency"
    r"|pif_[^_]{1,64}_[rt]x|(iops_)?(read|write)_[0-9a-f]{8}|(read_|write_)?latency_[0-9a-f]{8}"
)
"""The data sources that somebody draws; a host has hundreds of others."""


def parse_updates(reply: Reply, uuids: Iterable[str], step: int) -> ArchiveData | None:
    """What `/rrd_updates` has of the objects `uuids`; asked for `step`, it may have chosen another. None where there is nothing.

    Raises BadReply; for a thread.
    """
    export = rrd_formats.export(reply) if reply.status != rrd_formats.NOTHING else None
    if export is None or not export.rows:
        return None
    rows = sorted(zip(export.times, export.rows, strict=True), key=lambda row: row[0])
    times = [round(t) for t, _values in rows]
    step = min((after - before for before, after in pairwise(times)), default=0) or step
    if times[-1] - times[0] >= rrd_rows.MOST_ROWS * step:
        raise BadReply("samples that are farther apart than an archive is long")
    wanted = frozenset(uuids)
    columns: dict[str, dict[str, Column]] = {}
    block, width = rrd_rows.block_of(values for _t, values in rows), export.legend.width
    for number, entry in enumerate(export.legend.entries):
        match entry.split(":", 3):
            case [function, _kind, uuid, name] if function in FUNCTIONS and uuid in wanted and KEPT.fullmatch(name):
                columns.setdefault(function, {})[name] = _placed(times, step, block[number::width])
        if number % rrd_legend.BREATH == 0:
            breathe()
    return ArchiveData(step, times[0], columns) if columns else None


def parse_whole(reply: Reply, step: int) -> ArchiveData | None:
    """The archive of `step` of a whole RRD (`/vm_rrd`, `/host_rrd`); None where it has none. Raises BadReply; for a thread."""
    if reply.status in (404, 500):
        return None
    whole = rrd_formats.whole(reply)
    columns: dict[str, dict[str, Column]] = {}
    length = 0
    for archive in whole.archives:
        if round(archive.pdp_per_row * whole.step) != step or archive.cf not in FUNCTIONS:
            continue
        length = max(length, len(archive.rows))
        block, width = rrd_rows.block_of(archive.rows), len(whole.sources)
        for place, source in enumerate(whole.sources):
            if block and KEPT.fullmatch(source):
                columns.setdefault(archive.cf, {})[source] = rrd.believable(block[place::width])
        breathe()
    if not columns:
        return None
    end = int(whole.last_update // step * step)
    return ArchiveData(step, end - (length - 1) * step, columns)


def _placed(times: Sequence[int], step: int, values: Column) -> Column:
    """Samples at their times: one that is missing is a gap."""
    known = rrd.believable(values)
    count = round((times[-1] - times[0]) / step) + 1
    if count == len(known):
        return known
    column = array("f", (NAN,)) * count
    for t, value in zip(times, known, strict=True):
        column[round((t - times[0]) / step)] = value
    return column
