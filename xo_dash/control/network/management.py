"""Over which network hosts are managed: of one host by a port of its own, of all hosts by a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from data.facts.pool import is_master
from data.names import name_of
from data.objects import PIF, Host, Network
from data.stores.users import Role
from data.uplinks import has_address, hosts_of
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.network.address import KEEP, TRY, Confirm, Keep, arriving, check_guard, host_of, reverting, why_no_trial
from xo_dash.control.network.address import blocked as address_blocked
from xo_dash.control.network.guard import PathChange, management_of, paths, place_of
from xo_dash.control.network.settings import unmanaged
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.i18n import N_, _


class UseForManagement(Request, frozen=True, kw_only=True):
    """The host is reached by the address of this port from then on."""

    keep: Keep = KEEP
    confirm: Confirm = None


def blocked(pif: PIF) -> LazyText | None:
    if pif.management:
        return lazy(N_("the host is managed over it already"))
    if not has_address(pif):
        return lazy(N_("it has no address; set one first"))
    return address_blocked(pif)


def paths_of(pif: PIF) -> list[PathChange]:
    host = host_of(pif)
    held = management_of(host)
    return paths(host, place_of(held or pif), place_of(pif), management=True, moves=True)


def check(request: UseForManagement, pif: PIF) -> Iterator[Fault]:
    yield from check_guard(request.keep, request.confirm, host_of(pif), paths_of(pif), management=True)


def plan(request: UseForManagement, pif: PIF) -> Plan:
    host = host_of(pif)
    held = management_of(host)
    says = lazy(N_("Managing {host} over {port}"), host=name_of(host), port=name_of(pif))
    if held is not None and not is_master(host):
        back = lazy(N_("Managing {host} over {port}"), host=name_of(host), port=name_of(held))
        by_hand = lazy(N_("{host} is not reverted; if it cannot be reached, type at its console: {command}"), host=name_of(host),
                       command=f"xe host-management-reconfigure pif-uuid={held.uuid}")  # fmt: skip
        yield reverting(host, lambda _: one("host.management_reconfigure", held.ref, says=back), by_hand)
    yield Call("host.management_reconfigure", pif.ref, says=says)
    if request.keep == TRY and not is_master(host):
        yield arriving(host, lambda: bool(pif.IP) and host.address == pif.IP)


def defaults(pifs: Sequence[PIF]) -> Mapping[str, object]:
    return {"keep": KEEP if why_no_trial(host_of(pifs[0]), management=True) else TRY}


# ---- of all hosts


def blocked_for_all(network: Network) -> LazyText | None:
    """Source: pool.management_reconfigure wants a port with an address on each host, and HA off."""
    if reason := unmanaged(network):
        return reason
    by_host = {pif.host: pif for pif in network.all_of(PIF, network.PIFs)}
    for host in hosts_of(network.home):
        pif = by_host.get(host.ref)
        if pif is None:
            return lazy(N_("{host} has no NIC on it"), host=name_of(host))
        if not has_address(pif):
            return lazy(N_("{host} has no address on it; set one first"), host=name_of(host))
        if not pif.management and (reason := address_blocked(pif)) is not None:
            return lazy(N_("{host}: {reason}"), host=name_of(host), reason=reason)
    return lazy(N_("hosts are managed over it already")) if all(pif.management for pif in by_host.values()) else None


def consequences(network: Network) -> Sequence[str]:
    by_host = {pif.host: pif for pif in network.all_of(PIF, network.PIFs)}
    moved = [(host, pif) for host in hosts_of(network.home) if (pif := by_host.get(host.ref)) is not None and not pif.management]
    lines = [_("{host}: from {old} to {new}").format(host=name_of(host), old=_now(host), new=pif.IP or "DHCP") for host, pif in moved]
    if any(is_master(host) for host, _pif in moved):
        given = network.home.server.address
        lines.append(_("xo-dash loses its connection to {address}: enter the master's new address in the settings").format(address=given))
        lines.append(_("This is not reverted automatically: if the hosts cannot be reached, it has to be corrected at their consoles"))
    return lines


def _now(host: Host) -> str:
    held = management_of(host)
    return held.IP if held is not None and held.IP else host.address


def plan_for_all(request: NoRequest, network: Network) -> Plan:
    says = lazy(N_("Managing all hosts over {network}"), network=name_of(network))
    return one("pool.management_reconfigure", network.ref, says=says)


MANAGE_PORT: Final[AnyAction] = Action(
    id="pif.management", kind=PIF, request=UseForManagement, title=N_("Use for management"), done=N_("{name} manages its host"),
    role=Role.ADMIN, icon="host", applies_to=lambda pif: True, blocked=blocked, defaults=defaults, check=check, plan=plan,
)  # fmt: skip
MANAGE_NETWORK: Final[AnyAction] = Action(
    id="network.management", kind=Network, title=N_("Use for management on all hosts"), done=N_("All hosts use {name} for management"),
    role=Role.ADMIN, icon="host", danger=True, typed=True, applies_to=lambda network: bool(network.PIFs), blocked=blocked_for_all,
    relevant=lambda network: blocked_for_all(network) is None, consequences=consequences, plan=plan_for_all,
    needs=("pool.management_reconfigure",),
    warning=N_("The hosts are reached by their addresses on this network from then on; members change first, the master last."),
)  # fmt: skip
