"""What became of a host's turn that nobody remembers the run of: the pool tells."""

from __future__ import annotations

from typing import Final

from data.facts.host import booted_at, is_live
from data.maintenance import held_lists
from data.objects import PBD, Host
from xo_dash.control.host.pool_update import takes_pool_updates
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.rolling.request import RollHosts, is_done, is_emptied
from xo_dash.control.rolling.state import HostTurn, TurnState
from xo_dash.i18n import N_

BACK: Final = N_("it is back now; check again, and its VMs come back as well")


def is_back(host: Host, turn: HostTurn) -> bool:
    """Heard, booted since, and done with it: XAPI enables it, or has at least attached the SRs that it had; before that no VM can come."""
    attached = (host.home.by_uuid(PBD, uuid) for uuid in turn.paths)
    return is_live(host) and has_booted(host, turn) and (host.enabled or all(pbd is None or pbd.currently_attached for pbd in attached))


def has_booted(host: Host, turn: HostTurn) -> bool:
    """Since its turn began; both moments are of its own clock."""
    return (booted_at(host) or 0.0) > turn.booted


def is_through(request: RollHosts, host: Host, turn: HostTurn) -> bool:
    """Whether its turn is behind it, its VMs aside: updates of XenServer 7 may do without a reboot."""
    return is_back(host, turn) or (takes_pool_updates(host) and is_done(request, host))


def as_found(request: RollHosts, host: Host, turn: HostTurn) -> tuple[TurnState, LazyText | None]:
    """What became of a turn whose run nobody knows any more: the pool tells."""
    through = is_through(request, host, turn)
    if is_live(host) and host.enabled and through and not held_lists(host):
        return TurnState.DONE, None
    if not is_live(host):
        return TurnState.FAILED, lazy(N_("it does not respond"))
    if not through and has_booted(host, turn):
        return TurnState.FAILED, lazy(N_("it is still starting: its SRs are not attached yet"))
    if through:
        return TurnState.FAILED, lazy(N_("its VMs are not all back"))
    rebooted = N_("it has not rebooted since") if is_emptied(request, host) else N_("its updates are not all installed")
    return TurnState.FAILED, lazy(rebooted)
