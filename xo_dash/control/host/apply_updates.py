"""Updates of a XenServer host from its pool's repositories: emptied, installed, rebooted, and its VMs back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Final

from msgspec import Meta

from data.facts.pool import has_ha
from data.names import name_of
from data.objects import Host, Pool
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host import maintenance
from xo_dash.control.host.conditions import silent
from xo_dash.control.host.maintenance import PLACES, consequences, path
from xo_dash.control.host.power import RebootHost, is_empty, reboot
from xo_dash.control.host.update import is_xcp_ng
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.types import called
from xo_dash.i18n import N_

UP_TO_DATE: Final = "yes"
"""What XAPI says in latest_synced_updates_applied of a host that has everything."""


Checksum = Annotated[
    str, Meta(max_length=128, extra={"line": True}), called(N_("Checksum"), hint=N_("Identifies the list of updates to install"))
]


class ApplyUpdates(RebootHost, frozen=True, kw_only=True):
    """Install what the pool synchronized, then reboot."""

    checksum: Checksum = ""


def has_repositories(host: Host) -> bool:
    """Source: XenServer 8's pools have repositories; XCP-ng's have the updater plugin, older XenServers neither."""
    return not is_xcp_ng(host) and any(pool.repositories for pool in host.home.all(Pool).values())


def is_up_to_date(host: Host) -> bool:
    """Whether it has all that the pool synchronized; False where no pool synchronizes, whatever XAPI says there."""
    return not is_xcp_ng(host) and host.latest_synced_updates_applied == UP_TO_DATE


def blocked(host: Host) -> LazyText | None:
    """Source: host.apply_updates refuses with HA_IS_ENABLED, and leaves alone what has all there is."""
    if has_ha(host.home):
        return lazy(N_("HA is on; turn HA off first"))
    if is_up_to_date(host):
        return lazy(N_("it has all updates that the pool has synchronized"))
    return silent(host)


def check(request: ApplyUpdates, host: Host) -> Iterator[Fault]:
    if not request.checksum:
        yield Fault("checksum", lazy(N_("which updates there are is not known yet; check for updates first")))
    yield from maintenance.check(request, host)


def installing(checksum: str, host: Host) -> Plan:
    """Source: the checksum is of the list that was seen; where there is another by now XAPI refuses with UPDATEINFO_HASH_MISMATCH."""
    yield Call("host.apply_updates", host.ref, checksum, says=lazy(N_("Installing updates on {name}"), name=name_of(host)))


def plan(request: ApplyUpdates, host: Host) -> Plan:
    return reboot(request, host, partial(installing, request.checksum))


def is_applied(host: Host) -> bool:
    """Of a call that nobody can tell of: an empty host that still lacks them is not done."""
    return is_empty(host) and is_up_to_date(host)


APPLY_UPDATES: Final[AnyAction] = Action(
    id="host.apply_updates", kind=Host, request=ApplyUpdates, title=N_("Apply updates"), done=N_("{name} is updated"), role=Role.ADMIN,
    icon="download", applies_to=has_repositories, blocked=blocked, succeeded=is_applied, choices=PLACES, check=check,
    plan=plan, consequences=consequences, page=lambda host: f"{path(host)}?then=apply",
    warning=N_("Its VMs leave first and come back afterwards. The host reboots and is unavailable for some minutes."),
)  # fmt: skip
