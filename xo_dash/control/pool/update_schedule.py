"""How a XenServer pool asks its repositories: by itself, on which days, and through which proxy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import Pool
from data.repositories import REMOTE, origin_of
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, only_with
from xo_dash.control.labels import never
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Call, Hidden, Plan, one
from xo_dash.control.pool.repositories import is_of_xenserver, is_web
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Line, Secret, called, one_of
from xo_dash.control.writes import setting
from xo_dash.i18n import N_

DAILY, WEEKLY = "daily", "weekly"
FREQUENCIES: Final[Mapping[str, str]] = {DAILY: N_("Daily"), WEEKLY: N_("Weekly")}
DAYS: Final[Mapping[str, str]] = {
    "sunday": N_("Sunday"), "monday": N_("Monday"), "tuesday": N_("Tuesday"), "wednesday": N_("Wednesday"), "thursday": N_("Thursday"),
    "friday": N_("Friday"), "saturday": N_("Saturday"),
}  # fmt: skip
"""In the order of XAPI's numbers."""


class UpdateSchedule(Request, frozen=True, kw_only=True):
    """Whether the pool asks its repositories by itself, and when. It only fetches: nothing is installed."""

    on: Annotated[bool, called(N_("Synchronize updates automatically"))]
    frequency: Annotated[str, one_of(FREQUENCIES), called(N_("How often"))] = WEEKLY
    day: Annotated[str, one_of(DAYS), called(N_("Day"), hint=N_("Only for a weekly schedule"))] = "sunday"


class UpdateProxy(Request, frozen=True, kw_only=True):
    """The way to the repositories; no address: none."""

    url: Annotated[Line, called(N_("Proxy"), hint=N_("http://proxy:3128; leave empty to connect directly"))] = ""
    user: Annotated[Line, called(N_("User"))] = ""
    password: Annotated[Secret, called(N_("Password"))] = ""


# ---- the schedule


def schedule_of(pool: Pool) -> Mapping[str, object]:
    """As it is, as a request has it."""
    frequency = pool.update_sync_frequency if pool.update_sync_frequency in FREQUENCIES else WEEKLY
    return {"on": pool.update_sync_enabled, "frequency": frequency, "day": [*DAYS][pool.update_sync_day % len(DAYS)]}


def schedules(pools: Sequence[Pool]) -> Mapping[str, object]:
    return schedule_of(pools[0])


def check_schedule(request: UpdateSchedule, pool: Pool) -> Iterator[Fault]:
    """Source: XAPI refuses with NO_REPOSITORIES_CONFIGURED and CAN_NOT_PERIODIC_SYNC_UPDATES; another pool wants a password each time."""
    if request.on and not pool.repositories:
        yield Fault("on", lazy(N_("the pool has no repository; set its repositories first")))
    elif request.on and origin_of(pool) not in ("", REMOTE):
        yield Fault("on", lazy(N_("bundles and other pools cannot be asked automatically; synchronize by hand")))


def set_schedule(request: UpdateSchedule, pool: Pool) -> Plan:
    says = lazy(N_("Setting the update schedule of {name}"), name=name_of(pool))
    old = (pool.update_sync_frequency, pool.update_sync_day)
    new = (request.frequency, [*DAYS].index(request.day) if request.frequency == WEEKLY else 0)
    if new != old:
        undo = (lambda _: one("pool.configure_update_sync", pool.ref, *old, says=says)) if old[0] in FREQUENCIES else None
        yield Call("pool.configure_update_sync", pool.ref, *new, says=says, undo=undo)
    yield from setting(pool, "update_sync_enabled", request.on, pool.update_sync_enabled, says, asynchronous=True)


# ---- the proxy


def check_proxy(request: UpdateProxy, pool: Pool) -> Iterator[Fault]:
    if request.url and not is_web(request.url):
        yield Fault("url", lazy(N_("it must be an address with http:// or https://")))
    if bool(request.user) != bool(request.password):
        yield Fault("password" if request.user else "user", lazy(N_("user and password belong together; enter both")))
    elif request.user and not request.url:
        yield Fault("url", lazy(N_("enter the address of the proxy too")))


def use_proxy(request: UpdateProxy, pool: Pool) -> Plan:
    says = lazy(N_("Setting the update proxy of {name}"), name=name_of(pool))
    if request.url:
        yield Call("pool.configure_repository_proxy", pool.ref, request.url, request.user, Hidden(request.password), says=says)
    elif pool.repository_proxy_url:
        yield Call("pool.disable_repository_proxy", pool.ref, says=says)


UPDATE_SCHEDULE: Final[AnyAction] = Action(
    id="pool.update_schedule", kind=Pool, request=UpdateSchedule, title=N_("Change update schedule"),
    done=N_("The update schedule of {name} is set"), role=Role.ADMIN, icon="auto", group="settings",
    applies_to=lambda pool: is_of_xenserver(pool) and bool(pool.update_sync_frequency), blocked=never, defaults=schedules,
    needless=only_with("frequency", WEEKLY, "day"), check=check_schedule, plan=set_schedule,
)  # fmt: skip
UPDATE_PROXY: Final[AnyAction] = Action(
    id="pool.update_proxy", kind=Pool, request=UpdateProxy, title=N_("Set update proxy"), done=N_("The update proxy of {name} is set"),
    role=Role.ADMIN, icon="network", group="settings", applies_to=is_of_xenserver, blocked=never, check=check_proxy, plan=use_proxy,
    defaults=lambda pools: {"url": pools[0].repository_proxy_url, "user": pools[0].repository_proxy_username},
)  # fmt: skip
