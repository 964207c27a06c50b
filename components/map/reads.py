"""What the rows of the map are made of: see `data.relations`."""

from __future__ import annotations

from typing import Final

from data.objects import SR, VM, Host, Network
from data.relations import Reads, Together
from data.server import Server
from data.views.host import HostView
from data.views.network import NetworkView
from data.views.pool import PoolView
from data.views.port import SHAPE
from data.views.sr import SRView
from data.views.things import via
from data.views.view import reads_of
from data.views.vm import VMView

Thing = Server | Host | VM | SR | Network
"""What has a row."""

_VM: Final = (
    "affinity.uuid", "resident_on.uuid", "scheduled_to_be_resident_on.uuid", "other_config", "attached_PCIs", "VGPUs", "VIFs.network.uuid",
    *via("VBDs", "type", "VDI.virtual_size", "VDI.SR.uuid"), "snapshots.snapshot_time", "snapshots.VBDs.type",
    "snapshots.VBDs.VDI.physical_utilisation",
)  # fmt: skip
_SR: Final = ("physical_size", "is_tools_sr", "VDIs.is_a_snapshot", "VDIs.physical_utilisation", *via("PBDs", "host.uuid"))

READS: Final = Together(
    reads_of(PoolView.name),
    reads_of(HostView.name, HostView.state, HostView.is_master, HostView.memory, HostView.cpus),
    Reads(VM, (*_VM, *reads_of(
        VMView.is_guest, VMView.name, VMView.state, VMView.memory, VMView.vcpus, VMView.address, VMView.progress, VMView.tools, VMView.os,
        VMView.restarts, VMView.tags,
    ).paths)),
    Reads(SR, (*_SR, *reads_of(SRView.name, SRView.type, SRView.reach, SRView.room, SRView.cut_off).paths)),
    Reads(Network, (*reads_of(NetworkView.name).paths, *via("PIFs", *SHAPE, "host.uuid"))),
)  # fmt: skip
"""A host comes before what names it: ids are given in this order."""
