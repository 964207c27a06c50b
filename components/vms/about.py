"""What a VM is, as names and values; and what it depends on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from nicegui import ui

from components.cells import Cell, Copy, Note, Quiet, TextLines, link_to
from components.findings.words import TONES
from components.live import follow_facts, fresh_slot
from components.ui import Card, Mark
from components.vms.page.editable import EditableFacts
from components.vms.page.settings_rows import EDITS, SettingEdit, memory_cell, vcpus_cell
from components.vms.words import BOOT, FIRMWARE, tools_text
from data.dependencies import DependencyKind
from data.level import Level
from data.texts import natural
from data.views.vm import VMView
from data.views.vm_parts import DependencyView
from data.vms import AutoStart
from xo_dash.context import Context
from xo_dash.control.words import METHODS
from xo_dash.i18n import _, duration, ngettext, number, size

READS: Final = (
    "host", "preferred_host", "pending", "vcpus", "vcpus_max", "cores_per_socket", "memory", "memory_least", "memory_most",
    "memory_is_fixed", "auto_start", "order", "start_delay", "restarts", "pool_has_ha", "blocked", "os", "tools", "template", "firmware",
    "boot_order", "needs_restart", "notes", "custom_fields",
)  # fmt: skip


class VmAbout(Card):
    """Follows the VM and its host; sends only values that changed. Who may change them does it where they stand."""

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__(_("About"))
        with self:
            facts = EditableFacts(context, vm, about(vm), edited())
            follow_facts(vm, READS, lambda: facts.show(about(vm)))


def edited() -> Mapping[str, SettingEdit]:
    """{name of a fact: how it is edited}"""
    return {
        _("Boot order"): EDITS["boot"], _("vCPUs"): EDITS["vcpus"], _("Memory"): EDITS["memory"], _("Auto-start"): EDITS["auto"],
        _("High availability"): EDITS["ha"], _("Blocked operations"): EDITS["protection"], _("Notes"): EDITS["notes"],
    }  # fmt: skip


def about(vm: VMView) -> list[tuple[str, Cell | None]]:
    """Always the same names, in the same order; None for what there is nothing to say of."""
    fields = vm.custom_fields
    return [
        (_("Host"), _host(vm)),
        (_("vCPUs"), vcpus_cell(vm, _vcpus(vm))),
        (_("Memory"), memory_cell(vm, _memory(vm))),
        (_("Auto-start"), _start(vm)),
        (_("High availability"), _ha(vm)),
        (_("Blocked operations"), _protected(vm)),
        (_("System"), vm.os or Quiet(_("unknown"))),
        (_("Tools"), tools_text(vm.tools) or None),
        (_("Template"), vm.template or None),
        (_("Firmware"), _(FIRMWARE[vm.firmware])),
        (_("Boot order"), ", ".join(_(BOOT[letter]) for letter in vm.boot_order) or None),
        (_("Restart required"), _("yes, for its new settings") if vm.needs_restart else None),
        (_("Notes"), Note(vm.notes) if vm.notes else Quiet(_("none"))),
        (_("Custom fields"), TextLines(tuple(f"{name}: {value}" for name, value in fields)) if fields else None),
        (_("UUID"), Copy(vm.row.uuid, _("Click to copy"))),
    ]


def _host(vm: VMView) -> Cell:
    home = vm.preferred_host
    return link_to(vm.host, Quiet(_("none; preferred: {host}").format(host=home.name) if home else _("none")))


def _vcpus(vm: VMView) -> str:
    now, most, cores = vm.vcpus, vm.vcpus_max, vm.cores_per_socket
    count = _("{n} of at most {most}").format(n=number(now), most=number(most)) if now and now != most else number(most or math.nan)
    if cores <= 1 or most % cores:
        return count
    sockets = most // cores
    shape = ngettext("{n} socket of {cores}", "{n} sockets of {cores}", sockets).format(n=number(sockets), cores=number(cores))
    return f"{count}, {shape}"


def _memory(vm: VMView) -> str:
    if vm.memory_is_fixed:
        return size(vm.memory)
    text = _("{least} to {most}").format(least=size(vm.memory_least), most=size(vm.memory))
    if vm.memory_most > vm.memory:
        text += ", " + _("at most {size}").format(size=size(vm.memory_most))
    return text


def _start(vm: VMView) -> str:
    if vm.auto_start is AutoStart.OFF:
        return _("no")
    if vm.auto_start is AutoStart.POOL_OFF:
        return _("no: auto-start is disabled for its pool")
    order = [_("order {n}").format(n=number(vm.order))] if vm.order else []
    delay = [_("then a pause of {duration}").format(duration=duration(vm.start_delay))] if vm.start_delay else []
    return ", ".join([_("yes"), *order, *delay])


def _ha(vm: VMView) -> str | None:
    if not vm.restarts and not vm.pool_has_ha:
        return None
    text = {"restart": _("restarted on another host"), "best-effort": _("restarted if possible")}.get(vm.restarts)
    return text or vm.restarts or _("not protected")


def _protected(vm: VMView) -> Cell:
    names = {_(METHODS[f"VM.{operation}"]) if f"VM.{operation}" in METHODS else operation for operation in vm.blocked}
    return ", ".join(sorted(names, key=natural)) or Quiet(_("none"))


class DependencyCard(Card):
    """What the VM depends on; trouble is marked."""

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
