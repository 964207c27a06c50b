"""What a network is for and what its NICs may do: MTU, purpose, source addresses; and how a bond uses its NICs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Final

from msgspec import Meta

from data.names import name_of
from data.objects import PIF, VIF, Bond, Host, Network
from data.stores.users import Role
from data.types import Home
from data.uplinks import mtu_below
from xo_dash.control.action import Action, AnyAction, only_with
from xo_dash.control.labels import always, never, tagging
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called, one_of
from xo_dash.control.support import lacking
from xo_dash.control.writes import setting
from xo_dash.i18n import N_

Mtu = Annotated[int, Meta(ge=1280, le=9216)]
"""Bytes; below 1280 IPv6 does not work, above 9216 hardly any switch."""
NO_PURPOSE: Final = "none"
PURPOSES: Final[Mapping[str, str]] = {
    NO_PURPOSE: N_("None"), "nbd": N_("NBD with TLS, for backups"), "insecure_nbd": N_("NBD without TLS"),
}  # fmt: skip
LOCKING: Final[Mapping[str, str]] = {"unlocked": N_("Any address"), "disabled": N_("None unless allowed")}
"""From which addresses a NIC may send that says nothing itself."""
LACP: Final = "lacp"
MODES: Final[Mapping[str, str]] = {
    "balance-slb": N_("Balance by source"), "active-backup": N_("Active and backup"), LACP: N_("LACP"),
}  # fmt: skip
HASHES: Final[Mapping[str, str]] = {"tcpudp_ports": N_("By IP and port"), "src_mac": N_("By MAC")}
"""How LACP spreads frames over NICs."""
HASHING: Final = "hashing_algorithm"


class SetNetwork(Request, frozen=True, kw_only=True):
    """What it carries, and from whom."""

    mtu: Annotated[Mtu, called(N_("MTU"), hint=N_("Takes effect on hosts after a reboot, in VMs at their next start"))] = 1500
    purpose: Annotated[str, one_of(PURPOSES), called(N_("Purpose"))] = NO_PURPOSE
    locking: Annotated[str, one_of(LOCKING), called(N_("Source addresses"), hint=N_("For NICs that have no setting of their own"))] = (
        "unlocked"
    )


class SetBondMode(Request, frozen=True, kw_only=True):
    """How a bond uses its NICs, on all hosts."""

    mode: Annotated[str, one_of(MODES), called(N_("Mode"))]
    hashing: Annotated[str, one_of(HASHES), called(N_("Balancing"), hint=N_("For LACP only"))] = "tcpudp_ports"


def unmanaged(network: Network) -> LazyText | None:
    return None if network.managed else lazy(N_("it is not managed by the pool"))


def purpose_of(network: Network) -> str:
    return next((one for one in network.purpose if one in PURPOSES), NO_PURPOSE)


def current(networks: Sequence[Network]) -> Mapping[str, object]:
    first = networks[0]
    return {"mtu": first.MTU, "purpose": purpose_of(first), "locking": first.default_locking_mode}


def check(request: SetNetwork, network: Network) -> Iterator[Fault]:
    most = mtu_below(network)
    if most and request.mtu != network.MTU and request.mtu > most:
        yield Fault("mtu", lazy(N_("at most {most}, the MTU of the NIC below it"), most=most))
    if request.purpose != purpose_of(network):
        yield from check_purpose(request.purpose, network.home, network)
    attached = [vif for vif in network.all_of(VIF, network.VIFs) if vif.currently_attached]
    if request.locking != network.default_locking_mode and attached:
        yield Fault("locking", lazy(N_("{nic} is connected; it can change only while no NIC is"), nic=named(attached[0])))


def check_purpose(purpose: str, home: Home, but: Network | None = None) -> Iterator[Fault]:
    """Source: NETWORK_INCOMPATIBLE_PURPOSES: all networks of a pool serve NBD with TLS, or all without."""
    other = {"nbd": "insecure_nbd", "insecure_nbd": "nbd"}.get(purpose)
    held = next((network for network in home.all(Network).values() if network is not but and other in network.purpose), None)
    if held is not None:
        yield Fault("purpose", lazy(N_("{network} is used for the other kind of NBD; a pool has one kind"), network=named(held)))
    elif purpose != NO_PURPOSE and (reason := lacking(home, "network.add_purpose")) is not None:
        yield Fault("purpose", reason)


def plan(request: SetNetwork, network: Network) -> Plan:
    name, held = name_of(network), purpose_of(network)
    yield from setting(network, "MTU", request.mtu, network.MTU, lazy(N_("Setting the MTU of {name}"), name=name))
    if request.purpose != held:
        says = lazy(N_("Setting the purpose of {name}"), name=name)
        if held != NO_PURPOSE:
            yield _purpose("remove", "add", network, held, says)
        if request.purpose != NO_PURPOSE:
            yield _purpose("add", "remove", network, request.purpose, says)
    says = lazy(N_("Setting the source addresses of {name}"), name=name)
    yield from setting(network, "default_locking_mode", request.locking, network.default_locking_mode, says, asynchronous=True)


def _purpose(verb: str, back: str, network: Network, purpose: str, says: LazyText) -> Call:
    undo = lambda _: one(f"network.{back}_purpose", network.ref, purpose, says=says)  # noqa: E731
    return Call(f"network.{verb}_purpose", network.ref, purpose, says=says, undo=undo)


# ---- bonds


def bonds_of(network: Network) -> list[Bond]:
    return [bond for pif in network.all_of(PIF, network.PIFs) for bond in pif.all_of(Bond, pif.bond_master_of)]


def is_bond(network: Network) -> bool:
    return bool(bonds_of(network))


def current_mode(networks: Sequence[Network]) -> Mapping[str, object]:
    bond = bonds_of(networks[0])[0]
    hashing = bond.properties.get(HASHING, "")
    return {"mode": bond.mode if bond.mode in MODES else "balance-slb", "hashing": hashing if hashing in HASHES else "tcpudp_ports"}


def check_mode(request: SetBondMode, network: Network) -> Iterator[Fault]:
    hosts = network.all_of(Host, [pif.host for pif in network.all_of(PIF, network.PIFs)])
    if request.mode == LACP and (reason := no_lacp(hosts)):
        yield Fault("mode", reason)


def no_lacp(hosts: Iterable[Host]) -> LazyText | None:
    """Source: the Linux bridge of XAPI has no LACP with balancing; software_version says which of both a host has."""
    if any(host.software_version.get("network_backend") == "bridge" for host in hosts):
        return lazy(N_("LACP needs Open vSwitch; this pool uses the Linux bridge"))
    return None


def mode_plan(request: SetBondMode, network: Network) -> Plan:
    """Host by host. Source: set_mode keeps the properties that the new mode knows, and gives the others their usual value."""
    for bond in bonds_of(network):
        yield from _mode_steps(request, bond)


def _mode_steps(request: SetBondMode, bond: Bond) -> Plan:
    master, mode, hashing = bond.home.one(PIF, bond.master), bond.mode, bond.properties.get(HASHING, "")
    says = lazy(N_("Setting the mode of {name}"), name=name_of(master or bond))
    if request.mode != mode:
        yield Call("Bond.set_mode", bond.ref, request.mode, says=says, undo=lambda _: one("Bond.set_mode", bond.ref, mode, says=says))
    if request.mode == LACP and request.hashing != (hashing or "tcpudp_ports"):
        undo = lambda _: one("Bond.set_property", bond.ref, HASHING, hashing, says=says)  # noqa: E731
        yield Call("Bond.set_property", bond.ref, HASHING, request.hashing, says=says, undo=undo if hashing else None)


NETWORK_TAGS: Final[AnyAction] = tagging(Network, Role.OPERATOR, always, never)
SET_NETWORK: Final[AnyAction] = Action(
    id="network.settings", kind=Network, request=SetNetwork, title=N_("Change settings"), done=N_("The settings of {name} are changed"),
    role=Role.ADMIN, icon="settings", group="settings", applies_to=always, blocked=unmanaged, defaults=current, check=check, plan=plan,
)  # fmt: skip
BOND_MODE: Final[AnyAction] = Action(
    id="network.bond_mode", kind=Network, request=SetBondMode, title=N_("Change bond mode"), done=N_("The bond mode of {name} is changed"),
    role=Role.ADMIN, icon="settings", group="settings", applies_to=is_bond, blocked=unmanaged, defaults=current_mode, check=check_mode,
    needless=only_with("mode", LACP, "hashing"), plan=mode_plan,
    warning=N_("Traffic on the bond can pause for some seconds. For LACP the switch must be set up first."),
)  # fmt: skip
