"""Fleets to draw: pools with networks, shared and local storage, and VMs in every state, with all references both ways."""

from __future__ import annotations

import random
from collections.abc import Sequence

from data.mirror import Mirror, PoolMirror
from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Host, HostMetrics, Network, PIFMetrics, Pool, VMGuestMetrics
from data.types import GIB, NULL_REF, Ref
from tests.fakes import Builder, judged, measure

TAGS = (("prod",), ("prod", "web"), ("test",), (), ("prod", "db"), ("web",), ("test", "ci"), ())
SYSTEMS = ("Debian GNU/Linux 12", "Debian GNU/Linux 12", "Ubuntu 24.04", "Windows Server 2022", "Rocky Linux 9", "Debian GNU/Linux 11")

LONE, LAB, RACK, HALL = ((1, 6),), ((3, 40), (1, 6)), ((12, 300),), ((10, 333),) * 6
"""(hosts, VMs) of each pool: 1/6, 3/40 + 1/6, 12/300, 60/2,000."""

NAMES = (
    "web-1", "db-01", "nas", "git", "mail", "k8s-cp-1", "k8s-worker-1", "k8s-worker-2", "ci-runner-1", "grafana", "pihole", "vpn",
    "home-assistant", "wiki", "backup", "k8s-worker-3", "registry", "jenkins", "db-02", "vault", "proxy", "media", "unifi", "nextcloud",
    "minio", "win10-old", "test-a", "test-b", "template-try", "db-clone", "pbx", "k3s-exp", "forge",
)  # fmt: skip
SIZES = (2, 4, 4, 8, 8, 8, 16, 24)
STATES = ("Running",) * 16 + ("Paused", "Halted", "Halted", "Halted", "Suspended")


def fleet(shape: Sequence[tuple[int, int]], seed: int = 1, *, alive: bool = True) -> Mirror:
    """A mirror with a live pool for each (hosts, VMs). Not `alive`: nothing is measured and judged, which is most of the work."""
    mirror = Mirror()
    for p, (hosts, vms) in enumerate(shape):
        pool = _pool(mirror, ("lab-pool", "home")[p] if len(shape) == 2 else f"pool-{p + 1}", hosts, vms, seed)
        join(pool)
        if not alive:
            continue
        measure(pool, random.Random(seed + p))
        for row in pool.all(VM).values():
            if load := pool.history.load(row.uuid):
                part = random.Random(row.uuid).betavariate(3, 3)
                load.memory_used, load.guest_memory = part * row.memory_dynamic_max, part
                load.disk_read, load.disk_write, load.disk_latency = load.net_rx * 3, 0.0, part * 0.02
    return judged(mirror) if alive else mirror


def _pool(mirror: Mirror, name: str, hosts: int, vms: int, seed: int) -> PoolMirror:
    build = Builder(mirror, name, seed)
    networks = [build.put(Network, name_label=label, bridge=f"xapi{i}") for i, label in enumerate(("mgmt", "vlan 20", "storage"))]
    rows = (("nfs-vault", "nfs", 4096, 0.96, 300), ("iso", "iso", 200, 0.31, 0)) if hosts > 1 else (("usb-disk", "nfs", 2048, 0.42, 90),)
    shared = [_sr(build, *row, shared=True) for row in rows]
    rams = [(64 if hosts == 1 else (128, 128, 96)[i % 3] if hosts < 8 else (256, 192)[i // 6 % 2]) for i in range(hosts)]
    made = [
        _host(build, f"xcp-{name.split('-', 1)[0]}-{i + 1}" if hosts > 1 else "attic", i, rams[i], networks, shared) for i in range(hosts)
    ]
    build.put(Pool, name_label=name, master=made[0][0])
    room = [ram - 6 for ram in rams]
    for i in range(vms):
        state = build.random.choice(STATES)
        size, at = build.random.choice(SIZES), build.random.randrange(hosts)
        holds = state in ("Running", "Paused") and room[at] >= size
        if holds:
            room[at] -= size
        host, local = made[at]
        label = NAMES[i] if i < len(NAMES) and vms < 100 else f"app-{i:04d}"
        _vm(
            build,
            label,
            host if holds else NULL_REF,
            state if holds or state == "Suspended" else "Halted",
            size,
            networks[i % 3],
            (local if i % 5 == 0 else shared[0]),
            i,
        )
    return build.commit()


def _sr(build: Builder, name: str, kind: str, size: int, full: float, snapshots: int, shared: bool) -> Ref:
    sr = build.put(
        SR, name_label=name, type=kind, shared=shared, content_type="iso" if kind == "iso" else "user", physical_size=size * GIB,
        physical_utilisation=int(size * full * GIB), virtual_allocation=int(size * full * 1.3 * GIB),
    )  # fmt: skip
    if snapshots:
        build.put(VDI, name_label="snapshot", SR=sr, is_a_snapshot=True, virtual_size=snapshots * GIB, physical_utilisation=snapshots * GIB)
    return sr


def _host(build: Builder, name: str, i: int, ram: int, networks: list[Ref], shared: list[Ref]) -> tuple[Ref, Ref]:
    metrics = build.put(HostMetrics, memory_total=ram * GIB, live=True)
    ref = Ref(f"OpaqueRef:{build.uuid()}")
    dom0 = build.put(
        VM, name_label=f"dom0 of {name}", is_control_domain=True, power_state="Running", resident_on=ref, memory_dynamic_max=4 * GIB
    )
    local = _sr(build, "Local storage", "ext", 480, (0.71, 0.34, 0.12)[i % 3], 0, shared=False)
    for sr in (*shared, local):
        build.put(PBD, host=ref, SR=sr, currently_attached=True)
    for k, network in enumerate(networks):
        port = build.put(PIFMetrics, carrier=not (k == 2 and i == 2), speed=10000)
        build.put(PIF, device=f"eth{k}", network=network, host=ref, metrics=port, MAC=build.mac(), physical=True, currently_attached=True)
    build.put(
        Host, ref, name_label=name, hostname=name, enabled=True, metrics=metrics, control_domain=dom0, memory_overhead=GIB,
        cpu_info={"cpu_count": "16"},
    )  # fmt: skip
    return ref, local


def _vm(build: Builder, name: str, host: Ref, state: str, size: int, network: Ref, sr: Ref, i: int) -> None:
    ref = Ref(f"OpaqueRef:{build.uuid()}")
    disk = build.put(VDI, name_label=f"{name} root", SR=sr, virtual_size=40 * GIB, physical_utilisation=28 * GIB)
    build.put(VBD, VM=ref, VDI=disk, type="Disk", userdevice="0")
    build.put(VIF, VM=ref, network=network, device="0", MAC=build.mac())
    on = host != NULL_REF
    guest = NULL_REF
    if on:
        address = {"0/ip": f"10.0.{i // 250}.{i % 250 + 1}"}
        guest = build.put(VMGuestMetrics, networks=address, os_version={"name": SYSTEMS[i % len(SYSTEMS)]}, live=True)
    build.put(
        VM, ref, name_label=name, power_state=state, resident_on=host, memory_static_max=size * GIB, memory_dynamic_max=size * GIB,
        memory_dynamic_min=size * GIB, VCPUs_max=4, VCPUs_at_startup=4, guest_metrics=guest,
        tags=list(TAGS[i % len(TAGS)]), other_config={"folder": f"/team {i % 3 + 1}"} if i % 4 else {},
    )  # fmt: skip


def join(pool: PoolMirror) -> None:
    """Fill the references that XAPI keeps on the other side."""
    back = (
        (PBD, "SR", SR, "PBDs"), (VDI, "SR", SR, "VDIs"), (VBD, "VM", VM, "VBDs"), (VBD, "VDI", VDI, "VBDs"), (VIF, "VM", VM, "VIFs"),
        (VIF, "network", Network, "VIFs"), (PIF, "network", Network, "PIFs"), (VM, "resident_on", Host, "resident_VMs"),
    )  # fmt: skip
    for kind, field, other, many in back:
        for row in pool.all(kind).values():
            owner = pool.one(other, getattr(row, field))
            if owner is not None and row.ref not in getattr(owner, many):
                getattr(owner, many).append(row.ref)


def joined(mirror: Mirror) -> Mirror:
    """`mirror` with these filled in all its pools."""
    for pool in mirror:
        join(pool)
    return mirror


__all__ = ["HALL", "LAB", "LONE", "RACK", "fleet", "join", "joined"]
