"""A new network of a pool: on a NIC of every host, with a tag or without; on a bond that is made for it; or within each host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import quote

from msgspec import Meta

from data.facts.host import is_live
from data.facts.pool import has_ha
from data.identity import key_of
from data.names import name_of
from data.networks import NO_TAG
from data.objects import PIF, Host, Network, Pool
from data.stores.users import Role
from data.texts import natural
from data.types import Ref
from data.uplinks import bond_of, devices_of, has_address, hosts_of, nics_of, tags_on, uplinks_of
from xo_dash.control.action import Action, AnyAction, Choice, in_order
from xo_dash.control.labels import Tag, never
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.network.rename import taken
from xo_dash.control.network.settings import HASHES, HASHING, LOCKING, MODES, NO_PURPOSE, PURPOSES, Mtu, check_purpose, no_lacp
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import HostUuid, Lines, Name, NetworkUuid, called, one_of
from xo_dash.i18n import N_

EXTERNAL, TAGGED, BOND, INTERNAL = "external", "vlan", "bond", "internal"
KINDS: Final[Mapping[str, str]] = {
    EXTERNAL: N_("External"), TAGGED: N_("VLAN"), BOND: N_("Bond"), INTERNAL: N_("Internal"),
}  # fmt: skip
HIGHEST_TAG: Final = 4094
MOST: Final = 64
Vlan = Annotated[int, Meta(ge=1, le=HIGHEST_TAG)]
Device = Annotated[str, Meta(min_length=1, max_length=32, extra={"line": True})]


class NewNetwork(Request, frozen=True, kw_only=True):
    """What `kind` does not need stays as it is by itself."""

    kind: Annotated[str, one_of(KINDS), called(N_("Kind"))] = TAGGED
    name: Annotated[Name, called(N_("Name"))]
    description: Annotated[Lines, called(N_("Description"))] = ""
    on: Annotated[NetworkUuid | None, called(N_("On"), hint=N_("The network of a NIC or a bond"))] = None
    vlan: Annotated[Vlan | None, called(N_("VLAN number"))] = None
    nics: Annotated[tuple[Device, ...], Meta(max_length=MOST), called(N_("NICs"), hint=N_("The same on each host"))] = ()
    hosts: Annotated[tuple[HostUuid, ...], Meta(max_length=MOST), called(N_("Hosts"), hint=N_("Default: all"))] = ()
    mode: Annotated[str, one_of(MODES), called(N_("Mode"))] = "balance-slb"
    hashing: Annotated[str, one_of(HASHES), called(N_("Balancing"), hint=N_("For LACP only"))] = "tcpudp_ports"
    mtu: Annotated[Mtu, called(N_("MTU"))] = 1500
    purpose: Annotated[str, one_of(PURPOSES), called(N_("Purpose"))] = NO_PURPOSE
    locking: Annotated[str, one_of(LOCKING), called(N_("Source addresses"))] = "unlocked"
    tags: Annotated[tuple[Tag, ...], Meta(max_length=MOST), called(N_("Tags"))] = ()


# ---- where it will be


def base_of(request: NewNetwork, pool: Pool) -> dict[Host, PIF]:
    """What an external network or a VLAN stands on, by host."""
    network = pool.home.by_uuid(Network, request.on) if request.on else None
    return uplinks_of(network) if network is not None else {}


def bonded_hosts(request: NewNetwork, pool: Pool) -> list[Host]:
    """Those that get the bond, in order: the chosen ones, else all that respond."""
    found = hosts_of(pool.home)
    return [host for host in found if host.uuid in request.hosts] if request.hosts else list(filter(is_live, found))


def members_on(request: NewNetwork, host: Host) -> list[PIF]:
    """The chosen NICs, as far as the host has them."""
    nics = nics_of(host)
    return [nics[device] for device in dict.fromkeys(request.nics) if device in nics]


# ---- what is wrong with it


def check(request: NewNetwork, pool: Pool) -> Iterator[Fault]:
    yield from taken(request.name, pool.home)
    if request.kind == BOND:
        yield from _check_bond(request, pool)
    elif request.kind in (EXTERNAL, TAGGED):
        yield from _check_tag(request, pool)
    yield from check_purpose(request.purpose, pool.home)


def _check_tag(request: NewNetwork, pool: Pool) -> Iterator[Fault]:
    base = base_of(request, pool)
    if not base:
        yield Fault("on", lazy(N_("select the NIC or bond that carries it")))
        return
    if request.kind == TAGGED and request.vlan is None:
        yield Fault("vlan", lazy(N_("enter a VLAN number from 1 to {most}"), most=HIGHEST_TAG))
        return
    taken = tags_on(base.values())
    tag = _tag(request)
    if tag in taken:
        yield Fault("on" if tag == NO_TAG else "vlan", _taken(tag, taken, next(iter(base.values()))))
    least = min(pif.MTU for pif in base.values())
    if least and request.mtu > least:
        yield Fault("mtu", lazy(N_("at most {most}, the MTU of the NIC below it"), most=least))


def _taken(tag: int, taken: Mapping[int, Network | None], base: PIF) -> LazyText:
    network = taken[tag]
    name = name_of(network) if network is not None else "?"
    if tag == NO_TAG:
        return lazy(N_("{device} already has an external network, “{network}”; use that one"), device=base.device, network=name)
    return lazy(
        N_("VLAN {tag} exists on {device} as “{network}”; use that one, or a free number: {free}"),
        tag=tag, device=base.device, network=name, free=free_tag(taken, tag),
    )  # fmt: skip


def free_tag(taken: Mapping[int, object], near: int = 1) -> int:
    """The next number that is free."""
    upward = (*range(near, HIGHEST_TAG + 1), *range(1, near))
    return next((tag for tag in upward if tag not in taken), 0)


def _check_bond(request: NewNetwork, pool: Pool) -> Iterator[Fault]:
    if len(set(request.nics)) < 2:
        yield Fault("nics", lazy(N_("a bond needs at least two NICs; select another one")))
        return
    if any(pool.home.by_uuid(Host, uuid) is None for uuid in request.hosts):
        yield Fault("hosts", lazy(N_("there is no such host in its pool; choose another")))
        return
    hosts = bonded_hosts(request, pool)
    if not hosts:
        yield Fault("hosts", lazy(N_("no host of the pool responds")))
    for host in hosts:
        if (reason := why_no_bond(request, host)) is not None:
            yield Fault("nics", reason)
    if request.mode == "lacp" and (reason := no_lacp(hosts)):
        yield Fault("mode", reason)


def why_no_bond(request: NewNetwork, host: Host) -> LazyText | None:
    """Why these NICs of `host` cannot be one, as far as the mirror knows."""
    members, name = members_on(request, host), name_of(host)
    if not is_live(host):
        return lazy(N_("{host} does not respond; leave it out"), host=name)
    have = {pif.device for pif in members}
    missing = [device for device in request.nics if device not in have]
    if missing:
        return lazy(N_("{host} has no {device}; leave the host out, or select other NICs"), host=name, device=missing[0])
    bonded = next((pif for pif in members if bond_of(pif) is not None), None)
    if bonded is not None:
        return lazy(N_("{device} of {host} is already part of a bond; select another one"), device=bonded.device, host=name)
    if len(addressed := [pif.device for pif in members if has_address(pif)]) > 1:
        return lazy(N_("{devices} of {host} have addresses; a bond keeps one: remove the others first"),
                    devices=", ".join(addressed), host=name)  # fmt: skip
    if any(pif.management for pif in members) and has_ha(host.home):
        return lazy(N_("{host} is managed over one of them, and HA is on; turn HA off first"), host=name)
    return None


def notes(request: NewNetwork, pool: Pool) -> Iterator[LazyText]:
    silent = [name_of(host) for host in hosts_of(pool.home) if not is_live(host)]
    if request.kind in (EXTERNAL, TAGGED):
        base = base_of(request, pool)
        without = [name_of(host) for host in hosts_of(pool.home) if host not in base and is_live(host)]
        if without:
            yield lazy(N_("It is not on {hosts}: no such NIC there"), hosts=", ".join(without))
    if silent and request.kind != INTERNAL:
        yield lazy(N_("{hosts} does not respond and is left out"), hosts=", ".join(silent))
    if request.kind != BOND:
        yield lazy(N_("No VM, no address and no storage is affected"))
    if request.kind == TAGGED:
        yield lazy(N_("The switch must carry the VLAN on these ports"))
    if request.kind == BOND and request.mode == "lacp":
        yield lazy(N_("The switch must speak LACP on these ports"))
    if request.kind == BOND:
        yield from _bond_notes(request, pool)


def _bond_notes(request: NewNetwork, pool: Pool) -> Iterator[LazyText]:
    hosts = bonded_hosts(request, pool)
    managed = [name_of(host) for host in hosts if any(pif.management for pif in members_on(request, host))]
    if managed:
        yield lazy(N_("Management of {hosts} moves to the bond; the connection to them is down for some seconds"), hosts=", ".join(managed))
    else:
        yield lazy(N_("Management is not affected"))
    for network, mtu in _mtus(request, pool).items():
        yield lazy(
            N_("The MTU of {network} changes from {old} to {new}, that of the bond"), network=name_of(network), old=mtu, new=request.mtu
        )


# ---- how it is made


def plan(request: NewNetwork, pool: Pool) -> Plan:
    mtus = _mtus(request, pool) if request.kind == BOND else {}
    network = yield from _network(request)
    if request.kind == BOND:
        for host in bonded_hosts(request, pool):
            yield from _bond(request, host, network, mtus)
    elif request.kind in (EXTERNAL, TAGGED):
        base = base_of(request, pool)
        if base:
            yield from _tagged(request, next(iter(base.values())), network)
    return network


def _network(request: NewNetwork) -> Plan:
    says = lazy(N_("Creating the network {name}"), name=request.name)
    record = {
        "name_label": request.name, "name_description": request.description, "MTU": request.mtu, "tags": list(request.tags), "bridge": "",
        "managed": True, "other_config": {"automatic": "false"},
    }  # fmt: skip
    network = yield Call("network.create", record, says=says, undo=lambda made: one("network.destroy", made, says=says))
    if request.locking != "unlocked":
        yield Call("network.set_default_locking_mode", network, request.locking, says=lazy(N_("Setting its source addresses")))
    if request.purpose != NO_PURPOSE:
        yield Call("network.add_purpose", network, request.purpose, says=lazy(N_("Setting its purpose")))
    return network


def _tag(request: NewNetwork) -> int:
    return request.vlan if request.kind == TAGGED and request.vlan is not None else NO_TAG


def _tagged(request: NewNetwork, pif: PIF, network: Ref) -> Plan:
    """One call for all hosts; XAPI itself takes back what it made where one fails."""
    tag = _tag(request)
    says = (
        lazy(N_("VLAN {tag} on all hosts"), tag=tag)
        if tag != NO_TAG
        else lazy(N_("{device} without a tag on all hosts"), device=pif.device)
    )
    yield Call("pool.create_VLAN_from_PIF", pif.ref, network, tag, says=says)


def _mtus(request: NewNetwork, pool: Pool) -> dict[Network, int]:
    """Of the NICs' own networks, where a bond changes it. Source: as it takes its NICs it gives their networks its MTU, for good."""
    pifs = [pif for host in bonded_hosts(request, pool) for pif in members_on(request, host)]
    found = (pif.home.one(Network, pif.network) for pif in pifs)
    return {network: network.MTU for network in found if network is not None and request.mtu != network.MTU}


def _unbond(bond: object, mtus: Mapping[Network, int], says: LazyText) -> Plan:
    """The NICs come up again with the MTU of their networks."""
    for network, mtu in mtus.items():
        yield Call(
            "network.set_MTU", network.ref, mtu, says=lazy(N_("Setting the MTU of {name}"), name=name_of(network)), asynchronous=False
        )
    yield from one("Bond.destroy", bond, says=says)


def _bond(request: NewNetwork, host: Host, network: Ref, mtus: Mapping[Network, int]) -> Plan:
    """Its NICs as one, and whether the host is still heard: the first that is not stops all, and what was made is taken back."""
    members = [pif.ref for pif in members_on(request, host)]
    properties = {HASHING: request.hashing} if request.mode == "lacp" else {}
    says = lazy(N_("Bond on {host}"), host=name_of(host))
    yield Call(
        "Bond.create", network, members, "", request.mode, properties, says=says, undo=lambda bond: _unbond(bond, mtus, says),
        stays=lazy(N_("{host} keeps the bond"), host=name_of(host)),
    )  # fmt: skip
    yield answering(host)


def answering(host: Host) -> Call:
    """The master asks the host something, which only a host that is reached can answer."""
    return Call("host.get_servertime", host.ref, says=lazy(N_("Checking that {host} responds"), host=name_of(host)), asynchronous=False)


# ---- what there is to choose from


def uplink_choices(pools: Sequence[Pool]) -> Sequence[Choice]:
    """Networks of NICs and bonds."""
    found = []
    for network in pools[0].home.all(Network).values() if len(pools) == 1 else ():
        if base := uplinks_of(network):
            devices = sorted({pif.device for pif in base.values()}, key=natural)
            found.append(Choice(network.uuid, f"{name_of(network)} · {', '.join(devices)}"))
    return in_order(found)


def usual_mtu(request: NewNetwork, pool: Pool) -> int:
    """That of what it stands on; of NICs that a bond takes, the least of their networks."""
    pifs = list(base_of(request, pool).values()) if request.kind in (EXTERNAL, TAGGED) else []
    if request.kind == BOND:
        pifs = [pif for host in hosts_of(pool.home) for pif in members_on(request, host)]
    return min((pif.MTU for pif in pifs if pif.MTU), default=1500)


def defaults(pools: Sequence[Pool]) -> Mapping[str, object]:
    choices = uplink_choices(pools)
    return {"on": choices[0].value if len(choices) == 1 else None, "nics": tuple(devices_of(pools[0].home)) if not choices else ()}


NEW_NETWORK: Final[AnyAction] = Action(
    id="pool.new_network", kind=Pool, request=NewNetwork, title=N_("New network"), done=N_("The network is created in {name}"),
    role=Role.ADMIN,
    icon="network", applies_to=lambda pool: True, blocked=never, check=check, notes=notes, defaults=defaults,
    choices={"on": uplink_choices}, plan=plan,
    page=lambda pool: f"/pool/{quote(key_of(pool), safe='@')}/new-network",
)  # fmt: skip
