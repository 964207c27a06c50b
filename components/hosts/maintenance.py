"""A host's maintenance before it begins: who goes where, what happens to those that cannot, what is free afterwards, and the button."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from nicegui import ui

from components.actions import start_run, whoever
from components.actions.preview import Preview
from components.hosts.failover import NAMED
from components.live import follow_all, fresh_slot
from components.parts import at_once_or_in_turns, part
from components.ui import Button, ButtonKind, Card, Column, Mark, check, choice, data_table
from components.ui.facts import Value
from components.urls import path_of
from data.changes import Change
from data.evacuation import Evacuation
from data.facts.pool import own_pool
from data.failover import Unplaceable, bound_by, by_size, survey_of, takers
from data.names import by_name, name_of
from data.objects import VM, Host, HostMetrics, Network
from data.placement import guests_on, memory_held
from data.server import Server
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.control.eligibility import why_not
from xo_dash.control.host.departures import (
    FORCE_OFF,
    MOVE,
    SHUT_DOWN,
    SUSPEND,
    Departures,
    EnterMaintenance,
    LeavingVM,
    decided,
    departures,
    instead,
)
from xo_dash.control.host.maintenance import masters, networks
from xo_dash.control.host.no_place import why_no_place
from xo_dash.control.host.power import SHUT_DOWN as SHUT_DOWN_HOST
from xo_dash.control.pool.master import NEW_MASTER
from xo_dash.control.throttle import ON_A_HOST
from xo_dash.control.vm.migration.estimate import estimate
from xo_dash.control.vm.migration.mapping import disk_moves, migration_network_of
from xo_dash.control.vm.migration.targets import Way, way_to
from xo_dash.i18n import N_, _, duration, ngettext, number, size

HOWS = {SUSPEND: N_("Suspend"), SHUT_DOWN: N_("Shut down"), FORCE_OFF: N_("Force off")}
COUNTS = frozenset({"enabled", "live", "resident_VMs", "allowed_operations", "memory_dynamic_max", "memory_total", "name_label", "metrics"})
ELSEWHERE = "move:"
"""Before the uuid of a host, among what may be chosen."""
FEW: Final = 8
"""Other hosts that are all shown; of more, those that something comes to."""


class MaintenanceForm(ui.element):
    """What is chosen is kept, the rest follows anew with every choice and every change of the pool."""

    def __init__(self, context: Context, host: Host, action: AnyAction, asked: EnterMaintenance | None = None) -> None:
        """`action`: what is done once it is empty, whose request is an `EnterMaintenance`; `asked`: what it begins with."""
        super().__init__()
        self.classes("x-move")
        self._context, self._host, self._action = context, host, action
        self._chosen: dict[str, LeavingVM] = {}  # by the VM's uuid
        self._asked: EnterMaintenance = asked or action.request()
        self._drawn: object = None
        self._survey, self._others = survey_of(host.home), list[Host]()  # as they are while something is drawn
        with self:
            self._main = ui.element().classes("x-move-main")
            with ui.element("aside").classes("x-move-aside"):
                with Card(_("Memory after")):
                    self._bars = ui.element().classes("x-stack x-evacuation-bars").props("tabindex=0 role=group")
                    self._bars.props["aria-label"] = _("Memory after")
                    self._tolerance = ui.element().classes("x-row").props("role=status").mark("tolerance")
                with Card(_("Options")), ui.element().classes("x-stack"):
                    self._options()
                with Card(_("Plan")).classes("x-move-first"):
                    self._time = ui.element()
                    self._faults = ui.element().props("role=status").mark("faults")
                    kind = ButtonKind.DANGER if action.danger else ButtonKind.PRIMARY
                    self._button = Button(_(action.title), self._go, kind=kind, icon=action.icon)
                    self._preview = Preview(action, [host])
                with Card(_("If it is cancelled or fails")):
                    text = _("{host} accepts VMs again. VMs that have moved stay where they are, and its page offers to bring them back.")
                    ui.label(text.format(host=name_of(host))).classes("x-dim")
        follow_all(context.mirror, self._concerns, self._again, topics=lambda: (Host, HostMetrics, *host.resident_VMs))

    def _concerns(self, changes: Sequence[Change]) -> bool:
        """What of the pool changes where VMs can go; measurements do not."""
        home = self._host.home
        here = (change for change in changes if not isinstance(change.subject, Server) and change.subject.home is home)
        return any(not change.names or not COUNTS.isdisjoint(change.names) for change in here)

    def _again(self) -> None:
        """The pool changed: draw only what follows from it, or one could choose nothing."""
        if self._follows() != self._drawn:
            self._draw()
            at_once_or_in_turns(self._look_ahead())

    def _look_ahead(self) -> Iterator[None]:
        """What it means for the rest of the pool, worked out in turns."""
        others = takers(self._host, (self._host,))
        found = yield from bound_by(self._host, others)
        if not self.is_deleted:
            with self, fresh_slot(self._tolerance):
                if found:
                    Mark("warning")
                    ui.label(no_failure(found, len(others)))

    def _follows(self) -> object:
        self._survey = survey_of(self._host.home)
        found = departures(self._request(), self._host, self._survey)
        return found.off, found.evacuation.moves, found.evacuation.stranded, found.evacuation.after

    # ---- what is asked for

    def _request(self) -> EnterMaintenance:
        """What is chosen, and a decision about every VM that cannot move."""
        here = {vm.uuid for vm in guests_on(self._host)}
        chosen = tuple(one for uuid, one in self._chosen.items() if uuid in here)
        return decided(msgspec.structs.replace(self._asked, vms=chosen), self._host, self._survey)

    def _choose(self, vm: VM, value: str) -> None:
        if value.startswith(ELSEWHERE):
            self._chosen[vm.uuid] = LeavingVM(vm=vm.uuid, host=value.removeprefix(ELSEWHERE))
        elif value:
            self._chosen[vm.uuid] = LeavingVM(vm=vm.uuid, how=value)
        self._draw()

    def _ask(self, **values: object) -> None:
        self._asked = msgspec.structs.replace(self._asked, **values)
        self._draw()

    def _options(self) -> None:
        found = networks([self._host])
        main = migration_network_of(self._host)
        if len(found) > 1:
            shown = main.uuid if main is not None else None
            options = {one.value: one.label for one in found}
            choice(options, shown, label=_("Migration network"),
                   on_change=lambda event: self._ask(network=None if event.value == shown else str(event.value)))  # fmt: skip
        counts = {n: ngettext("{n} VM", "{n} VMs", n).format(n=number(n)) for n in range(1, ON_A_HOST + 1)}
        choice(counts, self._asked.at_once, label=_("At a time"), on_change=lambda event: self._ask(at_once=int(event.value)))
        self._masters()
        check(_("Offer to bring them back afterwards"), True, on_change=lambda event: self._ask(remember=bool(event.value)))

    def _masters(self) -> None:
        """Who leads the pool from then on; one that is shut down cannot."""
        able, pool = {one.value: one.label for one in masters([self._host]) if one.refused is None}, own_pool(self._host.home)
        if not able or not may(whoever(), NEW_MASTER, pool):
            return
        if self._action is SHUT_DOWN_HOST:
            self._asked = msgspec.structs.replace(self._asked, master=next(iter(able)))
        ways = {"": _("{host} stays the master").format(host=name_of(self._host))}
        ways |= {uuid: _("Make {host} the master first").format(host=name) for uuid, name in able.items()}
        choice(ways, self._asked.master or "", label=_("Master"), on_change=lambda event: self._ask(master=str(event.value) or None))

    # ---- what follows

    def _draw(self) -> None:
        self._survey, self._others = survey_of(self._host.home), by_name(takers(self._host, (self._host,)))
        request = self._request()
        found = departures(request, self._host, self._survey)
        self._drawn = found.off, found.evacuation.moves, found.evacuation.stranded, found.evacuation.after
        with fresh_slot(self._main):
            self._verdict()
            part(self._staying, found)
            part(self._leaving, found, request)
        with self:  # a list that is drawn anew may be where we are
            part(self._memory, found.evacuation)
            part(self._tell, found, request)

    def _verdict(self) -> None:
        free = departures(msgspec.structs.replace(self._asked, vms=()), self._host, self._survey).evacuation
        total, moves = len(free.moves) + len(free.stranded), len(free.moves)
        with ui.element().classes("x-row x-evacuation-verdict").mark("verdict"):
            if free.stranded:
                Mark("warning")
            ui.label(verdict(moves, total)).classes("x-move-time")

    def _staying(self, found: Departures) -> None:
        rows: list[tuple[VM, str]] = [(vm, str(why_no_place(why)) if why else "") for vm, why in self._reasons(found).items()]
        if not rows:
            return
        with Card(_("Not migrated: choose what happens")):
            for vm, why in rows:
                part(self._stays, vm, why, found.off.get(vm))

    def _stays(self, vm: VM, why: str, way: str | None) -> None:
        with ui.element().classes("x-evacuation-row").mark(f"stays-{vm.uuid}"):
            Mark("warning" if why else "unknown")
            with ui.element().classes("x-evacuation-why"):
                ui.link(name_of(vm), path_of(vm)).classes("x-strong")
                ui.label(f"{size(memory_held(vm))} · {why}" if why else size(memory_held(vm))).classes("x-dim")
            self._box(vm, self._ways(vm), way)

    def _reasons(self, found: Departures) -> dict[VM, Unplaceable | None]:
        """Why each of those that do not move does not; none where somebody wants it so."""
        kept = [one for one in self._chosen.values() if one.how == MOVE]
        free = departures(msgspec.structs.replace(self._asked, vms=tuple(kept)), self._host, self._survey).evacuation.stranded
        return {vm: free.get(vm) or found.evacuation.stranded.get(vm) for vm in (*found.off, *found.evacuation.stranded)}

    def _leaving(self, found: Departures, request: EnterMaintenance) -> None:
        moves = found.evacuation.moves
        if not moves:
            return
        columns = [Column(_("VM"), main=True), Column(_("Memory"), number=True), Column(_("Goes to")), Column(_("Time"), number=True)]
        with Card(_("Migrate"), ngettext("{n} VM", "{n} VMs", len(moves)).format(n=number(len(moves)))):
            rows = [self._row(vm, moves[vm], request) for vm in by_size(moves)]
            data_table(columns, rows).classes("x-evacuation-moves")

    def _row(self, vm: VM, to: Host, request: EnterMaintenance) -> list[Value]:
        seconds = self._seconds(vm, to, request)
        return [
            lambda: ui.link(name_of(vm), path_of(vm)), size(memory_held(vm)),
            lambda: self._box(vm, self._ways(vm), f"{ELSEWHERE}{to.uuid}"),
            duration(seconds) if seconds is not None else "–",
        ]  # fmt: skip

    def _seconds(self, vm: VM, to: Host, request: EnterMaintenance) -> float | None:
        network = self._host.home.by_uuid(Network, request.network) if request.network else None
        return estimate(vm, to, disk_moves(vm, to), network or migration_network_of(to), self._context.runner.migration_speeds).seconds

    def _ways(self, vm: VM) -> dict[str, str]:
        """What may happen to it: hosts first, those to which its disks move along last."""
        ways = {one: way_to(vm, one, self._survey.host(one)[1]) for one in self._others}
        hosts = sorted(ways, key=ways.__getitem__)
        found = {f"{ELSEWHERE}{one.uuid}": name_of(one) if ways[one] is Way.MEMORY else _with_disks(one) for one in hosts}
        return found | {how: _(HOWS[how]) for how in instead(vm)}

    def _box(self, vm: VM, options: dict[str, str], value: str | None) -> None:
        box = choice(options, value if value in options else None, on_change=lambda event: self._choose(vm, str(event.value or "")))
        if value not in options:
            box.props["display-value"] = _("Choose") + "…"
        box.props["aria-label"] = _("What happens to {name}").format(name=name_of(vm))
        box.mark(f"way-{vm.uuid}")

    def _memory(self, found: Evacuation) -> None:
        shown = [host for host in by_name(found.before) if len(found.before) <= FEW or found.coming(host)]
        with fresh_slot(self._bars):
            for host in shown:
                metrics = host.home.one(HostMetrics, host.metrics)
                memory_after(name_of(host), metrics.memory_total if metrics else 0, found.after[host], found.coming(host))
            if not found.before:
                ui.label(_("No other host accepts VMs.")).classes("x-dim")
            others_stay(len(found.before) - len(shown))

    def _tell(self, found: Departures, request: EnterMaintenance) -> None:
        faults = [str(fault.reason) for fault in self._action.faults(request, self._host)]
        with self:
            barred = why_not(self._action, self._host, whoever())
        wrong = [str(barred)] if barred is not None else faults
        self._preview.show(None if faults else request)
        with fresh_slot(self._time):
            seconds = [self._seconds(vm, to, request) for vm, to in found.evacuation.moves.items()]
            known = [one for one in seconds if one is not None]
            if known and len(known) == len(seconds):
                about = max(sum(known) / request.at_once, *known)
                ui.label(_("About {time}").format(time=duration(about))).classes("x-move-time")
        with fresh_slot(self._faults):
            for text in wrong:
                with ui.element().classes("x-move-note"):
                    Mark("critical")
                    ui.label(text)
        self._button.allow(wrong[0] if wrong else None)

    def _go(self) -> None:
        if run := start_run(self._context, self._action, [self._host], self._request()):
            ui.navigate.to(f"/run/{run.key}")


def verdict(moves: int, total: int) -> str:
    """`7 of 10 VMs can migrate, 3 cannot`"""
    if not total:
        return _("No VMs are running here")
    if moves == total:
        return ngettext("{n} VM migrates", "All {n} VMs migrate", total).format(n=number(total))
    text = ngettext("{moves} of {n} VM can migrate, {rest} cannot", "{moves} of {n} VMs can migrate, {rest} cannot", total)
    return text.format(moves=number(moves), n=number(total), rest=number(total - moves))


def no_failure(hosts: Sequence[Host], others: int) -> str:
    """`Until it is back, VMs would stop if host-2 or host-3 failed`"""
    if len(hosts) == others and others > 1:
        return _("Until it is back, no other host can fail without VMs stopping.")
    names = ", ".join(name_of(one) for one in hosts[:NAMED]) + (_(" and more") if len(hosts) > NAMED else "")
    return _("Until it is back, more VMs would stop if one of these failed: {hosts}").format(hosts=names)


def _with_disks(host: Host) -> str:
    return _("{host}, with its disks").format(host=name_of(host))


def others_stay(count: int) -> None:
    """Of so many hosts nothing is shown."""
    if count:
        text = ngettext("{n} other host stays as it is", "{n} other hosts stay as they are", count)
        ui.label(text.format(n=number(count))).classes("x-dim")


def memory_after(name: str, total: int, free: int, coming: int) -> None:
    """One host: what is used afterwards, and, hatched, what comes."""
    used = total - free
    share_bar(name, _("{used} of {total}").format(used=size(used), total=size(total)), total, used, coming)


def share_bar(name: str, words: str, total: float, used: float, coming: float) -> None:
    """Of one host: what is used afterwards, and, hatched, what of it comes."""
    with ui.element().classes("x-evacuation-host"):
        ui.label(name)
        ui.label(words).classes("x-num x-dim")
    with ui.element().classes("x-parts").props("aria-hidden=true"):
        for style, amount in (("guests", used - coming), *((("coming", coming),) if coming else ())):
            ui.element("i").classes(f"x-part x-part-{style}").style(f"width: {100 * amount / total if total else 0:.1f}%")
