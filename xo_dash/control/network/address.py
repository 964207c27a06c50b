"""The address of a host's port: from DHCP, static or none; with a guard where it is the one that the host is managed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from ipaddress import AddressValueError, IPv4Address
from typing import Annotated, Final

from msgspec import Meta

from data.facts.pool import has_ha, is_master
from data.names import name_of
from data.objects import PIF, Host
from data.stores.users import Role
from data.uplinks import bond_of, known_addresses, subnet_of
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.conditions import silent
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.network.create import answering
from xo_dash.control.network.guard import PathChange, PortPlace, breaks, paths, place_of
from xo_dash.control.plan import Call, Plan, Wait, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called, one_of
from xo_dash.i18n import N_

NONE, DHCP, STATIC = "None", "DHCP", "Static"
MODES: Final[Mapping[str, str]] = {DHCP: N_("DHCP"), STATIC: N_("Static"), NONE: N_("None")}
"""As XAPI calls them."""
TRY, KEEP = "try", "permanent"
WAYS: Final[Mapping[str, str]] = {
    TRY: N_("Try for 90 s, then revert automatically"), KEEP: N_("Change permanently"),
}  # fmt: skip
TRIAL: Final = 90.0
"""Seconds after which a member that is not back at its new address gets its old one."""
Address = Annotated[str, Meta(max_length=45, extra={"line": True})]


Keep = Annotated[str, one_of(WAYS), called(N_("If it breaks a connection"))]
HostName = Annotated[str, Meta(max_length=1024, extra={"line": True})]
Confirm = Annotated[HostName | None, called(N_("Name of the host"), hint=N_("To confirm a permanent change that breaks a connection"))]


class SetAddress(Request, frozen=True, kw_only=True):
    """IPv4; what a mode does not need is ignored."""

    mode: Annotated[str, one_of(MODES), called(N_("Address"))]
    ip: Annotated[Address, called(N_("IP address"))] = ""
    netmask: Annotated[Address, called(N_("Netmask"))] = "255.255.255.0"
    gateway: Annotated[Address, called(N_("Gateway"))] = ""
    dns: Annotated[tuple[Address, ...], Meta(max_length=8), called(N_("DNS servers"), hint=N_("Comma separated"))] = ()
    keep: Keep = KEEP
    confirm: Confirm = None


UNMANAGED: Final = lazy(N_("it is not managed by the pool"))
HA_WATCHES: Final = lazy(N_("HA is on: hosts watch each other over their networks; turn HA off first"))


def host_of(pif: PIF) -> Host:
    return pif.home.one(Host, pif.host) or Host(home=pif.home)


def blocked(pif: PIF) -> LazyText | None:
    if not pif.managed:
        return UNMANAGED
    if bond_of(pif) is not None:
        return lazy(N_("it is part of a bond; set the address of the bond"))
    if has_ha(pif.home) and pif.currently_attached:
        return HA_WATCHES
    return silent(host_of(pif))


# ---- what is wrong with it


def check(request: SetAddress, pif: PIF) -> Iterator[Fault]:
    if request.mode == NONE and pif.management:
        yield Fault("mode", lazy(N_("{host} is managed over it; it needs an address"), host=name_of(host_of(pif))))
    wrong = list(_wrong(request, pif)) if request.mode == STATIC else []
    yield from wrong
    if not wrong:
        yield from check_guard(request.keep, request.confirm, host_of(pif), paths_of(request, pif), management=pif.management)
    if request.keep == TRY and request.mode != STATIC and pif.management and not is_master(host_of(pif)):
        yield Fault("keep", lazy(N_("an address from DHCP is not known before; it can only be changed permanently")))


def _wrong(request: SetAddress, pif: PIF) -> Iterator[Fault]:
    yield from wrong_place(request.ip, request.netmask, request.gateway, request.dns)
    subnet, holder = subnet_of(request.ip, request.netmask), ""
    if subnet is not None and request.ip != pif.IP:
        holder = known_addresses(pif.home.pools).get(IPv4Address(request.ip), "")
    if holder:
        yield Fault("ip", lazy(N_("{address} is in use by {name}"), address=request.ip, name=holder))


def wrong_place(ip: str, netmask: str, gateway: str, dns: Sequence[str]) -> Iterator[Fault]:
    """What makes no address, each at its field."""
    for field, text in (("ip", ip), ("netmask", netmask), *([("gateway", gateway)] if gateway else ())):
        if not is_address(text):
            yield Fault(field, lazy(N_("“{address}” is not a valid address"), address=text))
    if (bad := next((text for text in dns if not is_address(text)), None)) is not None:
        yield Fault("dns", lazy(N_("“{address}” is not a valid address"), address=bad))
    subnet = subnet_of(ip, netmask)
    if subnet is None:
        if is_address(ip) and is_address(netmask):
            yield Fault("netmask", lazy(N_("it is not a netmask; it looks like {example}"), example="255.255.255.0"))
        return
    if subnet.prefixlen < 31 and IPv4Address(ip) in (subnet.network_address, subnet.broadcast_address):
        yield Fault("ip", lazy(N_("it is the network's own or its broadcast address; take one in between")))
    if is_address(gateway) and IPv4Address(gateway) not in subnet:
        yield Fault("gateway", lazy(N_("it is not in {subnet}"), subnet=str(subnet)))


def is_address(text: str) -> bool:
    try:
        return bool(IPv4Address(text))
    except AddressValueError:
        return False


def paths_of(request: SetAddress, pif: PIF) -> list[PathChange]:
    """The lines of its host before and after."""
    now = place_of(pif)
    after = {
        STATIC: PortPlace(request.ip, request.netmask, request.gateway, now.network),
        DHCP: now if pif.ip_configuration_mode == DHCP else PortPlace("", "", "", now.network),
    }.get(request.mode)
    return paths(host_of(pif), now, after, management=pif.management)


def check_guard(keep: str, confirm: str | None, host: Host, changes: list[PathChange], *, management: bool) -> Iterator[Fault]:
    """What can be tried is; what breaks a line for good has the host's name typed."""
    if keep == TRY:
        if (reason := why_no_trial(host, management=management)) is not None:
            yield Fault("keep", reason)
    elif breaks(changes) and (confirm or "").strip() != name_of(host).strip():
        yield Fault("confirm", lazy(N_("this breaks a connection; type {name} to confirm"), name=name_of(host)))


def why_no_trial(host: Host, *, management: bool) -> LazyText | None:
    """Source: XAPI has no timer that reverts an address: whoever reverts it must reach the host, and the master is who does."""
    if not management:
        return lazy(N_("only a change of the management interface can be tried: xo-dash cannot tell whether others are reached"))
    if is_master(host):
        return lazy(N_("{host} is the master: once it cannot be reached, nothing can revert it"), host=name_of(host))
    return None


# ---- how it is done


def plan(request: SetAddress, pif: PIF) -> Plan:
    """What it had is read before anything is sent: by the time that it is reverted the row has the new address."""
    old, new, host = _current(pif), _parameters(request), host_of(pif)
    if new == old:
        return
    says = lazy(N_("Setting the address of {name}"), name=name_of(pif))
    back = partial(reverted, pif, old)
    if pif.management and not is_master(host):
        yield reverting(host, back, by_hand(pif))
        yield Call("PIF.reconfigure_ip", pif.ref, *new, says=says)
        if request.mode == STATIC and request.keep == TRY:
            yield arriving(host, lambda: host.address == request.ip)
        return
    yield Call("PIF.reconfigure_ip", pif.ref, *new, says=says, undo=back)


def reverted(pif: PIF, old: tuple[str, str, str, str, str], _answer: object) -> Plan:
    return one("PIF.reconfigure_ip", pif.ref, *old, says=lazy(N_("Reverting the address of {name}"), name=name_of(pif)))


def reverting(host: Host, back: Callable[[object], Plan], by_hand: LazyText) -> Call:
    """Before a change that may lose the host: it responds now. What comes after it fails even where it was done, and is reverted."""
    call = answering(host)
    call.undo, call.undone, call.stays = back, lazy(N_("{host} is at its old address again"), host=name_of(host)), by_hand
    return call


def arriving(host: Host, is_there: Callable[[], bool]) -> Wait:
    """Source: a member writes its new address into the pool's database itself, which it reaches only by way of the master."""
    says = lazy(N_("Waiting for {host} at its new address"), host=name_of(host))
    return Wait(until=is_there, within=TRIAL, says=says, failed=lazy(N_("{host} did not reach the master within 90 s"), host=name_of(host)))


def by_hand(pif: PIF) -> LazyText:
    """What to type at the host's own console."""
    mode, ip, netmask, gateway, dns = _current(pif)
    told = f"xe pif-reconfigure-ip uuid={pif.uuid} mode={mode.lower()}"
    if mode == STATIC:
        told += f" IP={ip} netmask={netmask} gateway={gateway} DNS={dns}"
    return lazy(
        N_("{host} is not reverted; if it cannot be reached, type at its console: {command}"), host=name_of(host_of(pif)), command=told
    )


def _parameters(request: SetAddress) -> tuple[str, str, str, str, str]:
    if request.mode != STATIC:
        return request.mode, "", "", "", ""
    return STATIC, request.ip, request.netmask, request.gateway, ",".join(request.dns)


def _current(pif: PIF) -> tuple[str, str, str, str, str]:
    """The same of what it has."""
    if pif.ip_configuration_mode != STATIC:
        return pif.ip_configuration_mode or NONE, "", "", "", ""
    return STATIC, pif.IP, pif.netmask, pif.gateway, pif.DNS


def defaults(pifs: Sequence[PIF]) -> Mapping[str, object]:
    pif = pifs[0]
    return {
        "mode": pif.ip_configuration_mode if pif.ip_configuration_mode in MODES else NONE, "ip": pif.IP,
        "netmask": pif.netmask or "255.255.255.0", "gateway": pif.gateway, "dns": tuple(filter(None, pif.DNS.split(","))),
        "keep": KEEP if why_no_trial(host_of(pif), management=pif.management) else TRY,
    }  # fmt: skip


SET_ADDRESS: Final[AnyAction] = Action(
    id="pif.address", kind=PIF, request=SetAddress, title=N_("Change address"), done=N_("The address of {name} is changed"),
    role=Role.ADMIN, icon="edit", applies_to=lambda pif: True, blocked=blocked, defaults=defaults, check=check, plan=plan,
)  # fmt: skip
