"""Suggested moves of a pool: a table in which each can be left out, what is free before and after, and one button."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from nicegui import background_tasks, ui

from components.actions import start_run, whoever
from components.actions.preview import Preview
from components.hosts.maintenance import FEW, others_stay, share_bar
from components.live import follow_facts, fresh_slot
from components.ui import Button, ButtonKind, Card, Column, Icon, Mark, check, choice, data_table
from components.ui.facts import Value
from components.urls import path_of
from data.balance import Balance, Suggestion, emptying, even_out, even_out_cpu
from data.companions import APART
from data.facts.pool import own_pool
from data.identity import key_of
from data.names import by_name, name_of
from data.objects import VM, Host, VMGroup
from data.views.host import HostView
from data.views.pool import PoolView
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.eligibility import why_not
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.pool.balance import BALANCE, BalancePool, SuggestedMove
from xo_dash.control.vm.migration.request import MigrateVM
from xo_dash.i18n import _, ngettext, number, size

MEMORY, CPU = "memory", "cpu"
"""What is evened out; anything else is the uuid of a host that is to be evacuated."""


Shown = Callable[[list[Suggestion]], object]
"""Told what is left of what is suggested."""


def evacuation_link(host: HostView) -> None:
    """To who would go where if it were emptied; nothing where there is no other host, or nobody may move VMs."""
    own = own_pool(host.row.home)
    if own is not None and len(host.row.home.all(Host)) > 1 and may(whoever(), BALANCE, own):
        ui.link(_("Suggest moves"), f"/pool/{key_of(own)}/balance?goal={host.row.uuid}").classes("x-link x-small")


class BalanceForm(ui.element):
    """Suggested anew when the pool changes; what was left out stays so. XAPI is asked about each before it can be done."""

    def __init__(self, context: Context, pool: PoolView, goal: str = MEMORY, shown: Shown | None = None) -> None:
        """`goal`: see MEMORY."""
        super().__init__()
        self.classes("x-move")
        self._context, self._pool, self.on_shown = context, pool, shown
        self._goals = _goals(pool)
        self._goal = goal if goal in self._goals else MEMORY
        self._without: set[str] = set()  # uuids of VMs
        self._found: Balance | None = None
        self._judged: dict[tuple[VM, Host], LazyText | None] = {}  # why XAPI refuses; None: it agrees
        self._said: dict[tuple[VM, Host], ui.element] = {}  # where that is told
        self._asking: asyncio.Task[None] | None = None
        with self:
            with ui.element().classes("x-move-main"):
                choice(self._goals, self._goal, label=_("Goal"), on_change=lambda event: self._choose(str(event.value))).mark("goal")
                self._main = ui.element().classes("x-move-main")
            with ui.element("aside").classes("x-move-aside"):
                with Card(_("Before and after")):
                    self._bars = ui.element().classes("x-stack x-evacuation-bars").props("tabindex=0 role=group")
                    self._bars.props["aria-label"] = _("Before and after")
                with Card(_("Plan")):
                    self._preview = Preview(BALANCE, [pool.row])
                    self._button = Button(_("Migrate"), self._go, kind=ButtonKind.PRIMARY, icon="migrate")
            follow_facts(pool, ("memory", "host_states", "vm_states"), self._look)
        self.client.on_delete(self._stop_asking)

    @property
    def goal(self) -> str:
        return self._goal

    def _choose(self, goal: str) -> None:
        self._goal = goal
        self._without.clear()
        self._look()

    def _look(self) -> None:
        found = self._suggested()
        if found != self._found:
            self._found = found
            self._ask(found)
            self._draw(found)

    # ---- XAPI's own judgement

    def _ask(self, found: Balance) -> None:
        """Of each move by itself; one that it refuses stays in sight with its reason."""
        self._stop_asking()
        self._judged.clear()
        with self:
            if why_not(BALANCE, self._pool.row, whoever()) is None and found.moves:
                self._asking = background_tasks.create(self._ask_for(found), name="check suggested moves")

    async def _ask_for(self, found: Balance) -> None:
        fresh = dict[tuple[VM, Host], LazyText | None]()

        def draw() -> None:
            if fresh and not self.is_deleted:
                self._judged.update(fresh)
                with self:
                    self._draw_judged(found, *fresh)
                fresh.clear()

        wanted = [(one.vm, MigrateVM(host=key_of(one.target))) for one in found.moves]
        await self._context.runner.migration_checks.watch(wanted, lambda vm, host, reason: fresh.update({(vm, host): reason}), draw)
        self._asking = None
        if not self.is_deleted:  # whoever gave no answer is asked as it moves
            with self:
                self._draw_judged(found, *self._said)

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _draw_judged(self, found: Balance, *moves: tuple[VM, Host]) -> None:
        if any(self._judged.get(move) is not None for move in moves):
            self._draw(found)
            return
        for move in moves:
            self._say(move)
        self._tell(found)

    def _say(self, move: tuple[VM, Host]) -> None:
        with fresh_slot(self._said[move]):
            if (reason := self._judged.get(move)) is not None:
                Mark("warning")
                ui.label(str(reason))
            elif move in self._judged:
                Icon("check")
                ui.label(_("yes"))
            else:
                ui.label("…" if self._asking is not None else "–").classes("x-dim")

    # ---- drawing

    def _suggested(self) -> Balance:
        home = self._pool.row.home
        if self._goal in (MEMORY, CPU):
            return even_out(home) if self._goal == MEMORY else even_out_cpu(home)
        host = home.by_uuid(Host, self._goal)
        return emptying(host) if host is not None else even_out(home)._replace(moves=())  # it has left the pool

    def _draw(self, found: Balance) -> None:
        with fresh_slot(self._main):
            count = len(found.moves)
            ui.label(self._verdict(count)).classes("x-move-time")
            if count:
                columns = [
                    Column("", width="28px"),
                    Column(_("VM"), main=True),
                    Column(_("Memory") if self._goal != CPU else _("CPUs"), number=True),
                    Column(_("From")),
                    Column(_("Goes to")),
                    Column(_("Checked by XAPI")),
                ]
                self._said.clear()
                with Card(_("Moves")):
                    data_table(columns, [self._row(found, one) for one in found.moves])
            if any(group.placement == APART for group in self._pool.row.home.all(VMGroup).values()):
                ui.label(_("VMs of an anti-affinity group are kept on different hosts.")).classes("x-dim")
            if self._goal not in (MEMORY, CPU):
                words = _("VMs that cannot migrate are not listed. Maintenance says why, and takes care of them.")
                ui.label(words).classes("x-dim")
        self._tell(found)

    def _verdict(self, count: int) -> str:
        if not count:
            none = {
                MEMORY: _("Memory is already balanced: no moves to suggest."),
                CPU: _("CPU load is already balanced: no moves to suggest."),
            }
            return none.get(self._goal, _("No VM can migrate away."))
        words = {
            MEMORY: ngettext("{n} move to balance memory", "{n} moves to balance memory", count),
            CPU: ngettext("{n} move to balance CPUs", "{n} moves to balance CPUs", count),
        }
        evacuating = ngettext("{n} move to evacuate the host", "{n} moves to evacuate the host", count)
        return words.get(self._goal, evacuating).format(n=number(count))

    def _amount(self, amount: float) -> str:
        return size(amount) if self._goal != CPU else number(amount, 1)

    def _row(self, found: Balance, one: Suggestion) -> list[Value]:
        move = (one.vm, one.target)
        refused = self._judged.get(move) is not None

        def pick() -> None:
            wanted = not refused and one.vm.uuid not in self._without
            box = check("", wanted, on_change=lambda event: self._pick(one.vm.uuid, bool(event.value)))
            box.props["aria-label"] = _("Migrates {name}").format(name=name_of(one.vm))
            box.mark(f"move-{one.vm.uuid}")
            box.set_enabled(not refused)

        def judged() -> None:
            self._said[move] = ui.element().classes("x-row")
            self._say(move)

        return [
            pick,
            partial(ui.link, name_of(one.vm), path_of(one.vm)),
            self._amount(found.weights[one.vm]),
            name_of(one.source),
            name_of(one.target),
            judged,
        ]

    def _pick(self, uuid: str, wanted: bool) -> None:
        (self._without.discard if wanted else self._without.add)(uuid)
        if self._found is not None:
            self._tell(self._found)

    def _kept(self, found: Balance) -> list[Suggestion]:
        return [one for one in found.moves if one.vm.uuid not in self._without and self._judged.get((one.vm, one.target)) is None]

    def _request(self, found: Balance) -> BalancePool:
        return BalancePool(moves=tuple(SuggestedMove(vm=one.vm.uuid, host=one.target.uuid) for one in self._kept(found)))

    def _tell(self, found: Balance) -> None:
        kept = self._kept(found)
        moving = {host for one in found.moves for host in (one.source, one.target)}
        shown = [host for host in by_name(found.used) if len(found.used) <= FEW or host in moving]
        with fresh_slot(self._bars):
            for host in shown:
                self._bar(found, host, kept)
            others_stay(len(found.used) - len(shown))
        request = self._request(found)
        with self:
            barred = why_not(BALANCE, self._pool.row, whoever())
        faults = [fault.reason for fault in BALANCE.faults(request, self._pool.row)] if kept else []
        why = barred or next(iter(faults), None)
        open_still = self._asking is not None and any((one.vm, one.target) not in self._judged for one in kept)
        wait = _("XAPI has not answered yet whether they can move") if open_still else None
        self._button.allow(str(why) if why else wait if kept else _("choose at least one move"))
        self._preview.show(request if kept and not faults else None)
        if self.on_shown is not None:
            self.on_shown(kept)

    def _bar(self, found: Balance, host: Host, kept: list[Suggestion]) -> None:
        before, after, total = found.used[host], found.after(host, kept), found.total[host]
        coming = sum(found.weights[one.vm] for one in kept if one.target is host)
        words = _("{before} → {after} of {total}").format(
            before=self._amount(before), after=self._amount(after), total=self._amount(total)
        )  # fmt: skip
        share_bar(name_of(host), words, total, after, coming)

    def _go(self) -> None:
        if self._found is None or not self._kept(self._found):
            return
        if run := start_run(self._context, BALANCE, [self._pool.row], self._request(self._found)):
            ui.navigate.to(f"/run/{run.key}")


def _goals(pool: PoolView) -> dict[str, str]:
    hosts = by_name(pool.row.home.all(Host).values())
    evacuated = {host.uuid: _("Evacuate {host}").format(host=name_of(host)) for host in hosts}
    return {MEMORY: _("Balance memory"), CPU: _("Balance CPUs")} | (evacuated if len(hosts) > 1 else {})
