"""An update of the old kind, XenServer 7's, onto one host. It is uploaded with XenCenter or `xe update-upload`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import Host, PoolUpdate
from data.pool_updates import REBOOT, RESTART_TOOLSTACK, uploaded_for, want
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.host.apply_updates import has_repositories
from xo_dash.control.host.conditions import silent
from xo_dash.control.host.power import restarting_toolstack
from xo_dash.control.host.update import is_xcp_ng
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import PoolUpdateUuid, called
from xo_dash.i18n import N_


class ApplyPoolUpdate(Request, frozen=True, kw_only=True):
    """Install an update that was uploaded to the pool; nothing is rebooted."""

    update: Annotated[PoolUpdateUuid, called(N_("Update"))]


def takes_pool_updates(host: Host) -> bool:
    """A XenServer without repositories: 7, or 8 before its first ones."""
    return not is_xcp_ng(host) and not has_repositories(host) and bool(host.home.all(PoolUpdate))


def choices(hosts: Sequence[Host]) -> Sequence[Choice]:
    return [Choice(one.uuid, f"{name_of(one)} {one.version}".strip()) for one in uploaded_for(hosts[0])]


def blocked(host: Host) -> LazyText | None:
    return silent(host) or (None if uploaded_for(host) else lazy(N_("it has all updates that were uploaded to the pool")))


def plan(request: ApplyPoolUpdate, host: Host) -> Plan:
    """XAPI's own check first. A reboot is left to people, who choose what becomes of the VMs; XAPI says that it is due."""
    update = host.home.by_uuid(PoolUpdate, request.update)
    if update is None:
        return
    yield from installing(update, host)
    if want([update], RESTART_TOOLSTACK) and not want([update], REBOOT):
        yield restarting_toolstack(host)


def installing(update: PoolUpdate, host: Host) -> Plan:
    names = {"update": name_of(update), "name": name_of(host)}
    yield Call("pool_update.precheck", update.ref, host.ref, harmless=True, says=lazy(N_("Checking {update} on {name}"), **names))
    yield Call("pool_update.apply", update.ref, host.ref, says=lazy(N_("Installing {update} on {name}"), **names))


APPLY_POOL_UPDATE: Final[AnyAction] = Action(
    id="host.apply_pool_update", kind=Host, request=ApplyPoolUpdate, title=N_("Apply uploaded update"), done=N_("{name} is updated"),
    role=Role.ADMIN, icon="download", applies_to=takes_pool_updates, occasional=True, blocked=blocked, choices={"update": choices},
    plan=plan,
    warning=N_("VMs keep running. If the host has to be rebooted afterwards, Attention says so."),
)  # fmt: skip
