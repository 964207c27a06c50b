"""Fleets at the edges: nothing there, far too much of one thing, names nobody expects, what is between two states."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from data.changes import Event, Operation
from data.mirror import Mirror, PoolMirror
from data.objects import PBD, PIF, SR, VM, Host, Network, Pool, Task
from data.server import ServerState
from data.types import GIB, Ref
from tests import fakes
from tests.map import fleets

LONG = "An inventory number 2024-07-31/0042 in a name as long as XAPI keeps it, " + "which is what a script made of it " * 6
NAMES = (
    LONG[:255],
    "W" * 255,
    "خادم قاعدة البيانات الرئيسي ٤٢",
    "שרת דואר",
    "データベース一号",
    "🦄 unicorn 🏴‍☠️👩‍👩‍👧‍👦",
    "a\tb\nc",
    " ",
    "e\u0301\u0302\u0303" * 20,
    "\u202egpj.exe",
)


def empty() -> Mirror:
    """Three hosts and a lone one, and no VM."""
    return fleets.fleet(((3, 0), (1, 0)))


def crowded() -> Mirror:
    """A host whose VMs are set to hold more than it has."""
    mirror = fleets.fleet(((2, 40),))
    (pool,) = mirror
    host = next(iter(pool.all(Host).values()))
    for vm in [vm for vm in pool.all(VM).values() if vm.resident_on == host.ref and not vm.is_control_domain]:
        fakes.change(mirror, vm, memory_dynamic_max=vm.memory_dynamic_max * 4, memory_static_max=vm.memory_static_max * 4)
    return mirror


def networks() -> Mirror:
    """4,000 networks, each with a port on every host."""
    mirror = fleets.fleet(((3, 40),))
    (pool,) = mirror
    events = []
    for i in range(4000):
        network = Network(ref=Ref(f"OpaqueRef:n{i}"), uuid=f"n{i}", name_label=f"vlan {i}", bridge=f"xapi{i + 10}")
        events.append(Event(Network, Operation.ADD, network.ref, network))
        for k, host in enumerate(pool.all(Host)):
            pif = PIF(
                ref=Ref(f"OpaqueRef:p{i}-{k}"),
                uuid=f"p{i}-{k}",
                device="eth0",
                VLAN=i,
                network=network.ref,
                host=host,
                currently_attached=True,
            )
            events.append(Event(PIF, Operation.ADD, pif.ref, pif))
    return _with(mirror, pool, events)


def storage() -> Mirror:
    """500 shared SRs of all sizes."""
    mirror = fleets.fleet(((3, 40),))
    (pool,) = mirror
    events = []
    for i in range(500):
        sizes = {"physical_size": (10 << i % 10) * GIB, "physical_utilisation": (7 << i % 10) * GIB}
        sr = SR(
            ref=Ref(f"OpaqueRef:s{i}"), uuid=f"s{i}", name_label=f"lun-{i:03d}", type="lvmohba", shared=True, content_type="user", **sizes
        )
        events.append(Event(SR, Operation.ADD, sr.ref, sr))
        for k, host in enumerate(pool.all(Host)):
            pbd = PBD(ref=Ref(f"OpaqueRef:b{i}-{k}"), uuid=f"b{i}-{k}", host=host, SR=sr.ref, currently_attached=True)
            events.append(Event(PBD, Operation.ADD, pbd.ref, pbd))
    return _with(mirror, pool, events)


def few_hosts_many_srs() -> Mirror:
    """One host with 150 SRs, as a lab of a storage vendor has."""
    mirror = fleets.fleet(((1, 6),))
    (pool,) = mirror
    events = []
    for i in range(150):
        sr = SR(
            ref=Ref(f"OpaqueRef:s{i}"),
            uuid=f"s{i}",
            name_label=f"lun-{i:03d}",
            type="lvmoiscsi",
            shared=True,
            content_type="user",
            physical_size=GIB,
        )
        events.append(Event(SR, Operation.ADD, sr.ref, sr))
    return _with(mirror, pool, events)


def names() -> Mirror:
    """Everything is called as nobody should call it, tags and folders too."""
    mirror = fleets.fleet(((3, 40), (1, 6)))
    for pool in mirror:
        for kind in (Host, VM, SR, Network, Pool):
            for i, thing in enumerate(pool.all(kind).values()):
                fakes.change(mirror, thing, name_label=NAMES[i % len(NAMES)])
        for i, vm in enumerate(pool.all(VM).values()):
            fakes.change(
                mirror, vm, tags=[NAMES[i % len(NAMES)], NAMES[-i % len(NAMES)]], other_config={"folder": f"/{NAMES[i % len(NAMES)]}"}
            )
    return mirror


def gone() -> Mirror:
    """One pool does not answer for three minutes, the other never did."""
    mirror = fleets.fleet(fleets.LAB)
    for pool, seen in zip(mirror, (time.time() - 190, 0.0), strict=True):
        mirror.set_server(pool.server, state=ServerState.UNREACHABLE, last_event_at=seen)
    return mirror


def moving() -> Mirror:
    """VMs between two hosts: at the start of it, in the middle and at the end, to a host with room and to one without."""
    mirror = fleets.fleet(((3, 40),))
    (pool,) = mirror
    first, *others = pool.all(Host).values()
    for i, vm in enumerate([vm for vm in pool.all(VM).values() if vm.resident_on == first.ref and not vm.is_control_domain][:6]):
        task = Task(ref=Ref(f"OpaqueRef:t{i}"), uuid=f"t{i}", name_label="Async.VM.pool_migrate", progress=i / 5, resident_on=first.ref)
        mirror.apply(pool, [Event(Task, Operation.ADD, task.ref, task)])
        fakes.change(mirror, vm, scheduled_to_be_resident_on=others[i % 2].ref, current_operations={task.ref: "pool_migrate"})
    return mirror


def tags() -> Mirror:
    """64 tags, and a VM that has them all."""
    mirror = fleets.fleet(((3, 200),))
    (pool,) = mirror
    words = [f"tag {i:02d}" for i in range(64)]
    for i, vm in enumerate(pool.all(VM).values()):
        fakes.change(mirror, vm, tags=words if i == 5 else [words[i % 64], words[i * 7 % 64]])
    return mirror


def _with(mirror: Mirror, pool: PoolMirror, events: list[Event]) -> Mirror:
    mirror.apply(pool, events)
    fleets.join(pool)
    return mirror


EDGES: Mapping[str, Callable[[], Mirror]] = {
    "empty": empty, "lone": lambda: fleets.fleet(fleets.LONE), "crowded": crowded, "networks": networks, "storage": storage, "names": names,
    "gone": gone, "moving": moving, "tags": tags,
}  # fmt: skip
