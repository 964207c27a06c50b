"""Follows the mirror and writes down what changes at VMs: state, host, settings, disks, NICs and snapshots, with before and after.

The mirror tells which fields differ, not what they were: so the values that count are kept here as they were last seen, as references to
what the mirror has anyway. A change of other fields costs one look at its names. Batches are written by a thread, once a second at most.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from data.changes import Change, Operation
from data.configuration import SETTINGS, setting_differences
from data.mirror import Mirror, PoolMirror
from data.names import name_of
from data.objects import SR, VBD, VDI, VIF, VM, Host, Network
from data.observers import Observers, Unsubscribe
from data.stores.journal import JournalFile, JournalLine
from data.types import NULL_REF, Home, Ref, XapiObject
from xo_dash.control.run import Run, RunItem

log = logging.getLogger(__name__)

EVERY: Final = 1.0
"""Seconds that a change waits for others before it is written."""
WAITING: Final = 20_000
"""Changes that wait to be written at most; a disk that takes none for longer loses the oldest of them."""
LATE: Final = 15.0
"""Seconds after the end of a run in which a change is still of it: what XAPI does goes on for a moment."""

_FIELDS: Final[Mapping[type[XapiObject], tuple[str, ...]]] = {
    VM: ("power_state", "resident_on", *SETTINGS), VBD: ("VM", "VDI", "type"), VIF: ("VM", "network", "MAC"),
    VDI: ("virtual_size", "SR", "name_label"),
}  # fmt: skip
_COUNTED = {kind: frozenset(names) for kind, names in _FIELDS.items()}


class JournaledRuns(Protocol):
    """Where our own runs are: the runner."""

    @property
    def runs(self) -> tuple[Run, ...]: ...


class Journal:
    """Lives as long as the program. Observers are told when lines were written."""

    def __init__(self, mirror: Mirror, runs: JournaledRuns, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self._mirror, self._runs, self._clock = mirror, runs, clock
        self._file = JournalFile(directory)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._seen: dict[XapiObject, tuple[Any, ...]] = {}
        self._settled: set[Home] = set()  # pools whose first state is known
        self._waiting: list[tuple[JournalLine, frozenset[str]]] = []
        self._due: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._observers: Observers[[frozenset[str]]] = Observers()
        self._ailing = False
        self._unsubscribe: Unsubscribe | None = None

    def start(self) -> None:
        """Follow the mirror, before the first pool is in it."""
        self._unsubscribe = self._mirror.observe_subjects(tuple(_FIELDS), self._changed)

    def observe(self, observer: Callable[[frozenset[str]], None]) -> Unsubscribe:
        """Call `observer` with the uuids of VMs of which something was written."""
        return self._observers.add(observer)

    async def lines(self, vm: VM, begin: float, end: float) -> list[JournalLine]:
        """What happened to it, newest first; nothing where it cannot be read."""
        return await self._read(lambda: self._file.lines(vm.home.key, vm.uuid, begin, end))

    async def external(self, words: Sequence[str], begin: float, end: float, most: int) -> list[JournalLine]:
        """What happened to any VM and nobody did by xo-dash, newest first. Each of `words` is in a line, in lower case."""
        return await self._read(lambda: self._file.external(words, begin, end, most))

    async def _read(self, read: Callable[[], list[JournalLine]]) -> list[JournalLine]:
        try:
            return await asyncio.to_thread(read)
        except sqlite3.Error as error:
            log.error("%s cannot be read: %s", self._file.path, error)
            return []

    async def flush(self) -> None:
        """Write what waits, now."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._write()

    async def stop(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        await self.flush()
        if self._due is not None:
            self._due.cancel()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._file.close)
        self._thread.shutdown()

    # what changed

    def _changed(self, changes: Sequence[Change]) -> None:
        fresh = {c.subject for c in changes if c.operation is Operation.ADD and isinstance(c.subject, VM)}
        for change in changes:
            subject = change.subject
            if not isinstance(subject, XapiObject) or not isinstance(subject.home, PoolMirror):
                continue
            if change.operation is Operation.MOD:
                if not _COUNTED[type(subject)].isdisjoint(change.names):
                    self._is_settled(subject.home)
                    self._differs(subject)
            elif self._mirror.pools.get(subject.home.id) is not subject.home:
                self._seen.pop(subject, None)  # its server was removed: nothing happened to it
                self._settled.discard(subject.home)
            elif change.operation is Operation.ADD:
                self._seen[subject] = _values(subject)
                if self._is_settled(subject.home):
                    self._came(subject, fresh)
            else:
                before = self._seen.pop(subject, None) or _values(subject)
                self._went(subject, before)

    def _is_settled(self, home: PoolMirror) -> bool:
        """Once its first state is known, what comes is new; also what came while it was away."""
        if home.server.is_live:
            self._settled.add(home)
        return home in self._settled

    def _differs(self, row: XapiObject) -> None:
        before = self._seen.get(row)
        after = self._seen[row] = _values(row)
        if before is None:
            return
        fields = _FIELDS[type(row)]
        if isinstance(row, VM):
            self._vm_differs(row, {name: (was, now) for name, was, now in zip(fields, before, after, strict=True) if was != now})
            return
        old, new = dict(zip(fields, before, strict=True)), dict(zip(fields, after, strict=True))
        if isinstance(row, VDI):
            for vm in _owners(row):
                if old["virtual_size"] != new["virtual_size"]:
                    self._note(vm, f"disk_size/{name_of(row)}", str(old["virtual_size"]), str(new["virtual_size"]), row.uuid)
                if old["SR"] != new["SR"]:
                    self._note(vm, f"disk_sr/{name_of(row)}", _sr(old["SR"], row.home), _sr(new["SR"], row.home), row.uuid)
        elif (owner := _machine(row.home, new["VM"])) is not None and old != new:
            self._note(owner, _device_key(row), _device(row, old), _device(row, new), row.uuid)

    def _vm_differs(self, vm: VM, differing: dict[str, tuple[Any, Any]]) -> None:
        """`differing`: {field: (before, after)}"""
        if not _is_told(vm):
            return
        for name in ("power_state", "resident_on"):
            if pair := differing.pop(name, None):
                self._note(vm, name, *(_plain(value, vm.home) for value in pair))
        old, new = ({name: pair[at] for name, pair in differing.items()} for at in (0, 1))
        for key, was, now in setting_differences(old, new, vm.home):
            self._note(vm, key, was, now)

    def _came(self, row: XapiObject, fresh: set[VM]) -> None:
        if isinstance(row, VM):
            if row.is_a_snapshot:
                if (vm := _machine(row.home, row.snapshot_of)) is not None:
                    self._note(vm, "snapshot", "", name_of(row), row.uuid, row.ref)
            elif _is_told(row):
                self._note(row, "created", "", name_of(row))
        elif isinstance(row, (VBD, VIF)) and (vm := _machine(row.home, row.VM)) is not None and vm not in fresh:
            self._note(vm, _device_key(row), "", _device(row, dict(zip(_FIELDS[type(row)], _values(row), strict=True))), row.uuid)

    def _went(self, row: XapiObject, before: tuple[Any, ...]) -> None:
        if isinstance(row, VM):
            if row.is_a_snapshot:
                if (vm := _machine(row.home, row.snapshot_of)) is not None:
                    self._note(vm, "snapshot", name_of(row), "", row.uuid)
            elif _is_told(row):
                self._note(row, "deleted", name_of(row), "")
        elif isinstance(row, (VBD, VIF)):
            old = dict(zip(_FIELDS[type(row)], before, strict=True))
            if (vm := _machine(row.home, old["VM"])) is not None:
                self._note(vm, _device_key(row), _device(row, old), "", row.uuid)

    # writing it down

    def _note(self, vm: VM, key: str, before: str, after: str, *about: str) -> None:
        """`about`: by what else a run of ours may be known to have done it."""
        line = JournalLine(self._clock(), vm.home.key, vm.uuid, name_of(vm), key, before, after)
        self._waiting.append((line, frozenset((vm.uuid, vm.ref, *about))))
        if len(self._waiting) > WAITING:
            del self._waiting[: len(self._waiting) - WAITING]
        if self._due is None and self._writing is None:
            self._due = asyncio.get_running_loop().call_later(EVERY, self._begin)

    def _begin(self) -> None:
        self._due = None
        self._writing = asyncio.get_running_loop().create_task(self._write_and_go_on())

    async def _write_and_go_on(self) -> None:
        try:
            await self._write()
        finally:
            self._writing = None
            if self._waiting:
                self._due = asyncio.get_running_loop().call_later(EVERY, self._begin)

    async def _write(self) -> None:
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        doings = _doings(self._runs.runs, self._clock())
        lines = [_by(line, about, doings) for line, about in batch]
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._file.write, lines)
        except (sqlite3.Error, OSError) as error:
            if not self._ailing:
                log.error("%s takes no history: %s", self._file.path, error)
            self._ailing = True
            self._waiting[:0] = batch
            return
        self._ailing = False
        self._observers.tell(frozenset(line.uuid for line in lines))


def _values(row: XapiObject) -> tuple[Any, ...]:
    return tuple([getattr(row, name) for name in _FIELDS[type(row)]])


def _is_told(vm: VM) -> bool:
    """Whether it is a VM or a template of somebody's: snapshots are told at their VM."""
    return not (vm.is_a_snapshot or vm.is_control_domain or vm.is_default_template)


def _machine(home: Home, ref: Any) -> VM | None:
    vm = home.one(VM, ref)
    return vm if vm is not None and _is_told(vm) else None


def _owners(disk: VDI) -> list[VM]:
    return [vm for vbd in disk.all_of(VBD, disk.VBDs) if (vm := _machine(disk.home, vbd.VM)) is not None]


def _plain(value: Any, home: Home) -> str:
    host = home.one(Host, Ref(value)) if isinstance(value, str) else None
    return name_of(host) if host else "" if value == NULL_REF else str(value)


def _sr(ref: Any, home: Home) -> str:
    sr = home.one(SR, ref)
    return name_of(sr) if sr else ""


def _device_key(row: XapiObject) -> str:
    if isinstance(row, VIF):
        return f"nic/{row.device}"
    return "cd" if isinstance(row, VBD) and row.type == "CD" else "disk"


def _device(row: XapiObject, fields: Mapping[str, Any]) -> str:
    """A disk or image by its name, a NIC by its network and MAC; "" for an empty drive."""
    if isinstance(row, VIF):
        network = row.home.one(Network, fields["network"])
        return f"{name_of(network) if network else '?'} · {fields['MAC']}"
    disk = row.home.one(VDI, fields["VDI"])
    return name_of(disk) if disk else "" if fields["VDI"] == NULL_REF else row.home.name_of_gone(str(fields["VDI"])) or "?"


# ---- by whom


class Doing(NamedTuple):
    since: float
    who: str
    action: str
    run: str


def _doings(runs: Sequence[Run], now: float) -> dict[str, list[Doing]]:
    """{uuid, or reference of what was made: what is being done about it, or has just been}"""
    found: defaultdict[str, list[Doing]] = defaultdict(list)
    for run in runs:
        for item in run.items:
            if item.started and not run.recalled and (not item.ended or now - item.ended < LATE):
                for key in _known_as(item):
                    found[key].append(Doing(item.started, run.user_name, run.action.id, run.key))
    return found


def _known_as(item: RunItem) -> Iterator[str]:
    yield item.uuid
    yield from item.made
    if isinstance(item.result, str):
        yield item.result
    if isinstance(item.subject, VM) and item.subject.is_a_snapshot and (vm := item.subject.home.one(VM, item.subject.snapshot_of)):
        yield vm.uuid


def _by(line: JournalLine, about: frozenset[str], doings: Mapping[str, list[Doing]]) -> JournalLine:
    """The last that had begun by then did it."""
    found = [doing for key in about for doing in doings.get(key, ()) if doing.since <= line.at]
    if not found:
        return line
    last = max(found)
    return line._replace(who=last.who, action=last.action, run=last.run)
