"""The infrastructure as a tree: pools, their hosts, the VMs on each, and a bench for those that are on none."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Final

from components.deltas import Haste, RowDelta
from components.hosts.words import MARKS
from components.servers.words import state_mark
from components.vms.words import mark_of
from data.changes import Change, Operation, Subject
from data.facts.host import host_state
from data.facts.pool import own_pool
from data.facts.vm import is_guest
from data.names import name_of, pool_name
from data.objects import VM, Host, Pool
from data.relations import Together
from data.server import Server
from data.sight import Sight
from data.types import Home
from data.views.host import HostView
from data.views.pool import PoolView
from data.views.view import is_present, reads_of
from data.views.vm import VMView

Row = tuple[int, int, int, str, str, str]
"""(id, id of the parent or 0, Kind, mark, name, uuid), as the browser gets it; of a pool its key instead of its uuid."""


class NodeKind(IntEnum):
    POOL = 0
    HOST = 1
    VM = 2
    BENCH = 3


SHOWN: Final = Together(
    reads_of(PoolView.name),
    reads_of(HostView.name, HostView.state),
    reads_of(VMView.name, VMView.state, VMView.is_guest, VMView.operations, VMView.host),
)
"""What rows are made of; in this order, since a row has that of its parent."""


class TreeRows:
    """The rows of the tree, kept up to date change by change. Fill it by `fill`; `take` gives what became different."""

    def __init__(self, mirror: Sight) -> None:
        self._mirror = mirror
        self.epoch = secrets.token_hex(4)
        self.revision = 0
        self._next = 0
        self._ids: dict[object, int] = {}
        self._rows: dict[int, Row] = {}
        self._subjects: dict[int, Subject] = {}
        self._put: dict[int, Row] = {}
        self._gone: set[int] = set()
        self._haste = Haste.WHENEVER

    def rows(self) -> list[Row]:
        return list(self._rows.values())

    def whole(self) -> dict[str, object]:
        return {"rows": self.rows()}

    def subject(self, node: int) -> Subject | None:
        """What a row stands for; None for a bench or one that is gone."""
        return self._subjects.get(node)

    def fill(self, slice_of: int = 400) -> Iterator[None]:
        """Put in all there is; pauses after every slice."""
        for pool in self._mirror:
            self._draw_server(pool)
            for host in pool.all(Host).values():
                self._draw_host(host)
            for i, vm in enumerate(list(pool.all(VM).values())):
                self._draw_vm(vm)
                if i % slice_of == slice_of - 1:
                    yield
        self._put.clear()
        self._gone.clear()
        self._haste = Haste.WHENEVER

    def update(self, changes: Sequence[Change]) -> bool:
        """Take changes in; whether `take` has something now."""
        for change in changes:
            if isinstance(change.subject, Server):
                self._update_server(change.subject)
            for row in SHOWN.affected(change, self._mirror.pools):
                if isinstance(row, Pool):
                    self._draw_server(row.home)
                elif not is_present(row):
                    self._drop(row)
                elif isinstance(row, Host):
                    self._draw_host(row)
                elif isinstance(row, VM):
                    self._draw_vm(row)
        hosts = (change.subject for change in changes if isinstance(change.subject, Host) and change.operation is not Operation.MOD)
        for pool in {host.home for host in hosts}:
            for vm in pool.all(VM).values():  # those that named it before it came, or name it still
                self._draw_vm(vm)
        return bool(self._put or self._gone)

    def take(self) -> RowDelta | None:
        """What became different since the last time, as a new revision."""
        if not self._put and not self._gone:
            return None
        delta = RowDelta(list(self._put.values()), sorted(self._gone), self._haste)
        self._put, self._gone, self._haste = {}, set(), Haste.WHENEVER
        self.revision += 1
        return delta

    def _update_server(self, server: Server) -> None:
        pool = self._mirror.pools.get(server.id)
        if pool is None:
            self._drop(("bench", server.id))
            self._drop(server)
        else:
            self._draw_server(pool)

    def _draw_server(self, pool: Home) -> None:
        server = pool.server
        if self._mirror.pools.get(server.id) is not pool:
            return
        mark = "running" if server.is_live else state_mark(server.state)
        node = self._show(server, 0, NodeKind.POOL, mark, pool_name(pool), pool.key if own_pool(pool) else "")
        self._subjects[node] = server
        self._show(("bench", server.id), node, NodeKind.BENCH, "halted", "", f"bench-{server.id}")

    def _draw_host(self, host: Host) -> None:
        pool = host.home
        parent = self._ids.get(pool.server)
        if parent is not None:
            node = self._show(host, parent, NodeKind.HOST, MARKS[host_state(host)], name_of(host), host.uuid)
            self._subjects[node] = host

    def _draw_vm(self, vm: VM) -> None:
        pool = vm.home
        if not is_guest(vm):
            self._drop(vm)
            return
        host = pool.one(Host, vm.resident_on)
        parent = self._ids.get(host) if host else self._ids.get(("bench", pool.id))
        if parent is not None:
            node = self._show(vm, parent, NodeKind.VM, mark_of(vm), name_of(vm), vm.uuid)
            self._subjects[node] = vm

    def _show(self, key: object, parent: int, kind: NodeKind, mark: str, name: str, uuid: str) -> int:
        node = self._ids.get(key)
        if node is None:
            self._next += 1
            node = self._ids[key] = self._next
        row: Row = (node, parent, int(kind), mark, name, uuid)
        old = self._rows.get(node)
        if old != row:
            self._rows[node] = self._put[node] = row
            self._haste = max(self._haste, _haste(old, row))
        return node

    def _drop(self, key: object) -> None:
        node = self._ids.pop(key, None)
        if node is not None:
            del self._rows[node]
            self._subjects.pop(node, None)
            self._put.pop(node, None)
            self._gone.add(node)
            self._haste = Haste.NOW


def _haste(old: Row | None, row: Row) -> Haste:
    """A mark alone matters to nobody who does not have it in sight; by its name a VM may come into sight."""
    if row[2] != NodeKind.VM or old is None or (old[1], old[5]) != (row[1], row[5]):
        return Haste.NOW
    return Haste.WHENEVER if old[4] == row[4] else Haste.SOON
