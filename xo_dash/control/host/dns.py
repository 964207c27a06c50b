"""The name servers and search domains of a host, which are those of its management interface."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Annotated, Final

from msgspec import Meta

from data.facts.pool import is_master
from data.hosts import dns_of, search_domains_of
from data.names import name_of
from data.objects import PBD, SR, Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.conditions import silent
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.network import address
from xo_dash.control.network.create import answering
from xo_dash.control.network.guard import SERVERS, management_of
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called
from xo_dash.control.writes import setting_key
from xo_dash.i18n import N_

SEARCH: Final = "domain"
"""Key of a PIF's other_config with the search domains, comma separated. Source: XenServer's administrator's guide, "DNS search suffix"."""
DOMAIN: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
DnsEntry = Annotated[str, Meta(max_length=253, extra={"line": True})]


class SetDNS(Request, frozen=True, kw_only=True):
    """Whom it asks for names, and what it adds to short ones."""

    servers: Annotated[tuple[DnsEntry, ...], Meta(max_length=3), called(N_("DNS servers"), hint=N_("Comma separated, up to three"))] = ()
    search: Annotated[
        tuple[DnsEntry, ...], Meta(max_length=6), called(N_("Search domains"), hint=N_("Comma separated, such as lab.lan"))
    ] = ()


def blocked(host: Host) -> LazyText | None:
    pif = management_of(host)
    if pif is None:
        return silent(host) or lazy(N_("its management interface is not known"))
    if pif.ip_configuration_mode != address.STATIC:
        return lazy(N_("its name servers come from DHCP; give its management interface a static address first"))
    return address.blocked(pif)


def check(request: SetDNS, host: Host) -> Iterator[Fault]:
    for text in request.servers:
        if not _is_address(text):
            yield Fault("servers", lazy(N_("“{address}” is not a valid address"), address=text))
    for text in request.search:
        if not DOMAIN.fullmatch(text):
            yield Fault("search", lazy(N_("“{domain}” is not a domain; it looks like {example}"), domain=text, example="lab.lan"))
    if not request.servers and (named := _reached_by_name(host)):
        sr, server = named
        yield Fault("servers", lazy(N_("{sr} is on {server}, a name that the host could no longer look up; keep a name server"),
                                    sr=name_of(sr), server=server))  # fmt: skip


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _reached_by_name(host: Host) -> tuple[SR, str] | None:
    """An SR whose server is known to this host by a name."""
    for path in host.all_of(PBD, host.PBDs):
        sr = path.home.one(SR, path.SR)
        told = next((text for key in SERVERS if (text := path.device_config.get(key, ""))), "")
        server = re.split(r"[:/\\]", told.lstrip("/\\"))[0]
        if sr is not None and DOMAIN.fullmatch(server) and not _is_address(server):
            return sr, server
    return None


def plan(request: SetDNS, host: Host) -> Plan:
    """Source: the toolstack writes both when it sets the address up again, so that is asked for also where only the domains differ."""
    pif = management_of(host)
    assert pif is not None  # noqa: S101  # the runner has checked that
    servers, search = ",".join(request.servers), ",".join(request.search)
    if (servers, search) == (",".join(dns_of(host)), ",".join(search_domains_of(host))):
        return
    name = name_of(host)
    yield from setting_key(pif, "other_config", SEARCH, search or None, lazy(N_("Setting the search domains of {name}"), name=name))
    now = (address.STATIC, pif.IP, pif.netmask, pif.gateway)
    set_up = Call("PIF.reconfigure_ip", pif.ref, *now, servers, says=lazy(N_("Setting the name servers of {name}"), name=name))
    back = partial(address.reverted, pif, (*now, pif.DNS))
    if is_master(host):
        set_up.undo = back
        yield set_up
        return
    yield address.reverting(host, back, address.by_hand(pif))
    yield set_up
    yield answering(host)


def defaults(hosts: Sequence[Host]) -> Mapping[str, object]:
    """Those of the first; several hosts get the same."""
    return {"servers": dns_of(hosts[0]), "search": search_domains_of(hosts[0])}


SET_DNS: Final[AnyAction] = Action(
    id="host.dns", kind=Host, request=SetDNS, title=N_("Set DNS"), done=N_("The name servers of {name} are set"), role=Role.ADMIN,
    icon="edit", group="settings", applies_to=lambda host: True, blocked=blocked, defaults=defaults, check=check, plan=plan,
)  # fmt: skip
