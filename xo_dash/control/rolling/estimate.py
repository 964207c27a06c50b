"""About how long a host's turn takes: moves at the speed of migrations, installing and booting as in earlier runs of its pool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Final, NamedTuple

from data.objects import VM, Host, Network
from xo_dash.control.host.departures import Departures
from xo_dash.control.rolling.phases import INSTALL, REBOOT
from xo_dash.control.rolling.request import RollHosts, is_emptied, is_updated
from xo_dash.control.rolling.state import Rolling, TurnState
from xo_dash.control.vm.migration.estimate import estimate
from xo_dash.control.vm.migration.mapping import disk_moves, migration_network_of
from xo_dash.control.vm.migration.speeds import MigrationSpeeds

ASSUMED: Final[Mapping[str, float]] = {INSTALL: 180.0, REBOOT: 300.0}
"""Seconds, where no earlier run of the pool tells."""
UNKNOWN: Final = 30.0
"""Seconds that a VM is assumed to move where no speed is known, and to be suspended or shut down."""

MOST: Final = 30 * 86400.0
"""Seconds: what hosts tell of their memory and NICs has no bounds, an axis of time has."""


class TurnTime(NamedTuple):
    """Seconds of each part; `is_seen`: an earlier run tells how long a reboot takes."""

    move: float = 0.0
    install: float = 0.0
    reboot: float = 0.0
    back: float = 0.0
    is_seen: bool = True

    @property
    def total(self) -> float:
        return min(MOST, self.move + self.install + self.reboot + self.back)


def turn_time(request: RollHosts, host: Host, found: Departures, past: Sequence[Rolling], speeds: MigrationSpeeds) -> TurnTime:
    """`found`: what becomes of its VMs; `past`: the runs of its pool."""
    install = (usual(INSTALL, host.uuid, past) or ASSUMED[INSTALL]) if is_updated(request, host) else 0.0
    if not is_emptied(request, host):
        return TurnTime(install=install)
    moves, seen = _moves(request, host, found, speeds), usual(REBOOT, host.uuid, past)
    return TurnTime(moves, install, seen or ASSUMED[REBOOT], moves if request.bring_back else 0.0, seen is not None)


def usual(kind: str, host: str, past: Iterable[Rolling]) -> float | None:
    """Seconds that this part took in the middle of the turns that are done: those of this host if there are any, else of all."""
    seen = list(_seen(kind, past))
    own = [seconds for of, seconds in seen if of == host]
    return median(own or (seconds for _of, seconds in seen)) if seen else None


def _seen(kind: str, past: Iterable[Rolling]) -> Iterator[tuple[str, float]]:
    for rolling in past:
        for turn in rolling.turns:
            for phase in turn.phases if turn.state is TurnState.DONE else ():
                if phase.kind == kind and phase.ended and not turn.back:
                    yield turn.host, max(0.0, phase.ended - phase.began)


def _moves(request: RollHosts, host: Host, found: Departures, speeds: MigrationSpeeds) -> float:
    network = host.home.by_uuid(Network, request.network) if request.network else None
    taken = [_seconds(vm, to, network, speeds) for vm, to in found.evacuation.moves.items()]
    return max((sum(taken) / request.at_once, *taken), default=0.0) + (UNKNOWN if found.off else 0.0)


def _seconds(vm: VM, to: Host, network: Network | None, speeds: MigrationSpeeds) -> float:
    about = estimate(vm, to, disk_moves(vm, to), network or migration_network_of(to), speeds).seconds
    return about if about is not None else UNKNOWN
