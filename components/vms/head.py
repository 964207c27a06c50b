"""The head of a VM's page: its name, how it is, what one can do; and the bands below it."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from nicegui import ui

from components.actions import run_one, whoever
from components.live import draw_while, follow_facts
from components.object_header import ObjectHead
from components.theme.icons import Icon
from components.ui import Button, Notice, Tone, notify
from components.ui.marks import drawings
from components.urls import path_of
from components.vms.page.editable import editing, may_edit
from components.vms.page.settings_rows import EDITS
from components.vms.page.tags import Tags
from components.vms.words import STATES, doing_of, mark_of
from data.facts.vm import ToolsState
from data.views.view import PRESENT
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.run import RunState
from xo_dash.control.vbd.cd import INSERT, InsertCD, drive_of, tools_image
from xo_dash.i18n import _, number, percent

BOOTING: Final = 120
"""Seconds after its start in which nobody expects the tools of a guest to answer."""


class Now(ui.element):
    """How the VM is, said once, before everything that looks otherwise for it: the style sheet does the rest.

    A power change is one class sent, where marks, ages and remarks of the page would each be an element.
    """

    def __init__(self, vm: VMView) -> None:
        super().__init__("i")
        self._shown = ""
        with self:
            follow_facts(vm, ("state", "is_running", "operations", "started", "is_up"), lambda: self._refresh(vm))

    def _refresh(self, vm: VMView) -> None:
        shape = mark_of(vm.row)
        now = f"x-now-{shape}" + (" x-now-off" if not vm.is_running else "")
        now += " x-now-up" if vm.started else ""
        if now != self._shown:
            self._shown = now
            self.classes(replace=f"x-now {now}")


class VmHead(ObjectHead):
    """Follows the VM; its mark and whether it is up come from `Now`. Name, description and tags are edited where they stand."""

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__(context, vm.row)
        self._vm, self._context = vm, context
        self._since: float | None = None
        self._reached: tuple[str, ...] = ()
        with self.state, ui.element("span").classes("x-state"):
            ui.element("span").classes("contents").props["innerHTML"] = _marks()
            self._word = ui.label()
        self.up.classes("x-if-up")
        with self.line:
            self._addresses = ui.element("span").classes("x-row x-addresses")
        self._addresses.move(self.line, 2)
        self._edited()
        with self:
            follow_facts(self._vm, ("name", "description", "tags", "state", "os", "tools", "started", "addresses"), self._refresh)

    def _describe(self, text: str) -> None:
        """Without one, the place for it, for whoever may write it."""
        empty = not text and may_edit(EDITS["description"], self._vm)
        super()._describe(_("Add a description") if empty else text)
        self.says.classes(**{"add" if empty else "remove": "x-dim"})

    def _edited(self) -> None:
        with self:
            place = ui.element().classes("x-head-editor")
        for value, edit in ((self.name, EDITS["name"]), (self.says, EDITS["description"])):
            if may_edit(edit, self._vm):
                editing(value, self._context, self._vm, edit, place)
        if may_edit(EDITS["name"], self._vm):
            self._stand_in_a_heading(self.name)

    @staticmethod
    def _stand_in_a_heading(name: ui.label) -> None:
        """A button is a heading no longer: it stands in one."""
        slot = name.parent_slot
        if slot is None:  # only what was deleted has none
            return
        at = slot.children.index(name)
        with slot:
            around = ui.element(name.tag).classes("contents")
        around.move(target_index=at)
        name.tag = "span"
        name.move(around)

    def _refresh(self) -> None:
        vm, tools = self._vm, self._vm.tools
        self._word.text = _(STATES[vm.state])
        said = _("tools {version}").format(version=tools.version) if tools.state is ToolsState.WORKING and tools.version else ""
        self._since = vm.started or self._since
        self.show((vm.os, said), started=self._since)
        self._show_addresses(vm.addresses)

    def _show_addresses(self, addresses: tuple[str, ...]) -> None:
        if addresses == self._reached:
            return
        self._reached = addresses
        self._addresses.clear()
        with self._addresses:
            for address in addresses[:SHOWN]:
                copied(address)
            if more := len(addresses) - SHOWN if len(addresses) > SHOWN else 0:
                ui.link(f"+{number(more)}", f"{path_of(self._vm.row)}/networks").classes("x-link")

    def show_tags(self, tags: tuple[str, ...]) -> None:
        """With a way to take one off, and to add one, for whoever may."""
        if tags == self._tags and self.chips.default_slot.children:
            return
        self._tags = tags
        self.chips.clear()
        with self.chips:
            Tags(self._context, self._vm, tags)


def _marks() -> str:
    """The drawings of all states, of which `Now` has one shown."""
    drawn = drawings()
    return "".join(f'<i class="x-mark x-mark-{name} x-if x-if-{name}" aria-hidden="true">{drawn[name]}</i>' for name in ("busy", *STATES))


SHOWN: Final = 2
"""Addresses in the head; the others are with the NICs."""


def copied(text: str) -> None:
    """A text that a click copies."""
    button = ui.element("button").classes("x-copy x-copy-line").props("type=button")
    button.props["data-tip"] = _("Click to copy")
    button.on("click", js_handler="(e) => navigator.clipboard?.writeText(e.currentTarget.textContent.trim())")
    with button:
        ui.label(text)
        Icon("copy")


def under_way(vm: VMView) -> None:
    """What goes on with the VM; nothing while nothing does."""
    draw_while(vm, ("operations",), lambda: bool(doing_of(vm.row)), lambda _goes_on: UnderWay(vm))


class UnderWay(ui.element):
    """What goes on with the VM, and how far it is."""

    def __init__(self, vm: VMView) -> None:
        super().__init__()
        self.classes("x-operation")
        self._vm = vm
        self._shown = 0.0
        with self:
            ui.element("i").classes("x-spinner")
            self._says = ui.label().classes("x-strong")
            self._bar = ui.element("progress").props("max=1 value=0")
            self._far = ui.label().classes("x-num")
            ui.link(_("Tasks"), "/tasks").classes("x-link")
            follow_facts(self._vm, ("operations", "progress"), self._refresh)

    def _refresh(self) -> None:
        doing, progress = doing_of(self._vm.row), self._vm.progress
        if not doing:
            return  # it goes
        self._says.text = doing
        if progress != self._shown:
            self._shown = progress
            self._bar.props["value"] = round(progress, 2)
        self._far.text = percent(progress) if progress > 0 else ""


class Hints(NamedTuple):
    """What is to be known of a VM before all else."""

    is_gone: bool
    unheard: str
    """The name of its host, of which nothing is heard."""
    has_no_tools: bool
    can_get_tools: bool


HINTED: Final = (PRESENT, "host", "host_is_heard", "tools", "operations", "started", "disks")


def hints_of(vm: VMView) -> Hints | None:
    unheard = vm.host.name if vm.present and vm.host is not None and not vm.host_is_heard else ""
    silent = vm.tools.state in (ToolsState.MISSING, ToolsState.SILENT) and not vm.operations
    missing = vm.present and not unheard and silent and time.time() - (vm.started or 0.0) > BOOTING
    found = Hints(not vm.present, unheard, missing, missing and can_insert_tools(vm))
    return found if any(found) else None


def hints(context: Context, vm: VMView) -> None:
    """That it is gone, that its host is not heard, or that its guest has no tools."""

    def draw(told: Hints) -> None:
        if told.is_gone:
            with Notice(_("This VM was deleted. Its last known state is shown."), Tone.WARNING):
                ui.link(_("All VMs"), "/vms").classes("x-link")
        if told.unheard:
            Notice(_("Its host {host} is not responding; the state of this VM is unknown.").format(host=told.unheard), Tone.CRITICAL)
        if told.has_no_tools:
            text = _("The guest tools are not responding: IP addresses, memory used and clean shutdown are not available.")
            with Notice(text, Tone.INFORMATION):
                if told.can_get_tools:
                    Button(_("Insert the tools ISO"), lambda: insert_tools(context, vm)).mark("insert-tools")

    draw_while(vm, HINTED, lambda: hints_of(vm), draw)


def can_insert_tools(view: VMView) -> bool:
    vm = view.row
    image, drive = tools_image(vm), drive_of(vm)
    inside = image is not None and drive is not None and image.ref == drive.VDI
    return image is not None and not inside and why_not(INSERT, vm, whoever()) is None


async def insert_tools(context: Context, view: VMView) -> None:
    """At once, in place of what is in the drive."""
    vm = view.row
    image = tools_image(vm)
    if image is not None:
        item = await run_one(context, INSERT, vm, InsertCD(image=image.uuid))
        if item is not None:
            notify(_("The tools ISO is in the drive; install the tools in the guest.") if item.state is RunState.DONE else str(item.reason))
