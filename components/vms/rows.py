"""What the list says of each VM on the wire: flat values in the order of `Row`, the same for every reader.

Only what is named here leaves: XAPI's maps never do. Words are put by the browser, which is told them in its reader's language.
"""

from __future__ import annotations

from typing import NamedTuple

from data.facts.vm import addresses_of, host_of, memory_of, state_of, tools_of, vcpus_of
from data.mirror import PoolMirror
from data.names import name_of, pool_name
from data.objects import VIF, VM
from data.types import Home
from data.vms import disk_total, os_name, started_at

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
    restarts: str  # XAPI's ha_restart_priority; "" where HA does not restart it
    note: str


class Place(NamedTuple):
    """A pool of the list: its server's id, what it is called, whether it is live, what it is called in keys, and whether HA is on."""

    id: str
    name: str
    live: bool
    key: str
    ha: bool


def row_of(id_: int, vm: VM) -> Row:
    host = host_of(vm)
    tools = tools_of(vm)
    return Row(
        id=id_,
        uuid=vm.uuid,
        pool=vm.home.id,
        name=name_of(vm),
        state=state_of(vm),
        doing=next(iter(vm.current_operations.values()), ""),
        host=name_of(host) if host else "",
        host_uuid=host.uuid if host else "",
        vcpus=vcpus_of(vm),
        memory=memory_of(vm),
        disk=disk_total(vm),
        addresses=" ".join(addresses_of(vm)),
        macs=" ".join(vif.MAC for vif in vm.all_of(VIF, vm.VIFs)),
        tags=sorted(vm.tags, key=str.casefold),
        os=os_name(vm),
        tools=str(tools.state),
        version=tools.version,
        started=round(started_at(vm) or 0),
        snapshots=len(vm.snapshots),
        restarts=vm.ha_restart_priority,
        note=vm.name_description[:LONGEST_NOTE],
    )


def place_of(pool: PoolMirror) -> Place:
    return Place(pool.id, pool_name(pool), pool.server.is_live, pool.key, pool.pool is not None and pool.pool.ha_enabled)


def home_of(home: Home) -> PoolMirror | None:
    """The pool behind a row's home."""
    return home if isinstance(home, PoolMirror) else None
