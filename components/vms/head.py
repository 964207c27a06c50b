"""The head of a VM's page: its name, how it is, what one can do; and the bands below it."""

from __future__ import annotations

from nicegui import ui

from components.ui import Age, Bar, Notice, PageHead, State, Tone, chip
from components.verbs import bar
from components.vms.around import follow_around, nic_refs, place_refs
from components.vms.words import STATES, doing_of, state_of
from data.objects import VM, Host, Task
from data.placement import is_live
from data.types import Ref
from data.vms import ToolsState, addresses_of, is_up, os_name, started_at, tools_of
from xo_dash.context import Context
from xo_dash.i18n import _, percent

NAMES = ("name_label", "name_description", "tags", "power_state", "resident_on", "current_operations", "metrics", "guest_metrics")


class VmHead(PageHead):
    """Follows the VM; sends only the words that changed."""

    def __init__(self, context: Context, vm: VM) -> None:
        super().__init__(vm.name_label or "–")
        self._vm = vm
        self._tags: tuple[str, ...] = ()
        self._started: float | None = None
        self._look: tuple[str, str] | None = None
        self.name.props("dir=auto")
        with self.marks:
            self._state = State("unknown", "")
            self._chips = ui.element().classes("x-row x-wrap")
        with self.verbs:
            bar(context, (vm,))
        self.note.delete()
        with self, ui.element().classes("x-head-note x-facts-line") as self.note_line:
            self._says = ui.label().props("dir=auto")
            self._facts = ui.label()
            self._up = ui.element("span").classes("x-row")
            with self._up:
                ui.label(_("up for"))
                self._age = Age(None, bare=True)
            follow_around(context.mirror, vm, lambda vm: (*place_refs(vm), *nic_refs(vm)), self._refresh, names=NAMES)

    def _refresh(self) -> None:
        vm = self._vm
        self.name.text = vm.name_label or "–"
        state, doing = state_of(vm), doing_of(vm)
        look = ("busy" if doing else state, _(STATES[state]))
        if look != self._look:
            self._look = look
            self._state.show(*look)
        tags = tuple(sorted(vm.tags, key=str.casefold))
        if tags != self._tags:
            self._tags = tags
            self._chips.clear()
            with self._chips:
                for tag in tags:
                    chip(tag).props("dir=auto")
        self._says.text = vm.name_description
        tools = tools_of(vm)
        said = _("tools {version}").format(version=tools.version) if tools.state is ToolsState.WORKING and tools.version else ""
        self._facts.text = " · ".join(part for part in (os_name(vm), *addresses_of(vm)[:2], said) if part)
        self._show_age(started_at(vm))

    def _show_age(self, started: float | None) -> None:
        if started != self._started:
            self._started = started
            self._age.show(started)
        self._up.set_visibility(started is not None)


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
            self._bar = Bar(0)
            self._far = ui.label().classes("x-num")
            ui.link(_("Tasks"), "/tasks").classes("x-link")
            follow_around(context.mirror, vm, _tasks, self._refresh, names=("current_operations",))

    def _refresh(self) -> None:
        doing = doing_of(self._vm)
        self.set_visibility(bool(doing))
        if not doing:
            return
        tasks = [task for ref in _tasks(self._vm) if (task := self._vm.home.one(Task, ref))]
        progress = min((task.progress for task in tasks), default=0.0)
        self._says.text = doing
        if progress != self._shown:
            self._shown = progress
            self._bar.show(progress)
        self._far.text = percent(progress) if progress > 0 else ""


def _tasks(vm: VM) -> list[Ref]:
    return [Ref(ref) for ref in vm.current_operations]


def hints(context: Context, vm: VM) -> None:
    """What to know about this VM before all else: it is gone, its host is not heard, or its guest has no tools."""
    gone = Notice(_("This VM is no longer there: somebody deleted it. What you see is how it was last."), Tone.WARNING)
    with gone:
        ui.link(_("All VMs"), "/vms").classes("x-link")
    lost = Notice("", Tone.CRITICAL)
    tools = Notice(
        _("No tools answer in this guest: its addresses, its memory in use and a clean shutdown are not to be had."), Tone.INFORMATION
    )
    shown: list[tuple[bool, str, bool]] = []

    def refresh() -> None:
        present = vm.home.one(VM, vm.ref) is vm
        host = vm.home.one(Host, vm.resident_on) if is_up(vm) else None
        unheard = host.name_label if present and host is not None and not is_live(host) else ""
        missing = present and not unheard and tools_of(vm).state in (ToolsState.MISSING, ToolsState.SILENT) and not vm.current_operations
        now = (present, unheard, missing)
        if shown == [now]:
            return
        shown[:] = [now]
        gone.set_visibility(not present)
        lost.set_visibility(bool(unheard))
        if unheard:
            lost.text.text = _("Its host {host} is not heard; nobody knows how this VM is.").format(host=unheard)
        tools.set_visibility(missing)

    follow_around(context.mirror, vm, place_refs, refresh)


