"""Addresses of all hosts on one network, one host after the other: for storage, migration, backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address
from typing import Annotated, Final

from data.facts.host import is_live
from data.facts.pool import has_ha
from data.objects import PIF, Network
from data.stores.users import Role
from data.uplinks import bond_of, hosts_of, known_addresses, subnet_of
from xo_dash.control.action import Action, AnyAction, only_with
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.network.address import DHCP, HA_WATCHES, MODES, NONE, STATIC, Address, SetAddress, host_of, paths_of, wrong_place
from xo_dash.control.network.address import plan as plan_of_one
from xo_dash.control.network.create import answering
from xo_dash.control.network.guard import breaks
from xo_dash.control.network.settings import unmanaged
from xo_dash.control.plan import Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called, one_of
from xo_dash.i18n import N_


class SetAddresses(Request, frozen=True, kw_only=True):
    """Static addresses follow one another, in the order of the hosts' names, the master's last."""

    mode: Annotated[str, one_of(MODES), called(N_("Address"))] = STATIC
    first: Annotated[Address, called(N_("First IP address"), hint=N_("The other hosts get the addresses that follow"))] = ""
    netmask: Annotated[Address, called(N_("Netmask"))] = "255.255.255.0"
    gateway: Annotated[Address, called(N_("Gateway"), hint=N_("Usually none: a host has one default route, over its management"))] = ""


def ports(network: Network) -> list[PIF]:
    """Of the hosts that respond, by host."""
    by_host = {pif.host: pif for pif in network.all_of(PIF, network.PIFs)}
    return [by_host[host.ref] for host in hosts_of(network.home) if host.ref in by_host and is_live(host)]


def blocked(network: Network) -> LazyText | None:
    found = ports(network)
    if reason := unmanaged(network):
        return reason
    if not found:
        return lazy(N_("no host has a NIC on it"))
    if any(pif.management for pif in found):
        return lazy(N_("hosts are managed over it; change the address of one host at a time, on its page"))
    if any(bond_of(pif) is not None for pif in found):
        return lazy(N_("it is part of a bond; set the address of the bond"))
    if has_ha(network.home):
        return HA_WATCHES
    return None


def wanted(request: SetAddresses, network: Network) -> list[tuple[PIF, SetAddress]]:
    """What each port gets."""
    found = []
    for number, pif in enumerate(ports(network)):
        ip = str(IPv4Address(request.first) + number) if request.mode == STATIC else ""
        found.append((pif, SetAddress(mode=request.mode, ip=ip, netmask=request.netmask, gateway=request.gateway)))
    return found


def check(request: SetAddresses, network: Network) -> Iterator[Fault]:
    if request.mode == STATIC:
        wrong = list(wrong_place(request.first, request.netmask, request.gateway, ()))
        yield from (Fault("first" if fault.field == "ip" else fault.field, fault.reason) for fault in wrong)
        if wrong:
            return
        yield from _taken(request, network)
    changes = (change for pif, one in wanted(request, network) for change in paths_of(one, pif))
    cut = next((change for change in changes if breaks([change])), None)
    if cut is not None:
        yield Fault("mode", lazy(N_("{line} breaks; detach that SR first"), line=cut.path))


def _taken(request: SetAddresses, network: Network) -> Iterator[Fault]:
    own = {pif.IP for pif in ports(network)}
    known, subnet = known_addresses(network.home.pools), subnet_of(request.first, request.netmask)
    for _pif, one in wanted(request, network):
        address = IPv4Address(one.ip)
        if subnet is None or address not in subnet or address == subnet.broadcast_address:
            yield Fault("first", lazy(N_("{subnet} ends before the last host; begin lower"), subnet=str(subnet)))
            return
        if address in known and one.ip not in own:
            yield Fault("first", lazy(N_("{address} is in use by {name}"), address=one.ip, name=known[address]))
            return


def plan(request: SetAddresses, network: Network) -> Plan:
    """The first host that does not respond afterwards stops it, and all get back what they had."""
    for pif, one in wanted(request, network):
        yield from plan_of_one(one, pif)
        yield answering(host_of(pif))


def defaults(networks: Sequence[Network]) -> Mapping[str, object]:
    first = next(iter(ports(networks[0])), None)
    if first is None or first.ip_configuration_mode in ("", NONE):
        return {}
    if first.ip_configuration_mode == DHCP:
        return {"mode": DHCP}
    return {"mode": STATIC, "first": first.IP, "netmask": first.netmask, "gateway": first.gateway}


SET_ADDRESSES: Final[AnyAction] = Action(
    id="network.addresses", kind=Network, request=SetAddresses, title=N_("Set host addresses"),
    done=N_("The hosts' addresses on {name} are set"),
    role=Role.ADMIN, icon="host", group="settings", applies_to=lambda network: bool(network.PIFs), blocked=blocked, defaults=defaults,
    needless=only_with("mode", STATIC, "first", "netmask", "gateway"), check=check, plan=plan,
)  # fmt: skip
