"""A pool of three hosts with four NICs each: management on eth0, VLAN 20 on eth1, storage on eth2; eth3 and what is to come are free."""

from __future__ import annotations

from typing import TypeVar

from data.objects import PBD, PIF, SR, VIF, VLAN, Bond, Host, HostMetrics, Network, PIFMetrics, Pool, PowerState
from data.types import GIB, XapiObject
from tests.control.fake_pool import FakePool

T = TypeVar("T", bound=XapiObject)
SWITCH = {"network_backend": "openvswitch"}


class Place:
    """`hosts`, the first of them the master; `lan`, `front`, `store`, `spare` are the networks of eth0 to eth3, `guests` is VLAN 20."""

    def __init__(self, hosts: int = 3) -> None:
        self.fake = FakePool()
        self.hosts = [self._host(number) for number in range(1, hosts + 1)]
        self.pool = self.put(Pool(name_label="lab", master=self.hosts[0].ref))
        self.lan, self.front, self.store, self.spare = (self._of_nic(number) for number in range(4))
        self.guests = self.put(Network(name_label="vlan 20", bridge="xapi0"))
        for host in self.hosts:
            self.tag(host, self.front, 20, self.guests)
        self.address(self.lan, "10.0.0", management=True)
        self.address(self.store, "10.0.2")
        nfs = self.put(SR(name_label="nas", type="nfs", shared=True, physical_size=GIB))
        paths = [
            self.put(PBD(host=host.ref, SR=nfs.ref, currently_attached=True, device_config={"server": "10.0.2.200", "serverpath": "/vms"}))
            for host in self.hosts
        ]
        self.fake.change(nfs, PBDs=[path.ref for path in paths])
        for host, path in zip(self.hosts, paths, strict=True):
            self.fake.change(host, PBDs=[path.ref])

    def put(self, row: T) -> T:
        self.fake.put(row)
        return row

    def _host(self, number: int) -> Host:
        metrics = self.put(HostMetrics(live=True, memory_total=64 * GIB))
        return self.put(Host(name_label=f"host-{number}", enabled=True, metrics=metrics.ref, address=f"10.0.0.1{number}",
                             software_version=SWITCH))  # fmt: skip

    def _of_nic(self, number: int) -> Network:
        network = self.put(Network(name_label=f"eth{number}", bridge=f"xenbr{number}"))
        for host in self.hosts:
            link = self.put(PIFMetrics(carrier=True, speed=10_000))
            self.port(host, PIF(device=f"eth{number}", network=network.ref, metrics=link.ref, physical=True, currently_attached=True))
        return network

    def port(self, host: Host, pif: PIF) -> PIF:
        pif.host = host.ref
        self.put(pif)
        self.fake.change(host, PIFs=[*host.PIFs, pif.ref])
        network = self.fake.home.one(Network, pif.network)
        assert network is not None
        self.fake.change(network, PIFs=[*network.PIFs, pif.ref])
        return pif

    def pif(self, host: Host, network: Network) -> PIF:
        return next(pif for pif in host.all_of(PIF, host.PIFs) if pif.network == network.ref)

    def tag(self, host: Host, base: Network, tag: int, network: Network) -> None:
        below = self.pif(host, base)
        above = self.port(host, PIF(device=below.device, network=network.ref, VLAN=tag, currently_attached=True))
        vlan = self.put(VLAN(tagged_PIF=below.ref, untagged_PIF=above.ref, tag=tag))
        self.fake.change(above, VLAN_master_of=vlan.ref)
        self.fake.change(below, VLAN_slave_of=[*below.VLAN_slave_of, vlan.ref])

    def address(self, network: Network, prefix: str, *, management: bool = False) -> None:
        for number, host in enumerate(self.hosts, 1):
            self.fake.change(
                self.pif(host, network), IP=f"{prefix}.1{number}", netmask="255.255.255.0", ip_configuration_mode="Static",
                gateway=f"{prefix}.1" if management else "", DNS=f"{prefix}.1" if management else "", management=management,
            )  # fmt: skip

    def bond(self, host: Host, network: Network, *nics: Network, mode: str = "balance-slb") -> Bond:
        members = [self.pif(host, nic) for nic in nics]
        master = self.port(host, PIF(device="bond0", network=network.ref, currently_attached=True, MAC="52:54:00:00:00:09"))
        bond = self.put(Bond(master=master.ref, slaves=[member.ref for member in members], mode=mode))
        self.fake.change(master, bond_master_of=[bond.ref])
        for member in members:
            self.fake.change(member, bond_slave_of=bond.ref)
        return bond

    def nic(self, network: Network, vm: str = "web-1", *, connected: bool = True) -> VIF:
        machine = self.fake.vm(vm, PowerState.RUNNING if connected else PowerState.HALTED)
        vif = self.put(VIF(VM=machine.ref, network=network.ref, device="0", currently_attached=connected))
        self.fake.change(machine, VIFs=[vif.ref])
        self.fake.change(network, VIFs=[*network.VIFs, vif.ref])
        return vif
