"""VMs that are carried on the map: where they can go, and what a drop asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nicegui import ui

from components.actions import offer_undo, run_command, run_one
from components.map import drop_targets
from components.migration.words import WAYS, moved
from components.ui import Tone, notify
from data.hosts import account_of
from data.identity import key_of
from data.names import name_of
from data.objects import VM, Host, PowerState
from data.sight import Sight
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.run import RunState
from xo_dash.control.vm.migration.migrate import MIGRATE, path, path_of_many
from xo_dash.control.vm.migration.request import MigrateVM, disks_in
from xo_dash.control.vm.migration.targets import Target, Way, memory_after, target, targets
from xo_dash.control.vm.start_on import START_ON
from xo_dash.i18n import _, size

MOST = 50
"""VMs that are carried at once."""
UNDO_WITHIN = 600
"""Seconds for which a live migration can be undone on the page."""
LIVE, START, DISKS, POOL, NO = "live", "start", "disks", "pool", "no"
HOW = {Way.MEMORY: LIVE, Way.DISKS: DISKS, Way.POOL: POOL}

Verdict = tuple[str, str, str]
"""(key of a host, how, in words)"""


class Carrier:
    """Answers the map of one page. What comes from a browser is looked up anew, and the runner judges in the end."""

    def __init__(self, context: Context, say: Callable[[str], None]) -> None:
        """`say`: tell those who hear the page."""
        self._context, self._mirror, self._say = context, context.mirror, say

    def verdicts(self, keys: Sequence[str]) -> list[Verdict]:
        """Of every host for these VMs, keys as in `data.identity`."""
        vms = found(self._mirror, keys)
        if not vms:
            return []
        if barred := next((reason for vm in vms if (reason := self._barred(vm))), None):
            return [(key_of(host), NO, barred) for host in self._mirror.every(Host)]
        elsewhere = drop_targets.verdicts(vms)
        if all(vm.power_state is PowerState.HALTED for vm in vms):
            return [*_starts(vms), *elsewhere]
        return [*(_verdict(vms, one) for one in targets(*vms)), *elsewhere]

    def _barred(self, vm: VM) -> str:
        """Why it cannot go anywhere."""
        wanted = START_ON if vm.power_state is PowerState.HALTED else MIGRATE
        reason = why_not(wanted, vm, current_user())
        return f"{name_of(vm)}: {reason}" if reason is not None else ""

    async def drop(self, keys: Sequence[str], key: str) -> None:
        """They were let go over this. What costs nothing is done at once, anything else is asked on its page or in its dialog."""
        vms, host = found(self._mirror, keys), self._mirror.find(Host, key)
        if vms and host is not None:
            await self._drop_on_host(vms, host, key)
        elif vms and (asked := drop_targets.drop_on(self._context, self._mirror, vms, key)) is not None:
            await asked()

    async def _drop_on_host(self, vms: Sequence[VM], host: Host, host_key: str) -> None:
        if all(vm.power_state is PowerState.HALTED for vm in vms):
            await run_command(self._context, START_ON, vms, {"host": host.uuid})
        elif len(vms) > 1:
            ui.navigate.to(path_of_many(vms, host_key))
        elif target(vms[0], host) == Target(host, Way.MEMORY):
            self._say(_("Migrating {name} to {host}").format(name=name_of(vms[0]), host=name_of(host)))
            await self._move(vms[0], host)
        else:
            ui.navigate.to(f"{path(vms[0])}?host={host_key}")

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


def _verdict(vms: Sequence[VM], one: Target) -> Verdict:
    key = key_of(one.host)
    if one.refused is not None:
        return key, NO, str(one.refused)
    words = _(WAYS[one.way])
    if len(vms) == 1:
        if disks := moved(disks_in(MigrateVM(host=key), vms[0], one.host)):
            words = f"{words}: {disks}"
        free = account_of(one.host).free
        after = _("{free} free afterwards").format(free=size(memory_after(vms[0], free)))
        words = f"{words} · {after}"
    return key, HOW[one.way], words


def _starts(vms: Sequence[VM]) -> Iterator[Verdict]:
    """Halted ones are started where they are dropped, in their own pool."""
    choices = {choice.value: choice for choice in START_ON.choices["host"](vms)}
    for host in (host for home in vms[0].home.pools.values() for host in home.all(Host).values()):
        choice = choices.get(host.uuid) if host.home is vms[0].home else None
        if choice is None:
            yield key_of(host), NO, _("halted VMs are started in their own pool; to move one, open Migrate in its menu")
        elif choice.refused is not None:
            yield key_of(host), NO, str(choice.refused)
        else:
            yield key_of(host), START, _("Start here")
