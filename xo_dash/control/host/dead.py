"""A host that will not come back: its VMs can start elsewhere, and the pool forgets it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.facts.host import is_live
from data.names import name_of
from data.objects import Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.conditions import guests, leads, ties_to_pool
from xo_dash.control.host.membership import is_alone, local_srs
from xo_dash.control.lazy_text import LazyText, lazy, together
from xo_dash.control.plan import Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.i18n import N_, _, ngettext, number


def is_member(host: Host) -> bool:
    return not is_alone(host)


def counts_as_live(host: Host) -> LazyText | None:
    """Source: XAPI refuses with HOST_IS_LIVE, and what it does to its own master it does to itself."""
    if reason := leads(host):
        return reason
    return lazy(N_("the pool counts it as running: without HA it notices after ten minutes that a host is gone")) if is_live(host) else None


def cannot_declare(host: Host) -> LazyText | None:
    return counts_as_live(host) or (None if guests(host) else lazy(N_("no VM is on it")))


def cannot_forget(host: Host) -> LazyText | None:
    ties = ties_to_pool(host, N_("VMs count as running on it ({count}); declare it dead first"))
    return counts_as_live(host) or together(ties)


def declare(request: NoRequest, host: Host) -> Plan:
    return one("host.declare_dead", host.ref, says=lazy(N_("Declaring {name} dead"), name=name_of(host)))


def forget(request: NoRequest, host: Host) -> Plan:
    return one("host.destroy", host.ref, says=lazy(N_("Removing {name} from the pool"), name=name_of(host)))


def freed(host: Host) -> Sequence[str]:
    return [_("{name} counts as halted").format(name=name_of(vm)) for vm in guests(host)]


def left(host: Host) -> Sequence[str]:
    """Local storage stays in the pool's list."""
    found = [name_of(sr) for sr in local_srs(host)]
    text = ngettext(
        "{n} SR of its own can no longer be reached: {names}", "{n} SRs of its own can no longer be reached: {names}", len(found)
    )
    return [text.format(n=number(len(found)), names=", ".join(found))] if found else []


DECLARE_DEAD: Final[AnyAction] = Action(
    id="host.declare_dead", kind=Host, title=N_("Declare dead"), done=N_("The VMs of {name} can start elsewhere"), role=Role.ADMIN,
    icon="attention", danger=True, typed=True, applies_to=is_member, blocked=cannot_declare, relevant=lambda host: not is_live(host),
    needs=("host.declare_dead",), plan=declare, consequences=freed, succeeded=lambda host: not guests(host),
    warning=N_("Only if the host is powered off: a VM that still runs there and is started elsewhere too destroys its disks."),
)  # fmt: skip
FORGET_HOST: Final[AnyAction] = Action(
    id="host.forget", kind=Host, title=N_("Forget host"), done=N_("{name} is no longer in the pool"), role=Role.ADMIN, icon="trash",
    danger=True, typed=True, applies_to=is_member, blocked=cannot_forget, relevant=lambda host: not is_live(host), plan=forget,
    consequences=left, succeeded=lambda host: host.home.one(Host, host.ref) is None,
    warning=N_("For a host that does not come back. To join again it has to be installed anew."),
)  # fmt: skip
