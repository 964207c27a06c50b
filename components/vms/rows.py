"""What the list says of each VM on the wire: flat values in the order of `VmRow`, the same for every reader.

Only what is named here leaves: XAPI's maps never do. Words are put by the browser, which is told them in its reader's language.
"""

from __future__ import annotations

from typing import NamedTuple

from data.facts.pool import has_ha
from data.facts.vm import host_of
from data.names import name_of, pool_name
from data.objects import VM
from data.types import Home
from data.views.vm import VMView as V

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
    tools: str  # data.vms.ToolsState
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


def row_of(id_: int, vm: VM) -> VmRow:
    host, tools = host_of(vm), V.tools.of(vm)  # of thousands each step counts: no Thing is made of it
    return VmRow(
        id=id_,
        uuid=vm.uuid,
        pool=vm.home.id,
        name=V.name.of(vm),
        state=V.state.of(vm),
        doing=next(iter(V.operations.of(vm)), ""),
        host=name_of(host) if host else "",
        host_uuid=host.uuid if host else "",
        vcpus=V.vcpus.of(vm),
        memory=V.memory.of(vm),
        disk=V.disk_total.of(vm),
        addresses=" ".join(V.addresses.of(vm)),
        macs=" ".join(V.macs.of(vm)),
        tags=list(V.tags.of(vm)),
        os=V.os.of(vm),
        tools=str(tools.state),
        version=tools.version,
        started=round(V.started.of(vm) or 0),
        snapshots=V.snapshot_count.of(vm),
        restarts=V.restarts.of(vm),
        note=V.description.of(vm)[:LONGEST_NOTE],
        group=group.name if (group := V.appliance.of(vm)) else "",
    )


def place_of(pool: Home) -> PoolInfo:
    return PoolInfo(pool.id, pool_name(pool), pool.server.is_live, pool.key, has_ha(pool))
