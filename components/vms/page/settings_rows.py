"""The settings of a VM as names, values and what edits them in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from components.cells import Cell, Later
from data.facts.vm import memory_of
from data.pending import pending_of
from data.views.vm import VMView
from data.vms import AutoStart, auto_start, boot_order, cores_per_socket, cpu_cap, cpu_weight, has_fixed_memory
from xo_dash.control.appliance.records import set_defaults
from xo_dash.control.vm.boot import priority_of, start_defaults
from xo_dash.control.vm.describe import folder, notes
from xo_dash.control.vm.firmware import defaults
from xo_dash.control.vm.memory import amount
from xo_dash.control.vm.protect import defaults as protection
from xo_dash.i18n import _, ngettext, number, size

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SettingEdit:
    """The command that changes a value, and what its request would have to leave it as it is.

    That is read from the row: the view's facts may be some milliseconds behind when an editor looks whether somebody changed it.
    """

    action_id: str
    current: Callable[[VMView], Values]
    only: tuple[str, ...] = ()
    restores: Callable[[VMView], Values] | None = None  # what takes an edit back has, where that is more than `current`


def memory_now(vm: VMView) -> Values:
    """What waits counts as what is: it is edited, not the one before."""
    waiting = pending_of(vm.row).memory
    least, most = (waiting.dynamic_min, waiting.dynamic_max) if waiting else (vm.row.memory_dynamic_min, memory_of(vm.row))
    fixed = waiting.dynamic_min >= waiting.dynamic_max if waiting else has_fixed_memory(vm.row)
    return {"memory": amount(most), "minimum": None if fixed else amount(least)}


def limits_now(vm: VMView) -> Values:
    """With the limit up to which memory can be raised; unless it is asked for, it follows the memory."""
    waiting = pending_of(vm.row).memory
    return {**memory_now(vm), "limit": amount(waiting.static_max if waiting else vm.row.memory_static_max)}


def vcpus_now(vm: VMView) -> Values:
    waiting = pending_of(vm.row).vcpus
    if waiting is not None:
        return {"vcpus": waiting.at_startup, "most": waiting.most, "cores": waiting.cores}
    return {"vcpus": vm.row.VCPUs_at_startup, "most": vm.row.VCPUs_max, "cores": cores_per_socket(vm.row)}


EDITS: Final[Mapping[str, SettingEdit]] = {
    "name": SettingEdit("vm.rename", lambda vm: {"name": vm.row.name_label}),
    "description": SettingEdit("vm.describe", lambda vm: {"description": vm.row.name_description}),
    "memory": SettingEdit("vm.memory", memory_now, ("memory", "minimum"), limits_now),
    "vcpus": SettingEdit("vm.vcpus", lambda vm: {"vcpus": vcpus_now(vm)["vcpus"]}, ("vcpus",), vcpus_now),
    "topology": SettingEdit("vm.vcpus", vcpus_now, ("most", "cores")),
    "limits": SettingEdit("vm.memory", limits_now),
    "share": SettingEdit("vm.cpu_share", lambda vm: {"weight": cpu_weight(vm.row), "cap": cpu_cap(vm.row)}),
    "boot": SettingEdit("vm.boot_order", lambda vm: {"order": boot_order(vm.row)}),
    "auto": SettingEdit("vm.auto_start", lambda vm: {"on": auto_start(vm.row) is not AutoStart.OFF, "pool": True}),
    "start": SettingEdit("vm.start_order", lambda vm: start_defaults([vm.row])),
    "appliance": SettingEdit("vm.appliance", lambda vm: set_defaults([vm.row])),
    "firmware": SettingEdit("vm.firmware", lambda vm: defaults([vm.row])),
    "ha": SettingEdit("vm.ha", lambda vm: {"priority": priority_of(vm.row)}),
    "protection": SettingEdit("vm.protect", lambda vm: protection([vm.row])),
    "notes": SettingEdit("vm.notes", lambda vm: notes([vm.row])),
    "folder": SettingEdit("vm.folder", lambda vm: folder([vm.row])),
}
"""{what: how it is edited}"""


def memory_cell(vm: VMView, text: str) -> Cell:
    waiting = vm.pending.memory
    if waiting is None:
        return text
    most = size(waiting.dynamic_max)
    words = (
        most if waiting.dynamic_min >= waiting.dynamic_max else _("{least} to {most}").format(least=size(waiting.dynamic_min), most=most)
    )
    return Later(text, _("{value} after restart").format(value=words))


def vcpus_cell(vm: VMView, text: str) -> Cell:
    waiting = vm.pending
    after = waiting.vcpus.at_startup if waiting.vcpus else waiting.at_startup
    return Later(text, _("{value} after restart").format(value=number(after))) if after else text


def pending_lines(vm: VMView) -> list[str]:
    """What waits for a restart: `Memory 4 GiB → 16 GiB`."""
    waiting, lines = vm.pending, []
    after = waiting.vcpus.at_startup if waiting.vcpus else waiting.at_startup
    if after and after != vm.vcpus:
        lines.append(_("vCPUs {before} → {after}").format(before=number(vm.vcpus), after=number(after)))
    elif waiting.vcpus is not None:
        cores = waiting.vcpus.cores
        lines.append(ngettext("sockets of {n} core", "sockets of {n} cores", cores).format(n=number(cores)))
    if waiting.memory is not None:
        lines.append(_("memory {before} → {after}").format(before=size(vm.memory), after=size(waiting.memory.dynamic_max)))
    lines += [_("disk to {size}").format(size=size(disk.size)) for disk in waiting.disks.values()]
    return lines
