"""A fake pool in which VMs can be made: its answers change its rows, and one of its calls may fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, VTPM, Host, HostMetrics, Network, Pool, TaskStatus
from data.types import GIB, NULL_REF, Ref
from tests.control.fake_pool import FakePool
from xo_dash.xapi.errors import XapiFailure

DISKS = '<provision><disk device="0" size="10737418240" sr="" bootable="true" type="system"/></provision>'
KINDS = (VM, VBD, VDI, VIF)


class World:
    """Two hosts, a shared SR and a local one, a library of images; a template that comes with the pool, and one of somebody's."""

    def __init__(self) -> None:
        self.fake = fake = FakePool()
        self.fails_at = -1  # the call of that number fails
        self.lan = self._network("lan")
        self.vlan = self._network("vlan 20")
        self.vault = self._sr("vault", shared=True, type="nfs", physical_size=1000 * GIB, physical_utilisation=800 * GIB)
        self.fast = self._sr("fast", type="lvm", physical_size=100 * GIB, physical_utilisation=50 * GIB)
        self.images = self._sr("images", shared=True, type="nfs", content_type="iso", physical_size=GIB)
        self.hosts = [self._host("host-1", 64), self._host("host-2", 8)]
        for host in self.hosts:
            self._reach(host, self.vault, self.images, *([self.fast] if host is self.hosts[0] else []))
        self.pool = Pool(name_label="lab", master=self.hosts[0].ref, default_SR=self.vault.ref)
        fake.put(self.pool)
        self.iso = self._vdi("debian.iso", self.images)
        limits = {"memory_static_min": GIB, "memory_dynamic_min": 2 * GIB, "memory_dynamic_max": 2 * GIB, "memory_static_max": 2 * GIB}
        more: dict[str, Any] = {**limits, "VCPUs_max": 1, "VCPUs_at_startup": 1, "HVM_boot_policy": "BIOS order", "is_a_template": True}
        self.debian = fake.vm("Debian 13", is_default_template=True, other_config={"default_template": "true", "disks": DISKS}, **more)
        self.golden = fake.vm("golden", HVM_boot_params={"firmware": "bios", "order": "cdn"}, **more)
        disk = self._vdi("golden", self.vault, virtual_size=10 * GIB)
        fake.change(self.golden, VBDs=[fake.put(VBD(VM=self.golden.ref, VDI=disk.ref, userdevice="0"))],
                    VIFs=[fake.put(VIF(VM=self.golden.ref, network=self.lan.ref, device="0"))])  # fmt: skip
        self.count = 0
        self.written = b""  # to disks

    def rows(self) -> dict[str, set[Ref]]:
        return {kind.xapi_class: set(self.fake.home.all(kind)) for kind in KINDS}

    # what is there

    def _network(self, name: str) -> Network:
        network = Network(name_label=name)
        self.fake.put(network)
        return network

    def _sr(self, name: str, **fields: Any) -> SR:
        sr = SR(**{"name_label": name, "content_type": "user"} | fields)
        self.fake.put(sr)
        return sr

    def _vdi(self, name: str, sr: SR, **fields: Any) -> VDI:
        vdi = VDI(name_label=name, SR=sr.ref, **fields)
        self.fake.put(vdi)
        self.fake.change(sr, VDIs=[*sr.VDIs, vdi.ref])
        return vdi

    def _host(self, name: str, memory: int) -> Host:
        metrics = self.fake.put(HostMetrics(memory_total=memory * GIB, live=True))
        host = Host(name_label=name, enabled=True, metrics=metrics, cpu_info={"cpu_count": "16"})
        self.fake.put(host)
        ports = [self.fake.put(PIF(host=host.ref, network=one.ref, management=one is self.lan)) for one in (self.lan, self.vlan)]
        self.fake.change(host, PIFs=ports)
        for network, port in zip((self.lan, self.vlan), ports, strict=True):
            self.fake.change(network, PIFs=[*network.PIFs, port])
        return host

    def _reach(self, host: Host, *srs: SR) -> None:
        for sr in srs:
            pbd = self.fake.put(PBD(host=host.ref, SR=sr.ref, currently_attached=True))
            self.fake.change(sr, PBDs=[*sr.PBDs, pbd])
            self.fake.change(host, PBDs=[*host.PBDs, pbd])

    # what it answers

    async def call(self, method: str, *arguments: Any) -> Any:
        """As the connection's: every call that changes something counts."""
        if method.startswith("task.") or method.partition(".")[2].startswith("get_"):
            return await self._looked(method, *arguments)
        self.fake.calls.append((method, arguments))
        number, self.count = self.count, self.count + 1
        if number == self.fails_at:
            if method.startswith("Async."):
                return self.fake.task(method, status=TaskStatus.FAILURE, error_info=["SR_FULL", "10", "5"])
            raise XapiFailure("SR_FULL", ["10", "5"])
        made = self._done(method.removeprefix("Async."), *arguments)
        if not method.startswith("Async."):
            return made
        return self.fake.task(method, status=TaskStatus.SUCCESS, result=f"<value>{made}</value>")

    async def transfer(self, method: str, path: str, query: Mapping[str, str], *, length: int | None = None, host: str = "") -> Any:
        """As the connection's: it takes all, and its task ends well."""
        number, self.count = self.count, self.count + 1
        self.fake.calls.append((f"{method} {path}", (query, length)))
        if number == self.fails_at:
            self.fake.end(Ref(query["task_id"]), TaskStatus.FAILURE, "VDI_IO_ERROR", "Device I/O errors")
        return Taker(self, Ref(query["task_id"]), length or 0)

    async def _looked(self, method: str, *arguments: Any) -> Any:
        home = self.fake.home
        if method == "task.create":
            return self.fake.task(arguments[0])
        if method == "VM.get_VBDs":
            vm = home.one(VM, arguments[0])
            return [vbd.ref for vbd in vm.all_of(VBD, vm.VBDs)] if vm is not None else []
        if method == "VBD.get_record":
            vbd = home.one(VBD, arguments[0])
            return {"type": vbd.type, "VDI": vbd.VDI} if vbd is not None else {}
        return ""

    def _done(self, method: str, *arguments: Any) -> Any:
        match method:
            case "VM.clone" | "VM.copy":
                return self._cloned(arguments[0], arguments[1])
            case "VDI.create":
                record = arguments[0]
                return self.fake.put(VDI(name_label=record["name_label"], SR=record["SR"], virtual_size=record["virtual_size"]))
            case "VBD.create":
                record = arguments[0]
                return self._joined(VBD(VM=record["VM"], VDI=record["VDI"], userdevice=record["userdevice"], type=record["type"]), "VBDs")
            case "VIF.create":
                record = arguments[0]
                return self._joined(VIF(VM=record["VM"], network=record["network"], device=record["device"], MAC=record["MAC"]), "VIFs")
            case "VTPM.create":
                return self._joined(VTPM(VM=arguments[0]), "VTPMs")
            case "VM.destroy":
                vm = self.fake.home.one(VM, arguments[0])
                assert vm is not None
                for row in (*vm.all_of(VBD, vm.VBDs), *vm.all_of(VIF, vm.VIFs), *vm.all_of(VTPM, vm.VTPMs), vm):
                    self.fake.remove(row)
            case "VDI.destroy" | "VBD.destroy" | "VIF.destroy":
                kind = {"VDI": VDI, "VBD": VBD, "VIF": VIF}[method[:3]]
                row = self.fake.home.one(kind, arguments[0])  # type: ignore[type-var]
                assert row is not None, method
                self.fake.remove(row)
        return ""

    def _joined(self, row: Any, field: str) -> Ref:
        ref = self.fake.put(row)
        vm = self.fake.home.one(VM, row.VM)
        assert vm is not None
        self.fake.change(vm, **{field: [*getattr(vm, field), ref]})
        return ref

    def _cloned(self, source: Ref, name: str) -> Ref:
        home = self.fake.home
        original = home.one(VM, source)
        assert original is not None
        copy = self.fake.vm(name, is_a_template=original.is_a_template)
        for vbd in original.all_of(VBD, original.VBDs):
            vdi = home.one(VDI, vbd.VDI)
            own = self.fake.put(VDI(name_label=vdi.name_label, SR=vdi.SR, virtual_size=vdi.virtual_size)) if vdi else NULL_REF
            self._joined(VBD(VM=copy.ref, VDI=own, userdevice=vbd.userdevice, type=vbd.type), "VBDs")
        for vif in original.all_of(VIF, original.VIFs):
            self._joined(VIF(VM=copy.ref, network=vif.network, device=vif.device), "VIFs")
        return copy.ref


class Taker:
    """One upload."""

    def __init__(self, world: World, task: Ref, length: int) -> None:
        self._world, self._task, self._length = world, task, length

    async def write(self, data: bytes) -> None:
        self._length -= len(data)
        self._world.written += data
        if not self._length and self._world.fake.task_row(self._task).status is TaskStatus.PENDING:
            self._world.fake.end(self._task)

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass
