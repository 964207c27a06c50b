"""What the pool itself says stands against updating it; XAPI knows more than the mirror, and our own checks say it better."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from data.methods import Methods
from data.names import name_of
from data.objects import VM, Host, Pool
from data.types import Ref
from xo_dash.control.failures import explain
from xo_dash.control.host.departures import Departures, instead
from xo_dash.control.host.maintenance import NOT_ENOUGH_MEMORY
from xo_dash.control.lazy_text import lazy
from xo_dash.control.rolling.check import Check, Gravity, Obstacle
from xo_dash.control.rolling.request import RollHosts
from xo_dash.control.rolling.uploaded import prechecked
from xo_dash.control.task_waiter import Connections
from xo_dash.i18n import N_
from xo_dash.xapi.errors import XapiError

log = logging.getLogger(__name__)
READINESS: Final = "pool.check_update_readiness"
MOST: Final = 500
"""Obstacles that are kept: one for each VM that cannot leave its host."""
OURS: Final = frozenset({"HA_IS_ENABLED", "HOST_OFFLINE", "HOST_NOT_LIVE"})
"""Codes of what our own checks find, with what is done about it."""


async def obstacles_of(connections: Connections, request: RollHosts, pool: Pool) -> tuple[Obstacle, ...]:
    """None where nothing is updated, the pool does not know the call, or does not answer: then our own checks stand alone.

    Source: the call is of XAPI 22 and later; XenServer 7 has a check of each update on each host.
    """
    if not request.update:
        return ()
    try:
        if pool.home.part(Methods).lacks(READINESS):
            return await prechecked(connections, request, pool)
        answer = await connections(pool.home.id).call(READINESS, pool.ref, True)
        return tuple(one for one in msgspec.convert(answer, tuple[Obstacle, ...])[:MOST] if one)
    except (XapiError, msgspec.ValidationError) as error:
        log.info("%s does not say whether it can be updated: %s", name_of(pool), error)
        return ()


def told_by_pool(pool: Pool, told: Sequence[Obstacle], found: Mapping[Host, Departures]) -> Iterator[Check]:
    """Without what is about hosts that are left out, and VMs that our own checks say, or have decided, something about.

    `found`: what becomes of the VMs of each host whose turn comes.
    """
    hosts = {host.ref for host in found}
    places = {vm.ref: host for host, one in found.items() for vm in one.evacuation.moves}
    for code, *arguments in dict.fromkeys(told):
        if code in OURS:
            continue
        vm = next((vm for text in arguments if (vm := pool.home.one(VM, Ref(text))) is not None), None)
        named = [host for text in arguments if (host := pool.home.one(Host, Ref(text))) is not None]
        reason = explain(code, arguments, pool.home, vm)
        if vm is not None and (place := places.pop(vm.ref, None)) is not None:
            if code == NOT_ENOUGH_MEMORY and found[place].off:
                continue  # it judges as if all of them moved
            yield Check(Gravity.BLOCKS, lazy(N_("{vm} cannot leave {host}"), vm=name_of(vm), host=name_of(place)), reason,
                        place, vm, "", instead(vm))  # fmt: skip
        elif vm is None and (not named or any(host.ref in hosts for host in named)):
            host = next(iter(named), None)
            one = lazy(N_("{host} is not ready for updates"), host=name_of(host)) if host else None
            yield Check(Gravity.BLOCKS, one or lazy(N_("The pool is not ready for updates")), reason, host)
