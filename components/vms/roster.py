"""All VMs as rows of the list, and what became different since anybody was told."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from components.vms.rows import Place, Row, place_of, row_of
from data.mirror import Change, Mirror, Operation
from data.objects import VBD, VDI, VIF, VM, Host, HostMetrics, Pool, VMGuestMetrics, VMMetrics
from data.placement import is_guest
from data.server import Server
from data.types import Ref, XapiObject

_TOLD: Final[Mapping[type[XapiObject], frozenset[str]]] = {
    VM: frozenset((
        "uuid", "name_label", "name_description", "power_state", "is_a_template", "is_a_snapshot", "is_control_domain", "tags",
        "current_operations", "resident_on", "memory_dynamic_max", "memory_dynamic_min", "VCPUs_max", "VCPUs_at_startup", "VBDs", "VIFs",
        "metrics", "guest_metrics", "snapshots", "ha_restart_priority", "other_config",
    )),
    VMMetrics: frozenset(("start_time", "VCPUs_number")),
    VMGuestMetrics: frozenset(("os_version", "networks", "PV_drivers_version", "PV_drivers_detected", "live")),
    VBD: frozenset(("VM", "VDI", "type", "empty")),
    VDI: frozenset(("virtual_size",)),
    VIF: frozenset(("VM", "MAC")),
    Host: frozenset(("name_label", "hostname", "uuid", "metrics")),
    HostMetrics: frozenset(("live",)),
    Pool: frozenset(("name_label", "master", "ha_enabled")),
}  # fmt: skip
"""The fields that a row is made of."""


class Delta(NamedTuple):
    put: list[Row]
    gone: list[int]
    places: list[Place] | None
    """All of them, if one is another."""


class Roster:
    """Fill it by `fill`, then give it every change; `take` says what that changed."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self.epoch = secrets.token_hex(4)
        self.revision = 0
        self._ids: dict[VM, int] = {}
        self._vms: dict[int, VM] = {}
        self._rows: dict[int, Row] = {}
        self._places: list[Place] = []
        self._joined: dict[tuple[str, Ref], VM] = {}  # metrics and guest metrics -> their VM
        self._dirty: set[VM] = set()
        self._gone: set[int] = set()
        self._next = 0

    def fill(self, slice_of: int = 100) -> Iterator[None]:
        """Make all rows; pauses after every slice, so that whoever runs it can let others have a turn."""
        self._places = self._now()
        for number, vm in enumerate(list(self._mirror.every(VM))):
            self._draw(vm)
            if number % slice_of == slice_of - 1:
                yield

    def whole(self) -> dict[str, object]:
        return {"names": Row._fields, "rows": list(self._rows.values()), "places": self._places}

    def vm(self, id_: int) -> VM | None:
        """The VM behind a row's id; None once it is gone."""
        return self._vms.get(id_)

    def update(self, changes: Iterable[Change]) -> bool:
        """Note what has to be looked at again; whether that is anything."""
        found = False
        for change in changes:
            subject = change.subject
            if isinstance(subject, Server):
                found = True
            elif change.operation is not Operation.MOD or change.names & _TOLD.get(type(subject), frozenset()):
                found |= self._mark(subject, change.operation is Operation.DEL)
        return found

    def take(self) -> Delta | None:
        """What became different since the last time, as a new revision; None if nothing did."""
        dirty, self._dirty = self._dirty, set()
        put = [row for vm in dirty if (row := self._draw(vm))]
        gone, self._gone = sorted(self._gone), set()
        now = self._now()
        places = now if now != self._places else None
        self._places = now
        if not put and not gone and places is None:
            return None
        self.revision += 1
        return Delta(put, gone, places)

    def _mark(self, subject: XapiObject, gone: bool) -> bool:
        touched: Sequence[VM | None] = ()
        if isinstance(subject, VM):
            if gone:
                self._drop(subject)
                return True
            touched = (subject,)
        elif isinstance(subject, VMMetrics | VMGuestMetrics):
            touched = (self._joined.get((subject.home.id, subject.ref)),)
        elif isinstance(subject, VBD | VIF):
            touched = (subject.home.one(VM, subject.VM),)
        elif isinstance(subject, VDI):
            touched = [subject.home.one(VM, vbd.VM) for vbd in subject.all_of(VBD, subject.VBDs)]
        elif isinstance(subject, Host):
            touched = [vm for vm in self._ids if vm.resident_on == subject.ref and vm.home is subject.home]
        elif isinstance(subject, HostMetrics):
            hosts = [host for host in subject.home.all(Host).values() if host.metrics == subject.ref]
            touched = [vm for host in hosts for vm in host.all_of(VM, host.resident_VMs)]
        self._dirty.update(vm for vm in touched if vm is not None)
        return bool(touched) or isinstance(subject, Pool)

    def _draw(self, vm: VM) -> Row | None:
        """The row of `vm`, if it is another than before."""
        if vm.home.one(VM, vm.ref) is not vm or not is_guest(vm):
            self._drop(vm)
            return None
        id_ = self._ids.get(vm)
        if id_ is None:
            self._next += 1
            id_ = self._ids[vm] = self._next
            self._vms[id_] = vm
        self._joined[vm.home.id, vm.guest_metrics] = self._joined[vm.home.id, vm.metrics] = vm
        row = row_of(id_, vm)
        if self._rows.get(id_) == row:
            return None
        self._rows[id_] = row
        return row

    def _drop(self, vm: VM) -> None:
        self._dirty.discard(vm)
        id_ = self._ids.pop(vm, None)
        if id_ is not None:
            del self._vms[id_]
            self._rows.pop(id_, None)
            self._gone.add(id_)
            for ref in (vm.metrics, vm.guest_metrics):
                self._joined.pop((vm.home.id, ref), None)

    def _now(self) -> list[Place]:
        return [place_of(pool) for pool in self._mirror]
