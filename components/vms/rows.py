"""What the list says of each VM on the wire: flat values in the order of `VmRow`, the same for every reader.

Only what is named here leaves: XAPI's maps never do. Words are put by the browser, which is told them in its reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from data.facts.pool import has_ha
from data.facts.vm import host_of
from data.names import name_of, pool_name
from data.objects import VM
from data.types import Home
from data.views.view import Fact, reads_of
from data.views.vm import VMView

V = TypeVar("V")

LONGEST_NOTE = 200
"""Characters of a description that the list keeps."""


class VmRow(NamedTuple):
    """`grid.js` reads it by these names; amounts in bytes, moments in epoch seconds, 0 for none."""

    id: int
    uuid: str
    pool: str  # the server's id
    name: str
    state: str  # a power state in lower case; "unknown" also where its host is not heard
    doing: str  # XAPI's operation under way
    host: str
    host_uuid: str  # with the pool it is a key; see data.identity
    vcpus: int
    memory: int
    disk: int
    addresses: str  # with spaces between
    macs: str
    tags: list[str]
    os: str
    tools: str  # data.facts.vm.ToolsState
    version: str  # of the tools
    started: int
    snapshots: int
    restarts: str  # XAPI's ha_restart_priority; "" where HA does not restart it
    note: str
    group: str  # the vApp that it is in


class PoolInfo(NamedTuple):
    """A pool of the list: its server's id, what it is called, whether it is live, what it is called in keys, and whether HA is on."""

    id: str
    name: str
    live: bool
    key: str
    ha: bool


class RowPart(NamedTuple):
    """Values of a row that are made together."""

    names: tuple[str, ...]  # fields of `VmRow`
    of: Callable[[VM], Sequence[Any]]
    facts: tuple[Fact[VM, Any], ...]


def _one(name: str, fact: Fact[VM, V], put: Callable[[V], object] = lambda value: value) -> RowPart:
    return RowPart((name,), lambda vm: (put(fact.of(vm)),), (fact,))


def _host(vm: VM) -> Sequence[str]:
    host = host_of(vm)  # of thousands each step counts: no Thing is made of it
    return (name_of(host), host.uuid) if host else ("", "")


def _tools(vm: VM) -> Sequence[str]:
    tools = VMView.tools.of(vm)
    return str(tools.state), tools.version


PARTS: Final = (
    _one("name", VMView.name),
    _one("state", VMView.state),
    _one("doing", VMView.operations, lambda operations: next(iter(operations), "")),
    RowPart(("host", "host_uuid"), _host, (VMView.host,)),
    _one("vcpus", VMView.vcpus),
    _one("memory", VMView.memory),
    _one("disk", VMView.disk_total),
    _one("addresses", VMView.addresses, " ".join),
    _one("macs", VMView.macs, " ".join),
    _one("tags", VMView.tags, list),
    _one("os", VMView.os),
    RowPart(("tools", "version"), _tools, (VMView.tools,)),
    _one("started", VMView.started, lambda started: round(started or 0)),
    _one("snapshots", VMView.snapshot_count),
    _one("restarts", VMView.restarts),
    _one("note", VMView.description, lambda text: text[:LONGEST_NOTE]),
    _one("group", VMView.appliance, lambda group: group.name if group else ""),
)
SHOWN: Final = reads_of(VMView.is_guest, *(fact for part in PARTS for fact in part.facts))
"""What a row is made of."""


def row_of(id_: int, vm: VM) -> VmRow:
    return VmRow(id=id_, uuid=vm.uuid, pool=vm.home.id, **_values(vm, PARTS))


def renewed(row: VmRow, vm: VM, parts: Iterable[RowPart]) -> VmRow:
    """`row` with these of its parts as they are now."""
    return row._replace(**_values(vm, parts))


def _values(vm: VM, parts: Iterable[RowPart]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in zip(part.names, part.of(vm), strict=True)}


@lru_cache(maxsize=512)
def parts_of(kind: type, names: frozenset[str]) -> frozenset[RowPart]:
    """Those that read one of these fields of objects of `kind`."""
    return frozenset(part for part in PARTS for fact in part.facts if not fact.reads.names.get(kind, frozenset()).isdisjoint(names))


def place_of(pool: Home) -> PoolInfo:
    return PoolInfo(pool.id, pool_name(pool), pool.server.is_live, pool.key, has_ha(pool))
