"""Moves of running VMs that even out the memory or the CPUs of a pool's hosts, or that empty one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

from data.evacuation import can_move, evacuate
from data.facts.host import is_live, is_older, memory_total
from data.facts.vm import vcpus_of
from data.failover import HostRoom
from data.history import History, Load
from data.hosts import cpus_of
from data.objects import VM, Host
from data.placement import guests_on, memory_held
from data.types import Home

MOST: Final = 10
"""Moves that are suggested: more are no longer looked through."""
WORTH: Final = 0.02
"""Share of a host by which the spread must shrink for a move to be worth its cost."""


class Suggestion(NamedTuple):
    vm: VM
    source: Host
    target: Host


class Balance(NamedTuple):
    """What is suggested, and what is used and there is on each host, in bytes of memory or in CPUs."""

    moves: tuple[Suggestion, ...]
    used: dict[Host, float]  # before
    total: dict[Host, float]
    weights: dict[VM, float]  # of those that move

    def after(self, host: Host, moves: Iterable[Suggestion]) -> float:
        """Used there after some of the moves."""
        comes = sum(self.weights[one.vm] for one in moves if one.target is host)
        return self.used[host] + comes - sum(self.weights[one.vm] for one in moves if one.source is host)


def even_out(home: Home) -> Balance:
    """Memory: from the fullest host to the emptiest that can take it, the VM that leaves both most alike, until that gains little."""
    hosts = _taking(home)
    room = HostRoom(hosts)
    total = {host: float(memory_total(host)) for host in hosts}
    used = {host: total[host] - room.free[host] for host in hosts}
    return _evened(room, used, total, {vm: float(memory_held(vm)) for host in hosts for vm in guests_on(host)})


def even_out_cpu(home: Home) -> Balance:
    """The same with how busy CPUs were at the last measurement; memory only has to suffice."""
    hosts = [host for host in _taking(home) if cpus_of(host).threads]
    history = home.part(History)
    weights = {vm: _busy(history.load(vm.uuid), vm) for host in hosts for vm in guests_on(host)}
    used = {host: sum(weights[vm] for vm in guests_on(host)) for host in hosts}
    return _evened(HostRoom(hosts), used, {host: float(cpus_of(host).threads) for host in hosts}, weights)


def emptying(host: Host) -> Balance:
    """All that can leave the host while it runs, by memory."""
    found = evacuate(host)
    hosts = [host, *found.before]
    total = {one: float(memory_total(one)) for one in hosts}
    used = {one: total[one] - free for one, free in HostRoom(hosts).free.items()}
    moves = tuple(Suggestion(vm, host, target) for vm, target in found.moves.items())
    return Balance(moves, used, total, {one.vm: float(memory_held(one.vm)) for one in moves})


def _taking(home: Home) -> list[Host]:
    return [host for host in home.all(Host).values() if host.enabled and is_live(host) and memory_total(host)]


def _busy(load: Load | None, vm: VM) -> float:
    """CPUs that it keeps busy; 0 if nobody knows."""
    return load.cpu * vcpus_of(vm) if load is not None and math.isfinite(load.cpu) else 0.0


def _evened(room: HostRoom, used: dict[Host, float], total: dict[Host, float], weights: dict[VM, float]) -> Balance:
    before, moves = dict(used), list[Suggestion]()
    there = {vm: host for host in used for vm in guests_on(host) if can_move(vm)}
    while len(moves) < MOST and (found := _best(room, used, total, weights, there)) is not None:
        moves.append(found)
        room.take(found.vm, found.source)
        room.put(found.vm, found.target)
        used[found.source] -= weights[found.vm]
        used[found.target] += weights[found.vm]
        del there[found.vm]  # each moves once
    return Balance(tuple(moves), before, total, {one.vm: weights[one.vm] for one in moves})


def _best(
    room: HostRoom, used: dict[Host, float], total: dict[Host, float], weights: dict[VM, float], there: dict[VM, Host]
) -> Suggestion | None:  # fmt: skip
    def share(host: Host, more: float = 0.0) -> float:
        return (used[host] + more) / total[host]

    if len(used) < 2:  # nowhere to go
        return None
    order = sorted(used, key=lambda host: (share(host), host.uuid))
    fullest = order[-1]
    leaving = [vm for vm, host in there.items() if host is fullest]
    best, gained = None, WORTH
    for target in order[:-1]:
        if is_older(target, fullest):
            continue
        spread = share(fullest) - share(target)
        for vm in leaving:
            gain = spread - abs(share(fullest, -weights[vm]) - share(target, weights[vm]))
            if (
                gain > gained
                and memory_held(vm) <= room.free[target]
                and room.reaches(vm, target)
                and room.keeps_apart(vm, fullest, target)
            ):
                best, gained = Suggestion(vm, fullest, target), gain  # the dearest questions were last
    return best
