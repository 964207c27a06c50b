"""Pools with everything that places have been seen to disagree about, and what may happen in them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, TypeVar, cast

from data.mirror import Mirror, PoolMirror
from data.objects import (
    KINDS,
    PBD,
    PIF,
    SR,
    VBD,
    VDI,
    VIF,
    VM,
    Appliance,
    Host,
    HostMetrics,
    Message,
    Network,
    PIFMetrics,
    Pool,
    VMGuestMetrics,
    VMMetrics,
)
from data.relations import edges
from data.types import GIB, NULL_REF, Ref, XapiDate, XapiObject
from tests.fakes import Builder, change, judged, remove

MIB = 1 << 20
SUNDAY = XapiDate("20260104T12:00:00Z")
T = TypeVar("T", bound=XapiObject)
ADDRESSES = ("10.0.0.5", "fe80::1", "169.254.3.4", "2001:db8::7", "0.0.0.0", "nonsense", "", "192.168.1.9 192.168.1.10")


def any_pool(seed: int) -> PoolMirror:
    return next(iter(any_mirror(seed)))


def any_mirror(seed: int) -> Mirror:
    """One pool: three hosts, twelve VMs, a vApp, two SRs and a network; as XAPI might tell of them, and as it should not."""
    mirror = Mirror()
    build = Builder(mirror, f"pool {seed}", seed)
    dice = build.random
    network, storage = Ref("OpaqueRef:network"), Ref("OpaqueRef:sr")
    hosts = [_host(build, dice, network, storage, n) for n in range(3)]
    vms = [_vm(build, dice, dice.choice([*hosts, NULL_REF]), network, storage) for _ in range(12)]
    resident = {host: [vm for vm, at in vms if at == host] for host in hosts}
    used = dice.choice([-1, 0, 400, 860, 940, 960, 1000])
    build.put(
        SR, storage, name_label=_name(dice), type=dice.choice(["nfs", "lvm"]), shared=True, content_type="user",
        physical_size=dice.choice([-1, 1000]) * GIB, physical_utilisation=used * GIB, PBDs=[f"OpaqueRef:pbd{n}" for n in range(3)],
    )  # fmt: skip
    library = build.put(SR, name_label=_name(dice), type="iso", shared=True, content_type="iso")
    build.put(VDI, SR=library, name_label=_name(dice), virtual_size=MIB, managed=True)
    members = [vm for vm, _at in vms[:2]]
    appliance = build.put(Appliance, name_label=_name(dice), VMs=members)
    build.put(Network, network, name_label=_name(dice), bridge=dice.choice(["", "xenbr0"]), PIFs=[f"OpaqueRef:pif{n}" for n in range(3)],
              VIFs=[vif.ref for vif in _rows(build, VIF)])  # fmt: skip
    build.put(Pool, name_label=_name(dice), master=hosts[0], default_SR=storage)
    for number, kind in enumerate((VM, Host, SR)):
        told = (next(_rows(build, kind)).uuid, "gone")[dice.random() < 0.2]
        build.put(
            Message, name=("VM_CRASHED", "ALARM")[number % 2], cls=kind.__name__, obj_uuid=told, priority=number + 1, timestamp=SUNDAY
        )
    pool = build.commit()
    for host, refs in resident.items():
        change(mirror, pool.all(Host)[host], resident_VMs=refs)
    for vm in members:
        change(mirror, pool.all(VM)[vm], appliance=appliance)
    return judged(mirror)


def _rows(build: Builder, kind: type[T]) -> Iterator[T]:
    return (cast(T, event.row) for event in build._events if event.kind is kind)


def _name(dice: random.Random) -> str:
    return dice.choice(["", " ", "a name", "имя"])


def _host(build: Builder, dice: random.Random, network: Ref, storage: Ref, n: int) -> Ref:
    metrics = build.put(HostMetrics, memory_total=dice.choice([0, 32, 64]) * GIB, live=dice.random() < 0.7)
    ref = Ref(f"OpaqueRef:{build.uuid()}")
    link = build.put(PIFMetrics, carrier=dice.random() < 0.5, speed=1000)
    build.put(PIF, Ref(f"OpaqueRef:pif{n}"), device="eth0", network=network, host=ref, metrics=link, currently_attached=True)
    build.put(PBD, Ref(f"OpaqueRef:pbd{n}"), host=ref, SR=storage, currently_attached=dice.random() < 0.7)
    return build.put(
        Host, ref, name_label=_name(dice), hostname=dice.choice(["", "xcp-7"]), enabled=dice.random() < 0.7, memory_overhead=GIB,
        metrics=dice.choice([metrics, metrics, NULL_REF]), PIFs=[f"OpaqueRef:pif{n}"], PBDs=[f"OpaqueRef:pbd{n}"],
        cpu_info=dice.choice([{}, {"cpu_count": "8"}]),
    )  # fmt: skip


def _vm(build: Builder, dice: random.Random, host: Ref, network: Ref, storage: Ref) -> tuple[Ref, Ref]:
    """The VM, and the host it is on."""
    ref = Ref(f"OpaqueRef:{build.uuid()}")
    state = dice.choice(["Running", "Paused", "on its way"]) if host != NULL_REF else dice.choice(["Halted", "Suspended"])
    told = {f"{dice.randrange(3)}/{dice.choice(['ip', 'ipv4/0', 'ipv6/0', 'ipv6/1'])}": dice.choice(ADDRESSES) for _ in range(3)}
    agent: dict[str, Any] = dice.choice([{}, {"networks": told}, {"networks": told, "PV_drivers_version": {"major": "8"}}])
    guest = build.put(VMGuestMetrics, live=True, PV_drivers_detected=dice.random() < 0.5, **agent)
    disk = build.put(VDI, SR=storage, virtual_size=dice.choice([-1, 10 * GIB]))
    least = dice.choice([512, 1024]) * MIB
    build.put(
        VM, ref, name_label=_name(dice), power_state=state, resident_on=host, memory_dynamic_min=least,
        memory_dynamic_max=dice.choice([512, 2048]) * MIB, memory_overhead=8 * MIB, VCPUs_max=4, VCPUs_at_startup=dice.choice([0, 1, 4]),
        guest_metrics=dice.choice([guest, guest, NULL_REF]), metrics=build.put(VMMetrics, VCPUs_number=dice.choice([0, 2])),
        VBDs=[build.put(VBD, VM=ref, VDI=disk, userdevice="0")], VIFs=[build.put(VIF, VM=ref, network=network, device="0")],
        current_operations=dice.choice([{}, {}, {"OpaqueRef:task": "clean_reboot"}]),
    )  # fmt: skip
    return ref, host


def anything_happens(mirror: Mirror, pool: PoolMirror, dice: random.Random) -> None:
    """One thing becomes different: a field as another object has it, or an object is gone.

    References that XAPI keeps at both ends stay: it changes both.
    """
    kind = dice.choice([kind for kind in KINDS if pool.all(kind)])
    rows = list(pool.all(kind).values())
    row, other = dice.choice(rows), dice.choice(rows)
    if kind not in (Pool, Host) and dice.random() < 0.05:
        remove(mirror, row)
        return
    fields = [
        name
        for name in kind.__struct_fields__
        if name not in ("uuid", "ref", "home") and not (name in edges(kind) and edges(kind)[name].back)
    ]
    news = [(name, value) for name in fields for value in (getattr(other, name), getattr(kind(), name)) if value != getattr(row, name)]
    if news:
        name, value = dice.choice(news)
        change(mirror, row, **{name: value})
