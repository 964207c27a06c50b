"""VMs that are carried on the map: where they can go, and what a drop asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nicegui import ui

from components.actions import give, run_command
from components.migration.words import WAYS, moved
from data.hosts import account_of
from data.identity import key_of
from data.names import name_of
from data.objects import VM, Host, PowerState
from data.sight import Sight
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.vm.migration.migrate import MIGRATE, MigrateVM, disks_in, path
from xo_dash.control.vm.migration.targets import Target, Way, memory_after, target, targets
from xo_dash.control.vm.start_on import START_ON
from xo_dash.i18n import _, size

MOST = 50
"""VMs that are carried at once."""
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
        if all(vm.power_state is PowerState.HALTED for vm in vms):
            return list(_starts(vms))
        return [_verdict(vms, one) for one in targets(*vms)]

    def _barred(self, vm: VM) -> str:
        """Why it cannot go anywhere."""
        wanted = START_ON if vm.power_state is PowerState.HALTED else MIGRATE
        reason = why_not(wanted, vm, current_user())
        return f"{name_of(vm)}: {reason}" if reason is not None else ""

    async def drop(self, keys: Sequence[str], host_key: str) -> None:
        """They were let go over a host. What costs nothing is done at once, anything else is asked on its page or in its dialog."""
        vms, host = found(self._mirror, keys), self._mirror.find(Host, host_key)
        if not vms or host is None:
            return
        if all(vm.power_state is PowerState.HALTED for vm in vms):
            await run_command(self._context, START_ON, vms, {"host": host.uuid})
        elif len(vms) > 1:
            await run_command(self._context, MIGRATE, vms, {"host": host_key})
        elif target(vms[0], host) == Target(host, Way.MEMORY):
            self._say(_("Migrating {name} to {host}").format(name=name_of(vms[0]), host=name_of(host)))
            await give(self._context, MIGRATE, vms, MigrateVM(host=host_key))
        else:
            ui.navigate.to(f"{path(vms[0])}?host={host_key}")


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
        after = _("{free} free afterwards").format(free=size(memory_after(vms[0], one.host, free)))
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
