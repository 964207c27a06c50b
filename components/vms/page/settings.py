"""Settings: what is changed rarely, and the record as XAPI has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from nicegui import ui

from components.actions import run_command, whoever
from components.cells import Cell, Quiet, TextLines, link_to
from components.live import follow_facts
from components.ui import Button, Card
from components.vms.page.devices import Devices
from components.vms.page.editable import EditableFacts
from components.vms.page.pending import pending_notice
from components.vms.page.settings_rows import EDITS, SettingEdit
from components.vms.words import FIRMWARE
from data.types import XapiObject
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.vm.describe import CUSTOM_FIELDS
from xo_dash.i18n import _, duration, ngettext, number, percent, size

SHOWN = ("ref", "home", "metrics", "guest_metrics", "snapshots", "children", "consoles")


def settings(context: Context, vm: VMView) -> None:
    pending_notice(context, vm)
    rarely = {_("Maximum vCPUs"): EDITS["topology"], _("CPU share"): EDITS["share"], _("Memory limits"): EDITS["limits"]}
    with ui.element().classes("x-cards").style("--card: 380px"):
        _card(context, vm, _("CPU and memory"), hardware, HARDWARE, rarely)
        start = {_("Start order"): EDITS["start"], _("vApp"): EDITS["appliance"], _("Firmware"): EDITS["firmware"]}
        _card(context, vm, _("Start and stop"), starting, STARTING, start)
        _card(context, vm, _("Organisation"), organisation, ORGANISATION, {_("Folder"): EDITS["folder"]})
        Devices(context, vm)
        RawRecord(vm.row)


HARDWARE = ("pending", "vcpus_max", "cores_per_socket", "cpu_cap", "cpu_weight", "memory_floor", "memory_most", "memory_least", "memory")
STARTING = ("preferred_host", "start_delay", "shutdown_delay", "order", "appliance", "firmware", "has_vtpm")
ORGANISATION = ("custom_fields", "folder")
Rows = Callable[[VMView], Sequence[tuple[str, Cell | None]]]


def _card(context: Context, vm: VMView, title: str, rows: Rows, reads: Iterable[str], edits: Mapping[str, SettingEdit]) -> None:
    with Card(title, wide=rows is organisation):
        facts = EditableFacts(context, vm, rows(vm), edits)
        follow_facts(vm, reads, lambda: facts.show(rows(vm)))
        if rows is organisation and may(whoever(), CUSTOM_FIELDS, vm.row):
            Button(_("Set custom field"), lambda: run_command(context, CUSTOM_FIELDS, [vm.row])).mark(CUSTOM_FIELDS.id)


def hardware(vm: VMView) -> list[tuple[str, Cell | None]]:
    waiting, cap = vm.pending.vcpus, vm.cpu_cap
    most, cores = (waiting.most, waiting.cores) if waiting else (vm.vcpus_max, vm.cores_per_socket)
    share = _("weight {n}").format(n=number(vm.cpu_weight))
    return [
        (_("Maximum vCPUs"), f"{number(most)}, " + ngettext("{n} core per socket", "{n} cores per socket", cores).format(n=number(cores))),
        (_("CPU share"), f"{share}, " + (_("at most {share} of a CPU").format(share=percent(cap / 100)) if cap else _("no cap"))),
        (_("Memory limits"), _("static {low} to {high}, dynamic {least} to {most}").format(
            low=size(vm.memory_floor), high=size(vm.memory_most), least=size(vm.memory_least), most=size(vm.memory))),
    ]  # fmt: skip


def starting(vm: VMView) -> list[tuple[str, Cell | None]]:
    pauses = [
        _("{duration} after its start").format(duration=duration(vm.start_delay)) if vm.start_delay else "",
        _("{duration} after its shutdown").format(duration=duration(vm.shutdown_delay)) if vm.shutdown_delay else "",
    ]
    return [
        (_("Start order"), ", ".join([number(vm.order), *filter(None, pauses)])),
        (_("vApp"), link_to(vm.appliance, Quiet(_("none")))),
        (_("Firmware"), _(FIRMWARE[vm.firmware]) + (f", {_('vTPM')}" if vm.has_vtpm else "")),
        (_("Preferred host"), vm.preferred_host.name if vm.preferred_host else Quiet(_("none"))),
    ]


def organisation(vm: VMView) -> list[tuple[str, Cell | None]]:
    fields = vm.custom_fields
    return [
        (_("Folder"), vm.folder or Quiet(_("none"))),
        (_("Custom fields"), TextLines(tuple(f"{name}: {value}" for name, value in fields)) if fields else Quiet(_("none"))),
    ]


class RawRecord(Card):
    """Every field that is kept of an object, as XAPI names it; sent once it is unfolded."""

    def __init__(self, row: XapiObject) -> None:
        super().__init__(_("Raw record"), "XAPI", wide=True)
        self._row = row
        with self, ui.element("details").classes("x-preview-calls").on("toggle", self._toggled, js_handler="(e) => emit(e.target.open)"):
            ui.label(_("Show all fields")).tag = "summary"
            self._lines = ui.label().classes("x-preview-lines x-raw")
            self._lines.tag = "pre"
        self._lines.mark("raw-record")

    def _toggled(self) -> None:
        self._lines.text = "\n".join(raw_lines(self._row))


def raw_lines(row: XapiObject) -> list[str]:
    """`name: value`, a line for each key of a map."""
    lines = []
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if name in SHOWN:
            continue
        if isinstance(value, dict):
            lines += [f"{name}[{key}]: {text}" for key, text in sorted(value.items())] or [f"{name}: {{}}"]
        elif isinstance(value, (list, frozenset, set)):
            lines.append(f"{name}: {', '.join(map(str, sorted(value)))}")
        else:
            lines.append(f"{name}: {value}")
    return lines
