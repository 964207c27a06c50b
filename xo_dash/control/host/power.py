"""Starting a host, or its toolstack, anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from data.names import name_of
from data.objects import Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.conditions import cannot_power_on, cannot_reboot, silent
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Plan, one
from xo_dash.control.request import NoRequest
from xo_dash.i18n import N_


def _row(method: str, blocked: Callable[[Host], LazyText | None], *, doing: str, **row: Any) -> AnyAction:
    def plan(request: NoRequest, host: Host) -> Plan:
        return one(method, host.ref, says=lazy(doing, name=name_of(host)))

    return Action(id=method, kind=Host, role=Role.ADMIN, applies_to=lambda host: True, blocked=blocked, plan=plan, **row)


POWER_ON: Final = _row(
    "host.power_on", cannot_power_on, icon="power", prominent=True,
    title=N_("Power on"), doing=N_("Powering on {name}"), done=N_("{name} is powered on; it takes some minutes to start"),
)  # fmt: skip
RESTART_TOOLSTACK: Final = _row(
    "host.restart_agent", silent, icon="reboot", danger=True,
    title=N_("Restart toolstack"), doing=N_("Restarting the toolstack of {name}"), done=N_("The toolstack of {name} is restarting"),
    warning=N_("VMs keep running. Tasks on the host are interrupted; if it is the master, the whole pool does not respond for a minute."),
)  # fmt: skip
REBOOT: Final = _row(
    "host.reboot", cannot_reboot, icon="reboot", danger=True,
    title=N_("Reboot host"), doing=N_("Rebooting {name}"), done=N_("{name} is rebooting"),
    warning=N_("The host is unavailable for some minutes; if it is the pool master, the whole pool does not respond during that time."),
)  # fmt: skip
