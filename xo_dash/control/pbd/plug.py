"""One host's path to an SR: plugged in again, or unplugged."""

from __future__ import annotations

from typing import Final

from data.facts.host import is_live
from data.names import name_of
from data.objects import PBD, SR, Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.sr.use import in_use, running_on
from xo_dash.i18n import N_


def is_path(pbd: PBD) -> bool:
    """Of an SR that people store something on."""
    sr = pbd.home.one(SR, pbd.SR)
    return sr is not None and not sr.is_tools_sr and sr.type != "udev"


def path_row(sr: SR, uuid: str) -> PBD | None:
    """The path of `sr` that has this uuid."""
    return next((pbd for pbd in sr.all_of(PBD, sr.PBDs) if pbd.uuid == uuid), None)


def _host(pbd: PBD) -> LazyText | str:
    host = pbd.home.one(Host, pbd.host)
    return name_of(host) if host is not None else lazy(N_("an object that is gone"))


def unplugging(pbd: PBD) -> Plan:
    says = lazy(N_("Detaching it from {name}"), name=_host(pbd))
    back = lazy(N_("Attaching it to {name}"), name=_host(pbd))
    yield Call("PBD.unplug", pbd.ref, says=says, undo=lambda _: one("PBD.plug", pbd.ref, says=back))


def plug(request: NoRequest, pbd: PBD) -> Plan:
    return one("PBD.plug", pbd.ref, says=lazy(N_("Attaching it to {name}"), name=_host(pbd)))


def unplug(request: NoRequest, pbd: PBD) -> Plan:
    return unplugging(pbd)


def cannot_plug(pbd: PBD) -> LazyText | None:
    host = pbd.home.one(Host, pbd.host)
    if pbd.currently_attached:
        return lazy(N_("it is already attached"))
    return lazy(N_("it does not respond")) if host is None or not is_live(host) else None


def cannot_unplug(pbd: PBD) -> LazyText | None:
    sr = pbd.home.one(SR, pbd.SR)
    if not pbd.currently_attached:
        return lazy(N_("it is not attached"))
    return in_use(running_on(sr, pbd.host)) if sr is not None else None


PLUG: Final[AnyAction] = Action(
    id="pbd.plug", kind=PBD, title=N_("Repair"), done=N_("{name} is attached"), role=Role.OPERATOR, icon="link",
    applies_to=is_path, blocked=cannot_plug, plan=plug, succeeded=lambda pbd: pbd.currently_attached,
)  # fmt: skip
UNPLUG: Final[AnyAction] = Action(
    id="pbd.unplug", kind=PBD, title=N_("Detach from this host"), done=N_("{name} is detached"), role=Role.ADMIN, icon="unlink",
    applies_to=is_path, blocked=cannot_unplug, plan=unplug, succeeded=lambda pbd: not pbd.currently_attached,
    warning=N_("VMs with disks on this SR cannot start on the host until it is attached again."),
)  # fmt: skip
