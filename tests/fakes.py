"""A believable mirror without any pool: for tests of what shows it, and for looking at it.

mirror = home_lab()             # two pools, four hosts, 41 VMs
mirror = fleet(hosts=60, vms=2000)
start(mirror, find(mirror, "win10-old"))
"""

from __future__ import annotations

import math
import random
import time
import uuid
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast, overload

from nicegui import App
from starlette.types import ASGIApp, Receive, Scope, Send

from data.changes import Change, Event, Operation, Subject
from data.decode import decode
from data.facts.pool import own_pool
from data.findings.affected import around
from data.history import LENGTH, STEP, Load
from data.mirror import Mirror, PoolMirror
from data.objects import (
    PBD,
    PIF,
    SR,
    VBD,
    VDI,
    VIF,
    VM,
    Host,
    HostMetrics,
    Network,
    PIFMetrics,
    Pool,
    Task,
    VMGuestMetrics,
    VMMetrics,
)  # fmt: skip
from data.scope import Scopes
from data.server import Server, ServerState
from data.stores.cloud_configs import CloudConfigStore
from data.stores.directory import DataDirectory
from data.stores.kiosks import KioskStore
from data.stores.settings import SettingsStore
from data.stores.tokens import TokenStore
from data.stores.users import Role, User, UserStore
from data.stores.vault import Vault
from data.types import GIB, NULL_REF, Ref, XapiObject
from data.visibility import Sees
from tests.auth.services import service_of
from tests.contracts import conforms
from xo_dash.auth.current import SCOPE_KEY, current_actor
from xo_dash.auth.grants import Grants, GrantStores
from xo_dash.auth.visibility import Visibility
from xo_dash.config import Settings
from xo_dash.context import Context
from xo_dash.control.audit import Audit
from xo_dash.control.journal import Journal
from xo_dash.control.patches import PatchBook
from xo_dash.control.rolling.engine import RollingRuns
from xo_dash.control.runner import Runner
from xo_dash.control.vm_filter import vm_filter
from xo_dash.health import add_health
from xo_dash.sync.servers import Servers
from xo_dash.xapi.errors import NotConnected

T = TypeVar("T", bound=XapiObject)

LAB: Mapping[str, Sequence[str]] = {
    "xcp-lab-1": ("web-1", "db-01", "nas", "git", "mail", "k8s-cp-1", "k8s-worker-1", "k8s-worker-2", "ci-runner-1", "grafana"),
    "xcp-lab-2": ("pihole", "vpn", "home-assistant", "wiki", "backup", "k8s-worker-3", "registry", "jenkins", "db-02"),
    "xcp-lab-3": ("vault", "proxy", "media", "unifi", "nextcloud", "minio"),
}
LAB_HALTED = ("win10-old", "test-a", "test-b", "template-try", "db-clone", "pbx", "k3s-exp", "forge")
HOME: Mapping[str, Sequence[str]] = {"attic": ("redis-1", "redis-2", "win10-dev", "print", "ad-1", "cam")}
HOME_HALTED = ("win7", "retro")


class Builder:
    """Adds rows to one pool of a mirror as the poller would: records through `decode`, events through `apply`."""

    def __init__(self, mirror: Mirror, label: str, seed: int = 1, *, like: str = "") -> None:
        """`like`: another label, of which it has all references and uuids but the server's id."""
        self.mirror = mirror
        self.random = random.Random(f"{like or label} {seed}")
        now = time.time()
        id_ = self.uuid()
        if like:
            id_ = str(uuid.uuid5(uuid.NAMESPACE_DNS, label))
        self.server = Server(id=id_, label=label, address="192.0.2.1", state=ServerState.LIVE, since=now - 86400, last_event_at=now)
        self.server.product = "XCP-ng 8.3.0"
        self.pool: PoolMirror = mirror.add(self.server)
        self._events: list[Event] = []

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def put(self, kind: type[T], ref: Ref | None = None, **record: Any) -> Ref:
        """A new row; fields that are not given have the decoder's defaults."""
        ref = ref or Ref(f"OpaqueRef:{self.uuid()}")
        row = decode(kind, ref, {"uuid": self.uuid(), **record})
        self._events.append(Event(kind, Operation.ADD, ref, row))
        return ref

    def commit(self) -> PoolMirror:
        self.mirror.apply(self.pool, self._events)
        self._events = []
        return self.pool

    def mac(self) -> str:
        return "56:0e:2a:" + ":".join(f"{self.random.randrange(256):02x}" for _ in range(3))


def judged(mirror: Mirror) -> Mirror:
    """Fill its findings, and from now on keep up with each change at once, as the watch does after a moment."""

    def look(subjects: Iterable[Subject]) -> None:
        for subject in subjects:
            home = mirror.pools.get(subject.id if isinstance(subject, Server) else subject.home.id)
            if home is not None and (home.server.is_live or subject is home.server):
                mirror.findings.look(subject, time.time())
            else:
                mirror.findings.forget(subject)
        mirror.findings.publish()

    def everything(pool: PoolMirror) -> list[Subject]:
        return [pool.server, *(row for kind in mirror.findings.kinds for row in pool.all(kind).values())]

    def changed(changes: Sequence[Change]) -> None:
        for change in changes:
            if change.operation is Operation.DEL:
                mirror.findings.forget(change.subject)
            elif isinstance(change.subject, Server) and change.subject.id in mirror.pools:
                look(everything(mirror.pools[change.subject.id]))
            else:
                look((change.subject, *around(change)))

    for pool in mirror:
        look(everything(pool))
    mirror.observe(changed)
    return mirror


def home_lab() -> Mirror:
    """lab-pool with three hosts and 33 VMs, home with one host and eight; both live."""
    mirror = Mirror()
    _pool(mirror, "lab-pool", LAB, LAB_HALTED, subnet=0, shared=True)
    _pool(mirror, "home", HOME, HOME_HALTED, subnet=9, shared=False)
    return mirror


def twins(*, same_pool: bool = False) -> Mirror:
    """Two live pools, `here` and `there`, with the same references and uuids in both; `same_pool`: the pools' own too.

    What is in a pool has its label at the end of its name."""
    mirror = Mirror()
    for label in ("here", "there"):
        names = {f"host-{i} {label}": [f"vm-{i}{j} {label}" for j in range(2)] for i in range(2)}
        _pool(mirror, label, names, [f"halted {label}"], subnet=3, shared=True, like="twin")
    for pool in mirror:
        for row in (*pool.all(SR).values(), *pool.all(Network).values()):
            change(mirror, row, name_label=f"{row.name_label} {pool.server.label}")
        own = cast(Pool, own_pool(pool))
        if pool.server.label == "there" and not same_pool:
            change(mirror, own, uuid=str(uuid.uuid5(uuid.NAMESPACE_DNS, "pool there")))
        pool.server.pool_uuid = own.uuid
    return mirror


def fleet(hosts: int, vms: int, pools: int = 1) -> Mirror:
    """Evenly filled pools; every sixth VM is halted."""
    mirror = Mirror()
    for p in range(pools):
        names = [f"app-{p}-{i:05d}" for i in range(vms // pools)]
        running = [name for i, name in enumerate(names) if i % 6]
        per_pool = max(1, hosts // pools)
        placed = {f"node-{p}-{h:02d}": running[h::per_pool] for h in range(per_pool)}
        _pool(mirror, f"fleet-{p}", placed, [name for i, name in enumerate(names) if not i % 6], subnet=p, shared=True)
    return mirror


def _pool(
    mirror: Mirror, label: str, placed: Mapping[str, Sequence[str]], halted: Sequence[str], subnet: int, shared: bool, like: str = ""
) -> None:
    build = Builder(mirror, label, like=like)
    network = build.put(Network, name_label="mgmt" if shared else "home", bridge="xenbr0")
    build.put(Network, name_label="vlan 20", bridge="xapi1")
    storage = build.put(
        SR, name_label="nfs-vault" if shared else "usb-disk", type="nfs" if shared else "ext", shared=shared, content_type="user",
        physical_size=4096 * GIB, physical_utilisation=3932 * GIB if shared else 1720 * GIB, virtual_allocation=6000 * GIB,
    )  # fmt: skip
    refs = [_host(build, name, i, network, storage) for i, name in enumerate(placed)]
    pool_ref = build.put(Pool, name_label=label if len(placed) > 1 else "", master=refs[0], default_SR=storage)
    number = 0
    for host, names in zip(refs, placed.values(), strict=True):
        for name in names:
            number += 1
            state = "Paused" if name == "media" else "Running"
            _vm(build, name, f"10.{subnet}.{number // 250}.{number % 250 + 1}", host, state, network, storage)
    for name in halted:
        _vm(build, name, "", NULL_REF, "Suspended" if name == "forge" else "Halted", network, storage)
    pool = build.commit()
    build.server.pool_uuid = cast(Pool, pool.one(Pool, pool_ref)).uuid
    measure(pool, build.random)


def _host(build: Builder, name: str, i: int, network: Ref, storage: Ref) -> Ref:
    metrics = build.put(HostMetrics, memory_total=(96 if i == 2 else 128) * GIB, live=True)
    ref = Ref(f"OpaqueRef:{build.uuid()}")
    dom0 = build.put(
        VM, name_label=f"Control domain on host: {name}", is_control_domain=True, power_state="Running", resident_on=ref,
        memory_static_max=4 * GIB, memory_dynamic_max=4 * GIB, VCPUs_max=8,
    )  # fmt: skip
    port = build.put(PIFMetrics, carrier=True, speed=10000)
    build.put(
        PIF, device="eth0", network=network, host=ref, metrics=port, MAC=build.mac(), physical=True, management=True,
        currently_attached=True, IP=f"192.168.1.{10 + i}", netmask="255.255.255.0",
    )  # fmt: skip
    local = build.put(
        SR,
        name_label="Local storage",
        type="ext",
        content_type="user",
        physical_size=480 * GIB,
        physical_utilisation=(340, 163, 58)[i % 3] * GIB,
    )
    pbds = [build.put(PBD, host=ref, SR=sr, currently_attached=True) for sr in (storage, local)]
    return build.put(
        Host, ref, name_label=name, hostname=name, address=f"192.168.1.{10 + i}", enabled=True, metrics=metrics, control_domain=dom0,
        memory_overhead=GIB, PBDs=pbds, cpu_info={"cpu_count": "16", "socket_count": "1", "modelname": "AMD EPYC 7302P", "speed": "3000"},
        software_version={"product_brand": "XCP-ng", "product_version": "8.3.0"},
    )  # fmt: skip


def _vm(build: Builder, name: str, address: str, host: Ref, state: str, network: Ref, storage: Ref) -> Ref:
    ref = Ref(f"OpaqueRef:{build.uuid()}")
    memory = build.random.choice((2, 4, 4, 8, 8, 16)) * GIB
    disk = build.put(VDI, name_label=f"{name} root", SR=storage, virtual_size=40 * GIB, physical_utilisation=28 * GIB)
    vbds = [build.put(VBD, VM=ref, VDI=disk, userdevice="0", device="xvda" if address else "", currently_attached=bool(address))]
    vifs = [build.put(VIF, VM=ref, network=network, device="0", MAC=build.mac(), currently_attached=bool(address))]
    metrics = build.put(VMMetrics, memory_actual=memory if address else 0, VCPUs_number=4)
    guest = build.put(
        VMGuestMetrics, networks={"0/ip": address, "0/ipv4/0": address}, os_version={"name": "Debian GNU/Linux 12"}, live=True,
        PV_drivers_version={"major": "8", "minor": "3"}, PV_drivers_detected=True,
    ) if address else NULL_REF  # fmt: skip
    return build.put(
        VM, ref, name_label=name, name_description=f"{name} of the lab", power_state=state, resident_on=host if address else NULL_REF,
        memory_static_max=memory, memory_dynamic_max=memory, memory_dynamic_min=memory // 2, VCPUs_max=4, VCPUs_at_startup=4,
        VBDs=vbds, VIFs=vifs, metrics=metrics, guest_metrics=guest, tags=["ci", "nightly"] if name.startswith("ci") else [],
        allowed_operations=list(OPERATIONS[state]),
    )  # fmt: skip


OPERATIONS: Mapping[str, Sequence[str]] = {
    "Running": (
        "clean_shutdown",
        "hard_shutdown",
        "clean_reboot",
        "hard_reboot",
        "suspend",
        "pause",
        "snapshot",
        "checkpoint",
        "pool_migrate",
        "migrate_send",
    ),
    "Paused": ("unpause", "hard_shutdown", "hard_reboot"),
    "Suspended": ("resume", "resume_on", "hard_shutdown", "snapshot", "migrate_send"),
    "Halted": ("start", "start_on", "snapshot", "clone", "copy", "destroy", "migrate_send"),
}


def measure(pool: PoolMirror, chance: random.Random) -> frozenset[str]:
    """Ten minutes of believable load for all that runs; returns whose."""
    now = math.floor(time.time() / STEP) * STEP
    seen = [
        row for row in (*pool.all(VM).values(), *pool.all(Host).values()) if isinstance(row, Host) or cast(VM, row).power_state == "Running"
    ]
    for row in seen:
        level = chance.betavariate(1.4, 4)
        if len(seen) < 100:
            waves = (level * (1 + 0.15 * math.sin(i / 7)) + chance.uniform(-0.03, 0.03) for i in range(LENGTH))
            samples = array("f", (min(max(wave, 0.01), 1.0) for wave in waves))
            pool.history.extend(row.uuid, {"cpu": samples}, round(now / STEP) - LENGTH + 1)
        pool.history.loads[row.uuid] = Load(cpu=level, memory_used=level * 8 * GIB, net_rx=2e6 * level, net_tx=4e5 * level)
    return frozenset(row.uuid for row in seen)


@overload
def find(mirror: Mirror, name: str) -> VM: ...
@overload
def find(mirror: Mirror, name: str, kind: type[T]) -> T: ...
def find(mirror: Mirror, name: str, kind: type[XapiObject] = VM) -> XapiObject:
    """The one object of that name; a VM unless said otherwise."""
    return next(row for row in mirror.every(kind) if getattr(row, "name_label", "") == name)


def change(mirror: Mirror, row: XapiObject, **fields: object) -> None:
    """Have fields of a row change, as by an event."""
    names = [name for name in row.__struct_fields__ if name not in ("ref", "home")]
    fresh = type(row)(**{name: getattr(row, name) for name in names} | fields)
    mirror.apply(cast(PoolMirror, row.home), [Event(type(row), Operation.MOD, row.ref, fresh)])


def remove(mirror: Mirror, row: XapiObject) -> None:
    """Have a row vanish, as by an event."""
    mirror.apply(cast(PoolMirror, row.home), [Event(type(row), Operation.DEL, row.ref, None)])


def task(mirror: Mirror, home: PoolMirror, label: str, progress: float) -> Task:
    """A running task."""
    ref = Ref(f"OpaqueRef:{uuid.uuid4()}")
    created = time.strftime("%Y%m%dT%H:%M:%SZ", time.gmtime(time.time() - 40))
    record = {"uuid": str(uuid.uuid4()), "name_label": label, "status": "pending", "progress": progress, "created": created}
    row = decode(Task, ref, {**record, "allowed_operations": ["cancel"]})
    mirror.apply(home, [Event(Task, Operation.ADD, ref, row)])
    return row


# ---- a context, and somebody who looks


def context(mirror: Mirror, folder: Path, *, sees_of: Callable[[User], Sees] | None = None, **parts: object) -> Context:
    """A context over `mirror` with real stores in `folder` and a runner without connections, but for what `parts` gives."""
    conforms(parts.get("servers"), Servers)
    directory, audit = DataDirectory(folder), Audit(folder)
    directory.tell, directory.who = audit.tell, current_actor
    users = UserStore(directory)
    kiosks, tokens = KioskStore(directory), TokenStore(directory)
    auth = service_of(directory, users, kiosks=kiosks, tell=audit.post, tokens=tokens, ldap=parts.get("ldap"))
    missing = cast(Any, None)
    runner = cast(Runner, parts.get("runner") or Runner(mirror, _no_connection, users, audit))
    scopes = Scopes(mirror, sees_of or Visibility(mirror.grants, users))
    mirror.grants.compile = vm_filter
    grants = Grants(GrantStores(directory), mirror.grants, users)
    runner.quotas.own = grants.own
    return Context(
        settings=Settings(data_dir=folder), scopes=scopes, scope=scopes.whole, servers=cast(Any, parts.get("servers", missing)),
        runner=runner, audit=audit, auth=auth, users=users, server_store=cast(Any, parts.get("server_store", missing)),
        setting_store=SettingsStore(directory), journal=Journal(mirror, runner, folder),
        kiosks=kiosks, cloud_configs=CloudConfigStore(directory, Vault(directory)), tokens=tokens,
        grants=grants,
        rolling=RollingRuns(mirror, runner, _no_connection, users, folder), patches=PatchBook(mirror, _no_connection),
    )  # fmt: skip


def _no_connection(server_id: str) -> NoReturn:
    raise NotConnected(server_id)


def sign_in(app: App, context: Context, name: str = "admin", role: Role = Role.ADMIN) -> User:
    """Let every request to `app` come from a signed-in user; before the app starts."""
    user = context.users.by_name(name) or context.users.add_now(name, "x", role)
    _token, session = context.auth.sessions.start(user, "127.0.0.1")

    class SignedIn:
        def __init__(self, inner: ASGIApp) -> None:
            self._inner = inner

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            scope[SCOPE_KEY] = session
            await self._inner(scope, receive, send)

    app.add_middleware(SignedIn)
    add_health(app, context)  # a page knocks there when its line is gone
    return user


__all__ = ["Builder", "change", "context", "find", "fleet", "home_lab", "measure", "remove", "sign_in", "task", "twins"]
