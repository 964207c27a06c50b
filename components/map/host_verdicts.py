"""What each host says of VMs that are carried on the map: whether they can go there, what moves, how long that takes, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

from components.migration.timing import about
from components.migration.words import moved, way_text
from data.host_fit import Offers
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
from xo_dash.control.vm.migration.targets import Target, Way, is_running, short_of, way_out
from xo_dash.control.vm.start_on import RESUME_ON, START_ON
from xo_dash.i18n import _, number, size

LIVE, START, DISKS, POOL, NO = "live", "start", "disks", "pool", "no"
HOW: Final = {Way.MEMORY: LIVE, Way.DISKS: DISKS, Way.POOL: POOL}
STARTING: Final[Mapping[PowerState, AnyAction]] = {PowerState.HALTED: START_ON, PowerState.SUSPENDED: RESUME_ON}
MIB: Final = 1 << 20
MOST_ASKED: Final = 64
"""Questions to XAPI about what is carried."""


class DropVerdict(NamedTuple):
    """What one place says of them."""

    key: str  # of what they can be dropped on
    how: str
    words: str  # all of it, as one sentence
    head: str = ""  # the same on a host of the map, and what stands under it
    note: str = ""
    before: int = 0  # MiB free on a host, now and with them; both 0 where that stays
    after: int = 0


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
        self._offers = Offers()

    def hosts(self) -> list[Host]:
        """All there are, those of their own pool first."""
        home = self._vms[0].home
        return [host for one in sorted(home.pools.values(), key=lambda one: one is not home) for host in one.all(Host).values()]

    def of(self, host: Host) -> DropVerdict:
        choice = self._choices.get(host.uuid) if host.home is self._vms[0].home else None
        if choice is None or self.starting is None:
            return self._moving(host)
        if choice.refused is None:
            if self._cannot_start is not None:
                return _no(host, str(self._cannot_start))
            words = _("Start here") if self.starting is START_ON else _("Resume here")
            return _can(host, START, [words], words, "", sum(map(memory_held, self._vms)))
        found = self._moving(host)
        return found if found.how == DISKS else _no(host, str(choice.refused))

    def _moving(self, host: Host) -> DropVerdict:
        found: dict[VM, Target] = {}
        for _step in placing((vm for vm in self._vms if vm not in self._barred), Goal(host.home, (host,)), found):
            pass
        found = {vm: replace(one, refused=one.refused or self._overruled.get((vm, host))) for vm, one in found.items()}
        able = [vm for vm, one in found.items() if one.refused is None]
        if not able:
            return self._refusal(host, found)
        way = max(found[vm].way for vm in able)
        coming = sum(memory_held(vm) for vm in able if is_running(vm))
        if len(self._vms) == 1:
            return self._of_one(host, way, coming)
        fit = _("{able} of {all} can go").format(able=number(len(able)), all=number(len(self._vms)))
        words = way_text(able[0], way) if len(able) == len(self._vms) else ""
        return _can(host, HOW[way], [fit, words], fit, words, coming)

    def _of_one(self, host: Host, way: Way, coming: int) -> DropVerdict:
        """`Live, disks move too: 12 GiB to nas · about 30 s`"""
        (vm,) = self._vms
        moves = disks_in(MigrateVM(host=key_of(host)), vm, host)
        text, disks = way_text(vm, way), moved(moves)
        time = about(estimate(vm, host, moves, migration_network_of(host), self._speeds))
        words = [f"{text}: {disks}" if disks else text, time]
        if way is Way.MEMORY and is_running(vm):
            return _can(host, LIVE, words, _("Live, {time}").format(time=time) if time else _("Live"), "", coming)
        return _can(host, HOW[way], words, _("With disks"), ", ".join(part for part in (disks, time) if part), coming)

    def _refusal(self, host: Host, found: Mapping[VM, Target]) -> DropVerdict:
        vm, why = next(((vm, one.refused) for vm, one in found.items()), None) or next(iter(self._barred.items()))
        if len(self._vms) > 1:
            return _no(host, f"{name_of(vm)}: {why}")
        if vm.home is host.home and vm.resident_on == host.ref:
            return DropVerdict(key_of(host), NO, str(why), "", _("Current host"))
        lack = short_of(vm, host) if vm not in self._barred and (vm, host) not in self._overruled else None
        if lack is None:
            return _no(host, str(why))
        out = way_out(host, lack, self._offers)
        needs = _("{needed} needed, {free} free").format(needed=size(lack.needed), free=size(lack.free))
        words, note = (". ".join([one, *([str(out)] if out is not None else [])]) for one in (str(why), needs))
        return DropVerdict(key_of(host), NO, words, _("{size} short").format(size=size(lack.needed - lack.free)), note)

    # ---- XAPI's own judgement

    def to_ask(self) -> Iterator[tuple[VM, MigrateVM]]:
        """What would migrate, the nearest hosts first; a host is looked at when it is its turn."""
        hosts = (host for host in self.hosts() if self.of(host).how in HOW.values())
        pairs = ((vm, MigrateVM(host=key_of(host))) for host in hosts for vm in self._vms if vm not in self._barred)
        return islice(pairs, MOST_ASKED)

    def overrule(self, vm: VM, host: Host, reason: LazyText | None) -> bool:
        """Whether that is another verdict."""
        if reason is not None:
            self._overruled[vm, host] = reason
        return reason is not None


def _can(host: Host, how: str, words: Iterable[str], head: str, note: str, coming: int) -> DropVerdict:
    """`coming`: bytes of memory."""
    free = account_of(host).free
    after = free - coming
    stays = (
        (_("{free} stays free").format(free=size(after)) if after >= 0 else _("{size} more than is free").format(size=size(-after)))
        if coming
        else ""
    )
    sentence = " · ".join([*filter(None, words), _free(free, after) if after >= 0 else stays])
    figures = (free // MIB, after // MIB) if coming and after >= 0 else (0, 0)
    return DropVerdict(key_of(host), how, sentence, head, "\n".join(part for part in (note, stays) if part), *figures)


def _no(host: Host, why: str) -> DropVerdict:
    return DropVerdict(key_of(host), NO, why, _("Cannot go here"), why)


def _free(free: int, after: int) -> str:
    """Bytes free there, and with them."""
    if after == free:
        return _("{free} free").format(free=size(free))
    return _("{before} → {after} free").format(before=size(free), after=size(after))


def each(verdicts: HostVerdicts) -> Iterator[DropVerdict]:
    return (verdicts.of(host) for host in verdicts.hosts())
