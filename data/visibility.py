"""How much of one pool somebody may see: which of its rows, whole or by name, and how such rows are written.

What a person may see as such (a VM, a host, an SR ...) a predicate says. What belongs to it is seen with it: `BRINGS`. What it only
names, as a VM does its host, is known by name, and with the figures that one needs to act: `NAMED`. A row that is written for somebody
refers to nothing that they may not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from enum import IntEnum
from itertools import chain
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

from data.chains import chain_below
from data.changes import Event, Operation, Subject
from data.messages import subject_of
from data.names import SHORT, name_of
from data.objects import (
    PBD,
    PCI,
    PGPU,
    PIF,
    PUSB,
    SM,
    SR,
    VBD,
    VDI,
    VGPU,
    VIF,
    VM,
    VUSB,
    Appliance,
    GPUGroup,
    Host,
    HostMetrics,
    Message,
    Network,
    Pool,
    PoolUpdate,
    Repository,
    Task,
    USBGroup,
    VGPUType,
    VMGroup,
)
from data.relations import edges, referrers
from data.types import NULL_REF, Home, Ref, XapiObject

T = TypeVar("T", bound=XapiObject)

Sees = Callable[[Subject], bool]
"""Whether one object may be seen: pure, asked of an object as such, see ASKED, when something is looked for and when it changes."""


@runtime_checkable
class SeesNames(Protocol):
    """A predicate that knows of objects, too, that are seen by name for themselves: an SR that one may put disks on."""

    def __call__(self, subject: Subject, /) -> bool: ...

    def by_name(self, row: XapiObject, /) -> bool: ...


ASKED: Final[tuple[type[XapiObject], ...]] = (Pool, Host, VM, SR, Network)
"""What may be seen as such; of connections it is asked too."""


class Degree(IntEnum):
    """How much of a row is seen."""

    NOTHING = 0
    NAME = 1
    WHOLE = 2


_WHOLE, _NAME = Degree.WHOLE, Degree.NAME

_OF_A_VM: Final = (
    "VBDs", "VIFs", "VGPUs", "VUSBs", "VTPMs", "attached_PCIs", "consoles", "metrics", "guest_metrics", "snapshots", "suspend_VDI",
)  # fmt: skip

_NAMED_BY_A_VM: Final = ("resident_on", "scheduled_to_be_resident_on", "affinity", "appliance", "groups")

BRINGS: Final[Mapping[type[XapiObject], Mapping[str, Degree]]] = {
    Host: dict.fromkeys(("metrics", "PBDs", "PIFs", "certificates", "control_domain"), _WHOLE),
    VM: dict.fromkeys(_OF_A_VM, _WHOLE) | dict.fromkeys(_NAMED_BY_A_VM, _NAME),
    SR: {"VDIs": _WHOLE, "PBDs": _WHOLE},
    Network: {"PIFs": _WHOLE},
    VBD: {"VDI": _WHOLE},
    VIF: {"network": _NAME},
    VGPU: {"GPU_group": _NAME, "type": _WHOLE},
    VUSB: {"USB_group": _NAME},
    VDI: {"SR": _NAME},
    PBD: {"SR": _NAME, "host": _NAME},
    PIF: {"network": _NAME, "host": _NAME}
    | dict.fromkeys(("metrics", "bond_slave_of", "bond_master_of", "VLAN_master_of", "VLAN_slave_of"), _WHOLE),
}
"""{kind: {field: how much is seen of what it refers to}}, for who sees a row of the kind as a whole. So are tasks under way on it."""

NAMED: Final[Mapping[type[XapiObject], tuple[str, ...]]] = {
    Pool: ("master", "ha_enabled"),
    Host: ("enabled", "metrics", "memory_overhead", "resident_VMs", "PBDs", "PIFs"),
    HostMetrics: ("memory_total", "live"),
    SR: ("type", "content_type", "shared", "physical_size", "physical_utilisation", "virtual_allocation", "is_tools_sr", "PBDs"),
    PBD: ("host", "SR", "currently_attached"),
    Network: ("MTU", "PIFs"),
    Appliance: ("VMs",),
    VMGroup: ("placement", "VMs"),
    GPUGroup: (),
    USBGroup: (),
    VDI: ("SR", "physical_utilisation", "managed", "sm_config"),
}
"""{kind: what is told of a row besides its uuid and name}, for who sees it by name."""

_WITH_A_NAME: Final[Mapping[type[XapiObject], str]] = {Host: "metrics", SR: "PBDs"}
"""{kind: the field whose objects are seen by name with it}: whether a host is heard, where an SR is attached."""

_OF_A_HOST: Final = (PCI, PGPU, PUSB)
"""What names its host and is seen with it."""
_OF_A_POOL: Final = (SM, Repository, PoolUpdate, Appliance, VMGroup, GPUGroup, VGPUType, USBGroup, Task, Message)
"""What is seen by who sees the pool as a whole, whatever it is about."""

NAMES: Final = 1 << 20
"""More than ever bring one row as a whole. One number for both counts, and a small one for most: there are as many as rows are seen."""
_NO_BRINGING: Final[Mapping[str, Degree]] = {}
_Target = tuple[type[XapiObject], Ref]


class Excerpt:
    """The rows of one pool that somebody may see. Tell it of what differs, then `judge`, then `take`."""

    def __init__(self, pool: Home, sees: Sees) -> None:
        self._pool, self._sees = pool, sees
        self._knows: Callable[[XapiObject], bool] = sees.by_name if isinstance(sees, SeesNames) else lambda _row: False
        self._seen: set[XapiObject] = set()  # as such
        self._known: set[XapiObject] = set()  # by name, for themselves
        self._degrees: dict[str, Degree] = {}  # by reference: of all that is seen
        self._brought: dict[Ref, tuple[Any, ...]] = {}  # what each of them brings: kind, ref, degree; kind, ref, degree ...
        self._bringers: dict[Ref, int] = {}  # by how many each is brought: as a whole, and by NAMES each by name
        self._due: dict[XapiObject, None] = {}  # to be judged
        self._touched: dict[XapiObject, None] = {}  # to be written
        self._named: dict[XapiObject, None] = {}  # ... before those: by its name alone a row does not tell who refers to it
        self._gone: dict[XapiObject, None] = {}  # ... after them, for the same reason: whoever referred to it is told of first
        self._is_new = True  # nothing was written yet: whoever refers to what appears will be
        self._messages: dict[str, dict[Message, None]] = {}  # by the uuid of what they are about
        for message in pool.all(Message).values():
            self._messages.setdefault(message.obj_uuid, {})[message] = None

    def __bool__(self) -> bool:
        return bool(self._degrees)

    def degree(self, row: XapiObject) -> Degree:
        return self._degrees.get(row.ref, Degree.NOTHING)

    def ask(self, row: XapiObject) -> None:
        """Ask anew whether it may be seen as such."""
        there = self._is_there(row)
        for rows, holds in ((self._seen, self._sees), (self._known, self._knows)):
            is_so = there and holds(row)
            if is_so != (row in rows):
                (rows.add if is_so else rows.discard)(row)
                self._due[row] = None

    def ask_all(self) -> None:
        """Ask anew of everything: the pool is called by another name."""
        for kind in ASKED:
            for row in self._pool.all(kind).values():
                self.ask(row)

    def changed(self, row: XapiObject, operation: Operation, names: frozenset[str]) -> None:
        """It came, went or is another."""
        if isinstance(row, Message):
            self._note(row, operation)
        elif isinstance(row, ASKED):
            self.ask(row)
            if isinstance(row, Host) and (operation is not Operation.MOD or "tags" in names):
                for vm in referrers(row):  # what is said of a host is said of its VMs
                    if isinstance(vm, VM):
                        self.ask(vm)
        elif isinstance(row, VDI):
            self._due.update({above: None for above in _standing_on(row) if above.ref in self._degrees})
        elif isinstance(row, _OF_A_HOST) and row.host in self._degrees and (host := self._pool.one(Host, row.host)) is not None:
            self._due[host] = None
        if row.ref in self._degrees or row.ref in self._bringers or isinstance(row, (Pool, *_OF_A_POOL)):
            self._due[row] = None

    def _note(self, message: Message, operation: Operation) -> None:
        about = self._messages.setdefault(message.obj_uuid, {})
        if operation is Operation.DEL:
            about.pop(message, None)
        else:
            about[message] = None
        if not about:
            del self._messages[message.obj_uuid]
        self._due[message] = None

    def judge(self) -> None:
        """Find out how much is seen of what was told."""
        while self._due:
            row, _ = self._due.popitem()
            self._judge(self._pool.one(type(row), row.ref) or row)  # another one may have come in its place

    def take(self, most: int) -> list[Event]:
        """What became of the rows that are seen, written for who sees them: so many at once; [] once that is all."""
        self._is_new = False
        found = list[Event]()
        while len(found) < most and (rows := self._named or self._touched or self._gone):
            found.append(self._event(rows.popitem()[0]))
        return found

    # ---- how much is seen

    def _is_there(self, row: XapiObject) -> bool:
        return self._pool.one(type(row), row.ref) is row

    def _degree_of(self, row: XapiObject) -> Degree:
        if not self._is_there(row):
            return Degree.NOTHING
        if row in self._seen or (isinstance(row, _OF_A_POOL) and self.has_whole_pool):
            return Degree.WHOLE
        if isinstance(row, Message):
            about = subject_of(row)
            return Degree.WHOLE if about is not None and self.degree(about) is Degree.WHOLE else Degree.NOTHING
        if isinstance(row, Pool):
            return Degree.NAME if len(self._degrees) > (row.ref in self._degrees) else Degree.NOTHING
        return self._brought_to(row)

    @property
    def has_whole_pool(self) -> bool:
        return any(self.degree(pool) is Degree.WHOLE for pool in self._pool.all(Pool).values())

    def _brought_to(self, row: XapiObject) -> Degree:
        """How much of it is seen for the sake of others."""
        named, whole = divmod(self._bringers.get(row.ref, 0), NAMES)
        if whole and (not isinstance(row, VM) or row.is_a_snapshot or row.is_control_domain):
            return Degree.WHOLE
        return Degree.NAME if (named or whole or row in self._known) and type(row) in NAMED else Degree.NOTHING

    def _judge(self, row: XapiObject) -> None:
        before, now = self.degree(row), self._degree_of(row)
        self._bring(row, _brought(row, now))
        if now:
            self._degrees[row.ref] = now
        else:
            self._degrees.pop(row.ref, None)
        if before or now:
            for queue in (self._named, self._touched, self._gone):
                queue.pop(row, None)
            (self._named if now is _NAME else self._gone if before is _NAME and not now else self._touched)[row] = None
        if bool(before) != bool(now):
            if not self._is_new:
                self._touched.update({one: None for one in referrers(row) if one.ref in self._degrees})
            if len(self._degrees) <= 2 and not isinstance(row, Pool):  # the first, or the last but the pool itself
                self._due.update(dict.fromkeys(self._pool.all(Pool).values()))
        if before is not now and isinstance(row, Pool):
            self._due.update({one: None for kind in _OF_A_POOL for one in self._pool.all(kind).values()})
        if before is not now and row.uuid in self._messages:
            self._due.update(dict.fromkeys(self._messages[row.uuid]))

    def _bring(self, row: XapiObject, now: dict[_Target, Degree]) -> None:
        flat = tuple(chain.from_iterable((*target, degree) for target, degree in now.items()))
        before = self._brought.get(row.ref, ())
        if before == flat:
            return
        for targets, by in ((before, -1), (flat, 1)):
            for ref, degree in zip(targets[1::3], targets[2::3], strict=True):
                count = self._bringers.get(ref, 0) + (by if degree is Degree.WHOLE else by * NAMES)
                if count:
                    self._bringers[ref] = count
                else:
                    del self._bringers[ref]
        for kind, ref in {*zip(before[::3], before[1::3], strict=True), *now}:
            if (target := self._pool.one(kind, ref)) is not None:
                self._due[target] = None
        if now:
            self._brought[row.ref] = flat
        else:
            self._brought.pop(row.ref, None)

    # ---- how it is written

    def _event(self, row: XapiObject) -> Event:
        degree = self.degree(row)
        if degree is Degree.NOTHING:
            return Event(type(row), Operation.DEL, row.ref, None)
        return Event(type(row), Operation.MOD, row.ref, self._written(row, degree))

    def _written(self, row: T, degree: Degree) -> T:
        if degree is Degree.WHOLE:
            new = copy(row)
        else:
            told: dict[str, Any] = {field: getattr(row, field) for field in NAMED[type(row)]}
            new = type(row)(uuid=row.uuid, **told | _called(row))
        for field in edges(type(row)):
            value = getattr(new, field)
            if value and not (value in self._degrees if isinstance(value, str) else all(map(self._degrees.__contains__, value))):
                setattr(new, field, self._kept(value))
        return new

    def _kept(self, value: Any) -> Any:
        """Of references, those that lead to what is seen."""
        if isinstance(value, str):
            return NULL_REF
        kept = [ref for ref in value if ref in self._degrees]
        return kept if isinstance(value, list) else {ref: value[ref] for ref in kept}


def _called(row: XapiObject) -> dict[str, str]:
    """A disk that is seen by name is a node of a chain: what lies in it may be of somebody else."""
    if isinstance(row, HostMetrics | PBD | VDI):
        return {}
    if isinstance(row, Pool):
        return {"name_label": next((name for name in (row.name_label, row.home.given_name) if name.strip()), row.uuid[:SHORT])}
    return {"name_label": name_of(row)}


def _standing_on(vdi: VDI) -> set[VDI]:
    """All disks above it in its chain."""
    found, layer = set[VDI](), {vdi}
    while layer:
        layer = {above for below in layer for above in below.home.above(below)} - found
        found |= layer
    return found


def _brought(row: XapiObject, degree: Degree) -> dict[_Target, Degree]:
    return dict(_bringing(row, degree))


def _bringing(row: XapiObject, degree: Degree) -> Iterator[tuple[_Target, Degree]]:
    if degree is Degree.WHOLE:
        for field, brings in BRINGS.get(type(row), _NO_BRINGING).items():
            if field == "snapshots" and getattr(row, "is_a_snapshot", False):
                continue  # so that nothing is brought in a ring
            for ref in _refs(getattr(row, field)):
                yield (edges(type(row))[field].target, ref), brings
        for ref in getattr(row, "current_operations", ()):
            yield (Task, ref), Degree.WHOLE
        if isinstance(row, VDI):
            for below in chain_below(row):
                yield (VDI, below.ref), Degree.NAME
        if isinstance(row, Host):
            for device in row.home.naming(row.ref):
                if isinstance(device, _OF_A_HOST):
                    yield (type(device), device.ref), Degree.WHOLE
    elif degree is Degree.NAME and (beside := _WITH_A_NAME.get(type(row))) is not None:
        for ref in _refs(getattr(row, beside)):
            yield (edges(type(row))[beside].target, ref), Degree.NAME


def _refs(value: Any) -> tuple[Ref, ...]:
    return tuple(value) if not isinstance(value, str) else () if value == NULL_REF else (Ref(value),)
