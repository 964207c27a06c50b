"""The infrastructure as a tree: pools, their hosts, the VMs on each, and a bench for those that are on none."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple, cast

from components.hosts.words import state_mark
from components.servers.words import state_mark as connection_mark
from components.vms.words import mark_of
from data.mirror import Change, Mirror, Operation, PoolMirror, Subject
from data.names import name_of, pool_name
from data.objects import VM, Host, HostMetrics, Pool
from data.placement import is_guest
from data.server import Server
from data.types import XapiObject

Row = tuple[int, int, int, str, str, str]
"""(id, id of the parent or 0, Kind, mark, name, uuid), as the browser gets it; of a pool its key instead of its uuid."""


class Kind(IntEnum):
    POOL = 0
    HOST = 1
    VM = 2
    BENCH = 3


class Delta(NamedTuple):
    """What became different. `quiet`: only marks of VMs did, which matters to nobody who does not have them in sight."""

    put: list[Row]
    gone: list[int]
    quiet: bool


_VM_NAMES = frozenset((
    "uuid", "name_label", "power_state", "resident_on", "current_operations", "is_a_template", "is_a_snapshot", "is_control_domain",
    "other_config",
))  # fmt: skip
_HOST_NAMES = frozenset(("uuid", "name_label", "hostname", "enabled", "metrics"))
_POOL_NAMES = frozenset(("uuid", "name_label", "master"))


class Nodes:
    """The rows of the tree, kept up to date change by change. Fill it by `fill`; `take` gives what became different."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self.epoch = secrets.token_hex(4)
        self.revision = 0
        self._next = 0
        self._ids: dict[object, int] = {}
        self._rows: dict[int, Row] = {}
        self._subjects: dict[int, Subject] = {}
        self._put: dict[int, Row] = {}
        self._gone: set[int] = set()
        self._quiet = True

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
        self._quiet = True

    def update(self, changes: Iterable[Change]) -> bool:
        """Take changes in; whether `take` has something now."""
        strays: set[PoolMirror] = set()
        for change in changes:
            self._update_one(change, strays)
        for pool in strays:
            for vm in pool.all(VM).values():
                self._draw_vm(vm)
        return bool(self._put or self._gone)

    def take(self) -> Delta | None:
        """What became different since the last time, as a new revision."""
        if not self._put and not self._gone:
            return None
        delta = Delta(list(self._put.values()), sorted(self._gone), self._quiet)
        self._put, self._gone, self._quiet = {}, set(), True
        self.revision += 1
        return delta

    def _update_one(self, change: Change, strays: set[PoolMirror]) -> None:
        subject, names = change.subject, change.names
        gone = change.operation is Operation.DEL
        if isinstance(subject, VM):
            if gone:
                self._drop(subject)
            elif names & _VM_NAMES:
                self._draw_vm(subject)
        elif isinstance(subject, Host):
            if gone:
                self._drop(subject)
            elif names & _HOST_NAMES:
                self._draw_heard((subject,))
                self._draw_server(_pool_of(subject))  # a pool without a name has that of its master
            if change.operation is not Operation.MOD:
                strays.add(_pool_of(subject))
        elif isinstance(subject, HostMetrics):
            if gone or "live" in names:
                self._draw_heard(host for host in subject.home.all(Host).values() if host.metrics == subject.ref)
        elif isinstance(subject, Server):
            self._update_server(subject, gone)
        elif isinstance(subject, Pool) and (gone or names & _POOL_NAMES):
            self._draw_server(_pool_of(subject))

    def _update_server(self, server: Server, gone: bool) -> None:
        pool = self._mirror.pools.get(server.id)
        if gone or pool is None:
            self._drop(("bench", server.id))
            self._drop(server)
        else:
            self._draw_server(pool)

    def _draw_server(self, pool: PoolMirror) -> None:
        server = pool.server
        if self._mirror.pools.get(server.id) is not pool:
            return
        mark = "running" if server.is_live else connection_mark(server.state)
        node = self._show(server, 0, Kind.POOL, mark, pool_name(pool), pool.key if pool.pool else "")
        self._subjects[node] = server
        self._show(("bench", server.id), node, Kind.BENCH, "halted", "", f"bench-{server.id}")

    def _draw_host(self, host: Host) -> None:
        pool = _pool_of(host)
        parent = self._ids.get(pool.server)
        if parent is not None:
            node = self._show(host, parent, Kind.HOST, state_mark(host), name_of(host), host.uuid)
            self._subjects[node] = host

    def _draw_heard(self, hosts: Iterable[Host]) -> None:
        """With the VMs on them: of one that is not heard nobody knows how they are."""
        for host in hosts:
            self._draw_host(host)
            for vm in host.all_of(VM, host.resident_VMs):
                self._draw_vm(vm)

    def _draw_vm(self, vm: VM) -> None:
        pool = _pool_of(vm)
        if not is_guest(vm):
            self._drop(vm)
            return
        host = pool.one(Host, vm.resident_on)
        parent = self._ids.get(host) if host else self._ids.get(("bench", pool.id))
        if parent is not None:
            node = self._show(vm, parent, Kind.VM, mark_of(vm), name_of(vm), vm.uuid)
            self._subjects[node] = vm

    def _show(self, key: object, parent: int, kind: Kind, mark: str, name: str, uuid: str) -> int:
        node = self._ids.get(key)
        if node is None:
            self._next += 1
            node = self._ids[key] = self._next
        row: Row = (node, parent, int(kind), mark, name, uuid)
        old = self._rows.get(node)
        if old != row:
            self._rows[node] = self._put[node] = row
            self._quiet &= kind is Kind.VM and old is not None and (old[1], old[4], old[5]) == (parent, name, uuid)
        return node

    def _drop(self, key: object) -> None:
        node = self._ids.pop(key, None)
        if node is not None:
            del self._rows[node]
            self._subjects.pop(node, None)
            self._put.pop(node, None)
            self._gone.add(node)
            self._quiet = False


def _pool_of(row: XapiObject) -> PoolMirror:
    return cast(PoolMirror, row.home)  # what the mirror publishes is at home in one of its pools
