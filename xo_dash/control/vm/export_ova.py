"""A VM, or a vApp with all its VMs, as one OVA for other products."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from data.appliances import members_of
from data.names import name_of
from data.objects import VDI, VM, Appliance, PowerState
from data.stores.users import Role
from data.vms import Firmware, drives_of, firmware_of, nics_of
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.ova.describing import DescribedDisk, DescribedVM, described
from xo_dash.control.ova.ovf import Startup
from xo_dash.control.ova.writing import DiskExport, archived
from xo_dash.control.plan import Plan, PoolExport, Transfer
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.transfers.names import file_name
from xo_dash.control.vdi.export import LARGEST_VHD, VHD
from xo_dash.control.vm.export import is_exportable
from xo_dash.control.vm.kinds import is_machine
from xo_dash.i18n import N_

_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST: Final = 60
"""Characters of the names in an archive, which are addresses and of the oldest tar."""


def vm_plan(request: NoRequest, vm: VM) -> Plan:
    return _plan([vm], name_of(vm))


def vapp_plan(request: NoRequest, appliance: Appliance) -> Plan:
    return _plan(members_of(appliance), name_of(appliance), group=name_of(appliance))


def _plan(vms: Sequence[VM], name: str, group: str = "") -> Plan:
    stem = _UNFIT.sub("_", name).strip("._")[:LONGEST] or "vm"
    stems = [f"{stem}-vm{number}" for number in range(1, len(vms) + 1)] if group else [stem]
    disks = [_files(vm, own) for vm, own in zip(vms, stems, strict=True)]
    ovf = described([_described(vm, own) for vm, own in zip(vms, disks, strict=True)], group)
    exports = [
        DiskExport(file, PoolExport("/export_raw_vdi", {"vdi": vdi.ref, "format": VHD})) for own in disks for file, vdi in own.items()
    ]  # fmt: skip
    yield Transfer(
        "/export_raw_vdi", {"vdi": [one.export.query["vdi"] for one in exports], "format": VHD},
        says=lazy(N_("Exporting {name}"), name=name), label=f"Export of {name}", name=file_name(name, "ova"),
        compose=archived(f"{stem}.ovf", ovf, exports), parts=max(1, len(exports)),
    )  # fmt: skip


def _files(vm: VM, stem: str) -> dict[str, VDI]:
    """{what its file is called: the disk}, by position"""
    found = [drive.vdi for drive in drives_of(vm) if drive.is_disk and drive.vdi is not None]
    return {f"{stem}-disk{number}.vmdk": vdi for number, vdi in enumerate(found, 1)}


def _described(vm: VM, disks: Mapping[str, VDI]) -> DescribedVM:
    return DescribedVM(
        name=name_of(vm), description=vm.name_description, vcpus=vm.VCPUs_max, memory=vm.memory_dynamic_max,
        is_uefi=firmware_of(vm) in (Firmware.UEFI, Firmware.SECURE),
        disks=tuple(DescribedDisk(file, vdi.virtual_size) for file, vdi in disks.items()),
        nics=tuple(name_of(nic.network) if nic.network is not None else "" for nic in nics_of(vm)),
        startup=Startup(vm.order, vm.start_delay, vm.shutdown_delay),
    )  # fmt: skip


_CONDITION = allowed("export", PowerState.HALTED)


def blocked(vm: VM) -> LazyText | None:
    if reason := _CONDITION(vm):
        return reason
    if vm.power_state is PowerState.SUSPENDED and is_machine(vm):
        return lazy(N_("an OVA has no memory of a suspended VM; resume it and shut it down, or export it as XVA"))
    large = next((drive.vdi for drive in drives_of(vm) if drive.is_disk and drive.vdi and drive.vdi.virtual_size > LARGEST_VHD), None)
    return lazy(N_("its disk {name} has more than 2040 GiB; export it as XVA"), name=name_of(large)) if large is not None else None


def vapp_blocked(appliance: Appliance) -> LazyText | None:
    members = members_of(appliance)
    if not members:
        return lazy(N_("it has no VMs; add some first"))
    return next((lazy(N_("{name}: {reason}"), name=name_of(vm), reason=reason) for vm in members if (reason := blocked(vm))), None)


EXPORT_OVA: Final[AnyAction] = Action(
    id="vm.export_ova", kind=VM, title=N_("Export as OVA"), done=N_("{name} is exported"), role=Role.OPERATOR, icon="download",
    applies_to=is_exportable, blocked=blocked, relevant=_CONDITION.fits, plan=vm_plan, delivers=True,
    warning=N_("For other products, such as VirtualBox and VMware: settings and disks, without snapshots and MAC addresses."),
)  # fmt: skip
EXPORT_VAPP: Final[AnyAction] = Action(
    id="vm_appliance.export", kind=Appliance, title=N_("Export as OVA"), done=N_("{name} is exported"), role=Role.OPERATOR, icon="download",
    applies_to=lambda _appliance: True, blocked=vapp_blocked, plan=vapp_plan, delivers=True,
    consequences=lambda appliance: [f"{number}. {name_of(vm)}" for number, vm in enumerate(members_of(appliance), 1)],
    warning=N_("One file with all its VMs and their start order, for xo-dash and for other products."),
)  # fmt: skip
