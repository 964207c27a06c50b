"""Why no host takes a VM: XAPI says NO_HOSTS_AVAILABLE and nothing else, the mirror knows what each host lacks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

from data.host_fit import Lack, Obstacle, lacks
from data.names import name_order
from data.objects import VM, Host
from xo_dash.control.lazy_text import Amount, LazyText, lazy
from xo_dash.i18n import N_

SHOWN: Final = 5
"""Hosts that are named beside the nearest."""
RANK: Final = {obstacle: rank for rank, obstacle in enumerate(Obstacle)}

NEAREST: Final = {
    Obstacle.MEMORY: N_(
        "no host has enough free memory for it: it needs {needed}, and {host} has {free}; stop some VMs there, or give it less memory"
    ),
    Obstacle.MAINTENANCE: N_("no host can run it: {host} is in maintenance mode; take it out of maintenance mode first"),
    Obstacle.SR: N_("no host can run it: {what} is not attached on {host}; attach it there"),
    Obstacle.NETWORK: N_("no host can run it: {host} does not have the network {what}; add it there, or use another network"),
    Obstacle.SILENCE: N_("no host can run it: {host} is not responding; check its power and network"),
}
"""The host that lacks least, and the way out."""
OTHERS: Final = {
    Obstacle.MEMORY: N_("{host}: {free} of memory free"),
    Obstacle.MAINTENANCE: N_("{host}: in maintenance mode"),
    Obstacle.SR: N_("{host}: {what} not attached"),
    Obstacle.NETWORK: N_("{host}: no network {what}"),
    Obstacle.SILENCE: N_("{host}: not responding"),
}


def why_nowhere(vm: VM) -> LazyText | None:
    """What the other hosts of its pool lack, the one that lacks least first; None if as far as we know one could take it."""
    hosts = vm.home.all(Host)
    found = {host: tuple(lacks(vm, host)) for host in hosts.values() if host.ref != vm.resident_on}
    if not found:
        return lazy(N_("the pool has no other host")) if hosts else None
    if not all(found.values()):
        return None
    first, *others = sorted(found, key=lambda host: (*_distance(found[host]), *name_order(host)))
    nearest = _said(NEAREST, first, found[first])
    if not others:
        return nearest
    return lazy(N_("{nearest} ({others})"), nearest=nearest, others=_listed([_said(OTHERS, host, found[host]) for host in others]))


def _distance(found: Sequence[Lack]) -> tuple[float, ...]:
    """The fewer obstacles the nearer, the easier to remove the nearer, and the less memory is missing the nearer."""
    return (len(found), max(RANK[lack.obstacle] for lack in found), sum(lack.needed - lack.free for lack in found))


def _said(words: dict[Obstacle, str], host: Host, found: Sequence[Lack]) -> LazyText:
    worst = max(found, key=lambda lack: RANK[lack.obstacle])
    what = worst.what.name_label or worst.what.uuid if worst.what else ""
    return lazy(words[worst.obstacle], host=host.name_label or host.uuid, what=what, needed=Amount(worst.needed), free=Amount(worst.free))


def _listed(lines: Sequence[LazyText]) -> LazyText:
    """`a; b; c; and 12 more`"""
    said, *others = lines
    for line in islice(others, SHOWN - 1):
        said = lazy("{before}; {line}", before=said, line=line)
    if (left := len(lines) - SHOWN) > 0:
        said = lazy("{before}; {line}", before=said, line=lazy(N_("and {n} more"), n=left))
    return said
