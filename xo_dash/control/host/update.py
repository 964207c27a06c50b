"""Updates of an XCP-ng host by its updater plugin: emptied, installed, rebooted, and its VMs back."""

from __future__ import annotations

from typing import Final

from data.facts.host import INSTALLED, needs_reboot
from data.names import name_of
from data.objects import Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.conditions import silent
from xo_dash.control.host.maintenance import PLACES, check, consequences, path
from xo_dash.control.host.power import RebootHost, is_empty, reboot
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.resume.plan_clock import plan_time
from xo_dash.control.writes import setting_key
from xo_dash.i18n import N_

PLUGIN: Final = "updater.py"
BRAND: Final = "XCP-ng"


class UpdateHost(RebootHost, frozen=True, kw_only=True):
    """Install what its repositories have, then reboot it."""


def is_xcp_ng(host: Host) -> bool:
    """Whether it has the updater plugin. Source: XenServer has pool-wide repositories instead."""
    return host.software_version.get("product_brand", "") == BRAND


def blocked(host: Host) -> LazyText | None:
    if not is_xcp_ng(host):
        return lazy(N_("its updates are installed with XenCenter: only XCP-ng hosts have the updater plugin"))
    return silent(host)


def installing(host: Host) -> Plan:
    """Source: `update` runs yum and answers when it has ended; who installs writes when, and an older boot means that a reboot is due."""
    name = name_of(host)
    yield Call("host.call_plugin", host.ref, PLUGIN, "update", {}, says=lazy(N_("Installing updates on {name}"), name=name))
    says = lazy(N_("Recording when updates were installed on {name}"), name=name)
    yield from setting_key(host, "other_config", INSTALLED, str(int(plan_time())), says)


def update(request: UpdateHost, host: Host) -> Plan:
    return reboot(request, host, installing)


def is_installed(host: Host) -> bool:
    """Of a call that nobody can tell of: an empty host without a record of its updates is not done."""
    return is_empty(host) and needs_reboot(host)


UPDATE_HOST: Final[AnyAction] = Action(
    id="host.update", kind=Host, request=UpdateHost, title=N_("Install updates"), done=N_("{name} is updated"), role=Role.ADMIN,
    icon="download", applies_to=is_xcp_ng, blocked=blocked, succeeded=is_installed, choices=PLACES, check=check, plan=update,
    consequences=consequences, page=lambda host: f"{path(host)}?then=update",
    warning=N_("Its VMs leave first and come back afterwards. The host reboots and is unavailable for some minutes."),
)  # fmt: skip
