"""What the list says of each VM on the wire: flat values in the order of `Row`, the same for every reader.

Only what is named here leaves: XAPI's maps never do. Words are put by the browser, which is told them in its reader's language.
"""

from __future__ import annotations

from typing import NamedTuple

from data.mirror import PoolMirror
from data.names import pool_name
from data.objects import VIF, VM, Host, PowerState
from data.placement import is_live
from data.types import Home
from data.vms import addresses_of, disk_total, is_up, os_name, started_at, tools_of

LONGEST_NOTE = 200
"""Characters of a description that the list keeps."""


class Row(NamedTuple):
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
    tools: str  # data.vms.ToolsState
    version: str  # of the tools
    started: int
    snapshots: int
    note: str


class Place(NamedTuple):
    """A pool of the list: its server's id, what it is called, whether it is live, and what it is called in keys."""

    id: str
    name: str
    live: bool
    key: str


def row_of(id_: int, vm: VM) -> Row:
    host = vm.home.one(Host, vm.resident_on) if is_up(vm) else None
    tools = tools_of(vm)
    lost = host is not None and not is_live(host)
    return Row(
        id=id_,
        uuid=vm.uuid,
        pool=vm.home.id,
        name=vm.name_label,
        state="unknown" if lost or vm.power_state is PowerState.UNKNOWN else str(vm.power_state).lower(),
        doing=next(iter(vm.current_operations.values()), ""),
        host=host.name_label if host else "",
        host_uuid=host.uuid if host else "",
        vcpus=vm.VCPUs_at_startup or vm.VCPUs_max,
        memory=vm.memory_dynamic_max,
        disk=disk_total(vm),
        addresses=" ".join(addresses_of(vm)),
        macs=" ".join(vif.MAC for vif in vm.all_of(VIF, vm.VIFs)),
        tags=sorted(vm.tags, key=str.casefold),
        os=os_name(vm),
        tools=str(tools.state),
        version=tools.version,
        started=round(started_at(vm) or 0),
        snapshots=len(vm.snapshots),
        note=vm.name_description[:LONGEST_NOTE],
    )


def place_of(pool: PoolMirror) -> Place:
    return Place(pool.id, pool_name(pool), pool.server.is_live, pool.key)


def home_of(home: Home) -> PoolMirror | None:
    """The pool behind a row's home."""
    return home if isinstance(home, PoolMirror) else None
