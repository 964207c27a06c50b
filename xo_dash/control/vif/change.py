"""What a NIC is connected to and how: its network, MAC, limit, and which addresses it may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Final

from msgspec import Meta

from data.names import name_of
from data.objects import VIF, Network
from data.stores.users import Role
from data.vms import KBPS, RATE_LIMIT, rate_of
from xo_dash.control.action import Action, AnyAction, Choice, only_with
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Edit, Request
from xo_dash.control.requests.types import NetworkUuid, called, one_of
from xo_dash.control.vif.nics import Mac, Rate, busy, cannot_remove, is_nic, networks, not_reached, vm_of
from xo_dash.control.vif.record import normal, record_of, wrong_mac
from xo_dash.control.writes import setting, setting_key
from xo_dash.i18n import N_

LOCKED: Final = "locked"
MODES: Final = {
    "network_default": N_("Same as the network"), "unlocked": N_("Any address"), LOCKED: N_("Only the addresses below"),
    "disabled": N_("No traffic"),
}  # fmt: skip
MOST: Final = 100
Addresses = Annotated[tuple[Annotated[str, Meta(max_length=50)], ...], Meta(max_length=MOST)]


class MoveNic(Request, frozen=True, kw_only=True):
    """The same NIC in another network."""

    network: Annotated[NetworkUuid, called(N_("Network"))]


class SetMac(Request, frozen=True, kw_only=True):
    """Another MAC address; the guest sees another NIC."""

    mac: Annotated[Mac, called(N_("MAC address"))]


class LimitNic(Request, frozen=True, kw_only=True):
    """How much it may send."""

    rate: Annotated[Rate | None, called(N_("Limit in kB/s"), hint=N_("Default: none; applies from the next connection"))] = None


class LockNic(Edit, frozen=True, kw_only=True):
    """Which addresses its guest may send from."""

    mode: Annotated[str, one_of(MODES), called(N_("Source addresses"))] = "network_default"
    ipv4: Annotated[Addresses, called(N_("IPv4 addresses"), hint=N_("Comma separated; for a locked NIC only"))] = ()
    ipv6: Annotated[Addresses, called(N_("IPv6 addresses"), hint=N_("Comma separated; for a locked NIC only"))] = ()


def network_choices(vifs: Sequence[VIF]) -> Sequence[Choice]:
    return networks(vm_of(vifs[0])) if len({vif.home.id for vif in vifs}) == 1 else ()


def network_defaults(vifs: Sequence[VIF]) -> Mapping[str, object]:
    held = vifs[0].home.one(Network, vifs[0].network)
    return {"network": held.uuid if held else ""}


def check_network(request: MoveNic, vif: VIF) -> Iterator[Fault]:
    network = vif.home.by_uuid(Network, request.network)
    if network is not None and (reason := not_reached(network, vm_of(vif))):
        yield Fault("network", reason)


def move_plan(request: MoveNic, vif: VIF) -> Plan:
    """Source: VIF.move keeps everything else, also while the guest runs, and asks nothing of it."""
    network, held = vif.home.by_uuid(Network, request.network), vif.network
    if network is not None and network.ref != held:
        says = lazy(N_("Moving {name} to {network}"), name=name_of(vif), network=named(network))
        yield Call("VIF.move", vif.ref, network.ref, says=says, undo=lambda _: one("VIF.move", vif.ref, held, says=says))


def check_mac(request: SetMac, vif: VIF) -> Iterator[Fault]:
    if reason := wrong_mac(request.mac, vif.home, vif):
        yield Fault("mac", reason)


def mac_plan(request: SetMac, vif: VIF) -> Plan:
    """Source: a NIC's MAC is fixed when it is made; the same one is made again, at the same place."""
    mac, record, plugged = normal(request.mac), record_of(vif), vif.currently_attached
    if mac == vif.MAC.lower():
        return
    says = lazy(N_("Setting the MAC address of {name} to {mac}"), name=name_of(vif), mac=mac)
    if plugged:
        yield Call("VIF.unplug", vif.ref, says=says)
    yield Call("VIF.destroy", vif.ref, says=says, undo=lambda _: _made(record, plugged, says))
    made = yield Call("VIF.create", record | {"MAC": mac}, says=says, undo=lambda made: one("VIF.destroy", made, says=says))
    if plugged:
        yield Call("VIF.plug", made, says=says)


def _made(record: Mapping[str, Any], plugged: bool, says: LazyText) -> Plan:
    made = yield Call("VIF.create", record, says=says)
    if plugged:
        yield Call("VIF.plug", made, says=says, alone=True)


def limit_plan(request: LimitNic, vif: VIF) -> Plan:
    says = (
        lazy(N_("Setting the rate limit of {name}"), name=name_of(vif))
        if request.rate
        else lazy(N_("Removing the rate limit of {name}"), name=name_of(vif))
    )
    yield from setting(vif, "qos_algorithm_type", RATE_LIMIT if request.rate else "", vif.qos_algorithm_type, says)
    yield from setting_key(vif, "qos_algorithm_params", KBPS, str(request.rate) if request.rate else None, says)


def check_lock(request: LockNic, vif: VIF) -> Iterator[Fault]:
    for field, kind in (("ipv4", IPv4Network), ("ipv6", IPv6Network)):
        wrong = next((text for text in getattr(request, field) if not _is_address(text, kind)), None)
        if wrong is not None:
            yield Fault(field, lazy(N_("“{address}” is not a valid address"), address=wrong))
    if request.mode == LOCKED and not request.ipv4 and not request.ipv6:
        yield Fault("ipv4", lazy(N_("without an address nothing can be sent; enter one, or select “No traffic”")))


def _is_address(text: str, kind: type[IPv4Network | IPv6Network]) -> bool:
    """An address, or a range with its prefix."""
    try:
        return isinstance(ip_network(text, strict=False), kind)
    except ValueError:
        return False


def lock_plan(request: LockNic, vif: VIF) -> Plan:
    """The addresses first: a NIC that is locked before it has them sends nothing."""
    says = lazy(N_("Setting the source addresses of {name}"), name=name_of(vif))
    yield from setting(vif, "ipv4_allowed", list(request.ipv4), vif.ipv4_allowed, says)
    yield from setting(vif, "ipv6_allowed", list(request.ipv6), vif.ipv6_allowed, says)
    yield from setting(vif, "locking_mode", request.mode, vif.locking_mode, says)


def lock_defaults(vifs: Sequence[VIF]) -> Mapping[str, object]:
    vif = vifs[0]
    return {"mode": vif.locking_mode, "ipv4": ", ".join(vif.ipv4_allowed), "ipv6": ", ".join(vif.ipv6_allowed)}


NETWORK: Final[AnyAction] = Action(
    id="vif.network", kind=VIF, request=MoveNic, title=N_("Change network"), done=N_("The network of {name} is "
        "changed"), role=Role.OPERATOR,
    icon="network", applies_to=is_nic, blocked=busy, edits=True, defaults=network_defaults, choices={"network": network_choices},
    check=check_network, plan=move_plan,
)  # fmt: skip
MAC: Final[AnyAction] = Action(
    id="vif.mac", kind=VIF, request=SetMac, title=N_("Change MAC address"), done=N_("The MAC address of {name} is "
        "changed"), role=Role.OPERATOR,
    icon="edit", applies_to=is_nic, blocked=cannot_remove, edits=True, defaults=lambda vifs: {"mac": vifs[0].MAC}, check=check_mac,
    plan=mac_plan,
)  # fmt: skip
LIMIT: Final[AnyAction] = Action(
    id="vif.limit", kind=VIF, request=LimitNic, title=N_("Set rate limit"), done=N_("The rate limit of {name} is set"), role=Role.OPERATOR,
    icon="settings", applies_to=is_nic, blocked=busy, edits=True, defaults=lambda vifs: {"rate": rate_of(vifs[0]) or None}, plan=limit_plan,
)  # fmt: skip
LOCK: Final[AnyAction] = Action(
    id="vif.lock", kind=VIF, request=LockNic, title=N_("Source addresses"), done=N_("The source addresses of {name} are set"),
    role=Role.OPERATOR, icon="lock", applies_to=is_nic, blocked=busy, edits=True, defaults=lock_defaults,
    needless=only_with("mode", LOCKED, "ipv4", "ipv6"), check=check_lock, plan=lock_plan,
)  # fmt: skip
