"""Moves under way that only our own runs tell of, for the arrows of the map: disks from SR to SR, VMs to another pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from components.live import follow_source
from components.map.map import Map
from data.identity import key_of
from data.objects import SR, VDI, VM, Host
from data.sight import Sight
from xo_dash.context import Context
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.vdi.move import MoveDisk
from xo_dash.control.vm.migration.request import MigrateVM, disks_in, host_in

Move = tuple[str, str, int]
"""(key of the VM or SR, key of the host or SR it goes to, percent)"""


def follow_moves(context: Context, chart: Map) -> None:
    """Draw them on `chart`, as far as whoever looks may see both ends."""
    mirror, tasks = context.mirror, context.tasks
    follow_source(tasks.observe, lambda: chart.show_moves(moves(mirror, tasks.runs)))


def moves(mirror: Sight, runs: Sequence[Run]) -> list[Move]:
    """One for each pair of ends."""
    found: dict[tuple[str, str], int] = {}
    for run in runs:
        if not run.ended:
            for item in run.items:
                if item.state is RunState.RUNNING:
                    found.update(dict.fromkeys(_ends(item), round(item.progress * 100)))
    return [(start, end, percent) for (start, end), percent in found.items() if _is_seen(mirror, start) and _is_seen(mirror, end)]


def _ends(item: RunItem) -> Iterator[tuple[str, str]]:
    match item.subject, item.request:
        case VDI() as disk, MoveDisk(sr=wanted):
            yield from _of_disk(disk, disk.home.by_uuid(SR, wanted))
        case VM() as vm, MigrateVM() as request if (host := host_in(request, vm)) is not None:
            yield key_of(vm), key_of(host)
            for move in disks_in(request, vm, host):
                yield from _of_disk(move.disk, move.sr)


def _of_disk(disk: VDI, to: SR | None) -> Iterator[tuple[str, str]]:
    here = disk.home.one(SR, disk.SR)
    if here is not None and to is not None and here is not to:
        yield key_of(here), key_of(to)


def _is_seen(mirror: Sight, key: str) -> bool:
    return any(mirror.find(kind, key) is not None for kind in (SR, VM, Host))
