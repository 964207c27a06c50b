"""What a change of a port's address does to the lines of its host: ours to it, its to the master, its to storage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Final

from data.facts.pool import is_master, master_of
from data.names import name_of, pool_name
from data.objects import PBD, PIF, SR, Host, Network
from data.uplinks import subnet_of
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_

SERVERS: Final = ("server", "target", "location")
"""Keys of a PBD's device_config that say where an SR is served from. Source: NFS has server, iSCSI target, ISO and SMB location."""


class GuardVerdict(StrEnum):
    SAME = "same"
    CHECK = "check"  # nobody here can tell
    BREAKS = "breaks"


@dataclass(frozen=True, slots=True)
class PortPlace:
    """How a port is reached: an address that nobody knows yet is empty."""

    address: str
    netmask: str
    gateway: str
    network: str  # its name

    @property
    def subnet(self) -> IPv4Network | None:
        return subnet_of(self.address, self.netmask)

    @property
    def words(self) -> LazyText:
        if not self.address:
            return lazy(N_("an address from DHCP, over {network}"), network=self.network)
        return lazy(N_("{address} over {network}"), address=self.address, network=self.network)


@dataclass(frozen=True, slots=True)
class PathChange:
    """One line, as it is and as it will be."""

    path: LazyText
    now: LazyText
    after: LazyText
    verdict: GuardVerdict


def place_of(pif: PIF) -> PortPlace:
    network = pif.home.one(Network, pif.network)
    return PortPlace(pif.IP, pif.netmask, pif.gateway, name_of(network) if network is not None else pif.device)


def management_of(host: Host) -> PIF | None:
    return next((pif for pif in host.all_of(PIF, host.PIFs) if pif.management), None)


def paths(host: Host, now: PortPlace, after: PortPlace | None, *, management: bool, moves: bool = False) -> list[PathChange]:
    """`after`: None for no address at all. `moves`: management goes to another port, which has its address already."""
    found = list(_management(host, now, after)) if management and after is not None else []
    return [*found, *([] if moves else _storage(host, now, after))]


def breaks(changes: list[PathChange]) -> bool:
    return any(change.verdict is GuardVerdict.BREAKS for change in changes)


def _management(host: Host, now: PortPlace, after: PortPlace) -> Iterator[PathChange]:
    name, same = name_of(host), bool(after.address) and after.address == now.address
    ours = lazy(N_("xo-dash → {host}"), host=name)
    if is_master(host):
        yield PathChange(ours, now.words, *_ours(host, now, after, same))
        if len(host.home.all(Host)) > 1:
            verdict = GuardVerdict.SAME if same else GuardVerdict.CHECK
            words = UNCHANGED if same else lazy(N_("must find the master at its new address"))
            yield PathChange(lazy(N_("Members → master")), now.words, words, verdict)
        return
    yield PathChange(ours, now.words, UNCHANGED if same else lazy(N_("{place}, found by itself"), place=after.words), GuardVerdict.SAME)
    yield PathChange(lazy(N_("{host} → master"), host=name), now.words, *_to_master(host, after))


def _ours(host: Host, now: PortPlace, after: PortPlace, same: bool) -> tuple[LazyText, GuardVerdict]:
    """Whether we still reach the pool: its server is connected at an address that a person gave."""
    if same:
        return UNCHANGED, GuardVerdict.SAME
    given = host.home.server.address
    if now.address and now.address in re.split(r"[^0-9.]+", given):
        says = lazy(N_("{place}: {pool} is connected at {given}"), place=after.words, pool=pool_name(host.home), given=given)
        return says, GuardVerdict.BREAKS
    return lazy(N_("{place}: {given} must lead there"), place=after.words, given=given), GuardVerdict.CHECK


def _to_master(host: Host, after: PortPlace) -> tuple[LazyText, GuardVerdict]:
    master = master_of(host.home)
    target = master.address if master is not None else ""
    return _reach(target, after) or (after.words, GuardVerdict.SAME)


def _reach(target: str, after: PortPlace) -> tuple[LazyText, GuardVerdict] | None:
    """What stands against reaching `target` from there; None if nothing does."""
    if after.subnet is None:
        return lazy(N_("depends on what DHCP says")), GuardVerdict.CHECK
    try:
        inside = IPv4Address(target) in after.subnet
    except AddressValueError:
        return lazy(N_("depends on where {name} is"), name=target or "?"), GuardVerdict.CHECK
    if inside:
        return None
    if after.gateway:
        return lazy(N_("{target} over the gateway {gateway}"), target=target, gateway=after.gateway), GuardVerdict.CHECK
    return lazy(N_("{target} is in another subnet, and there is no gateway"), target=target), GuardVerdict.BREAKS


def _storage(host: Host, now: PortPlace, after: PortPlace | None) -> Iterator[PathChange]:
    """The SRs that are served from the port's own subnet."""
    if now.subnet is None:
        return
    others = [subnet for pif in host.all_of(PIF, host.PIFs) if now.address != pif.IP and (subnet := subnet_of(pif.IP, pif.netmask))]
    for pbd in host.all_of(PBD, host.PBDs):
        server, sr = served_from(pbd), host.home.one(SR, pbd.SR)
        if sr is None or server is None or not pbd.currently_attached or server not in now.subnet:
            continue
        path = lazy(N_("{host} → {sr}"), host=name_of(host), sr=name_of(sr))
        if any(server in subnet for subnet in others):
            yield PathChange(path, now.words, lazy(N_("over another port")), GuardVerdict.CHECK)
        elif after is None:
            yield PathChange(
                path, now.words, lazy(N_("{target} is no longer in a subnet of the host"), target=str(server)), GuardVerdict.BREAKS
            )
        else:
            yield PathChange(path, now.words, *(_reach(str(server), after) or (UNCHANGED, GuardVerdict.SAME)))


def served_from(pbd: PBD) -> IPv4Address | None:
    """The address of the server of an SR, where that is written as an address."""
    for key in SERVERS:
        text = pbd.device_config.get(key, "").removeprefix("//").removeprefix("\\\\").partition(":")[0]
        try:
            return IPv4Address(text.partition("/")[0].partition("\\")[0])
        except AddressValueError:
            continue
    return None


UNCHANGED: Final = lazy(N_("unchanged"))
