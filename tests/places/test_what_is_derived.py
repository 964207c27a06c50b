"""What is told of hosts, SRs and networks, as tables of cases."""

from __future__ import annotations

import math
from typing import Any

import pytest

from data.facts.host import HostState, booted_at, host_state
from data.facts.network import LinkLevel
from data.guidance import guidance_of_host, waiting_among
from data.hosts import (
    account_of,
    certificate_ends_at,
    cpus_of,
    machine_of,
    ports_of,
    product_of,
)
from data.level import Level
from data.mirror import Mirror
from data.names import pool_name_among
from data.networks import NetworkKind, links_of, load_of, network_kind, nic_of, ports_into, tags_of, traffic_of
from data.objects import (
    PBD,
    PIF,
    SR,
    VBD,
    VDI,
    VIF,
    VLAN,
    VM,
    Bond,
    Certificate,
    Host,
    HostMetrics,
    Network,
    PIFMetrics,
    Pool,
    VMGuestMetrics,
)
from data.server import Server
from data.storage import DiskKind, Reach, Room, disk_kind, guests_on, owners_of, reach_of, sum_of
from data.storage import machine_of as machine_of_snapshot
from data.texts import natural
from data.types import GIB, NULL_REF, Ref
from data.views.path import device_text
from data.views.sr import SRView
from tests.control.fake_pool import FakePool
from tests.fakes import Builder, home_lab


@pytest.fixture
def build() -> Builder:
    return Builder(Mirror(), "pool")


def a_host(build: Builder, name: str = "a", *, total: int = 64 * GIB, live: bool = True, **record: Any) -> Ref:
    metrics = build.put(HostMetrics, memory_total=total, live=live)
    return build.put(Host, name_label=name, metrics=metrics, **{"enabled": True, **record})


# ---- hosts


@pytest.mark.parametrize(
    ("live", "enabled", "state"),
    [
        (True, True, HostState.RUNNING),
        (True, False, HostState.MAINTENANCE),
        (False, True, HostState.UNHEARD),
        (False, False, HostState.UNHEARD),
    ],
)
def test_the_state_of_a_host(build: Builder, live: bool, enabled: bool, state: HostState) -> None:
    ref = a_host(build, live=live, enabled=enabled)
    assert host_state(build.commit().all(Host)[ref]) is state


def test_a_host_is_lost_only_where_something_says_so(build: Builder) -> None:
    ref = build.put(Host, name_label="a", enabled=True)
    assert host_state(build.commit().all(Host)[ref]) is HostState.RUNNING


def test_memory_adds_up_on_every_host_of_the_lab() -> None:
    for host in home_lab().every(Host):
        account = account_of(host)
        assert account.xen + account.dom0 + account.guests + account.free == account.total > 0
        assert min(account.xen, account.dom0) > 0


@pytest.mark.parametrize("guest", [8 * GIB, 1 << 50])
def test_memory_adds_up_where_more_was_promised_than_there_is(build: Builder, guest: int) -> None:
    vm = build.put(VM, memory_dynamic_max=guest, power_state="Running")
    ref = a_host(build, total=16 * GIB, memory_overhead=GIB, resident_VMs=[vm])
    account = account_of(build.commit().all(Host)[ref])
    assert (account.xen, account.dom0, account.guests) == (GIB, 0, min(guest, 15 * GIB))
    assert account.xen + account.dom0 + account.guests + account.free == account.total


def test_a_host_never_measured_has_an_account_of_nothing(build: Builder) -> None:
    ref = build.put(Host, memory_overhead=GIB)
    assert account_of(build.commit().all(Host)[ref]).total == 0


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, ("", 0, 0, 0.0)),
        (
            {"cpu_count": "48", "socket_count": "2", "modelname": "Intel(R) Xeon(R)  CPU", "speed": "2294.608"},
            ("Intel Xeon CPU", 2, 48, 2294.608),
        ),
        ({"cpu_count": "many", "socket_count": "-1", "speed": "nan"}, ("", 0, 0, 0.0)),
        ({"speed": "1e999"}, ("", 0, 0, 0.0)),
    ],
)
def test_cpus(told: dict[str, str], expected: tuple[str, int, int, float]) -> None:
    assert tuple(cpus_of(Host(cpu_info=told))) == expected


def test_versions_and_machine() -> None:
    host = Host(
        software_version={"product_brand": "XCP-ng", "product_version": "8.3.0"},
        bios_strings={"system-manufacturer": "Dell Inc. ", "system-product-name": "PowerEdge R6515"},
    )
    assert (product_of(host), machine_of(host)) == ("XCP-ng 8.3.0", "Dell Inc. PowerEdge R6515")
    assert (product_of(Host()), machine_of(Host())) == ("", "")


@pytest.mark.parametrize(("text", "moment"), [("1700000000.", 1.7e9), ("", None), ("soon", None), ("-5", None), ("inf", None)])
def test_when_a_host_booted(text: str, moment: float | None) -> None:
    assert booted_at(Host(other_config={"boot_time": text})) == moment


def test_the_certificate_that_ends_first_counts_and_only_the_hosts_own(build: Builder) -> None:
    ends = ("20300101T00:00:00Z", "20290101T00:00:00Z")
    refs = [build.put(Certificate, type="host", not_after=end) for end in ends]
    refs.append(build.put(Certificate, type="ca", not_after="20200101T00:00:00Z"))
    host, bare = a_host(build, certificates=refs), a_host(build)
    pool = build.commit()
    assert certificate_ends_at(pool.all(Host)[host]) == 1861920000.0
    assert certificate_ends_at(pool.all(Host)[bare]) is None


@pytest.mark.parametrize(
    ("demanded", "recommended", "full", "updates", "expected"),
    [
        ([], [], [], [], []),
        (["restart_toolstack"], [], [], [], [("restart_toolstack", 3)]),
        ([], [], [], ["x"], [("reboot_host", 3)]),
        (["reboot_host"], [], [], ["x"], [("reboot_host", 3)]),
        (["restart_toolstack"], ["reboot_host"], [], [], [("restart_toolstack", 3), ("reboot_host", 2)]),
        ([], ["reboot_host"], ["restart_toolstack", "reboot_host"], [], [("reboot_host", 2)]),
        ([], ["reboot_host"], [], ["x"], [("reboot_host", 3)]),
        ([], [], ["dance"], [], [("dance", 1)]),
    ],
)
def test_what_updates_want_done(
    demanded: list[str], recommended: list[str], full: list[str], updates: list[Ref], expected: list[tuple[str, int]]
) -> None:
    host = Host(
        pending_guidances=demanded, pending_guidances_recommended=recommended, pending_guidances_full=full, updates_requiring_reboot=updates
    )
    assert list(guidance_of_host(host)) == expected


def test_vms_that_wait_for_a_restart_are_grouped_by_what_is_enough(build: Builder) -> None:
    both = {"pending_guidances": ["restart_vm"], "pending_guidances_recommended": ["restart_device_model"]}
    running = {"power_state": "Running"}
    refs = [build.put(VM, **running, **both), build.put(VM, **running, pending_guidances_full=["restart_device_model"])]
    build.put(VM, power_state="Halted", **both)
    build.put(VM, **running, is_control_domain=True, **both)
    vms = build.commit().all(VM)
    assert list(waiting_among(vms.values())) == [("restart_vm", 3, (refs[0],)), ("restart_device_model", 1, (refs[1],))]


# ---- ports and networks


def wired(build: Builder) -> tuple[Ref, Ref, Ref]:
    """A host with a bond of two NICs (one without a link) and a VLAN on it; gives host, untagged network, tagged network."""
    trunk, tagged = build.put(Network, name_label="trunk"), build.put(Network, name_label="tagged")
    host, bond, vlan, tag = (Ref(f"OpaqueRef:{name}") for name in ("host", "bond", "vlan", "tag"))
    links = [build.put(PIFMetrics, carrier=True, speed=10000), build.put(PIFMetrics, carrier=False, speed=65535)]
    nics = [
        build.put(PIF, device=f"eth{i}", host=host, physical=True, bond_slave_of=bond, metrics=metrics) for i, metrics in enumerate(links)
    ]
    master = build.put(PIF, device="bond0", host=host, network=trunk, bond_master_of=[bond], currently_attached=True, VLAN_slave_of=[vlan])
    build.put(Bond, bond, master=master, slaves=nics, mode="lacp")
    build.put(VLAN, vlan, tagged_PIF=master, untagged_PIF=tag, tag=20)
    build.put(PIF, tag, device="bond0", host=host, network=tagged, VLAN=20, VLAN_master_of=vlan, currently_attached=True)
    metrics = build.put(HostMetrics, live=True)
    build.put(Host, host, name_label="h", metrics=metrics, PIFs=[tag, master, *reversed(nics)])
    build.put(Network, trunk, name_label="trunk", PIFs=[master])
    build.put(Network, tagged, name_label="tagged", PIFs=[tag])
    return host, trunk, tagged


def test_ports_stand_by_name_and_a_vlan_has_the_link_of_its_bond(build: Builder) -> None:
    host, _trunk, _tagged = wired(build)
    ports = ports_of(build.commit().all(Host)[host])
    assert [(port.pif.device, port.vlan, port.link, port.speed, port.mode) for port in ports] == [
        ("bond0", None, LinkLevel.DEGRADED, 10000, "lacp"),
        ("bond0", 20, LinkLevel.DEGRADED, 10000, "lacp"),
        ("eth0", None, LinkLevel.UP, 10000, ""),
        ("eth1", None, LinkLevel.DOWN, 0, ""),
    ]


def test_networks_know_their_kind_tag_and_links(build: Builder) -> None:
    _host, trunk, tagged = wired(build)
    internal = build.put(Network, bridge="xapi0")
    rows = build.commit().all(Network)
    assert [network_kind(rows[ref]) for ref in (trunk, tagged, internal)] == [NetworkKind.BOND, NetworkKind.VLAN, NetworkKind.INTERNAL]
    assert (tags_of(rows[tagged]), tags_of(rows[trunk])) == ([20], [])
    assert links_of(rows[tagged]) == (1, 1, LinkLevel.DEGRADED, Level.WARNING, ())
    assert links_of(rows[internal]) == (0, 0, LinkLevel.UP, Level.NONE, ())
    assert [one.host and one.host.name_label for one in ports_into(rows[tagged])] == ["h"]


def test_an_unplugged_port_lacks_nothing(build: Builder) -> None:
    pif = build.put(PIF, metrics=build.put(PIFMetrics, carrier=False), currently_attached=False)
    network = build.put(Network, PIFs=[pif])
    assert links_of(build.commit().all(Network)[network]) == (0, 0, LinkLevel.UP, Level.NONE, ())


def test_nics_on_a_network_are_those_of_vms_with_their_own_addresses(build: Builder) -> None:
    network, vm = Ref("OpaqueRef:n"), Ref("OpaqueRef:v")
    vifs = [build.put(VIF, VM=vm, network=network if i else NULL_REF, device=str(i)) for i in range(2)]
    template = build.put(VM, is_a_template=True)
    vifs.append(build.put(VIF, VM=template, network=network))
    guest = build.put(VMGuestMetrics, networks={"0/ip": "10.0.0.1", "1/ip": "10.0.1.1"})
    build.put(VM, vm, power_state="Running", VIFs=vifs[:2], guest_metrics=guest)
    build.put(Network, network, VIFs=[*vifs[1:], Ref("OpaqueRef:dangling")])
    row = build.commit().all(Network)[network]
    (nic,) = filter(None, map(nic_of, row.all_of(VIF, row.VIFs)))
    assert (nic.vif.device, nic.addresses) == ("1", ("10.0.1.1",))


# ---- storage


@pytest.mark.parametrize(
    ("record", "reach"),
    [
        ({"type": "nfs", "shared": True, "content_type": "user"}, Reach.SHARED),
        ({"type": "ext", "shared": False, "content_type": "user"}, Reach.LOCAL),
        ({"type": "iso", "shared": True, "content_type": "iso"}, Reach.IMAGES),
        ({"type": "udev", "content_type": "iso"}, Reach.DRIVE),
        ({"type": "udev", "content_type": "disk"}, Reach.DRIVE),
        ({"type": "iso", "content_type": "iso", "is_tools_sr": True}, Reach.DRIVE),
        ({"type": "something newer", "content_type": ""}, Reach.LOCAL),
    ],
)
def test_what_an_sr_is_for(record: dict[str, Any], reach: Reach) -> None:
    assert reach_of(SR(**record)) is reach


@pytest.mark.parametrize(
    ("room", "share", "free"),
    [(Room(100, 25, 400), 0.25, 75), (Room(0, 0, 0), math.nan, -1), (Room(-1, -1, 0), math.nan, -1), (Room(10, 12, 0), 1.2, 0)],
)
def test_room(room: Room, share: float, free: int) -> None:
    assert room.share == pytest.approx(share, nan_ok=True)
    assert room.free == free


def test_the_sum_of_a_pool_leaves_images_and_drives_out() -> None:
    srs = [
        SR(type="nfs", shared=True, physical_size=10, physical_utilisation=4, virtual_allocation=20),
        SR(type="ext", physical_size=5, physical_utilisation=-1),
        SR(type="iso", content_type="iso", physical_size=100, physical_utilisation=100),
        SR(type="udev", physical_size=7),
    ]
    assert sum_of(srs) == Room(15, 4, 20)


def test_only_living_hosts_are_missed(build: Builder) -> None:
    sr = Ref("OpaqueRef:sr")
    hosts = [a_host(build, "up"), a_host(build, "cut"), a_host(build, "dead", live=False)]
    paths = [build.put(PBD, host=host, SR=sr, currently_attached=not i) for i, host in enumerate(hosts)]
    build.put(SR, sr, type="nfs", physical_size=GIB, PBDs=paths)
    row = build.commit().all(SR)[sr]
    assert (SRView.attached.of(row), len(SRView.paths.of(row)), [host.name for host in SRView.cut_off.of(row)]) == (1, 3, ["cut"])


@pytest.mark.parametrize(
    ("disk", "owner", "sr", "kind"),
    [
        ({}, {}, {}, DiskKind.DISK),
        ({}, {"is_a_template": True}, {}, DiskKind.DISK),
        ({"is_a_snapshot": True}, {"is_a_snapshot": True, "is_a_template": True}, {}, DiskKind.SNAPSHOT),
        ({"managed": False}, None, {}, DiskKind.BASE),
        ({}, None, {}, DiskKind.ORPHAN),
        ({"is_a_snapshot": True}, None, {}, DiskKind.ORPHAN),
        ({"type": "suspend"}, None, {}, DiskKind.SYSTEM),
        ({"type": "of a newer xapi"}, None, {}, DiskKind.SYSTEM),
        ({}, None, {"content_type": "iso"}, DiskKind.IMAGE),
        ({"is_tools_iso": True}, None, {}, DiskKind.IMAGE),
    ],
)
def test_disks_are_told_apart(
    build: Builder, disk: dict[str, Any], owner: dict[str, Any] | None, sr: dict[str, Any], kind: DiskKind
) -> None:
    place, vdi = build.put(SR, **sr), Ref("OpaqueRef:vdi")
    vbds = [build.put(VBD, VM=build.put(VM, **owner), VDI=vdi)] if owner is not None else [Ref("OpaqueRef:dangling")]
    build.put(VDI, vdi, SR=place, VBDs=vbds, **disk)
    assert disk_kind(build.commit().all(VDI)[vdi]) is kind


def test_a_snapshots_disk_leads_to_its_vm_and_vms_count_once(build: Builder) -> None:
    sr, vdi, taken, vm = (Ref(f"OpaqueRef:{name}") for name in ("sr", "vdi", "taken", "vm"))
    snapshot = build.put(VM, name_label="before", is_a_snapshot=True, snapshot_of=vm)
    build.put(VM, vm, name_label="web")
    build.put(VDI, taken, SR=sr, is_a_snapshot=True, VBDs=[build.put(VBD, VM=snapshot, VDI=taken)])
    build.put(VDI, vdi, SR=sr, VBDs=[build.put(VBD, VM=vm, VDI=vdi), build.put(VBD, VM=vm, VDI=vdi)])
    build.put(SR, sr, VDIs=[vdi, taken])
    pool = build.commit()
    (owner,) = owners_of(pool.all(VDI)[taken])
    assert (owner.name_label, machine_of_snapshot(owner).name_label) == ("before", "web")
    assert [one.name_label for one in guests_on(pool.all(SR)[sr])] == ["web"]


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"server": "nas", "serverpath": "/tank"}, "nas:/tank"),
        ({"target": "10.0.0.5", "targetIQN": "iqn.x", "chapuser": "u", "chappassword": "secret"}, "10.0.0.5:iqn.x"),
        ({"device": "/dev/sdb"}, "/dev/sdb"),
        ({"location": "//nas/iso", "username": "u", "cifspassword": "secret"}, "//nas/iso"),
        ({}, ""),
    ],
)
def test_where_an_sr_is_says_no_secret(config: dict[str, str], text: str) -> None:
    assert device_text(config) == text


def test_a_network_is_as_busy_as_its_busiest_line_and_a_vlan_carries_what_its_vms_do(build: Builder) -> None:
    lan, tagged = build.put(Network, name_label="lan"), build.put(Network, name_label="vlan 20")
    hosts = [a_host(build, name) for name in "ab"]
    guest = build.put(VM, name_label="web-1")
    ports = {}
    for host in hosts:
        metrics = build.put(PIFMetrics, carrier=True, speed=1000)
        slaves = [build.put(PIF, device=f"eth{i}", host=host, metrics=metrics) for i in range(2)]
        bond = build.put(Bond, slaves=slaves)
        ports[host] = build.put(
            PIF, device="bond0", host=host, network=lan, currently_attached=True, metrics=metrics, bond_master_of=[bond]
        )
        vlan = build.put(VLAN, tagged_PIF=ports[host])
        ports[host, 20] = build.put(PIF, device="bond0", VLAN=20, host=host, network=tagged, currently_attached=True, VLAN_master_of=vlan)
    vif = build.put(VIF, VM=guest, network=tagged, device="1")
    pool = build.commit()
    networks = pool.all(Network)
    for key, port in ports.items():
        networks[tagged if isinstance(key, tuple) else lan].PIFs.append(port)
    networks[tagged].VIFs.append(vif)
    assert [math.isnan(load_of(networks[one])) for one in (lan, tagged)] == [True, True]
    first, second = (pool.all(Host)[host].uuid for host in hosts)
    for uuid, device, way, amount in ((first, 0, "rx", 2e6), (first, 1, "tx", 5e6), (second, 0, "tx", 60e6), (second, 1, "tx", 40e6)):
        pool.history.put(uuid, f"pif_eth{device}_{way}", 1e9, amount)
    pool.history.put(pool.all(VM)[guest].uuid, "vif_1_tx", 1e9, 7e6)
    assert [load_of(networks[one]) for one in (lan, tagged)] == [pytest.approx(0.4)] * 2  # 100 MB/s of 2 Gbit/s
    assert [pool.history.sum_now(traffic_of(networks[one])) for one in (lan, tagged)] == [pytest.approx(107e6), pytest.approx(7e6)]


def test_two_pools_of_one_name_are_told_apart_where_one_is_chosen() -> None:
    lab = FakePool("a")
    other, home = FakePool("b", lab.mirror), FakePool("c", lab.mirror)
    for fake, name in ((lab, "lab"), (other, "lab"), (home, "home")):
        fake.put(Pool(name_label=name))
    assert [pool_name_among(fake.home) for fake in (lab, other, home)] == [f"lab · {lab.home.label}", f"lab · {other.home.label}", "home"]


def test_names_are_sorted_as_people_do() -> None:
    names = ["host-10", "Host-2", "host-1", "db", f"host-{'9' * 5000}", "host-2b"]
    assert sorted(names, key=natural) == ["db", "host-1", "Host-2", "host-2b", "host-10", f"host-{'9' * 5000}"]
    assert len(natural("1a" * 50_000)) < 10_000, "it is kept"


@pytest.mark.parametrize(
    ("label", "address", "given"),
    [
        (" the lab ", "10.0.0.1", "the lab"),
        ("10.0.0.1", "10.0.0.1", ""),
        ("10.0.0.1", "http://10.0.0.1:8080", ""),
        ("10.0.0.7", "10.0.0.1", ""),  # it had another one once
        ("fd00::7", "https://[fd00::7]", ""),
        ("https://xcp-1.lan", "xcp-1.lan", ""),
        ("xcp-1.lan", "10.0.0.1", "xcp-1.lan"),
        ("lab: //[1", "10.0.0.1", "lab: //[1"),
        ("", "10.0.0.1", ""),
    ],
)
def test_an_address_is_no_name_that_somebody_gave(label: str, address: str, given: str) -> None:
    """It is told to who may see the connection alone, and a name to whoever knows the pool."""
    assert Server(id="1", label=label, address=address).given_name == given
