"""What became of a host's turn that nobody remembers the run of: the pool tells."""

from __future__ import annotations

from typing import Final

from data.facts.host import booted_at, is_live
from data.maintenance import held_lists
from data.objects import Host
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.rolling.state import HostTurn, TurnState
from xo_dash.i18n import N_

BACK: Final = N_("it is back now; check again, and its VMs come back as well")


def is_back(host: Host, turn: HostTurn) -> bool:
    return is_live(host) and has_booted(host, turn)


def has_booted(host: Host, turn: HostTurn) -> bool:
    """Since its turn began; both moments are of its own clock."""
    return (booted_at(host) or 0.0) > turn.booted


def as_found(host: Host, turn: HostTurn) -> tuple[TurnState, LazyText | None]:
    """What became of a turn whose run nobody knows any more: the pool tells."""
    if is_live(host) and host.enabled and has_booted(host, turn) and not held_lists(host):
        return TurnState.DONE, None
    if not is_live(host):
        return TurnState.FAILED, lazy(N_("it does not respond"))
    return TurnState.FAILED, lazy(N_("its VMs are not all back") if has_booted(host, turn) else N_("it has not rebooted since"))
