"""The head of a VM's page: its name, how it is, what one can do; and the bands below it."""

from __future__ import annotations

import time
from typing import Final

from nicegui import ui

from components.actions import run_one, whoever
from components.heads import ObjectHead
from components.links import path_of
from components.theme.icons import Icon
from components.ui import Button, Mark, Notice, Tone, notify
from components.vms.around import follow_around, nic_refs, place_refs
from components.vms.page.editable import editing, may_edit
from components.vms.page.settings_rows import EDITS
from components.vms.page.tags import Tags
from components.vms.words import STATES, doing_of, mark_of
from data.facts.host import is_live
from data.facts.vm import ToolsState, addresses_of, is_up, state_of, tools_of
from data.names import name_of
from data.objects import VM, Host, PowerState, Task
from data.types import Ref
from data.vms import os_name, started_at
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.run import State
from xo_dash.control.vbd.cd import INSERT, InsertCD, drive_of, tools_image
from xo_dash.i18n import _, number, percent

LABELS = ("name_label", "name_description", "tags")
NAMES = ("power_state", "resident_on", "current_operations", "metrics", "guest_metrics")

BOOTING: Final = 120
"""Seconds after its start in which nobody expects the tools of a guest to answer."""


class Now(ui.element):
    """How the VM is, said once, before everything that looks otherwise for it: the style sheet does the rest.

    A power change is one class sent, where marks, ages and remarks of the page would each be an element.
    """

    def __init__(self, context: Context, vm: VM) -> None:
        super().__init__("i")
        self._shown = ""
        with self:
            follow_around(context.mirror, vm, place_refs, lambda: self._refresh(vm), names=NAMES)

    def _refresh(self, vm: VM) -> None:
        shape = mark_of(vm)
        now = f"x-now-{shape}" + (" x-now-off" if vm.power_state is not PowerState.RUNNING else "")
        now += " x-now-up" if started_at(vm) else ""
        if now != self._shown:
            self._shown = now
            self.classes(replace=f"x-now {now}")


class VmHead(ObjectHead):
    """Follows the VM; its mark and whether it is up come from `Now`. Name, description and tags are edited where they stand."""

    def __init__(self, context: Context, vm: VM) -> None:
        super().__init__(context, vm)
        self._vm, self._context = vm, context
        self._since: float | None = None
        self._reached: tuple[str, ...] = ()
        with self.state, ui.element("span").classes("x-state"):
            for shape in ("busy", *STATES):
                Mark(shape).classes(f"x-if x-if-{shape}")
            self._word = ui.label()
        self.up.classes("x-if-up")
        with self.line:
            self._addresses = ui.element("span").classes("x-row x-addresses")
        self._addresses.move(self.line, 2)
        self._edited()
        with self:
            follow_around(context.mirror, vm, lambda vm: (*place_refs(vm), *nic_refs(vm)), self._refresh, names=(*LABELS, *NAMES))

    def _describe(self, text: str) -> None:
        """Without one, the place for it, for whoever may write it."""
        empty = not text and may_edit(EDITS["description"], self._vm)
        super()._describe(_("Add a description") if empty else text)
        self.says.classes(**{"add" if empty else "remove": "x-faint"})

    def _edited(self) -> None:
        with self:
            place = ui.element().classes("x-head-editor")
        for value, edit in ((self.name, EDITS["name"]), (self.says, EDITS["description"])):
            if may_edit(edit, self._vm):
                editing(value, self._context, self._vm, edit, place)

    def _refresh(self) -> None:
        vm = self._vm
        self._word.text = _(STATES[state_of(vm)])
        tools = tools_of(vm)
        said = _("tools {version}").format(version=tools.version) if tools.state is ToolsState.WORKING and tools.version else ""
        self._since = started_at(vm) or self._since
        self.show((os_name(vm), said), started=self._since)
        self._show_addresses(tuple(addresses_of(vm)))

    def _show_addresses(self, addresses: tuple[str, ...]) -> None:
        if addresses == self._reached:
            return
        self._reached = addresses
        self._addresses.clear()
        with self._addresses:
            for address in addresses[:SHOWN]:
                copied(address)
            if more := len(addresses) - SHOWN if len(addresses) > SHOWN else 0:
                ui.link(f"+{number(more)}", f"{path_of(self._vm)}/networks").classes("x-link")

    def show_tags(self, tags: tuple[str, ...]) -> None:
        """With a way to take one off, and to add one, for whoever may."""
        if tags == self._tags and self.chips.default_slot.children:
            return
        self._tags = tags
        self.chips.clear()
        with self.chips:
            Tags(self._context, self._vm, tags)


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


class UnderWay(ui.element):
    """What goes on with the VM, and how far it is; nothing while nothing does."""

    def __init__(self, context: Context, vm: VM) -> None:
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
            follow_around(context.mirror, vm, _tasks, self._refresh, names=("current_operations",))

    def _refresh(self) -> None:
        doing = doing_of(self._vm)
        if not doing:
            return
        tasks = [task for ref in _tasks(self._vm) if (task := self._vm.home.one(Task, ref))]
        progress = min((task.progress for task in tasks), default=0.0)
        self._says.text = doing
        if progress != self._shown:
            self._shown = progress
            self._bar.props["value"] = round(progress, 2)
        self._far.text = percent(progress) if progress > 0 else ""


def _tasks(vm: VM) -> list[Ref]:
    return [Ref(ref) for ref in vm.current_operations]


def hints(context: Context, vm: VM) -> None:
    """What to know about this VM before all else: it is gone, its host is not heard, or its guest has no tools."""
    gone = Notice(_("This VM was deleted. Its last known state is shown."), Tone.WARNING)
    with gone:
        ui.link(_("All VMs"), "/vms").classes("x-link")
    lost = Notice("", Tone.CRITICAL)
    tools = Notice(
        _("The guest tools are not responding: IP addresses, memory used and clean shutdown are not available."), Tone.INFORMATION
    )
    with tools:
        offer = Button(_("Insert the tools ISO"), lambda: insert_tools(context, vm)).mark("insert-tools")
    shown: list[tuple[bool, str, bool, bool]] = []

    def refresh() -> None:
        present = vm.home.one(VM, vm.ref) is vm
        host = vm.home.one(Host, vm.resident_on) if is_up(vm) else None
        unheard = name_of(host) if present and host is not None and not is_live(host) else ""
        silent = tools_of(vm).state in (ToolsState.MISSING, ToolsState.SILENT) and not vm.current_operations
        missing = present and not unheard and silent and time.time() - (started_at(vm) or 0.0) > BOOTING
        offered = missing and can_insert_tools(vm)
        now = (present, unheard, missing, offered)
        if shown == [now]:
            return
        shown[:] = [now]
        gone.set_visibility(not present)
        lost.set_visibility(bool(unheard))
        if unheard:
            lost.text.text = _("Its host {host} is not responding; the state of this VM is unknown.").format(host=unheard)
        tools.set_visibility(missing)
        offer.set_visibility(offered)

    follow_around(context.mirror, vm, place_refs, refresh, after_its_end=True)


def can_insert_tools(vm: VM) -> bool:
    image, drive = tools_image(vm), drive_of(vm)
    inside = image is not None and drive is not None and image.ref == drive.VDI
    return image is not None and not inside and why_not(INSERT, vm, whoever()) is None


async def insert_tools(context: Context, vm: VM) -> None:
    """At once, in place of what is in the drive."""
    image = tools_image(vm)
    if image is not None:
        item = await run_one(context, INSERT, vm, InsertCD(image=image.uuid))
        if item is not None:
            notify(_("The tools ISO is in the drive; install the tools in the guest.") if item.state is State.DONE else str(item.reason))
