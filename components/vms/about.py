"""What a VM is, as names and values; and what it hangs on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from nicegui import ui

from components.cells import Cell, CellLink, Copy, Note, Quiet, TextLines
from components.findings.words import TONES
from components.live import follow_facts, fresh_slot
from components.related import follow_related, place_refs
from components.ui import Card, Mark
from components.urls import path_of
from components.vms.page.editable import EditableFacts
from components.vms.page.settings_rows import EDITS, Edit, memory_cell, vcpus_cell
from components.vms.words import BOOT, FIRMWARE, tools_text
from data.dependencies import DependencyKind
from data.facts.vm import is_up, memory_of, tools_of, vcpus_of
from data.findings.finding import Level
from data.names import name_of
from data.objects import VM, Host, Pool
from data.views.vm import DependencyView, VMView
from data.vms import (
    AutoStart,
    auto_start,
    boot_order,
    cores_per_socket,
    custom_fields,
    firmware_of,
    has_fixed_memory,
    notes_of,
    os_name,
    template_name,
)
from xo_dash.context import Context
from xo_dash.control.words import METHODS
from xo_dash.i18n import _, duration, ngettext, number, size


class VmAbout(Card):
    """Follows the VM and its host; sends only values that changed. Who may change them does it where they stand."""

    def __init__(self, context: Context, vm: VM) -> None:
        super().__init__(_("About"))
        with self:
            facts = EditableFacts(context, vm, about(vm), edited())
            follow_related(context.mirror, vm, place_refs, lambda: facts.show(about(vm)))


def edited() -> Mapping[str, Edit]:
    """{name of a fact: how it is edited}"""
    return {
        _("Boot order"): EDITS["boot"], _("vCPUs"): EDITS["vcpus"], _("Memory"): EDITS["memory"], _("Auto-start"): EDITS["auto"],
        _("High availability"): EDITS["ha"], _("Blocked operations"): EDITS["protection"], _("Notes"): EDITS["notes"],
    }  # fmt: skip


def about(vm: VM) -> list[tuple[str, Cell | None]]:
    """Always the same names, in the same order; None for what there is nothing to say of."""
    tools = tools_text(tools_of(vm))
    return [
        (_("Host"), _host(vm)),
        (_("vCPUs"), vcpus_cell(vm, _vcpus(vm))),
        (_("Memory"), memory_cell(vm, _memory(vm))),
        (_("Auto-start"), _start(vm)),
        (_("High availability"), _ha(vm)),
        (_("Blocked operations"), _protected(vm)),
        (_("System"), os_name(vm) or Quiet(_("unknown"))),
        (_("Tools"), tools or None),
        (_("Template"), template_name(vm) or None),
        (_("Firmware"), _(FIRMWARE[firmware_of(vm)])),
        (_("Boot order"), ", ".join(_(BOOT[letter]) for letter in boot_order(vm)) or None),
        (_("Restart required"), _("yes, for its new settings") if vm.requires_reboot else None),
        (_("Notes"), Note(notes) if (notes := notes_of(vm)) else Quiet(_("none"))),
        (_("Custom fields"), TextLines(tuple(f"{name}: {value}" for name, value in fields)) if (fields := custom_fields(vm)) else None),
        (_("UUID"), Copy(vm.uuid, _("Click to copy"))),
    ]


def _host(vm: VM) -> Cell:
    if is_up(vm) and (host := vm.home.one(Host, vm.resident_on)):
        return CellLink(name_of(host), path_of(host))
    home = vm.home.one(Host, vm.affinity)
    return Quiet(_("none; preferred: {host}").format(host=name_of(home)) if home else _("none"))


def _vcpus(vm: VM) -> str:
    now, most, cores = vcpus_of(vm), vm.VCPUs_max, cores_per_socket(vm)
    count = _("{n} of at most {most}").format(n=number(now), most=number(most)) if now and now != most else number(most or math.nan)
    if cores <= 1 or most % cores:
        return count
    sockets = most // cores
    shape = ngettext("{n} socket of {cores}", "{n} sockets of {cores}", sockets).format(n=number(sockets), cores=number(cores))
    return f"{count}, {shape}"


def _memory(vm: VM) -> str:
    if has_fixed_memory(vm):
        return size(memory_of(vm))
    text = _("{least} to {most}").format(least=size(vm.memory_dynamic_min), most=size(vm.memory_dynamic_max))
    if vm.memory_static_max > vm.memory_dynamic_max:
        text += ", " + _("at most {size}").format(size=size(vm.memory_static_max))
    return text


def _start(vm: VM) -> str:
    asked = auto_start(vm)
    if asked is AutoStart.OFF:
        return _("no")
    if asked is AutoStart.POOL_OFF:
        return _("no: auto-start is disabled for its pool")
    order = [_("order {n}").format(n=number(vm.order))] if vm.order else []
    delay = [_("then a pause of {duration}").format(duration=duration(vm.start_delay))] if vm.start_delay else []
    return ", ".join([_("yes"), *order, *delay])


def _ha(vm: VM) -> str | None:
    pool = next(iter(vm.home.all(Pool).values()), None)
    if not vm.ha_restart_priority and not (pool and pool.ha_enabled):
        return None
    text = {"restart": _("restarted on another host"), "best-effort": _("restarted if possible")}.get(vm.ha_restart_priority)
    return text or vm.ha_restart_priority or _("not protected")


def _protected(vm: VM) -> Cell:
    names = {_(METHODS[f"VM.{operation}"]) if f"VM.{operation}" in METHODS else operation for operation in vm.blocked_operations}
    return ", ".join(sorted(names)) or Quiet(_("none"))


class Ties(Card):
    """What the VM hangs on; trouble is marked."""

    def __init__(self, vm: VMView) -> None:
        super().__init__(_("Dependencies"))
        self._vm = vm
        with self:
            self._box = ui.element().classes("contents")
            follow_facts(vm, ("dependencies",), self._refresh)

    def _refresh(self) -> None:
        with fresh_slot(self._box):
            if not self._vm.dependencies:
                ui.label(_("Can run on any host in the pool with enough memory.")).classes("x-dim")
            for dependency in self._vm.dependencies:
                with ui.element().classes("x-tie"):
                    Mark(TONES.get(dependency.level, "information")).classes("x-tie-fact" if dependency.level is Level.INFORMATION else "")
                    ui.label(dependency_text(dependency)).props("dir=auto")


_TEXTS: Final[Mapping[DependencyKind, Callable[[], str]]] = {
    DependencyKind.LOCAL_DISK: lambda: _("Tied to {host}: {what} is on its local SR {on}"),
    DependencyKind.CD: lambda: _("{what} of {on} is in its CD drive"),
    DependencyKind.DEVICE: lambda: _("Tied to its host: one of its devices is passed through to the VM"),
    DependencyKind.UNPLUGGED: lambda: _("{on} is not attached on {host}"),
    DependencyKind.FULL: lambda: _("{on} is almost full"),
    DependencyKind.GONE: lambda: _("The disk in position {what} is no longer there"),
    DependencyKind.NO_LINK: lambda: _("{on}: link down on {host}"),
}


def dependency_text(dependency: DependencyView) -> str:
    """One sentence."""
    on, host = dependency.on, dependency.host
    return _TEXTS[dependency.kind]().format(what=dependency.what, on=on.name if on else "–", host=host.name if host else _("any host"))
