"""Before a rolling run starts: what has to be decided, worst first, each with its fix; the order of the hosts; the button."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec
from nicegui import background_tasks, events, ui

from components.actions import run_command, whoever
from components.actions.preview import TOGGLED
from components.live import follow_all, follow_source, fresh_slot
from components.rolling.words import HOWS, MARKS
from components.ui import (
    Button,
    ButtonKind,
    Card,
    Column,
    Mark,
    Notice,
    PageHead,
    StateMark,
    Tone,
    check,
    choice,
    data_table,
    notify,
    skeleton,
)
from components.ui.segments import Segments
from data.changes import Change
from data.coalesce import in_turns, timed
from data.facts.pool import is_master
from data.hosts import product_of
from data.names import name_of, pool_name
from data.objects import PBD, VM, Host, HostMetrics, Pool, PoolUpdate, Repository
from data.pool_updates import uploaded_for
from data.server import Server
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.control.host.departures import SUSPEND, LeavingVM
from xo_dash.control.host.pool_update import takes_pool_updates
from xo_dash.control.host.power import BOOTS_WITHIN
from xo_dash.control.rehearsal import rehearse_all
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.rolling.check import Check, Gravity, Obstacle
from xo_dash.control.rolling.checks import Assessment, assessing
from xo_dash.control.rolling.estimate import ASSUMED, TurnTime
from xo_dash.control.rolling.phases import REBOOT
from xo_dash.control.rolling.request import RollHosts, action_of, is_emptied, request_for
from xo_dash.control.rolling.state import Rolling
from xo_dash.control.throttle import ON_A_HOST
from xo_dash.control.xe import xe_lines
from xo_dash.i18n import _, duration, ngettext, number

log = logging.getLogger(__name__)
COUNTS: Final = frozenset({"enabled", "live", "resident_VMs", "allowed_operations", "memory_dynamic_max", "memory_total", "name_label",
                           "currently_attached", "ha_enabled", "other_config", "software_version", "repositories", "hash",
                           "update_sync_enabled", "latest_synced_updates_applied", "pending_guidances",
                           "updates_requiring_reboot", "hosts", "vdi"})  # fmt: skip
"""Fields that decide what is said here; measurements do not."""
WAITS: Final = (5, 15, BOOTS_WITHIN, 60)
"""Minutes."""
SHOWN: Final = 40
"""Lines that are drawn, and that come with each *Show more*: of sixty hosts there may be hundreds."""
REST: Final = 2.0
"""Times as long as it took to look, until it is looked again."""


class PreFlight(ui.element):
    """What was chosen stays; everything else follows the pool."""

    def __init__(self, context: Context, pool: Pool, *, update: bool) -> None:
        super().__init__()
        self.classes("x-stack").style("gap: 12px")
        self._context, self._pool = context, pool
        self._asked = RollHosts(update=update, pause_first=len(pool.home.all(Host)) > 1)
        self._ways: dict[str, LeavingVM] = {}  # by the VM's uuid
        self._told: Sequence[Obstacle] = ()  # what the pool itself says
        self._found: Assessment | None = None
        self._asked_for = self._seen = 0  # how often it was asked to look; how often it had been when it did
        self._looking = self._lines_shown = False
        self._waits = _("Checking…")  # why nothing is known yet
        self._most = SHOWN
        self._drawn: list[object] = [None, None]  # what the list and the order were drawn of
        self._counts: dict[Host, ui.label] = {}
        with self:
            self._head = PageHead("", icon="pool")
        with self._head.marks:
            StateMark("halted", _("Not started"))
        with self._head.verbs:
            Segments({"update": _("Update"), "reboot": _("Reboot only")}, "update" if update else "reboot",
                     self._choose_way, label=_("What is done")).mark("way")  # fmt: skip
        with self, ui.element().classes("x-move"):
            with ui.element().classes("x-move-main"):
                self._list = ui.element().classes("contents").mark("checks")
                self._order = ui.element().classes("contents")
                with self._list, Card(_("Before it starts")):
                    skeleton(60, 80, 70)
            with ui.element("aside").classes("x-move-aside"):
                with Card(_("Start")).classes("x-move-first"), ui.element().classes("x-stack"):
                    self._about = ui.element().classes("x-stack").mark("about")
                    self._says = ui.label().classes("x-dim").props("role=status").mark("verdict")
                    self._button = Button(_("Start"), self._start, kind=ButtonKind.PRIMARY, icon="play").mark("start")
                    with ui.element("details").classes("x-preview-calls").on("toggle", self._toggled, js_handler=TOGGLED):
                        ui.label(_("Show commands")).tag = "summary"
                        self._calls = ui.label().classes("x-preview-lines").mark("commands")
                        self._calls.tag = "pre"
                self._passed = ui.element().classes("contents").mark("passed")
                with Card(_("Options")), ui.element().classes("x-stack"):
                    self._options()
                with Card(_("If something goes wrong")):
                    ui.label(
                        _(
                            "If a host fails, the run pauses until you choose how to continue. It stops only between hosts. HA, auto-start "
                            "and workload balancing are restored in any case. After a restart of xo-dash the run continues."
                        )
                    ).classes("x-dim")
        self._draw_head()
        self._tell()
        self._look()
        self._ask_pool()
        follow_all(context.mirror, self._concerns, self._look, topics=lambda: (Host, HostMetrics, Pool, PoolUpdate, PBD, Repository, VM))
        follow_source(context.rolling.observe, self._tell)
        follow_source(context.patches.observe, self._tell_counts)

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

    # ---- what follows, in slices

    def _look(self) -> None:
        """At once, where that takes no longer than others may wait."""
        self._asked_for += 1
        if not self._looking:
            self._looking = True
            slices = timed(self._steps())
            for _slice in slices:
                background_tasks.create(self._look_on(slices), name="what stands against a rolling run")
                return
            self._looking = False

    async def _look_on(self, slices: Iterator[None]) -> None:
        """To the end, and again while things have changed meanwhile."""
        try:
            while True:
                began = time.monotonic()
                await in_turns(slices)
                if self._seen == self._asked_for or self.is_deleted or self.client.is_deleted:
                    break
                await asyncio.sleep(REST * (time.monotonic() - began))
                slices = timed(self._steps())
        finally:
            self._looking = False

    def _steps(self) -> Iterator[None]:
        """A fault of ours is said, or one would wait for ever."""
        try:
            yield from self._assessing()
        except Exception:
            log.exception("what stands against a rolling run of %s could not be found out", self._pool.home.id)
            if not self.is_deleted:
                self._found, self._drawn = None, [None, None]
                with fresh_slot(self._list):
                    Notice(_("internal error of xo-dash; see its log"), Tone.CRITICAL)
                self._waits = _("The checks failed; load the page again, or see the log of xo-dash")
                self._tell()

    def _assessing(self) -> Iterator[None]:
        self._seen = self._asked_for
        request = self._request()
        found = yield from assessing(request, self._pool, self._told)
        turns = []
        for host in found.hosts:
            turns.append(self._turn(request, host, found))
            yield
        lines = list[str]()
        for host in found.hosts if self._lines_shown else ():
            lines += _lines_of(request, host)
            yield
        if not self.is_deleted:
            with self:
                self._show(found, turns)
                self._calls.text = "\n".join(lines)

    def _ask_pool(self) -> None:
        background_tasks.create(self._asking_pool(self._request()), name="ask a pool whether it can be updated")

    async def _asking_pool(self, request: RollHosts) -> None:
        told = await self._context.rolling.obstacles(request, self._pool)
        if told != self._told and not self.is_deleted:
            self._told = told
            self._look()

    # ---- what is chosen

    def _ask(self, **values: Any) -> None:
        self._asked = msgspec.structs.replace(self._asked, **values)
        self._look()

    def _choose_way(self, way: str) -> None:
        self._ask(update=way == "update")
        self._ask_pool()

    def _leave_out(self, host: Host) -> None:
        self._ask(left_out=(*self._asked.left_out, host.uuid))

    def _treat(self, vm: VM, how: str) -> None:
        self._ways[vm.uuid] = LeavingVM(vm=vm.uuid, how=how)
        self._look()

    def _options(self) -> None:
        counts = {n: ngettext("{n} VM", "{n} VMs", n).format(n=number(n)) for n in range(1, ON_A_HOST + 1)}
        choice(counts, self._asked.at_once, label=_("At a time"), on_change=lambda event: self._ask(at_once=int(event.value)))
        waits = {n: _("{time}, then pause").format(time=duration(60.0 * n)) for n in WAITS}
        choice(waits, self._asked.minutes, label=_("Wait for a host after its reboot"),
               on_change=lambda event: self._ask(minutes=int(event.value)))  # fmt: skip
        check(_("Pause after the first host"), self._asked.pause_first, on_change=lambda event: self._ask(pause_first=bool(event.value)))
        check(_("Bring VMs back to where they were"), True, on_change=lambda event: self._ask(bring_back=bool(event.value)))

    # ---- drawing

    def _show(self, found: Assessment, turns: Sequence[PlannedTurn]) -> None:
        """Draw only what is different, or one could choose nothing."""
        first, self._found = self._found is None, found
        listed: object = [(str(one.what), str(one.why), one.how, one.ways) for one in found.checks], self._most
        ordered: object = self._asked, turns
        differs = [listed, ordered] != self._drawn
        if listed != self._drawn[0]:
            self._draw_checks(found.checks)
        if ordered != self._drawn[1]:
            self._draw_order(turns)
            with fresh_slot(self._about):
                _draw_time(turns)
        self._drawn = [listed, ordered]
        self._draw_head()
        self._tell()
        if differs and not first:
            self._ask_pool()

    def _draw_checks(self, checks: Sequence[Check]) -> None:
        with fresh_slot(self._list):
            bad = [one for one in checks if one.gravity is not Gravity.FINE]
            with Card(_("Before it starts"), _resolved(bad)):
                for one in bad[: self._most]:
                    self._line(one)
                more = len(bad) - self._most
                if more > 0:
                    Button(_("Show {n} more").format(n=number(min(more, SHOWN))), self._show_more, kind=ButtonKind.GHOST).mark("more")
                if not bad:
                    ui.label(_("No problems found.")).classes("x-dim")
        fine = [one for one in checks if one.gravity is Gravity.FINE]
        with fresh_slot(self._passed):
            if fine:
                with Card(_("Passed"), ngettext("{n} check", "{n} checks", len(fine)).format(n=number(len(fine)))):
                    for one in fine:
                        self._line(one)

    def _show_more(self) -> None:
        self._most += SHOWN
        self._look()

    def _draw_head(self) -> None:
        hosts = self._pool.home.all(Host)
        title = _("Rolling update of {pool}") if self._asked.update else _("Rolling reboot of {pool}")
        self._head.name.text = title.format(pool=pool_name(self._pool.home))
        count = ngettext("{n} host", "{n} hosts", len(hosts)).format(n=number(len(hosts)))
        master = self._pool.home.one(Host, self._pool.master)
        product = product_of(master) if master is not None else ""
        self._head.note.text = " · ".join(filter(None, (count, product, _("one host at a time, the master first"))))

    # ---- the commands, once they are unfolded

    def _toggled(self, event: events.GenericEventArguments) -> None:
        self._lines_shown = bool(event.args)
        if self._lines_shown:
            self._look()

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

    def _turn(self, request: RollHosts, host: Host, found: Assessment) -> PlannedTurn:
        leaving = found.leaving[host]
        moves, off = (len(leaving.evacuation.moves), leaving.off) if is_emptied(request, host) else (0, {})
        return PlannedTurn(host, moves, Counter(off.values()), self._context.rolling.time_of(request, host, leaving))

    def _draw_order(self, turns: Sequence[PlannedTurn]) -> None:
        columns = [Column("", number=True), Column(_("Host"), main=True), Column(_("Patches")), Column(_("Needs")),
                   Column(_("VMs move"), number=True), Column(_("Stopped")), Column(_("About"), number=True), Column("")]  # fmt: skip
        rows = [self._row(place, turn) for place, turn in enumerate(turns, 1)]
        if len(turns) > 1:
            rows.append(["", ngettext("{n} host", "{n} hosts", len(turns)).format(n=number(len(turns))), "", "",
                         number(sum(turn.moves for turn in turns)), _stopped(sum((turn.off for turn in turns), Counter())),
                         duration(sum(turn.time.total for turn in turns)), ""])  # fmt: skip
        self._counts.clear()
        with fresh_slot(self._order), Card(_("Order"), _("one host at a time, the master first")):
            data_table(columns, rows).classes("x-roll-order x-bounded")
            for uuid in self._asked.left_out:
                host = self._pool.home.by_uuid(Host, uuid)
                if host is not None:
                    self._left_out(host)

    def _row(self, place: int, turn: PlannedTurn) -> list[str | Callable[[], object]]:
        host = turn.host
        name = f"{name_of(host)} · {_('master')}" if is_master(host) else name_of(host)
        needs = _("reboot") if is_emptied(self._asked, host) else _("no reboot")

        def count() -> None:
            self._counts[host] = ui.label(self._patches(host))

        leave = lambda: Button(_("Leave out"), lambda: self._leave_out(host), kind=ButtonKind.GHOST)  # noqa: E731
        return [number(place), name, count, needs, number(turn.moves), _stopped(turn.off),
                duration(turn.time.total), leave]  # fmt: skip

    def _patches(self, host: Host) -> str:
        """`11, 3 security`"""
        known = self._context.patches.of(host)
        count = len(uploaded_for(host)) if takes_pool_updates(host) else self._context.patches.count(host)
        if not self._asked.update:
            return "–"
        secure = sum(one.security for one in known.missing) if known is not None else 0
        found = _("not known") if count is None else number(count)
        return found + (", " + ngettext("{n} security", "{n} security", secure).format(n=number(secure)) if secure else "")

    def _tell_counts(self) -> None:
        for host, label in self._counts.items():
            label.text = self._patches(host)

    def _left_out(self, host: Host) -> None:
        def take() -> None:
            self._ask(left_out=tuple(uuid for uuid in self._asked.left_out if uuid != host.uuid))

        with ui.element().classes("x-row"):
            ui.label(_("{host} is left out").format(host=name_of(host))).classes("x-dim")
            Button(_("Include"), take, kind=ButtonKind.GHOST)

    # ---- the button

    def _tell(self) -> None:
        if self._found is None:
            self._says.text = self._waits
            self._button.allow(self._waits)
            return
        with self:  # the button that was clicked may be gone
            reason = self._context.rolling.why_not(whoever(), self._request(), self._pool, self._found)
        hosts = len(self._found.hosts)
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
            self._look()


class PlannedTurn(NamedTuple):
    """What becomes of a host's VMs, and how long all of it takes."""

    host: Host
    moves: int
    off: Counter[str]  # {how: VMs}
    time: TurnTime


def _draw_time(turns: Sequence[PlannedTurn]) -> None:
    """`About 39 min`, who stops for how long, and what that is made of."""
    if not turns:
        return
    ui.label(_("About {time}").format(time=duration(sum(turn.time.total for turn in turns)))).classes("x-move-time")
    stops = [turn.time.total for turn in turns if turn.off]
    if stops:
        count = sum(turn.off.total() for turn in turns)
        least, most = duration(min(stops)), duration(max(stops))
        text = ngettext("{n} VM stops for about {time}", "{n} VMs stop for about {time} each", count)
        time = least if least == most else _("{least} to {most}").format(least=least, most=most)
        ui.label(text.format(n=number(count), time=time)).classes("x-dim")
    if all(turn.time.is_seen for turn in turns):
        ui.label(_("as long as in earlier runs")).classes("x-dim x-small")
    else:
        ui.label(_("a reboot is assumed to take {time}").format(time=duration(ASSUMED[REBOOT]))).classes("x-dim x-small")


def _stopped(off: Counter[str]) -> str:
    """`2 + 1 suspended`"""
    suspended, halted = off[SUSPEND], off.total() - off[SUSPEND]
    text = ngettext("{n} suspended", "{n} suspended", suspended).format(n=number(suspended))
    return f"{number(halted)} + {text}" if halted and suspended else text if suspended else number(halted)


def _lines_of(request: RollHosts, host: Host) -> Iterator[str]:
    """As things are now: of the hosts after the first, VMs will be elsewhere by then."""
    yield f"# {name_of(host)}"
    with suppress(BadRequest):
        yield from xe_lines(rehearse_all(action_of(request, host).plan(request_for(request, host), host)), host.home)


def _resolved(bad: Sequence[Check]) -> str:
    """`5 to resolve, 4 have a fix chosen`"""
    blocking, chosen = (sum(one.gravity is gravity for one in bad) for gravity in (Gravity.BLOCKS, Gravity.DECIDED))
    parts = (
        ngettext("{n} to resolve", "{n} to resolve", blocking).format(n=number(blocking)) if blocking else "",
        ngettext("{n} has a fix chosen", "{n} have a fix chosen", chosen).format(n=number(chosen)) if chosen else "",
    )
    return ", ".join(filter(None, parts))
