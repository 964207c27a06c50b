"""How a host that is off is powered on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from msgspec import Meta

from data.names import name_of
from data.objects import Host
from data.stores.users import Role
from data.types import Ref
from xo_dash.control.action import Action, AnyAction, only_with
from xo_dash.control.host.conditions import silent
from xo_dash.control.host.settings import ADDRESS
from xo_dash.control.labels import always
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Line, Secret, called, one_of
from xo_dash.i18n import N_

OFF, WAKE_ON_LAN, DRAC = "", "wake-on-lan", "DRAC"
ADDRESS_KEY, USER_KEY, PASSWORD_KEY = "power_on_ip", "power_on_user", "power_on_password_secret"  # the name of a key


MODES: Final[Mapping[str, str]] = {OFF: N_("Not possible"), WAKE_ON_LAN: N_("Wake-on-LAN"), DRAC: N_("iDRAC")}


class SetPowerOnMode(Request, frozen=True, kw_only=True):
    """Wake-on-LAN, or the controller of the machine."""

    mode: Annotated[str, called(N_("Power on by")), one_of(MODES)] = WAKE_ON_LAN
    address: Annotated[Line, called(N_("Address"), hint=N_("Of the iDRAC"))] = ""
    user: Annotated[Line, called(N_("User name"))] = ""
    password: Annotated[Secret, Meta(max_length=255), called(N_("Password"))] = ""


def check(request: SetPowerOnMode, host: Host) -> Iterator[Fault]:
    if request.mode != DRAC:
        return
    if request.address and not ADDRESS.fullmatch(request.address):
        yield Fault("address", lazy(N_("it must be a name or an address")))
    for field, value in (("address", request.address), ("user", request.user), ("password", request.password)):
        if not value:
            yield Fault(field, lazy(N_("the iDRAC needs it")))


def plan(request: SetPowerOnMode, host: Host) -> Plan:
    """The password is kept by the pool as a secret; the host has only its uuid."""
    says = lazy(N_("Setting how {name} is powered on"), name=name_of(host))
    config: Mapping[str, object] = {}
    if request.mode == DRAC:
        storing = lazy(N_("Storing the password in the pool"))
        secret = yield Call(
            "secret.create", {"value": request.password, "other_config": {}}, says=storing, undo=_forgetting, asynchronous=False
        )
        uuid = yield Call("secret.get_uuid", secret, says=storing, asynchronous=False)
        config = {ADDRESS_KEY: request.address, USER_KEY: request.user, PASSWORD_KEY: uuid}
    if request.mode != host.power_on_mode or config:
        yield Call("host.set_power_on_mode", host.ref, request.mode, config, says=says)


def _forgetting(secret: Ref) -> Plan:
    return one("secret.destroy", secret, says=lazy(N_("Removing the password from the pool")))


def defaults(hosts: Sequence[Host]) -> Mapping[str, object]:
    mode, config = hosts[0].power_on_mode, hosts[0].power_on_config
    known = mode if mode in (OFF, WAKE_ON_LAN, DRAC) else OFF
    return {"mode": known, "address": config.get(ADDRESS_KEY, ""), "user": config.get(USER_KEY, "")}


POWER_ON_MODE: Final[AnyAction] = Action(
    id="host.power_on_mode", kind=Host, request=SetPowerOnMode, title=N_("Set power-on method"),
    done=N_("The power-on method of {name} is set"), role=Role.ADMIN, icon="power", group="settings", applies_to=always, blocked=silent,
    defaults=defaults, needless=only_with("mode", DRAC, "address", "user", "password"), check=check, plan=plan,
)  # fmt: skip
