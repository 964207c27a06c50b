"""Will everything that must run find a place when hosts fail? Packing of sizes into hosts, as xapi's planner does it.

Small pools try every order in which hosts can fail; where those are too many, one worst case stands for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

MANY_HOSTS = 32
MANY_WAYS = 3500  # to fail: beyond it one worst case is looked at


@dataclass(frozen=True, slots=True)
class Configuration:
    """`free` is what each live host has left, `sizes` what each thing takes, in bytes; `placement` is where things are now."""

    free: Mapping[str, int]
    sizes: Mapping[str, int]
    placement: Mapping[str, str]
    hosts: int  # of the pool, dead ones too
    failures: int  # to be survived

    def after(self, plan: Mapping[str, str]) -> Configuration:
        """With the things of `plan` where it puts them."""
        return replace(self, free=account(self.free, self.sizes, plan), placement={**self.placement, **plan})

    def pack(self, things: Iterable[str]) -> dict[str, str]:
        """{thing: host}, the biggest first, each where most is left; what fits nowhere is left out."""
        left, plan = dict(self.free), {}
        for thing in sorted(things, key=lambda t: -self.sizes[t]):
            host = max(left, key=left.__getitem__, default=None)
            if host is not None and left[host] >= self.sizes[thing]:
                left[host] -= self.sizes[thing]
                plan[thing] = host
        return plan


def account(free: Mapping[str, int], sizes: Mapping[str, int], plan: Mapping[str, str]) -> dict[str, int]:
    left = dict(free)
    for thing, host in plan.items():
        if host in left:
            left[host] -= sizes[thing]
    return left


def always_possible(config: Configuration) -> bool:
    """Can `config.failures` hosts fail, whichever they are, and everything runs on?"""
    live = len(config.free)
    if not 0 <= config.failures <= config.hosts or live < config.failures or (live == config.failures and config.sizes):
        return False
    if config.hosts > MANY_HOSTS or math.perm(config.hosts, config.failures) >= MANY_WAYS:
        return not config.sizes or _worst_case(config)
    return _survives(config, config.failures, {})


def _survives(config: Configuration, failures: int, known: dict[Hashable, bool]) -> bool:
    """One host after the other, in every order; what is left of two orders is often the same."""
    if failures == 0:
        return True
    state = (tuple(config.free.items()), tuple(sorted(config.placement.items())))
    if state not in known:
        afterwards = [_without(config, host) for host in config.free]
        known[state] = all(rest is not None and _survives(rest, failures - 1, known) for rest in afterwards)
    return known[state]


def _without(config: Configuration, dead: str) -> Configuration | None:
    """The host has failed and its things are elsewhere; None if there is no room for them."""
    failed = [thing for thing, host in config.placement.items() if host == dead]
    rest = replace(config, free={host: free for host, free in config.free.items() if host != dead})
    plan = rest.pack(failed)
    return rest.after(plan) if len(plan) == len(failed) else None


def _worst_case(config: Configuration) -> bool:
    """The largest hosts fail, those with most things do, and every thing is as large as the largest."""
    largest = max(config.sizes.values())
    room = sorted((free // largest for free in config.free.values()), reverse=True)[config.failures :]
    counts = sorted((sum(h == host for h in config.placement.values()) for host in config.free), reverse=True)
    return sum(counts[: config.failures]) <= sum(room)
