"""Moves of running VMs that even out the memory of a pool's hosts."""

from __future__ import annotations

from typing import Final, NamedTuple

from data.evacuation import can_move
from data.facts.host import is_live, is_older, memory_total
from data.failover import HostRoom
from data.objects import VM, Host
from data.placement import guests_on, memory_held
from data.types import Home

MOST: Final = 10
"""Moves that are suggested: more are no longer looked through."""
WORTH: Final = 0.02
"""Share of a host's memory by which the spread must shrink for a move to be worth its cost."""


class Suggestion(NamedTuple):
    vm: VM
    source: Host
    target: Host


class Balance(NamedTuple):
    """What is suggested, and what is free in bytes on each host before and after."""

    moves: tuple[Suggestion, ...]
    before: dict[Host, int]
    after: dict[Host, int]


def even_out(home: Home) -> Balance:
    """From the fullest host to the emptiest that can take it, always the VM that leaves both most alike; until that gains little."""
    hosts = [host for host in home.all(Host).values() if host.enabled and is_live(host) and memory_total(host)]
    room = HostRoom(hosts)
    before, moves = dict(room.free), list[Suggestion]()
    there = {vm: host for host in hosts for vm in guests_on(host) if can_move(vm)}
    while len(moves) < MOST and (found := _best(room, there)) is not None:
        moves.append(found)
        room.take(found.vm, found.source)
        room.put(found.vm, found.target)
        del there[found.vm]  # each moves once
    return Balance(tuple(moves), before, dict(room.free))


def _best(room: HostRoom, there: dict[VM, Host]) -> Suggestion | None:
    if len(room.free) < 2:  # nowhere to go
        return None
    order = sorted(room.free, key=lambda host: (_share(host, room.free[host]), host.uuid))
    fullest = order[-1]
    best, gained = None, WORTH
    for target in order[:-1]:
        spread = _share(fullest, room.free[fullest]) - _share(target, room.free[target])
        for vm, host in there.items():
            held = memory_held(vm)
            if host is not fullest or held > room.free[target] or is_older(target, fullest) or not room.reaches(vm, target):
                continue
            left = abs(_share(fullest, room.free[fullest] + held) - _share(target, room.free[target] - held))
            if spread - left > gained:
                best, gained = Suggestion(vm, fullest, target), spread - left
    return best


def _share(host: Host, free: int) -> float:
    """Of its memory that is used, 0 to 1."""
    return 1 - free / memory_total(host)
