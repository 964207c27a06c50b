"""Two small pools with storage and networks of all kinds, between which VMs move."""

from __future__ import annotations

from typing import Any

from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Host, HostMetrics, Network, Pool, PowerState
from data.types import GIB, NULL_REF
from tests.control.fake_pool import FakePool

MOVABLE = frozenset({"pool_migrate", "migrate_send"})


def host(fake: FakePool, name: str, memory: int = 64 * GIB) -> Host:
    metrics = fake.put(HostMetrics(memory_total=memory, live=True))
    row = Host(name_label=name, enabled=True, metrics=metrics)
    fake.put(row)
    return row


def sr(fake: FakePool, name: str, *hosts: Host, free: int = 100 * GIB, shared: bool = True) -> SR:
    row = SR(name_label=name, physical_size=free + GIB, physical_utilisation=GIB, shared=shared, type="nfs", content_type="user")
    fake.put(row)
    paths = []
    for one in hosts:
        path = fake.put(PBD(SR=row.ref, host=one.ref, currently_attached=True))
        fake.change(one, PBDs=[*one.PBDs, path])
        paths.append(path)
    fake.change(row, PBDs=paths)
    return row


def network(fake: FakePool, name: str, *hosts: Host, tag: int = -1, management: bool = False) -> Network:
    row = Network(name_label=name, bridge=name)
    fake.put(row)
    ports = []
    for one in hosts:
        port = fake.put(PIF(network=row.ref, host=one.ref, VLAN=tag, management=management, IP="192.0.2.9" if management else ""))
        fake.change(one, PIFs=[*one.PIFs, port])
        ports.append(port)
    fake.change(row, PIFs=ports)
    return row


def machine(fake: FakePool, on: Host, store: SR, net: Network, state: PowerState = PowerState.RUNNING, **fields: Any) -> VM:
    vm = fake.vm("web-1", state, allowed_operations=MOVABLE, resident_on=on.ref if state is PowerState.RUNNING else NULL_REF,
                 memory_dynamic_max=8 * GIB, memory_static_max=8 * GIB, **fields)  # fmt: skip
    disk = fake.put(VDI(name_label="root", virtual_size=20 * GIB, physical_utilisation=5 * GIB, SR=store.ref))
    drive = fake.put(VBD(VM=vm.ref, VDI=disk, type="Disk"))
    nic = fake.put(VIF(VM=vm.ref, network=net.ref, device="0"))
    fake.change(vm, VBDs=[drive], VIFs=[nic])
    if state is PowerState.RUNNING:
        fake.change(on, resident_VMs=[vm.ref])
    return vm


class House:
    """Two pools: `lab` with two hosts, shared and local storage; `home` with one host."""

    def __init__(self) -> None:
        self.lab = FakePool("lab")
        self.home = FakePool("home", self.lab.mirror)
        self.one, self.two = host(self.lab, "one"), host(self.lab, "two")
        self.attic = host(self.home, "attic", 4 * GIB)
        self.shared, self.local = sr(self.lab, "shared", self.one, self.two), sr(self.lab, "local", self.one, shared=False)
        self.nas = sr(self.home, "nas", self.attic)
        self.lan = network(self.lab, "lan", self.one, self.two, management=True)
        self.tagged = network(self.lab, "tagged", self.one, self.two, tag=20)
        self.home_lan = network(self.home, "lan", self.attic, management=True)
        for fake, default in ((self.lab, self.shared), (self.home, self.nas)):
            fake.put(Pool(name_label=fake.server.id, default_SR=default.ref, uuid=f"pool-{fake.server.id}"))
