"""VMs of a host that are busy for the moment: a host's turn waits for them, and is tried again where one came in between."""

from __future__ import annotations

import asyncio
from typing import Final

from data.failover import Bound
from data.mirror import Mirror
from data.names import name_of
from data.objects import VM, Host, PowerState
from data.placement import guests_on
from xo_dash.control.host.departures import departures
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.packed_text import packed
from xo_dash.control.rolling.book import RollingBook
from xo_dash.control.rolling.phases import REBOOT
from xo_dash.control.rolling.request import RollHosts, request_for
from xo_dash.control.rolling.state import HostTurn, Rolling
from xo_dash.control.run import RunItem, RunState
from xo_dash.control.words import under_way
from xo_dash.i18n import N_

PASSING: Final = frozenset({"OTHER_OPERATION_IN_PROGRESS", "TOO_MANY_STORAGE_MIGRATES"})
"""Codes of what works later."""
PATIENCE: Final = 900.0
"""Seconds for which a host waits for its VMs; then it is tried all the same, and fails with the reason."""
REST: Final = 20.0
"""Seconds before it is tried again."""
TRIES: Final = 6
"""Turns of a host that end for such a reason, until somebody is asked."""


def busy_on(host: Host) -> list[VM]:
    """Its VMs with which something is being done, by whomever."""
    return [vm for vm in guests_on(host) if vm.current_operations]


def busy_words(vm: VM) -> LazyText:
    """`web-1 is busy: a snapshot of it is being taken`"""
    return lazy(N_("{name} is busy: {reason}"), name=name_of(vm), reason=under_way(next(iter(vm.current_operations.values()))))


def passes(turn: HostTurn, item: RunItem, request: RollHosts, host: Host) -> bool:
    """Whether it ended for what is over soon, before anything was done to the host itself."""
    if item.state not in (RunState.FAILED, RunState.REFUSED) or any(phase.kind == REBOOT for phase in turn.phases):
        return False
    return turn.tries < TRIES and (item.code in PASSING or bool(busy_on(host)) or _is_momentary(request, host))


def _is_momentary(request: RollHosts, host: Host) -> bool:
    """Whether all that keeps VMs there is the moment: the tools of one that has just arrived do not respond yet."""
    stranded = departures(request_for(request, host), host).evacuation.stranded.values()
    return bool(stranded) and all(one.why is Bound.BUSY and one.vm.power_state is PowerState.RUNNING for one in stranded)


async def until_idle(mirror: Mirror, book: RollingBook, rolling: Rolling, turn: HostTurn, host: Host) -> None:
    """Return when nothing is being done with its VMs, somebody stops the run, or PATIENCE has run out; meanwhile the turn says so.

    After a try that failed not before REST: of what XAPI refused, its VMs may show nothing.
    """
    stirred, rested = asyncio.Event(), not turn.tries

    def over() -> None:
        nonlocal rested
        rested = True
        stirred.set()

    timer = asyncio.get_running_loop().call_later(REST if turn.tries else 0.0, over)
    ends = (mirror.observe(lambda _changes: stirred.set()), book.observers.add(lambda _rolling: stirred.set()))
    try:
        async with asyncio.timeout(PATIENCE):
            while ((busy := busy_on(host)) or not rested) and not rolling.stopping:
                stirred.clear()
                words = packed(busy_words(busy[0]) if busy else lazy(N_("a moment, before it is tried again")))
                if words != turn.waits:
                    turn.waits = words
                    book.note(rolling, N_("waits"), turn.name, words)
                    stirred.clear()  # of our own telling
                await stirred.wait()
    except TimeoutError:
        pass
    finally:
        timer.cancel()
        for end in ends:
            end()
        turn.waits = None
