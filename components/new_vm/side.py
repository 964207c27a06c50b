"""Beside the form: what would be left of memory, CPUs and each SR; the suggested host; the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui

from components.live import fresh_slot
from components.new_vm.model import Model
from components.theme.icons import Icon
from components.ui import Card
from data.facts.sr import is_thin
from data.hosts import account_of
from data.names import name_of
from data.objects import SR
from xo_dash.control.cloud_init.disk import SIZE
from xo_dash.control.plan import Parallel, Step
from xo_dash.control.rehearsal import rehearse
from xo_dash.control.sr.choice import free_space
from xo_dash.control.vm.creation.blueprint import Blueprint
from xo_dash.control.vm.creation.check import needs, takes
from xo_dash.control.vm.creation.hosts import Seat, why
from xo_dash.control.xe import xe_lines
from xo_dash.i18n import _, ngettext, number, percent, size

WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Left:
    """One line: how much is used, how much this takes, of how much."""

    name: str
    before: str
    after: str
    used: float  # shares of the whole, 0 to 1
    takes: float
    short: bool
    note: str


class Side(ui.element):
    """Drawn anew where it says something else."""

    def __init__(self, choose: Callable[[], None]) -> None:
        super().__init__("aside")
        self.classes("x-new-side")
        self.on_choose = choose
        self._shown: dict[str, object] = {}
        self._as_xe = False
        with self:
            with Card(_("Left after creation")) as left:
                self._left = ui.element().classes("x-lefts").props("aria-live=off").mark("left")
                with ui.element().classes("x-left-legend x-small x-dim"):
                    for kind, text in (("used", _("in use")), ("takes", _("this VM")), ("free", _("free"))):
                        with ui.element("span"):
                            ui.element("i").classes(f"x-left-key x-left-{kind}")
                            ui.label(text)
            with Card(_("Suggested host")):
                self._host = ui.element().classes("contents")
            with Card(_("Plan")) as self._plan_card:
                self._plan_card.classes("x-new-plan")
                self._plan = ui.element().classes("contents")
        left.classes("x-new-left")

    def show(self, model: Model) -> None:
        plan = model.plan
        self._update("left", lefts(model), self._draw_left)
        reasons = [str(one) for one in why(model.seat, plan, model.seats)] if model.seat is not None and plan is not None else []
        host = (name_of(model.seat.host), tuple(reasons)) if model.seat is not None else bool(model.seats)
        self._update("host", host, self._draw_host)
        steps = tuple(_spoken(model.steps))
        lines = xe_lines(model.steps, model.pool.home) if self._as_xe else []
        self._model = model
        self._update("plan", (steps, tuple(lines), self._as_xe), self._draw_plan)

    def _update(self, name: str, value: object, draw: Callable[[object], None]) -> None:
        if self._shown.get(name, self) != value:
            self._shown[name] = value
            draw(value)

    def _draw_left(self, found: object) -> None:
        assert isinstance(found, tuple)  # noqa: S101
        with fresh_slot(self._left):
            if not found:
                ui.label(_("Choose a template first.")).classes("x-dim")
            for line in found:
                _draw_line(line)

    def _draw_host(self, host: object) -> None:
        with fresh_slot(self._host):
            if not isinstance(host, tuple):
                none = _("No host of the pool can run it now; see Placement for the reasons.")
                ui.label(none if host else _("The pool picks a host each time the VM starts")).classes("x-dim")
                return
            name, reasons = host
            with ui.element().classes("x-row x-spread"):
                ui.label(name).classes("x-left-host x-cut").props("dir=auto")
                with ui.element("button").classes("x-link").props("type=button").on("click", self.on_choose, []).mark("choose-host"):
                    ui.label(_("Choose"))
            with ui.element("ul").classes("x-reasons"):
                for reason in reasons:
                    with ui.element("li"):
                        Icon("check")
                        ui.label(reason)

    def _draw_plan(self, value: object) -> None:
        assert isinstance(value, tuple)  # noqa: S101
        steps, lines, as_xe = value
        self._plan_card.show_count(len(steps))
        with fresh_slot(self._plan):
            if not steps:
                ui.label(_("The steps appear here once the form is complete.")).classes("x-dim")
                return
            with ui.element().classes("x-segments").props("role=group"):
                for is_xe, text in ((False, _("Steps")), (True, "xe")):
                    button = ui.element("button").props("type=button").on("click", lambda to=is_xe: self._turn(to), [])
                    button.props["aria-pressed"] = "true" if is_xe is as_xe else "false"
                    with button:
                        ui.label(text)
            if as_xe:
                pre = ui.label("\n".join(lines)).classes("x-plan-xe")
                pre.tag = "pre"
            else:
                with ui.element("ol").classes("x-plan-steps"):
                    for depth, text in steps:
                        line = ui.label(text).classes(f"x-plan-inner-{depth}" if depth else "")
                        line.tag = "li"

    def _turn(self, as_xe: bool) -> None:
        self._as_xe = as_xe
        self.show(self._model)


def _spoken(steps: tuple[Step, ...]) -> list[tuple[int, str]]:
    """(how deep, what): each sentence once. Of VMs made beside each other the first has its steps, the others are alike."""
    told: list[tuple[int, str]] = []
    for step in steps:
        if isinstance(step, Parallel):
            first, *others = step.branches
            inner = [(2, text) for _depth, text in _spoken(tuple(rehearse(first.plan())))]
            return [*told, (0, str(step.says)), (1, str(first.says)), *inner, *((1, str(branch.says)) for branch in others)]
        if not told or told[-1][1] != str(step.says):
            told.append((0, str(step.says)))
    return told


def lefts(model: Model) -> tuple[Left, ...]:
    """Of the host where it would run, and of each SR that has a disk of it."""
    plan, seat = model.plan, model.seat
    if plan is None:
        return ()
    found = [] if seat is None else [_memory(plan, seat), *([_cpus(plan, seat)] if seat.threads else [])]
    return (*found, *(_storage(plan, sr, needed) for sr, needed in needs(plan).items()))


def _memory(plan: Blueprint, seat: Seat) -> Left:
    account = account_of(seat.host)
    wanted, free = plan.memory.dynamic_max * len(plan.names), max(0, account.free)
    name = _("Memory of {host}").format(host=name_of(seat.host))
    return _line(name, account.total, account.total - free, wanted, "")


def _cpus(plan: Blueprint, seat: Seat) -> Left:
    wanted, threads = plan.vcpus * len(plan.names), max(1, seat.threads)
    after = seat.vcpus + wanted
    top = max(after, 4 * threads)
    busy = _("CPU {percent} now.").format(percent=percent(seat.cpu)) if seat.cpu is not None else ""
    each = _("{n} per thread.").format(n=number(after / threads, 1))
    note = f"{each} {busy}"
    told = ngettext("{n} on {threads} thread", "{n} on {threads} threads", seat.threads).format(
        n=number(after), threads=number(seat.threads)
    )
    name = _("vCPUs of {host}").format(host=name_of(seat.host))
    return Left(name, number(seat.vcpus), told, seat.vcpus / top, wanted / top, False, note.strip())


def _storage(plan: Blueprint, sr: SR, at_once: int) -> Left:
    count = len(plan.names)
    most = sum(disk.size for disk in plan.disks if disk.sr is sr and disk.existing is None) * count
    if plan.cloud_init is not None and plan.config_sr is sr:
        most += SIZE * count
    free = free_space(sr)
    thick = not is_thin(sr)
    words = _("Thick: takes {size} at once.") if thick else _("Thin: grows up to {size}.")
    if not thick and any(takes(disk, plan) for disk in plan.disks if disk.sr is sr):
        words = _("Thin: {now} at first, grows up to {size}.")
    note = words.format(size=size(most), now=size(at_once))
    if free is None:
        return Left(name_of(sr), "–", "–", 0.0, 0.0, False, note)
    return _line(name_of(sr), sr.physical_size, sr.physical_utilisation, at_once if thick else most, note, thick)


def _line(name: str, whole: int, used: int, wanted: int, note: str, binding: bool = True) -> Left:
    """`binding`: more than is free does not fit; else it is only promised."""
    free, share = max(0, whole - used), max(1, whole)
    missing = wanted - free
    after = _("{size} free").format(size=size(max(0, -missing)))
    if missing > 0:
        after = (_("{size} missing") if binding else _("overcommitted by {size}")).format(size=size(missing))
    return Left(name, size(free), after, used / share, min(wanted, free) / share, missing > 0 and binding, note)


def _draw_line(line: Left) -> None:
    with ui.element().classes("x-left" + (" x-left-short" if line.short else "")):
        with ui.element().classes("x-row x-spread"):
            ui.label(line.name).classes("x-cut").props("dir=auto")
            with ui.element("span").classes("x-num"):
                ui.label(f"{line.before} → ").classes("x-dim").tag = "span"
                ui.label(line.after).classes("x-strong").tag = "span"
        with ui.element().classes("x-left-bar").props("aria-hidden=true"):
            ui.element("i").classes("x-left-used").style(f"width: {line.used * WHOLE:.1f}%")
            ui.element("i").classes("x-left-takes").style(f"width: {max(line.takes * WHOLE, 0.8):.1f}%")
        if line.note:
            ui.label(line.note).classes("x-small x-dim")
