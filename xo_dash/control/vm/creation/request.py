"""What a new VM is asked for with. What is not said follows from its template and its pool."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from data.objects import SR, VDI, VM, Host, Network
from xo_dash.control.cloud_init.config import CloudInit
from xo_dash.control.request import GibSize, Lines, Name, Request, an_object, called, one_of
from xo_dash.i18n import N_

MOST_AT_ONCE: Final = 50
NUMBER: Final = "{n}"
"""In the name of several: the number of each."""

Template = Annotated[str, an_object(VM, missing=N_("this template is no longer in the pool; choose another"))]
Image = Annotated[str, an_object(VDI, missing=N_("this disk is no longer in the pool; choose another"))]
Storage = Annotated[str, an_object(SR, missing=N_("this SR is no longer in the pool; choose another"))]
Wire = Annotated[str, an_object(Network, missing=N_("this network is no longer in the pool; choose another"))]
Place = Annotated[str, an_object(Host, missing=N_("this host is no longer in the pool; choose another"))]
FIRMWARE: Final = {"bios": N_("BIOS"), "uefi": N_("UEFI")}
HA: Final = {"": N_("not restarted"), "best-effort": N_("restarted if possible"), "restart": N_("restarted")}
Cpus = Annotated[int, Meta(ge=1, le=128)]
Tag = Annotated[str, Meta(min_length=1, max_length=255)]


class NewDisk(Request, frozen=True, kw_only=True):
    """A disk of a new VM: one of the template's by its `position`, one that is there already (`vdi`), or a fresh one."""

    position: Annotated[Annotated[str, Meta(pattern=r"^[0-9]{1,3}$")] | None, called(N_("Position"))] = None
    vdi: Annotated[Image | None, called(N_("Existing disk"))] = None
    name: Annotated[Name | None, called(N_("Name"))] = None
    size: Annotated[GibSize | None, called(N_("Size"))] = None
    sr: Annotated[Storage | None, called(N_("SR"))] = None


class NewNic(Request, frozen=True, kw_only=True):
    """A NIC of a new VM."""

    network: Annotated[Wire, called(N_("Network"))]
    mac: Annotated[Annotated[str, Meta(max_length=17)], called(N_("MAC address"), hint=N_("Made by the pool, unless given"))] = ""


class CreateVM(Request, frozen=True, kw_only=True):
    """A new VM, of a template, of another VM, or empty with something to install from."""

    name: Annotated[Name, called(N_("Name"), hint=N_("{n} stands for the number of each"))]
    count: Annotated[int, called(N_("How many")), Meta(ge=1, le=MOST_AT_ONCE)] = 1
    first: Annotated[int, called(N_("First number")), Meta(ge=0, le=99_999)] = 1
    template: Annotated[Template, called(N_("Template"), hint=N_("Or a halted VM, of which it becomes a copy"))]
    iso: Annotated[Image | None, called(N_("ISO in the CD drive"))] = None
    network_boot: Annotated[bool, called(N_("Boot from the network"))] = False
    memory: Annotated[GibSize | None, called(N_("Memory"))] = None
    memory_min: Annotated[GibSize | None, called(N_("Least memory"), hint=N_("The pool may reduce its memory to this"))] = None
    memory_max: Annotated[GibSize | None, called(N_("Usual memory"), hint=N_("Unless given, as much as it may have"))] = None
    vcpus: Annotated[Cpus | None, called(N_("vCPUs"))] = None
    cores_per_socket: Annotated[Cpus | None, called(N_("Cores per socket"))] = None
    firmware: Annotated[Annotated[str, one_of(FIRMWARE)] | None, called(N_("Firmware"))] = None
    secure_boot: Annotated[bool | None, called(N_("Secure boot"))] = None
    vtpm: Annotated[bool, called(N_("vTPM"))] = False
    disks: Annotated[Annotated[tuple[NewDisk, ...], Meta(max_length=60)] | None, called(N_("Disks"))] = None
    nics: Annotated[Annotated[tuple[NewNic, ...], Meta(max_length=16)] | None, called(N_("NICs"))] = None
    host: Annotated[Place | None, called(N_("Host"), hint=N_("Unless given, the pool picks one at each start"))] = None
    description: Annotated[Lines | None, called(N_("Description"))] = None
    tags: Annotated[Annotated[tuple[Tag, ...], Meta(max_length=50)] | None, called(N_("Tags"))] = None
    start: Annotated[bool, called(N_("Start after creation"))] = True
    auto_start: Annotated[bool, called(N_("Auto-start"), hint=N_("When its host has booted"))] = False
    ha: Annotated[str, called(N_("HA")), one_of(HA)] = ""
    protect: Annotated[bool, called(N_("Protect from deletion"))] = False
    cloud_init: Annotated[CloudInit | None, called(N_("cloud-init"))] = None

    @property
    def names(self) -> tuple[str, ...]:
        """What they will be called."""
        if self.count == 1 and NUMBER not in self.name:
            return (self.name,)
        return tuple(self.name.replace(NUMBER, str(number)) for number in range(self.first, self.first + self.count))
