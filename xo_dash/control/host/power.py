"""Starting a host, or its toolstack, anew, and ending it: its VMs leave first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Final

from msgspec import Meta

from data.facts.host import booted_at, is_live
from data.facts.pool import is_master
from data.names import name_of
from data.objects import PBD, Host, Task, TaskStatus
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.bring_back import BringBack, putting_back, unmarking
from xo_dash.control.host.conditions import cannot_power_on, guests, silent
from xo_dash.control.host.departures import EnterMaintenance, departures
from xo_dash.control.host.maintenance import PLACES, away_after, check, consequences, enabling, enter, held_after, path
from xo_dash.control.labels import always
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Call, Plan, Wait, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.requests.types import called
from xo_dash.i18n import N_, _

BOOTS_WITHIN: Final = 30
"""Minutes: large servers check their memory for a quarter of an hour."""
LONGEST: Final = 240
Minutes = Annotated[int, Meta(ge=1, le=LONGEST), called(N_("Minutes to wait for a host after its reboot"))]


class RebootHost(EnterMaintenance, frozen=True, kw_only=True):
    """Empty a host and reboot it; its VMs come back, unless nobody is to be remembered."""

    minutes: Minutes = BOOTS_WITHIN


class ShutDownHost(EnterMaintenance, frozen=True, kw_only=True):
    """Empty a host and shut it down."""


def reboot(request: RebootHost, host: Host, before: Callable[[Host], Plan] | None = None) -> Plan:
    """Into maintenance mode, down and up, out of it; then those that left come back. `before`: what is done to the empty host first."""
    booted, away = booted_at(host) or 0.0, away_after(departures(request, host), host)
    paths = [pbd for pbd in host.all_of(PBD, host.PBDs) if pbd.currently_attached]
    yield from enter(request, host)
    if before is not None:
        yield from before(host)
    yield Call("host.reboot", host.ref, final=True, says=lazy(N_("Rebooting {name}"), name=name_of(host)))
    yield Wait(
        until=_Return(host, booted, paths),
        within=60.0 * request.minutes,
        says=lazy(N_("Waiting until {name} is back"), name=name_of(host)),
        failed=lazy(N_("it does not respond after {minutes} min; look at its console"), minutes=request.minutes),
    )
    yield from enabling(host)
    yield unmarking(host)
    if request.remember:
        yield from putting_back(BringBack(network=request.network, at_once=request.at_once), host, away, held_after(away))


class _Return:
    """Whether a host is back: heard by a connected pool, booted since, and done with it. XAPI enables it, or has at least attached the SRs.

    Source: host.enable before that is refused with HOST_STILL_BOOTING. Where nobody tells when it booted it was not heard meanwhile, and
    is enabled, which it was not when it went.
    """

    def __init__(self, host: Host, before: float, paths: Sequence[PBD]) -> None:
        self._host, self._before, self._paths = host, before, paths
        self._was_away = False

    def __call__(self) -> bool:
        home = self._host.home
        now = home.one(Host, self._host.ref)
        if now is None or not home.server.is_live or not is_live(now):
            self._was_away = True
            return False
        if (booted_at(now) or 0.0) <= self._before:
            return self._was_away and now.enabled
        attached = (home.one(PBD, pbd.ref) for pbd in self._paths)
        return now.enabled or all(pbd is None or pbd.currently_attached for pbd in attached)


def is_empty(host: Host) -> bool:
    """Whether what was lost track of can only be the end of the host itself: what follows in the plan tells."""
    return not host.enabled and not guests(host)


def shut_down(request: ShutDownHost, host: Host) -> Plan:
    yield from enter(request, host)
    yield Call("host.shutdown", host.ref, says=lazy(N_("Shutting down {name}"), name=name_of(host)))


def restarting_toolstack(host: Host) -> Call:
    """Source: XAPI answers a second before it restarts; a task of the master's would be gone before anybody has seen its end."""
    says = lazy(N_("Restarting the toolstack of {name}"), name=name_of(host))
    return Call("host.restart_agent", host.ref, asynchronous=False, harmless=True, says=says)


def restart_toolstack(request: NoRequest, host: Host) -> Plan:
    yield restarting_toolstack(host)


def stopping(host: Host) -> Sequence[str]:
    """What ends with its toolstack."""
    running = [one for one in host.home.all(Task).values() if one.status is TaskStatus.PENDING and one.resident_on == host.ref]
    lines = [_("the task “{name}” is interrupted").format(name=one.name_label) for one in running]
    of_master = _("{name} is the master: the whole pool does not respond for a minute").format(name=name_of(host))
    return [*([of_master] if is_master(host) else []), *lines]


def _of_maintenance(host: Host) -> Sequence[str]:
    of_master = _("{name} is the master: the whole pool does not respond meanwhile").format(name=name_of(host))
    return [*consequences(host), *([of_master] if is_master(host) else [])]


def power_on(request: NoRequest, host: Host) -> Plan:
    return one("host.power_on", host.ref, says=lazy(N_("Powering on {name}"), name=name_of(host)))


POWER_ON: Final[AnyAction] = Action(
    id="host.power_on", kind=Host, title=N_("Power on"), done=N_("{name} is powered on; it takes some minutes to start"), role=Role.ADMIN,
    icon="power", prominent=True, applies_to=always, blocked=cannot_power_on, plan=power_on,
)  # fmt: skip
RESTART_TOOLSTACK: Final[AnyAction] = Action(
    id="host.restart_agent", kind=Host, title=N_("Restart toolstack"), done=N_("The toolstack of {name} is restarting"), role=Role.ADMIN,
    icon="reboot", danger=True, prominent=True, applies_to=always, blocked=silent, consequences=stopping, plan=restart_toolstack,
    warning=N_("VMs keep running. Tasks on the host are interrupted."),
)  # fmt: skip
REBOOT: Final[AnyAction] = Action(
    id="host.reboot", kind=Host, request=RebootHost, title=N_("Reboot host"), done=N_("{name} has rebooted"), role=Role.ADMIN,
    icon="reboot", danger=True, prominent=True, applies_to=always, blocked=silent, succeeded=is_empty,
    choices=PLACES, check=check, plan=reboot,
    consequences=_of_maintenance, page=lambda host: f"{path(host)}?then=reboot",
    warning=N_("Its VMs leave first and come back afterwards. The host is unavailable for some minutes."),
)  # fmt: skip
SHUT_DOWN: Final[AnyAction] = Action(
    id="host.shutdown", kind=Host, request=ShutDownHost, title=N_("Shut down host"), done=N_("{name} is shut down"), role=Role.ADMIN,
    icon="power", danger=True, prominent=True, applies_to=always, blocked=silent, succeeded=is_empty,
    choices=PLACES, check=check, plan=shut_down,
    consequences=_of_maintenance, page=lambda host: f"{path(host)}?then=shutdown",
    warning=N_("Its VMs leave first. Without a power-on method it has to be powered on by hand."),
)  # fmt: skip
