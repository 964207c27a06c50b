"""Attaching an SR where it is missing, and looking what is on it."""

from __future__ import annotations

from typing import Final

from data.facts.sr import unplugged
from data.names import name_of
from data.objects import PBD, SR
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.words import under_way
from xo_dash.i18n import N_


def is_sr(sr: SR) -> bool:
    return not sr.is_tools_sr


def cannot_attach(sr: SR) -> LazyText | None:
    return None if unplugged(sr) else lazy(N_("it is attached on every host that responds"))


def cannot_scan(sr: SR) -> LazyText | None:
    if not any(pbd.currently_attached for pbd in sr.all_of(PBD, sr.PBDs)):
        return lazy(N_("it is not attached on any host; attach it first"))
    if "scan" not in sr.allowed_operations and sr.current_operations:
        return under_way(next(iter(sr.current_operations.values())))
    return None


def attach_plan(request: NoRequest, sr: SR) -> Plan:
    """On every living host that lacks it; a host that fails keeps no other from it."""
    hosts = {host.ref: host for host in unplugged(sr)}
    missing = [pbd for pbd in sr.all_of(PBD, sr.PBDs) if pbd.host in hosts and not pbd.currently_attached]
    for pbd in missing:
        yield Call("PBD.plug", pbd.ref, says=lazy(N_("Attaching it to {name}"), name=name_of(hosts[pbd.host])), alone=True)


def scan_plan(request: NoRequest, sr: SR) -> Plan:
    return one("SR.scan", sr.ref, says=lazy(N_("Scanning {name}"), name=name_of(sr)))


ATTACH: Final[AnyAction] = Action(
    id="sr.attach", kind=SR, title=N_("Reattach"), done=N_("{name} is attached"), role=Role.OPERATOR, icon="link", prominent=True,
    applies_to=is_sr, blocked=cannot_attach, plan=attach_plan, succeeded=lambda sr: not unplugged(sr),
)  # fmt: skip
SCAN: Final[AnyAction] = Action(
    id="sr.scan", kind=SR, title=N_("Scan"), done=N_("{name} is scanned"), role=Role.OPERATOR, icon="search", prominent=True,
    applies_to=is_sr, blocked=cannot_scan, plan=scan_plan,
)  # fmt: skip
