"""Before a rolling run starts: what has to be decided, the order of the hosts, options, and the button."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from nicegui import background_tasks, events, ui

from components.actions import whoever
from components.actions.preview import TOGGLED
from components.live import follow_all, follow_source, fresh_slot
from components.rolling.check_list import RollingCheckList
from components.rolling.order import PlannedTurn, RollingOrder, draw_time, planned_turn
from components.rolling.sliced import SlicedLook
from components.rolling.xe_preview import lines_after, lines_before, lines_of
from components.ui import Button, ButtonKind, Card, Field, PageHead, StateMark, Tone, check, choice, notify
from components.ui.segments import Segments
from data.changes import Change
from data.hosts import product_of
from data.names import pool_name
from data.objects import PBD, VM, Host, HostMetrics, Pool, PoolUpdate, Repository
from data.server import Server
from data.stores.errors import RecordInvalid
from data.stores.moments import moment_of
from xo_dash.context import Context
from xo_dash.control.host.departures import LeavingVM
from xo_dash.control.host.power import BOOTS_WITHIN
from xo_dash.control.rolling.check import Obstacle
from xo_dash.control.rolling.checks import Assessment, assessing
from xo_dash.control.rolling.request import RollHosts
from xo_dash.control.rolling.state import Rolling
from xo_dash.control.throttle import ON_A_HOST
from xo_dash.i18n import _, datetime, duration, ngettext, number

COUNTS: Final = frozenset({"enabled", "live", "resident_VMs", "allowed_operations", "memory_dynamic_max", "memory_total", "name_label",
                           "currently_attached", "ha_enabled", "other_config", "software_version", "repositories", "hash",
                           "update_sync_enabled", "latest_synced_updates_applied", "pending_guidances",
                           "updates_requiring_reboot", "hosts", "vdi"})  # fmt: skip
"""Fields that decide what is said here; measurements do not."""
WAITS: Final = (5, 15, BOOTS_WITHIN, 60)
"""Minutes."""


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
        self._waits = _("Checking…")  # why nothing is known yet
        self._no_time = ""  # why what is typed is no time to begin at
        self._lines_shown = False
        self._looking = SlicedLook(self._steps, self._fail, lambda: self.is_deleted or self.client.is_deleted)
        with self:
            self._head = PageHead("", icon="pool")
        with self._head.marks:
            StateMark("halted", _("Not started"))
        with self._head.verbs:
            Segments({"update": _("Update"), "reboot": _("Reboot only")}, "update" if update else "reboot",
                     self._choose_way, label=_("What is done")).mark("way")  # fmt: skip
        with self, ui.element().classes("x-move"):
            with ui.element().classes("x-move-main"):
                self._list = RollingCheckList(context, self._leave_out, self._treat)
                self._order = RollingOrder(context, pool, self._ask)
            with ui.element("aside").classes("x-move-aside"):
                with Card(_("Start")).classes("x-move-first"), ui.element().classes("x-stack"):
                    self._about = ui.element().classes("x-stack").mark("about")
                    self._says = ui.label().classes("x-dim").props("role=status").mark("verdict")
                    self._button = Button(_("Start"), self._start, kind=ButtonKind.PRIMARY, icon="play").mark("start")
                    with ui.element("details").classes("x-preview-calls").on("toggle", self._toggled, js_handler=TOGGLED):
                        ui.label(_("Show commands")).tag = "summary"
                        self._calls = ui.label().classes("x-preview-lines").mark("commands")
                        self._calls.tag = "pre"
                self._list.passed()
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
        self._looking.ask()
        self._ask_pool()
        topics = (Host, HostMetrics, Pool, PoolUpdate, PBD, Repository, VM)
        follow_all(context.mirror, self._concerns, self._looking.ask, topics=lambda: topics)
        follow_source(context.rolling.observe, self._tell)
        follow_source(context.patches.observe, self._order.tell_counts)

    def _handle_delete(self) -> None:
        super()._handle_delete()
        del self._looking, self._list, self._order  # they call it back: a ring, see components.release

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

    def _steps(self) -> Iterator[None]:
        request = self._request()
        found = yield from assessing(request, self._pool, self._told)
        turns = []
        for host in found.hosts:
            turns.append(planned_turn(self._context, request, host, found))
            yield
        lines = lines_before(self._pool) if self._lines_shown else []
        for host in found.hosts if self._lines_shown else ():
            lines += lines_of(request, host)
            yield
        lines += lines_after(self._pool) if self._lines_shown else []
        if not self.is_deleted:
            with self:
                self._show(found, turns)
                self._calls.text = "\n".join(lines)

    def _fail(self) -> None:
        self._found, self._waits = None, _("The checks failed; load the page again, or see the log of xo-dash")
        self._list.fail()
        self._tell()

    def _ask_pool(self) -> None:
        background_tasks.create(self._asking_pool(self._request()), name="ask a pool whether it can be updated")

    async def _asking_pool(self, request: RollHosts) -> None:
        told = await self._context.rolling.obstacles(request, self._pool)
        if told != self._told and not self.is_deleted:
            self._told = told
            self._looking.ask()

    # ---- what is chosen

    def _ask(self, **values: Any) -> None:
        self._asked = msgspec.structs.replace(self._asked, **values)
        self._looking.ask()

    def _choose_way(self, way: str) -> None:
        self._ask(update=way == "update")
        self._ask_pool()

    def _leave_out(self, host: Host) -> None:
        self._ask(left_out=(*self._asked.left_out, host.uuid))

    def _treat(self, vm: VM, how: str) -> None:
        self._ways[vm.uuid] = LeavingVM(vm=vm.uuid, how=how)
        self._looking.ask()

    def _options(self) -> None:
        hint = _("empty: at once; the clock of xo-dash")
        self._begins = Field(_("Begin at"), hint=hint, on_change=lambda event: self._begin_at(str(event.value or ""))).mark("begins")
        self._begins.props("type=datetime-local")
        counts = {n: ngettext("{n} VM", "{n} VMs", n).format(n=number(n)) for n in range(1, ON_A_HOST + 1)}
        choice(counts, self._asked.at_once, label=_("At a time"), on_change=lambda event: self._ask(at_once=int(event.value)))
        waits = {n: _("{time}, then pause").format(time=duration(60.0 * n)) for n in WAITS}
        choice(waits, self._asked.minutes, label=_("Wait for a host after its reboot"),
               on_change=lambda event: self._ask(minutes=int(event.value)))  # fmt: skip
        check(_("Pause after the first host"), self._asked.pause_first, on_change=lambda event: self._ask(pause_first=bool(event.value)))
        check(_("Bring VMs back to where they were"), True, on_change=lambda event: self._ask(bring_back=bool(event.value)))

    def _begin_at(self, text: str) -> None:
        try:
            begins, self._no_time = moment_of(text) or 0.0, ""
        except RecordInvalid as error:
            begins, self._no_time = 0.0, str(error)
        self._begins.fault(self._no_time)
        self._ask(begins=max(0.0, begins))

    # ---- drawing

    def _show(self, found: Assessment, turns: Sequence[PlannedTurn]) -> None:
        """Draw only what is different, or one could choose nothing."""
        first, self._found = self._found is None, found
        differs = self._list.show(found.checks)
        if self._order.show(self._asked, turns):
            differs = True
            with fresh_slot(self._about):
                draw_time(turns)
        self._draw_head()
        self._tell()
        if differs and not first:
            self._ask_pool()

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
            self._looking.ask()

    # ---- the button

    def _tell(self) -> None:
        if self._found is None:
            self._says.text = self._waits
            self._button.allow(self._waits)
            return
        with self:  # the button that was clicked may be gone
            reason = self._context.rolling.why_not(whoever(), self._request(), self._pool, self._found)
        against = self._no_time or (str(reason) if reason is not None else "")
        hosts, begins = len(self._found.hosts), self._asked.begins
        ready = ngettext("Ready: {n} host", "Ready: {n} hosts", hosts).format(n=number(hosts))
        later = _("Begins {time}, after one more look at all checks.").format(time=datetime(begins)) if begins else ""
        self._says.text = against or " · ".join(filter(None, (ready, later)))
        self._button.allow(against or None)
        self._button.set_text(_("Schedule") if begins else _("Start"))

    async def _start(self) -> None:
        user = whoever()
        started = await self._context.rolling.start(user, self._request(), self._pool) if user is not None else None
        if isinstance(started, Rolling):
            ui.navigate.to(f"/rolling/{started.id}")
        elif started is not None:
            notify(str(started.reason), Tone.WARNING)
            self._told = started.told
            self._looking.ask()
