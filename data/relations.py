"""Which objects a change is about besides its own: from the references that the rows declare, both ways.

`Reads` is what some facts about objects of one kind are made of, as paths from the row on: `guest_metrics.networks`,
`VBDs.VDI.SR.name_label`. Each part but the last is a reference (`Annotated[Ref, "SR"]` in the row's class). A path that begins with a
class is read of every object of it in the same pool: `Pool.ha_enabled`, `Server.state`.

- `subjects(row)`: all that `row` reaches by them, for who follows one object.
- `affected(change)`: the objects that reach what changed, for who follows all objects of a kind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, Final, Generic, NamedTuple, TypeVar, get_type_hints

from data.changes import Change, Operation, Subject, Topic
from data.objects import KINDS, Pool
from data.server import Server
from data.types import NULL_REF, Home, Ref, XapiObject

R = TypeVar("R", bound=XapiObject)

_BOTH_WAYS: Final = (
    ("VM.resident_on", "Host.resident_VMs"), ("VM.VBDs", "VBD.VM"), ("VM.VIFs", "VIF.VM"), ("VM.consoles", "Console.VM"),
    ("VM.snapshots", "VM.snapshot_of"), ("VM.children", "VM.parent"), ("VM.appliance", "Appliance.VMs"), ("VM.VGPUs", "VGPU.VM"),
    ("VM.groups", "VMGroup.VMs"),
    ("VM.VUSBs", "VUSB.VM"), ("VM.VTPMs", "VTPM.VM"), ("VGPU.GPU_group", "GPUGroup.VGPUs"), ("PGPU.GPU_group", "GPUGroup.PGPUs"),
    ("VUSB.USB_group", "USBGroup.VUSBs"), ("PUSB.USB_group", "USBGroup.PUSBs"), ("Host.PBDs", "PBD.host"),
    ("Host.PIFs", "PIF.host"), ("Host.certificates", "Certificate.host"), ("SR.VDIs", "VDI.SR"), ("SR.PBDs", "PBD.SR"),
    ("VDI.VBDs", "VBD.VDI"), ("Network.VIFs", "VIF.network"), ("Network.PIFs", "PIF.network"), ("PIF.bond_master_of", "Bond.master"),
    ("PIF.bond_slave_of", "Bond.slaves"), ("PIF.VLAN_slave_of", "VLAN.tagged_PIF"), ("PIF.VLAN_master_of", "VLAN.untagged_PIF"),
)  # fmt: skip
"""References that XAPI keeps at both ends. Source: xapi's datamodel, all_relations."""
_BACK: Final = {one: other.partition(".")[2] for pair in _BOTH_WAYS for one, other in (pair, pair[::-1])}

_WIDE: Final = frozenset({("Network", "VIFs"), ("SR", "VDIs")})
"""References to what may be thousands: who follows one object does not follow each of them, but asks of every change in their class."""

_KINDS: Final[Mapping[str, type]] = {kind.__name__: kind for kind in (*KINDS, Server)}


class Edge(NamedTuple):
    """A field of `kind` that refers to objects of `target`; `back` is the field that they name it by, "" for none."""

    kind: type[XapiObject]
    field: str
    target: type[XapiObject]
    back: str


@cache
def edges(kind: type[XapiObject]) -> Mapping[str, Edge]:
    """{field: what it refers to}"""
    hints = get_type_hints(kind, include_extras=True)
    targets = {name: one for name, hint in hints.items() for one in getattr(hint, "__metadata__", ()) if one in _KINDS}
    return {name: Edge(kind, name, _KINDS[one], _BACK.get(f"{kind.__name__}.{name}", "")) for name, one in targets.items()}


@cache
def _fields(kind: type) -> frozenset[str]:
    return frozenset(name for base in kind.__mro__ for name in getattr(base, "__annotations__", ()))


@cache
def one_way(kind: type[XapiObject]) -> tuple[str, ...]:
    """The fields of `kind` whose objects do not name it back."""
    return tuple(edge.field for edge in edges(kind).values() if not edge.back)


class Naming:
    """Of one pool: who refers to what, by references that only one end keeps."""

    def __init__(self) -> None:
        self._of: dict[Ref, XapiObject | set[XapiObject]] = {}  # most are named by one

    def of(self, ref: Ref) -> Iterable[XapiObject]:
        found = self._of.get(ref)
        return () if found is None else found if isinstance(found, set) else (found,)

    def put(self, row: XapiObject, fields: Iterable[str]) -> None:
        for ref in _refs(row, fields):
            found = self._of.setdefault(ref, row)
            if isinstance(found, set):
                found.add(row)
            elif found is not row:
                self._of[ref] = {found, row}

    def drop(self, row: XapiObject, fields: Iterable[str]) -> None:
        for ref in _refs(row, fields):
            found = self._of.get(ref)
            if isinstance(found, set):
                found.discard(row)
            if found is row or not found:
                self._of.pop(ref, None)


def _refs(row: XapiObject, fields: Iterable[str]) -> Iterator[Ref]:
    for field in fields:
        value: Ref | list[Ref] | dict[Ref, str] = getattr(row, field)
        yield from (value if isinstance(value, list | dict) else () if value == NULL_REF else (value,))


def _behind(row: XapiObject, edge: Edge) -> Sequence[XapiObject]:
    return row.all_of(edge.target, list(_refs(row, (edge.field,))))


def _before(row: XapiObject, edge: Edge) -> Iterable[XapiObject]:
    """Those that refer to `row` by `edge`, as far as is known."""
    if edge.back:
        return row.all_of(edge.kind, list(_refs(row, (edge.back,))))
    return (one for one in row.home.naming(row.ref) if isinstance(one, edge.kind) and row.ref in _refs(one, (edge.field,)))


@cache
def _edges_to(kind: type[XapiObject]) -> tuple[Edge, ...]:
    return tuple(edge for one in KINDS for edge in edges(one).values() if edge.target is kind)


def referrers(row: XapiObject) -> Iterator[XapiObject]:
    """Whoever refers to it, by whatever field; some more than once."""
    for edge in _edges_to(type(row)):
        yield from _before(row, edge)


Chain = tuple[Edge, ...]


class Reads(Generic[R]):
    """What facts about objects of `kind` read. Raises ValueError for a path that leads nowhere."""

    def __init__(self, kind: type[R], paths: Iterable[str]) -> None:
        self.kind, self.paths = kind, tuple(paths)
        self.names: dict[type, frozenset[str]] = {kind: frozenset()}
        """{class: the fields of it that are read}"""
        self._chains: defaultdict[type, dict[Chain, None]] = defaultdict(dict)
        self._chains[kind][()] = None
        for path in self.paths:
            self._add(path.split("."))

    def _add(self, parts: list[str]) -> None:
        at: type = self.kind
        chain: Chain = ()
        if parts[0] in _KINDS and parts[0] not in edges(self.kind):
            at = _KINDS[parts[0]]
            self._chains[at][()] = None
            parts = parts[1:]
        for part in parts[:-1]:
            edge = edges(at).get(part)
            if edge is None:
                raise ValueError(f"{at.__name__} refers to nothing by {part}")
            self._read(at, part)
            chain, at = (*chain, edge), edge.target
            self._chains[at][chain] = None
        if parts[-1] not in _fields(at) and not hasattr(at, parts[-1]):
            raise ValueError(f"{at.__name__} has no {parts[-1]}")
        self._read(at, parts[-1])

    def _read(self, kind: type, name: str) -> None:
        self.names[kind] = self.names.get(kind, frozenset()) | {name}

    def matters(self, change: Change) -> bool:
        """Whether a fact may be another for it, of whatever object."""
        wanted = self.names.get(type(change.subject))
        return wanted is not None and (change.operation is not Operation.MOD or not wanted.isdisjoint(change.names))

    def subjects(self, row: R) -> set[Subject | Topic]:
        """All that `row` reaches, by reference: also what is named before it is there. Of what is too much, the class."""
        found: set[Subject | Topic] = {row.ref}
        layers: dict[Chain, Sequence[XapiObject]] = {}
        for kind in self._starts:
            if kind is Server:
                found.add(row.home.server)
            elif kind is Pool:
                found.update(row.home.all(Pool))
            elif kind is not self.kind:
                found.add(kind)
        for chain in self._by_length:
            edge = chain[-1]
            above = layers.get(chain[:-1]) if len(chain) > 1 else self._first(row, edge.kind)
            if above is None or (edge.kind.__name__, edge.field) in _WIDE:
                found.add(edge.target)
                continue
            for one in above:
                found.update(_refs(one, (edge.field,)))
            layers[chain] = [below for one in above for below in _behind(one, edge)]
        return found

    def _first(self, row: R, kind: type[XapiObject]) -> Sequence[XapiObject] | None:
        return (row,) if kind is self.kind else tuple(row.home.all(Pool).values()) if kind is Pool else None

    @cached_property
    def _starts(self) -> tuple[type, ...]:
        """The classes of which it is every object of the pool."""
        return tuple(kind for kind, chains in self._chains.items() if () in chains)

    @cached_property
    def _by_length(self) -> tuple[Chain, ...]:
        return tuple(sorted({chain for chains in self._chains.values() for chain in chains if chain}, key=len))

    def affected(self, change: Change, homes: Mapping[str, Home]) -> Iterable[R]:
        """The objects of which a fact may be another for it; the object itself too when it comes or goes.

        `homes`: {server's id: pool}, for a change of a server.
        """
        subject = change.subject
        wanted = self.names.get(type(subject))  # as `matters` says; most changes end here
        if wanted is None or (change.operation is Operation.MOD and wanted.isdisjoint(change.names)):
            return ()
        if isinstance(subject, Server):
            return self._every(homes.get(subject.id))
        found: dict[XapiObject, None] = {}
        for chain in self._chains[type(subject)]:
            rows: Iterable[XapiObject] = (subject,)
            for edge in reversed(chain):
                rows = {above for row in rows for above in _before(row, edge)}
            if (chain[0].kind if chain else type(subject)) is self.kind:
                found |= dict.fromkeys(rows)
            elif rows:
                return self._every(subject.home)
        return found  # type: ignore[return-value]  # the first edge of their chains is one of `kind`

    def _every(self, home: Home | None) -> Iterable[R]:
        return tuple(home.all(self.kind).values()) if home is not None else ()


class Together:
    """What places read that show several kinds of objects."""

    def __init__(self, *several: Reads[Any]) -> None:
        self._of: defaultdict[type, list[Reads[Any]]] = defaultdict(list)
        for reads in several:
            for kind in reads.names:
                self._of[kind].append(reads)

    def affected(self, change: Change, homes: Mapping[str, Home]) -> Iterator[XapiObject]:
        """As that of `Reads`, kind by kind in the order given."""
        for reads in self._of.get(type(change.subject), ()):
            yield from reads.affected(change, homes)
