"""The migration of several VMs: one target for all, what moves with them, who cannot go and why, and one button."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Final

from nicegui import background_tasks, ui

from components.actions import start_run, whoever
from components.lists.listing import Listing
from components.lists.rows import BulkActions
from components.live import follow_all, fresh_slot
from components.migration.many_places import ManyPlaces
from components.migration.many_plan import ManyPlan
from components.migration.many_rows import MoveStanding, VMVerdict, many_table
from components.migration.many_state import Judged, ManyChoices, Outcome, working_out
from components.migration.target_list import TargetList, TargetRow
from components.ui import Button, ButtonKind, Card, Mark
from data.coalesce import INTERVAL
from data.hosts import account_of
from data.identity import key_of
from data.names import name_of, pool_name_among
from data.objects import SR, VM, Host, HostMetrics
from data.turns import in_turns, timed
from xo_dash.context import Context
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.vm.migration.group import Goal, goals, placing
from xo_dash.control.vm.migration.migrate import MIGRATE
from xo_dash.control.vm.migration.request import MigrateVM
from xo_dash.control.vm.migration.targets import Target
from xo_dash.i18n import _, ngettext, number, size

COUNTED_FOR: Final = 10.0
"""Seconds for which it is good how many could go to each host: the one that is chosen is always of now."""

REST: Final = 3
"""Times as long as a look took, until the next: a busy pool changes all the time."""


class ManyForm(ui.element):
    """What was chosen is kept; the rest is worked out anew with every choice and every change of the pools."""

    def __init__(self, context: Context, vms: Sequence[VM], goal: str = "", *, copy: bool = False) -> None:
        """`goal`: the key of the host that is chosen at first; else the hosts of the first VM's pool. `copy`: originals are kept."""
        super().__init__()
        self.classes("x-move")
        self._context, self._vms = context, dict.fromkeys(vms)
        self._goals = {one.key: one for one in goals(vms[0].home.pools.values())}
        self._chosen = ManyChoices(goal if goal in self._goals else self._first(vms[0]), copy=copy)
        self._found: Outcome | None = None
        self._verdicts: dict[VM, VMVerdict] = {}  # what the list shows
        self._able: dict[str, tuple[int, int]] = {}  # of each goal: how many could go, and bytes free there
        self._counted = 0.0
        self._judged: Judged = {}
        self._asked, self._looking = 0, False
        self._asking: asyncio.Task[None] | None = None
        self._asked_for: set[tuple[VM, MigrateVM]] = set()
        with self:
            with ui.element().classes("x-move-main"):
                self._targets = TargetList(self._choose)
                with Card(_("VMs")):
                    self._verdict = ui.element().classes("x-row x-wrap x-move-verdict").props("role=status").mark("verdict")
                    acts = BulkActions(_("Leave out"), "", self._left_out, why_not=_("Select VMs to leave out."))
                    self._list = Listing(context.mirror, many_table(self._vms.__contains__, self._verdicts, len(vms)), acts=acts)
                self._places = ManyPlaces(self._place_sr, self._place_network, self._over, self._keep)
            self._plan = ManyPlan(context.runner.migration_speeds, self._go)
        self._again()
        follow_all(context.mirror, lambda _changes: True, self._again, topics=lambda: (Host, HostMetrics, SR, *(vm.ref for vm in vms)))
        self.client.on_delete(self._stop_asking)

    def _first(self, vm: VM) -> str:
        """Its own pool, if that has other hosts; else another one."""
        own = [one for one in self._goals.values() if one.home is vm.home]
        others = [one for one in self._goals.values() if one.home is not vm.home]
        return (own if len(own) > 1 else [*others, *own])[0].key

    # ---- what is chosen

    def _choose(self, key: str) -> None:
        goal = self._goals.get(key)
        if goal is None:
            return
        if goal.home is not self._goals[self._chosen.goal].home:  # nothing of another pool means anything there
            self._chosen = ManyChoices(key, self._chosen.left_out)
        self._chosen.goal = key
        self._again()

    def _place_sr(self, source: str, to: str) -> None:
        self._chosen.srs[source] = to
        self._again()

    def _place_network(self, source: str, to: str) -> None:
        self._chosen.networks[source] = to
        self._again()

    def _over(self, network: str) -> None:
        self._chosen.network = network
        self._again()

    def _keep(self, copy: bool) -> None:
        self._chosen.copy = copy
        self._again()

    async def _left_out(self, vms: list[VM]) -> None:
        self._leave_out(vms)

    def _leave_out(self, vms: Sequence[VM]) -> None:
        self._chosen.left_out |= {key_of(vm) for vm in vms}
        self._again()

    def _take_all(self) -> None:
        self._chosen.left_out.clear()
        self._again()

    # ---- what follows, in slices

    def _again(self) -> None:
        self._asked += 1
        if not self._looking:
            self._looking = True
            background_tasks.create(self._look(), name="where a selection can go")

    async def _look(self) -> None:
        try:
            done = 0
            while done != self._asked and not self.is_deleted and not self.client.is_deleted:
                done, began = self._asked, time.monotonic()
                with self:
                    goal = self._goals[self._chosen.goal]
                    await in_turns(timed(working_out(list(self._vms), goal, self._chosen, whoever(), self._judged, self._tell)))
                    if done == self._asked and time.monotonic() - self._counted > COUNTED_FOR:
                        await in_turns(timed(self._count()))
                await asyncio.sleep(max(INTERVAL, REST * (time.monotonic() - began)))
        finally:
            self._looking = False

    def _count(self) -> Iterator[None]:
        """How many could go to each host."""
        self._counted = time.monotonic()
        going = [vm for vm, one in (self._found.verdicts if self._found else {}).items() if one.target is not None]
        for goal in self._goals.values():
            found: dict[VM, Target] = {}
            yield from placing(going, goal, found)
            self._able[goal.key] = sum(one.refused is None for one in found.values()), _free(goal)
        self._draw_targets()

    def _tell(self, found: Outcome) -> None:
        if self.is_deleted:
            return
        self._found = found
        news = [vm for vm, one in found.verdicts.items() if self._verdicts.get(vm) != one]
        self._verdicts.update(found.verdicts)
        self._list.again(news)
        self._draw_targets()
        self._draw_verdict(found)
        self._places.show(found.placed, self._chosen.network, copy=self._chosen.copy)
        self._plan.show(found, self._chosen.network)
        self._ask(found)

    # ---- XAPI's own judgement

    def _ask(self, found: Outcome) -> None:
        """Of those that would go, as they would go; what it said of the same before is known."""
        wanted = [(vm, own) for vm, own in found.own.items() if (vm, own) not in self._judged]
        if not self._asked_for.issuperset(wanted):
            self._stop_asking()
            self._asked_for = set(wanted)
            self._asking = background_tasks.create(self._ask_for(wanted), name="check the targets of a selection")

    async def _ask_for(self, wanted: Sequence[tuple[VM, MigrateVM]]) -> None:
        asked, drawn = dict(wanted), len(self._judged)

        def told(vm: VM, _host: Host, reason: LazyText | None) -> None:
            self._judged[vm, asked[vm]] = reason

        def draw() -> None:
            nonlocal drawn
            if len(self._judged) != drawn and not self.is_deleted:
                drawn = len(self._judged)
                self._again()

        await self._context.runner.migration_checks.watch(wanted, told, draw)

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()

    # ---- drawing

    def _draw_targets(self) -> None:
        found = self._found
        if found is not None:  # of the one that is chosen, as it is now
            self._able[self._chosen.goal] = (
                len(found.standing(MoveStanding.GOES)),
                sum(account_of(host).free for host in found.placed.goal.hosts),
            )
        going = len(found.verdicts) - len(found.standing(MoveStanding.LEFT_OUT)) if found is not None else 0
        self._targets.show([self._target(goal, going) for goal in self._goals.values()], self._chosen.goal, "")

    def _target(self, goal: Goal, going: int) -> TargetRow:
        able, free = self._able.get(goal.key, (-1, 0))
        name = _("Any host") if goal.is_pool else name_of(goal.hosts[0])
        about = _("{able} of {all} can go").format(able=number(able), all=number(going)) if able >= 0 else ""
        return TargetRow(
            goal.key, f"target-{goal.home.key if goal.is_pool else goal.hosts[0].uuid}", name, pool_name_among(goal.home), about,
            _("{free} free").format(free=size(free)) if able >= 0 else "", able == 0,
        )  # fmt: skip

    def _draw_verdict(self, found: Outcome) -> None:
        cannot, left = found.standing(MoveStanding.CANNOT), found.standing(MoveStanding.LEFT_OUT)
        goes, total = len(found.standing(MoveStanding.GOES)), len(found.verdicts) - len(left)
        with fresh_slot(self._verdict):
            if cannot:
                Mark("warning")
            ui.label(_("{able} of {all} can go").format(able=number(goes), all=number(total))).classes("x-move-time")
            if cannot:
                text = ngettext("Leave out {n} that cannot", "Leave out {n} that cannot", len(cannot)).format(n=number(len(cannot)))
                Button(text, lambda: self._leave_out(cannot)).mark("leave-out")
            if left:
                text = ngettext("Include {n} left out", "Include {n} left out", len(left)).format(n=number(len(left)))
                Button(text, self._take_all, kind=ButtonKind.GHOST).mark("take-all")

    def _go(self) -> None:
        found = self._found
        if found is None or found.request is None:
            return
        if run := start_run(self._context, MIGRATE, found.standing(MoveStanding.GOES), found.request):
            ui.navigate.to(f"/run/{run.key}")


def _free(goal: Goal) -> int:
    """Bytes of memory."""
    return sum(account_of(host).free for host in goal.hosts)
