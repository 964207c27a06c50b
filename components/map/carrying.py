"""VMs that are carried on the map: the answers while they are, and what a drop asks for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import chain

from nicegui import background_tasks, ui

from components.actions import give, offer_undo, run_command, run_one
from components.map import drop_targets
from components.map.host_verdicts import LIVE, NO, START, DropVerdict, HostVerdicts, each
from components.map.map import Drop, Map
from components.ui import Tone, notify
from data.coalesce import INTERVAL
from data.identity import key_of
from data.names import name_of
from data.objects import VM, Host
from data.sight import Sight
from data.turns import in_turns, timed
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.run import RunState
from xo_dash.control.vm.migration.migrate import MIGRATE, path, path_of_many
from xo_dash.control.vm.migration.request import MigrateVM
from xo_dash.i18n import _

MOST = 50
"""VMs that are carried at once."""
UNDO_WITHIN = 600
"""Seconds for which a live migration can be undone on the page."""


class Carrier:
    """Answers the map of one page. What comes from a browser is looked up anew, and the runner judges in the end."""

    def __init__(self, context: Context, chart: Map) -> None:
        self._context, self._mirror, self._chart = context, context.mirror, chart
        self._answering: asyncio.Task[None] | None = None
        chart.client.on_delete(self._put_down)

    def lift(self, keys: Sequence[str]) -> None:
        """Tell the map where these VMs can go, as answers come; none: they were put down."""
        self._put_down()
        if vms := found(self._mirror, keys):
            self._answering = background_tasks.create(self._answer(vms), name="where what is carried can go")

    def _put_down(self) -> None:
        if self._answering is not None:
            self._answering.cancel()

    async def _answer(self, vms: Sequence[VM]) -> None:
        with self._chart:
            user = current_user()
            verdicts = HostVerdicts(vms, user, self._context.runner.migration_speeds)
            await in_turns(timed(self._tell_all(chain(each(verdicts), drop_targets.verdicts(vms, user)))))
            await self._ask(verdicts)

    def _tell_all(self, verdicts: Iterator[DropVerdict]) -> Iterator[None]:
        fresh, since = list[DropVerdict](), time.monotonic()
        for verdict in verdicts:
            fresh.append(verdict)
            if time.monotonic() - since > INTERVAL:
                self._chart.show_targets(fresh)
                fresh, since = [], time.monotonic()
            yield
        self._chart.show_targets(fresh, are_all=True)

    async def _ask(self, verdicts: HostVerdicts) -> None:
        """XAPI confirms, or overrules with its reason."""
        changed = dict[Host, None]()

        def told(vm: VM, host: Host, reason: LazyText | None) -> None:
            if verdicts.overrule(vm, host, reason):
                changed[host] = None

        def show() -> None:
            if changed:
                self._chart.show_targets([verdicts.of(host) for host in changed])
                changed.clear()

        await self._context.runner.migration_checks.watch(verdicts.to_ask(), told, show)

    async def drop(self, wish: Drop) -> None:
        """They were let go over this. What costs nothing is done at once, anything else is asked on its page or in its dialog."""
        vms, host = found(self._mirror, wish.vms), self._mirror.find(Host, wish.target)
        if vms and host is not None:
            await self._drop_on_host(vms, host, wish)
        elif vms and (asked := drop_targets.drop_on(self._context, self._mirror, vms, wish.target)) is not None:
            await asked()

    async def _drop_on_host(self, vms: Sequence[VM], host: Host, wish: Drop) -> None:
        verdicts = HostVerdicts(vms, current_user(), self._context.runner.migration_speeds)
        verdict = verdicts.of(host)
        how = verdict.how
        if how == NO:
            notify(f"{name_of(host)}: {verdict.words}", Tone.WARNING)
        elif how == START and verdicts.starting is not None and wish.chooses:
            await run_command(self._context, verdicts.starting, vms, {"host": host.uuid})
        elif how == START and verdicts.starting is not None:
            self._chart.say(_("Starting {name} on {host}").format(name=name_of(vms[0]), host=name_of(host)))
            await give(self._context, verdicts.starting, vms, verdicts.starting.request(host=host.uuid))
        elif how == LIVE and len(vms) == 1 and not wish.chooses:
            self._chart.say(_("Migrating {name} to {host}").format(name=name_of(vms[0]), host=name_of(host)))
            await self._move(vms[0], host)
        else:
            place = path_of_many(vms, wish.target) if len(vms) > 1 else f"{path(vms[0])}?host={wish.target}"
            ui.navigate.to(f"{place}&copy=1" if wish.copies else place)

    async def _move(self, vm: VM, host: Host) -> None:
        """At once, and back again if somebody says so within ten minutes."""
        before, wish = vm.home.one(Host, vm.resident_on), MigrateVM(host=key_of(host))
        item = await run_one(self._context, MIGRATE, vm, wish)
        if item is None:
            return
        if item.state is not RunState.DONE:
            notify(f"{_(MIGRATE.title)} {item.name}: {item.reason or ''}", Tone.CRITICAL)
        elif before is not None:
            back, there = MigrateVM(host=key_of(before)), host.ref
            offer_undo(self._context, MIGRATE, vm, wish, back, seconds=UNDO_WITHIN, still=lambda: vm.resident_on == there)


def found(mirror: Sight, keys: Sequence[str]) -> list[VM]:
    rows = (mirror.find(VM, key) for key in keys[:MOST])
    return [vm for vm in rows if vm is not None]
