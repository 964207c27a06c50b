"""VMs that go elsewhere, for the tests of migration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.simulator.client import Client, sign_in, until
from tests.simulator.making import GIB, RECORD, Maker
from xo_dash.simulator.classes import vdi_storage
from xo_dash.simulator.testing import SimulatedPool

MIGRATABLE = "pool_migrate"


@dataclass
class Place:
    """A pool to send from, or to: `make` makes things in it."""

    pool: SimulatedPool
    make: Maker

    @property
    def x(self) -> Client:
        return self.make.x

    @property
    def hosts(self) -> list[str]:
        """The master first."""
        return [self.make.master, *(h for h in self.x.call("host.get_all") if h != self.make.master)]

    @property
    def network(self) -> str:
        """That of the management interfaces."""
        pifs = self.x.call("PIF.get_all_records").values()
        return next(str(pif["network"]) for pif in pifs if pif["management"] and pif["host"] == self.make.master)

    def local(self, host: str) -> str:
        """The local SR of a host."""
        srs = self.x.call("SR.get_all_records")
        return next(str(ref) for ref, sr in srs.items() if sr["type"] == "ext" and self.x.call("PBD.get_host", sr["PBDs"][0]) == host)

    def dest(self, host: str) -> dict[str, str]:
        found: dict[str, str] = self.x.call("host.migrate_receive", host, self.network, {})
        return found

    def running(self, name: str = "web", host: str = "", **fields: Any) -> str:
        """A VM whose agent has reported."""
        vm = self.make.vm(name, **fields)
        self.x.call("VM.start_on", vm, host or self.make.master, False, False)
        if self.pool.inside.clock.speed:
            until(lambda: MIGRATABLE in self.make.get(vm, "allowed_operations"))
        return vm

    def bare(self, name: str, *, disks: int = 0, memory: int = GIB) -> str:
        """A halted VM, made without any time going by."""
        limits = dict.fromkeys(("memory_static_max", "memory_dynamic_max", "memory_dynamic_min", "memory_static_min"), memory)
        vm = str(self.x.call("VM.create", {**RECORD, "name_label": name, **limits}))
        for number in range(disks):
            self.make.drive(vm, self.full(GIB, self.make.sr), str(number))
        self.make.nic(vm)
        return vm

    def full(self, size: int, sr: str) -> str:
        """A disk with as much on it as it can hold."""
        fields = {"name_label": "disk", "virtual_size": size, "physical_utilisation": size, "type": "user"}
        return self.pool.do(lambda pool: vdi_storage.create(pool, sr, fields))

    def disks(self, vm: str, sr: str) -> dict[str, str]:
        """A vdi_map: all disks of a VM to `sr`."""
        drives = [self.x.call("VBD.get_record", vbd) for vbd in self.make.get(vm, "VBDs")]
        return {d["VDI"]: sr for d in drives if d["type"] == "Disk"}

    def nics(self, vm: str, network: str) -> dict[str, str]:
        return dict.fromkeys(self.make.get(vm, "VIFs"), network)

    def counts(self) -> dict[str, int]:
        """How many there are of what a VM is made of."""
        classes = ("VM", "VDI", "VBD", "VIF", "VM_metrics", "VM_guest_metrics", "VBD_metrics", "console")
        return self.pool.do(lambda pool: {cls: len(pool.db.rows(cls)) for cls in classes})

    def send(self, vm: str, to: Place, host: str, options: dict[str, str] | None = None, **maps: Any) -> Any:
        """VM.migrate_send to another place, with everything mapped that is not in `maps`."""
        arguments = self.arguments(vm, to, host, options, **maps)
        return self.x.call("VM.migrate_send", vm, *arguments)

    def arguments(self, vm: str, to: Place, host: str, options: dict[str, str] | None = None, **maps: Any) -> tuple[Any, ...]:
        vdis = maps.get("vdis", self.disks(vm, to.make.sr))
        nics = maps.get("nics", self.nics(vm, to.network) if to is not self else {})
        return maps.get("dest") or to.dest(host), True, vdis, nics, options or {}


def place(pool: SimulatedPool) -> Place:
    return Place(pool, Maker(sign_in(pool)))
