"""Settings: what is changed rarely, and the record as XAPI has it."""

from __future__ import annotations

from collections.abc import Mapping

from nicegui import ui

from components.actions import run_command, whoever
from components.cells import Cell, CellLink, Quiet, TextLines
from components.related import follow_related, place_refs
from components.ui import Button, Card
from components.urls import path_of
from components.vms.page.devices import Devices
from components.vms.page.editable import EditableFacts
from components.vms.page.pending import PendingNotice
from components.vms.page.settings_rows import EDITS, Edit
from components.vms.words import FIRMWARE
from data.names import name_of
from data.objects import VM, Appliance, Host
from data.pending import pending_of
from data.vms import cores_per_socket, cpu_cap, cpu_weight, custom_fields, firmware_of, folder_of
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.vm.describe import CUSTOM_FIELDS
from xo_dash.i18n import _, duration, number, percent, size

SHOWN = ("ref", "home", "metrics", "guest_metrics", "snapshots", "children", "consoles")


def settings(context: Context, vm: VM) -> None:
    PendingNotice(context, vm)
    rarely = {
        _("Most vCPUs, cores per socket"): EDITS["topology"], _("CPU share"): EDITS["share"], _("Memory limits"): EDITS["limits"],
    }  # fmt: skip
    with ui.element().classes("x-cards").style("--card: 380px"):
        _card(context, vm, _("CPU and memory"), hardware, rarely)
        start = {_("Start order"): EDITS["start"], _("vApp"): EDITS["appliance"], _("Firmware"): EDITS["firmware"]}
        _card(context, vm, _("Start and stop"), starting, start)
        _card(context, vm, _("Organisation"), organisation, {_("Folder"): EDITS["folder"]})
        Devices(context, vm)
        RawRecord(context, vm)


def _card(context: Context, vm: VM, title: str, rows: object, edits: Mapping[str, Edit]) -> None:
    assert callable(rows)  # noqa: S101  # one of the functions below
    with Card(title, wide=rows is organisation):
        facts = EditableFacts(context, vm, rows(vm), edits)
        follow_related(context.mirror, vm, place_refs, lambda: facts.show(rows(vm)))
        if rows is organisation and may(whoever(), CUSTOM_FIELDS, vm):
            Button(_("Set custom field"), lambda: run_command(context, CUSTOM_FIELDS, [vm])).mark(CUSTOM_FIELDS.id)


def hardware(vm: VM) -> list[tuple[str, Cell | None]]:
    waiting = pending_of(vm).vcpus
    cores = waiting.cores if waiting else cores_per_socket(vm)
    cap = cpu_cap(vm)
    share = _("weight {n}").format(n=number(cpu_weight(vm)))
    return [
        (_("Most vCPUs, cores per socket"), f"{number(waiting.most if waiting else vm.VCPUs_max)}, {number(cores)}"),
        (_("CPU share"), f"{share}, " + (_("at most {share} of a CPU").format(share=percent(cap / 100)) if cap else _("no cap"))),
        (_("Memory limits"), _("static {low} to {high}, dynamic {least} to {most}").format(
            low=size(vm.memory_static_min), high=size(vm.memory_static_max), least=size(vm.memory_dynamic_min),
            most=size(vm.memory_dynamic_max))),
    ]  # fmt: skip


def starting(vm: VM) -> list[tuple[str, Cell | None]]:
    home = vm.home.one(Host, vm.affinity)
    pauses = [
        _("{duration} after its start").format(duration=duration(vm.start_delay)) if vm.start_delay else "",
        _("{duration} after its shutdown").format(duration=duration(vm.shutdown_delay)) if vm.shutdown_delay else "",
    ]
    return [
        (_("Start order"), ", ".join([number(vm.order), *filter(None, pauses)])),
        (_("vApp"), CellLink(name_of(group), path_of(group)) if (group := vm.home.one(Appliance, vm.appliance)) else Quiet(_("none"))),
        (_("Firmware"), _(FIRMWARE[firmware_of(vm)]) + (f", {_('vTPM')}" if vm.VTPMs else "")),
        (_("Preferred host"), name_of(home) if home else Quiet(_("none"))),
    ]


def organisation(vm: VM) -> list[tuple[str, Cell | None]]:
    fields = custom_fields(vm)
    return [
        (_("Folder"), folder_of(vm) or Quiet(_("none"))),
        (_("Custom fields"), TextLines(tuple(f"{name}: {value}" for name, value in fields)) if fields else Quiet(_("none"))),
    ]


class RawRecord(Card):
    """Every field that is kept of the VM, as XAPI names it; sent once it is unfolded."""

    def __init__(self, context: Context, vm: VM) -> None:
        super().__init__(_("Raw record"), "XAPI", wide=True)
        self._vm = vm
        with self, ui.element("details").classes("x-preview-calls").on("toggle", self._toggled, js_handler="(e) => emit(e.target.open)"):
            ui.label(_("Show all fields")).tag = "summary"
            self._lines = ui.label().classes("x-preview-lines x-raw")
            self._lines.tag = "pre"
        self._lines.mark("raw-record")

    def _toggled(self) -> None:
        self._lines.text = "\n".join(raw_lines(self._vm))


def raw_lines(vm: VM) -> list[str]:
    """`name: value`, a line for each key of a map."""
    lines = []
    for name in vm.__struct_fields__:
        value = getattr(vm, name)
        if name in SHOWN:
            continue
        if isinstance(value, dict):
            lines += [f"{name}[{key}]: {text}" for key, text in sorted(value.items())] or [f"{name}: {{}}"]
        elif isinstance(value, (list, frozenset, set)):
            lines.append(f"{name}: {', '.join(map(str, sorted(value)))}")
        else:
            lines.append(f"{name}: {value}")
    return lines
