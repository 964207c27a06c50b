"""Before a rolling run starts: what has to be decided, worst first, each with its fix; the order of the hosts; the button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from nicegui import background_tasks, ui

from components.actions import run_command, whoever
from components.live import follow_all, follow_source, fresh_slot
from components.rolling.words import HOWS, MARKS
from components.ui import Button, ButtonKind, Card, Column, Mark, Tone, check, choice, data_table, notify
from components.ui.segments import Segments
from data.changes import Change
from data.facts.pool import is_master
from data.hosts import guests_of
from data.names import name_of
from data.objects import PBD, VM, Host, HostMetrics, Pool, PoolUpdate, Repository
from data.pool_updates import uploaded_for
from data.server import Server
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.control.host.departures import LeavingVM, departures
from xo_dash.control.host.pool_update import takes_pool_updates
from xo_dash.control.rolling.check import Check, Gravity, Obstacle
from xo_dash.control.rolling.checks import checks
from xo_dash.control.rolling.request import RollHosts, hosts_in, is_emptied, request_for
from xo_dash.control.rolling.state import Rolling
from xo_dash.control.throttle import ON_A_HOST
from xo_dash.i18n import _, ngettext, number

COUNTS: Final = frozenset({"enabled", "live", "resident_VMs", "allowed_operations", "memory_dynamic_max", "memory_total", "name_label",
                           "currently_attached", "ha_enabled", "other_config", "software_version", "repositories", "hash",
                           "update_sync_enabled", "latest_synced_updates_applied", "pending_guidances",
                           "updates_requiring_reboot", "hosts", "vdi"})  # fmt: skip
"""Fields that decide what is said here; measurements do not."""


class PreFlight(ui.element):
    """What was chosen stays; everything else follows the pool."""

    def __init__(self, context: Context, pool: Pool, *, update: bool) -> None:
        super().__init__()
        self.classes("x-move")
        self._context, self._pool = context, pool
        self._asked = RollHosts(update=update, pause_first=len(pool.home.all(Host)) > 1)
        self._ways: dict[str, LeavingVM] = {}  # by the VM's uuid
        self._told: Sequence[Obstacle] = ()  # what the pool itself says
        self._drawn: object = None
        with self:
            with ui.element().classes("x-move-main"):
                Segments({"update": _("Update"), "reboot": _("Reboot only")}, "update" if update else "reboot",
                         self._choose_way, label=_("What is done")).mark("way")  # fmt: skip
                self._list = ui.element().classes("contents").mark("checks")
                self._order = ui.element().classes("contents")
            with ui.element("aside").classes("x-move-aside"):
                with Card(_("Start")):
                    self._says = ui.label().classes("x-dim").props("role=status").mark("verdict")
                    self._button = Button(_("Start"), self._start, kind=ButtonKind.PRIMARY, icon="play").mark("start")
                with Card(_("Options")), ui.element().classes("x-stack"):
                    self._options()
                with Card(_("If something goes wrong")):
                    ui.label(
                        _(
                            "If a host fails, the run pauses until you choose how to continue. It stops only between hosts. HA, auto-start "
                            "and workload balancing are restored in any case. After a restart of xo-dash the run continues."
                        )
                    ).classes("x-dim")
        self._draw()
        self._ask_pool()
        follow_all(context.mirror, self._concerns, self._again, topics=lambda: (Host, HostMetrics, Pool, PoolUpdate, PBD, Repository, VM))
        follow_source(context.rolling.observe, self._tell)
        follow_source(context.patches.observe, self._draw)

    def _concerns(self, changes: Sequence[Change]) -> bool:
        home = self._pool.home
        return any(
            not isinstance(change.subject, Server)
            and change.subject.home is home
            and not (change.names and COUNTS.isdisjoint(change.names))
            for change in changes
        )

    def _request(self) -> RollHosts:
        return msgspec.structs.replace(self._asked, vms=tuple(self._ways.values()))

    def _again(self) -> None:
        """Draw only what is different, or one could choose nothing."""
        if self._shown() != self._drawn:
            self._draw()
            self._ask_pool()

    def _ask_pool(self) -> None:
        background_tasks.create(self._asking_pool(self._request()), name="ask a pool whether it can be updated")

    async def _asking_pool(self, request: RollHosts) -> None:
        told = await self._context.rolling.obstacles(request, self._pool)
        if told != self._told and not self.is_deleted:
            self._told = told
            with self:
                self._draw()

    def _shown(self) -> object:
        request = self._request()
        return [(str(one.what), str(one.why), one.how, one.ways) for one in checks(request, self._pool, self._told)], [
            (host.uuid, len(guests_of(host)), self._context.patches.count(host)) for host in hosts_in(request, self._pool)
        ]

    # ---- what is chosen

    def _ask(self, **values: Any) -> None:
        self._asked = msgspec.structs.replace(self._asked, **values)
        self._draw()

    def _choose_way(self, way: str) -> None:
        self._ask(update=way == "update")
        self._ask_pool()

    def _leave_out(self, host: Host) -> None:
        self._ask(left_out=(*self._asked.left_out, host.uuid))

    def _treat(self, vm: VM, how: str) -> None:
        self._ways[vm.uuid] = LeavingVM(vm=vm.uuid, how=how)
        self._draw()

    def _options(self) -> None:
        counts = {n: ngettext("{n} VM", "{n} VMs", n).format(n=number(n)) for n in range(1, ON_A_HOST + 1)}
        choice(counts, self._asked.at_once, label=_("At a time"), on_change=lambda event: self._ask(at_once=int(event.value)))
        check(_("Pause after the first host"), self._asked.pause_first, on_change=lambda event: self._ask(pause_first=bool(event.value)))
        check(_("Bring VMs back to where they were"), True, on_change=lambda event: self._ask(bring_back=bool(event.value)))

    # ---- what follows

    def _draw(self) -> None:
        request = self._request()
        self._drawn = self._shown()
        found = checks(request, self._pool, self._told)
        with fresh_slot(self._list):
            bad = [one for one in found if one.gravity is not Gravity.FINE]
            with Card(_("Before it starts"), _resolved(bad)):
                for one in bad:
                    self._line(one)
                if not bad:
                    ui.label(_("No problems found.")).classes("x-dim")
            fine = [one for one in found if one.gravity is Gravity.FINE]
            if fine:
                with Card(_("Passed")):
                    for one in fine:
                        self._line(one)
        with fresh_slot(self._order):
            self._draw_order(request)
        self._tell()

    def _line(self, one: Check) -> None:
        with ui.element().classes("x-roll-check"):
            Mark(MARKS[one.gravity])
            with ui.element().classes("x-stack"):
                ui.label(str(one.what)).props("dir=auto")
                ui.label(str(one.why)).classes("x-dim x-small").props("dir=auto")
            with ui.element().classes("x-row x-wrap"):
                if one.vm is not None and one.ways:
                    self._way(one.vm, one)
                if one.fix is not None and may(whoever(), *one.fix):
                    self._fix(*one.fix)
                if one.gravity is Gravity.BLOCKS and one.host is not None:
                    host = one.host
                    Button(_("Leave out {host}").format(host=name_of(host)), lambda: self._leave_out(host)).mark(f"leave-out-{host.uuid}")
                if one.gravity is Gravity.AUTOMATIC:
                    ui.label(_("automatic")).classes("x-dim")

    def _fix(self, action: AnyAction, subject: XapiObject) -> None:
        Button(_(action.title), lambda: run_command(self._context, action, [subject]), icon=action.icon).mark(f"fix-{action.id}")

    def _way(self, vm: VM, one: Check) -> None:
        options = {how: _(HOWS[how]) for how in one.ways}
        box = choice(options, one.how or None, on_change=lambda event: self._treat(vm, str(event.value)))
        if not one.how:
            box.props["display-value"] = _("Choose") + "…"
        box.props["aria-label"] = _("What happens to {vm}").format(vm=name_of(vm))

    def _draw_order(self, request: RollHosts) -> None:
        columns = [Column("", number=True), Column(_("Host"), main=True), Column(_("Patches")), Column(_("VMs move"), number=True),
                   Column(_("Stopped"), number=True), Column("")]  # fmt: skip
        rows = [self._row(request, place, host) for place, host in enumerate(hosts_in(request, self._pool), 1)]
        with Card(_("Order"), _("one host at a time, the master first")):
            data_table(columns, rows)
            for uuid in request.left_out:
                host = self._pool.home.by_uuid(Host, uuid)
                if host is not None:
                    self._left_out(host)

    def _row(self, request: RollHosts, place: int, host: Host) -> list[str | Callable[[], object]]:
        found = departures(request_for(request, host), host)
        moves, off = (len(found.evacuation.moves), len(found.off)) if is_emptied(request, host) else (0, 0)
        count = len(uploaded_for(host)) if takes_pool_updates(host) else self._context.patches.count(host)
        name = f"{name_of(host)} · {_('master')}" if is_master(host) else name_of(host)
        patches = _("not known") if count is None else number(count)
        leave = lambda: Button(_("Leave out"), lambda: self._leave_out(host), kind=ButtonKind.GHOST)  # noqa: E731
        return [number(place), name, patches, number(moves), number(off), leave]

    def _left_out(self, host: Host) -> None:
        def take() -> None:
            self._ask(left_out=tuple(uuid for uuid in self._asked.left_out if uuid != host.uuid))

        with ui.element().classes("x-row"):
            ui.label(_("{host} is left out").format(host=name_of(host))).classes("x-dim")
            Button(_("Include"), take, kind=ButtonKind.GHOST)

    # ---- the button

    def _tell(self) -> None:
        request = self._request()
        with self:  # the button that was clicked may be gone
            reason = self._context.rolling.why_not(whoever(), request, self._pool, self._told)
        hosts = len(hosts_in(request, self._pool))
        ready = ngettext("Ready: {n} host", "Ready: {n} hosts", hosts).format(n=number(hosts))
        self._says.text = str(reason) if reason is not None else ready
        self._button.allow(str(reason) if reason is not None else None)

    async def _start(self) -> None:
        user = whoever()
        started = await self._context.rolling.start(user, self._request(), self._pool) if user is not None else None
        if isinstance(started, Rolling):
            ui.navigate.to(f"/rolling/{started.id}")
        elif started is not None:
            notify(str(started.reason), Tone.WARNING)
            self._told = started.told
            self._draw()


def _resolved(bad: Sequence[Check]) -> str:
    open_ones = sum(one.gravity is Gravity.BLOCKS for one in bad)
    return ngettext("{n} to resolve", "{n} to resolve", open_ones).format(n=number(open_ones)) if open_ones else ""
