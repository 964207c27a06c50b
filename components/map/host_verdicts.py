"""What each host says of VMs that are carried on the map: whether they can go there, what moves, how long that takes, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from components.migration.timing import about
from components.migration.words import moved, way_text
from data.hosts import account_of
from data.identity import key_of
from data.names import name_of
from data.objects import VM, Host, PowerState
from data.placement import memory_held
from data.stores.users import User
from xo_dash.control.action import AnyAction
from xo_dash.control.eligibility import why_not
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.vm.migration.estimate import estimate
from xo_dash.control.vm.migration.group import Goal, placing
from xo_dash.control.vm.migration.mapping import migration_network_of
from xo_dash.control.vm.migration.migrate import MIGRATE
from xo_dash.control.vm.migration.request import MigrateVM, disks_in
from xo_dash.control.vm.migration.speeds import MigrationSpeeds
from xo_dash.control.vm.migration.targets import Target, Way, is_running
from xo_dash.control.vm.start_on import RESUME_ON, START_ON
from xo_dash.i18n import _, number, size

LIVE, START, DISKS, POOL, NO = "live", "start", "disks", "pool", "no"
HOW: Final = {Way.MEMORY: LIVE, Way.DISKS: DISKS, Way.POOL: POOL}
STARTING: Final[Mapping[PowerState, AnyAction]] = {PowerState.HALTED: START_ON, PowerState.SUSPENDED: RESUME_ON}
MOST_ASKED: Final = 64
"""Questions to XAPI about what is carried."""

Verdict = tuple[str, str, str]
"""(key of what it can be dropped on, how, in words)"""


class HostVerdicts:
    """Of `vms`, for `user`. What XAPI said of one comes before what the mirror tells."""

    def __init__(self, vms: Sequence[VM], user: User, speeds: MigrationSpeeds) -> None:
        self._vms, self._speeds = vms, speeds
        states = {vm.power_state for vm in vms}
        self.starting = STARTING.get(states.pop()) if len(states) == 1 else None
        self._choices = {choice.value: choice for choice in self.starting.choices["host"](vms)} if self.starting else {}
        self._barred = {vm: reason for vm in vms if (reason := why_not(MIGRATE, vm, user)) is not None}
        self._cannot_start = next((reason for vm in vms if self.starting and (reason := why_not(self.starting, vm, user))), None)
        self._overruled: dict[tuple[VM, Host], LazyText] = {}

    def hosts(self) -> list[Host]:
        """All there are, those of their own pool first."""
        home = self._vms[0].home
        return [host for one in sorted(home.pools.values(), key=lambda one: one is not home) for host in one.all(Host).values()]

    def of(self, host: Host) -> Verdict:
        key = key_of(host)
        choice = self._choices.get(host.uuid) if host.home is self._vms[0].home else None
        if choice is None or self.starting is None:
            return key, *self._moving(host)
        if choice.refused is None:
            if self._cannot_start is not None:
                return key, NO, str(self._cannot_start)
            words = _("Start here") if self.starting is START_ON else _("Resume here")
            return key, START, f"{words} · {_free(host, sum(map(memory_held, self._vms)))}"
        how, words = self._moving(host)
        return (key, how, words) if how == DISKS else (key, NO, str(choice.refused))

    def _moving(self, host: Host) -> tuple[str, str]:
        found: dict[VM, Target] = {}
        for _step in placing((vm for vm in self._vms if vm not in self._barred), Goal(host.home, (host,)), found):
            pass
        found = {vm: replace(one, refused=one.refused or self._overruled.get((vm, host))) for vm, one in found.items()}
        able = [vm for vm, one in found.items() if one.refused is None]
        if not able:
            return NO, self._refusal(found)
        way = max(found[vm].way for vm in able)
        words = [self._what(able[0], host, way)] if len(self._vms) == 1 else []
        if len(self._vms) > 1:
            words.append(_("{able} of {all} can go").format(able=number(len(able)), all=number(len(self._vms))))
            words += [way_text(able[0], way)] if len(able) == len(self._vms) else []
        coming = sum(memory_held(vm) for vm in able if is_running(vm))
        return HOW[way], " · ".join([*words, _free(host, coming)])

    def _what(self, vm: VM, host: Host, way: Way) -> str:
        """`Live, disks move too: 12 GiB to nas · about 30 s`"""
        moves = disks_in(MigrateVM(host=key_of(host)), vm, host)
        text, disks = way_text(vm, way), moved(moves)
        time = about(estimate(vm, host, moves, migration_network_of(host), self._speeds))
        return " · ".join(part for part in (f"{text}: {disks}" if disks else text, time) if part)

    def _refusal(self, found: Mapping[VM, Target]) -> str:
        vm, why = next(((vm, one.refused) for vm, one in found.items()), None) or next(iter(self._barred.items()))
        return str(why) if len(self._vms) == 1 else f"{name_of(vm)}: {why}"

    # ---- XAPI's own judgement

    def to_ask(self) -> Iterator[tuple[VM, MigrateVM]]:
        """What would migrate, the nearest hosts first; a host is looked at when it is its turn."""
        hosts = (host for host in self.hosts() if self.of(host)[1] in HOW.values())
        pairs = ((vm, MigrateVM(host=key_of(host))) for host in hosts for vm in self._vms if vm not in self._barred)
        return islice(pairs, MOST_ASKED)

    def overrule(self, vm: VM, host: Host, reason: LazyText | None) -> bool:
        """Whether that is another verdict."""
        if reason is not None:
            self._overruled[vm, host] = reason
        return reason is not None


def _free(host: Host, coming: int) -> str:
    """Bytes free there, and after `coming`."""
    free = account_of(host).free
    if not coming:
        return _("{free} free").format(free=size(free))
    return _("{before} → {after} free").format(before=size(free), after=size(free - coming))


def each(verdicts: HostVerdicts) -> Iterator[Verdict]:
    return (verdicts.of(host) for host in verdicts.hosts())
