"""What is asked for when an appliance of another product is imported: as its OVF says, and changed as somebody likes."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from xo_dash.control.ova.ovf import MOST_DISKS, MOST_NICS, MOST_VMS
from xo_dash.control.requests.file import File
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import GibSize, Lines, Name, NetworkUuid, Size, SRUuid, called, one_of
from xo_dash.control.vm.boot import Seconds, StartOrder
from xo_dash.control.vm.cpu_limits import VCpus
from xo_dash.control.vm.creation.request import FIRMWARE, Template
from xo_dash.i18n import N_

MOST_FILES: Final = 200
"""Beside an OVF."""
MOST_IGNORED: Final = 100


class OVADisk(Request, frozen=True, kw_only=True):
    """One of its disks, by the file in the archive."""

    file: Annotated[Name, called(N_("File"))]
    size: Annotated[Size, called(N_("Size"))]
    stored: Annotated[int, Meta(ge=0, le=1 << 50, extra={"size": True}), called(N_("Size of the file"))] = 0
    checksum: Annotated[str, Meta(max_length=140), called(N_("Checksum"))] = ""
    sr: Annotated[SRUuid | None, called(N_("SR"))] = None


class OVANic(Request, frozen=True, kw_only=True):
    """One of its NICs; `was`: the network that it had, by name."""

    was: Annotated[str, Meta(max_length=255), called(N_("Network in the OVF"))] = ""
    network: Annotated[NetworkUuid, called(N_("Network"))]


class OVASystem(Request, frozen=True, kw_only=True):
    """A VM of an appliance."""

    name: Annotated[Name, called(N_("Name"))]
    vcpus: Annotated[VCpus, called(N_("vCPUs"))]
    memory: Annotated[GibSize, called(N_("Memory"))]
    firmware: Annotated[str, one_of(FIRMWARE), called(N_("Firmware"))]
    description: Annotated[Lines, called(N_("Description"))] = ""
    order: Annotated[StartOrder, called(N_("Start order"), hint=N_("Lower numbers start first"))] = 0
    start_delay: Annotated[Seconds, called(N_("Pause after its start, seconds"))] = 0
    shutdown_delay: Annotated[Seconds, called(N_("Pause after its shutdown, seconds"))] = 0
    disks: Annotated[Annotated[tuple[OVADisk, ...], Meta(max_length=MOST_DISKS)], called(N_("Disks"))] = ()
    nics: Annotated[Annotated[tuple[OVANic, ...], Meta(max_length=MOST_NICS)], called(N_("NICs"))] = ()


class BesideFile(Request, frozen=True, kw_only=True):
    """One that an OVF without an archive names."""

    file: Annotated[File, called(N_("File"))]


class ImportOVA(Request, frozen=True, kw_only=True):
    """What VirtualBox, VMware and others export: a VM, or several of one file. Of the first one say `name` to `nics`."""

    file: Annotated[File, called(N_("OVA or OVF file"))]
    files: Annotated[
        Annotated[tuple[BesideFile, ...], Meta(max_length=MOST_FILES)],
        called(N_("Files beside the OVF"), hint=N_("Default: at the same address")),
    ] = ()
    sr: Annotated[SRUuid, called(N_("Storage"))]
    name: Annotated[Name | None, called(N_("Name"), hint=N_("Default: as the appliance says"))] = None
    vcpus: Annotated[VCpus | None, called(N_("vCPUs"))] = None
    memory: Annotated[GibSize | None, called(N_("Memory"))] = None
    firmware: Annotated[Annotated[str, one_of(FIRMWARE)] | None, called(N_("Firmware"))] = None
    template: Annotated[Template | None, called(N_("Template"), hint=N_("Default: Other install media"))] = None
    description: Annotated[Lines | None, called(N_("Description"))] = None
    order: Annotated[StartOrder | None, called(N_("Start order"), hint=N_("Lower numbers start first"))] = None
    start_delay: Annotated[Seconds | None, called(N_("Pause after its start, seconds"))] = None
    shutdown_delay: Annotated[Seconds | None, called(N_("Pause after its shutdown, seconds"))] = None
    disks: Annotated[Annotated[tuple[OVADisk, ...], Meta(max_length=MOST_DISKS)] | None, called(N_("Disks"))] = None
    nics: Annotated[Annotated[tuple[OVANic, ...], Meta(max_length=MOST_NICS)] | None, called(N_("NICs"))] = None
    others: Annotated[Annotated[tuple[OVASystem, ...], Meta(max_length=MOST_VMS - 1)] | None, called(N_("Further VMs"))] = None
    vapp: Annotated[Name | None, called(N_("vApp"), hint=N_("The VMs are put into a new vApp of this name"))] = None
    ignored: Annotated[Annotated[tuple[str, ...], Meta(max_length=MOST_IGNORED)], called(N_("Not imported"))] = ()
    start: Annotated[bool, called(N_("Start after creation"))] = False

    @property
    def systems(self) -> tuple[OVASystem, ...]:
        """All of its VMs; none before it was read."""
        if self.vcpus is None or self.memory is None or self.disks is None:
            return ()
        first = OVASystem(
            name=self.name or self.file.name, vcpus=self.vcpus, memory=self.memory, firmware=self.firmware or next(iter(FIRMWARE)),
            description=self.description or "", order=self.order or 0, start_delay=self.start_delay or 0,
            shutdown_delay=self.shutdown_delay or 0, disks=self.disks, nics=self.nics or (),
        )  # fmt: skip
        return (first, *(self.others or ()))
