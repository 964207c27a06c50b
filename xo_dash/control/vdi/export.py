"""A disk as one file, for whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from data.names import name_of
from data.objects import SR, VBD, VDI, VM
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Plan, Transfer
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called, one_of
from xo_dash.control.transfers.names import file_name
from xo_dash.control.words import under_way
from xo_dash.i18n import N_

VHD, RAW = "vhd", "raw"
LARGEST_VHD: Final = 2040 << 30
"""Bytes. Source: xapi's Constants.max_vhd_size."""


class ExportDisk(Request, frozen=True, kw_only=True):
    """Its contents; of a disk that a VM writes to meanwhile the host gives none."""

    format: Annotated[
        str,
        one_of({VHD: N_("VHD: what holds data, as XenServer has it"), RAW: N_("Raw: every byte, as large as the disk")}),
        called(N_("Format")),
    ] = VHD


def check(request: ExportDisk, vdi: VDI) -> Iterator[Fault]:
    if request.format == VHD and vdi.virtual_size > LARGEST_VHD:
        yield Fault("format", lazy(N_("a VHD has at most 2040 GiB; choose raw")))


def plan(request: ExportDisk, vdi: VDI) -> Plan:
    name = file_name(name_of(vdi), request.format)
    total = vdi.virtual_size if request.format == RAW else 0
    yield Transfer(
        "/export_raw_vdi", {"vdi": vdi.ref, "format": request.format},
        says=lazy(N_("Exporting {name}"), name=name_of(vdi)), label=f"Export of {name_of(vdi)}", name=name, total=total,
    )  # fmt: skip


def is_exportable(subject: XapiObject) -> bool:
    """Whether it is a disk that people know, and not an image for CD drives."""
    if not isinstance(subject, VDI) or not subject.managed:
        return False
    sr = subject.home.one(SR, subject.SR)
    return sr is None or sr.content_type != "iso"


def blocked(vdi: VDI) -> LazyText | None:
    """Source: a disk that is attached for writing is busy for /export_raw_vdi."""
    if vdi.current_operations:
        return under_way(next(iter(vdi.current_operations.values())))
    for vbd in vdi.all_of(VBD, vdi.VBDs):
        if vbd.currently_attached and vbd.mode == "RW":
            vm = vdi.home.one(VM, vbd.VM)
            return lazy(N_("{vm} writes to it; shut that down, or export a snapshot"), vm=named(vm) if vm else "?")
    return None


EXPORT_DISK: Final[AnyAction] = Action(
    id="vdi.export", kind=VDI, request=ExportDisk, title=N_("Export"), done=N_("{name} is exported"), role=Role.OPERATOR, icon="download",
    applies_to=is_exportable, blocked=blocked, check=check, plan=plan, delivers=True,
)  # fmt: skip
