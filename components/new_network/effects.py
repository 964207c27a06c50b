"""What a new network would do on each host, as rows of a table."""

from __future__ import annotations

from typing import NamedTuple

from components.cells import Cell, CellLink, Marked, Quiet
from components.hosts.words import link_mark
from components.urls import path_of
from data.facts.host import is_live
from data.facts.network import LinkLevel, has_carrier, is_used, link_of, speed_of
from data.level import Level
from data.names import by_name, name_of
from data.networks import NO_TAG
from data.objects import PIF, Host, Network, Pool
from data.texts import natural
from data.uplinks import bond_of, hosts_of, nics_of, tags_on
from data.views.network import guest_count
from xo_dash.control.network.create import BOND, INTERNAL, TAGGED, NewNetwork, base_of, members_on, why_no_bond
from xo_dash.i18n import _, bits_rate, ngettext, number


class Effect(NamedTuple):
    host: str  # uuid
    cells: tuple[Cell, Cell, Cell, Cell]


def effects(request: NewNetwork, pool: Pool) -> list[Effect]:
    """A row for each host; none for a network that is made within hosts when it is needed."""
    if request.kind == INTERNAL:
        return []
    base = base_of(request, pool)
    hosts = hosts_of(pool.home) if request.kind == BOND else by_name(pool.home.all(Host).values())  # a bond: in its order
    return [_of_bond(request, host) if request.kind == BOND else _of_tag(request, host, base.get(host)) for host in hosts]


def _row(host: Host, on: str, link: Cell, happens: Cell) -> Effect:
    return Effect(host.uuid, (CellLink(name_of(host), path_of(host)), on, link, happens))


# ---- external and VLAN


def _of_tag(request: NewNetwork, host: Host, pif: PIF | None) -> Effect:
    if not is_live(host):
        return _row(host, pif.device if pif else "", "", Marked("warning", _("does not respond, is left out")))
    if pif is None:
        return _row(host, "", "", Quiet(_("no such NIC, is left out")) if request.on else "")
    return _row(host, pif.device, _link(pif), _tagged(request, pif))


def _tagged(request: NewNetwork, pif: PIF) -> Cell:
    tag = request.vlan if request.kind == TAGGED else NO_TAG
    if tag is None:
        return ""
    taken = tags_on([pif])
    if tag in taken:
        network = taken[tag]
        name, count = name_of(network) if network is not None else "?", guest_count(network) if network is not None else 0
        vms = ngettext("{n} VM", "{n} VMs", count).format(n=number(count))
        return Marked("critical", _("exists as {network}, {vms}").format(network=name, vms=vms))
    return f"{pif.device}.{tag}" if tag != NO_TAG else _("{device} without a tag").format(device=pif.device)


def _link(pif: PIF) -> Cell:
    speed, link = speed_of(pif), link_of(pif)
    if link in (LinkLevel.DOWN, LinkLevel.SPARE):
        return Marked("warning", _("no link"))
    return Marked(link_mark(link, Level.NONE), bits_rate(speed * 1e6) if speed else _("link"))


# ---- bonds


def _of_bond(request: NewNetwork, host: Host) -> Effect:
    members = members_on(request, host)
    on = ", ".join(pif.device for pif in members)
    if request.hosts and host.uuid not in request.hosts:
        return _row(host, on, "", Quiet(_("left out")))
    if not request.nics:
        return _row(host, "", "", "")
    reason = why_no_bond(request, host)
    if reason is not None:
        dead = not is_live(host) and not request.hosts
        return _row(host, on, "", Marked("warning", _("does not respond, is left out")) if dead else Marked("critical", str(reason)))
    return _row(host, on, _links(members), _bonded(members))


def device_words(device: str, pool: Pool) -> str:
    """The NIC of that name, and what uses it on any host."""
    pifs = [pif for host in hosts_of(pool.home) if (pif := nics_of(host).get(device)) is not None and is_used(pif)]
    above = [pif.home.one(PIF, bond.master) if (bond := bond_of(pif)) is not None else pif for pif in pifs]
    used = (pif.home.one(Network, pif.network) for pif in above if pif is not None)
    names = sorted({name_of(network) for network in used if network is not None}, key=natural)
    return _("{device}, used by {networks}").format(device=device, networks=", ".join(names)) if names else device


def _links(members: list[PIF]) -> Cell:
    down = [pif.device for pif in members if not has_carrier(pif)]
    if down:
        return Marked("warning", _("{devices} has no link").format(devices=", ".join(down)))
    speeds = [speed_of(pif) for pif in members]
    if len(set(speeds)) == 1 and speeds[0]:
        return Marked("live", f"{number(len(speeds))} × {bits_rate(speeds[0] * 1e6)}")
    return Marked("live", ", ".join(bits_rate(speed * 1e6) if speed else "–" for speed in speeds))


def _bonded(members: list[PIF]) -> Cell:
    """The gravest of what it touches."""
    up = [pif.device for pif in members if has_carrier(pif)]
    if any(pif.management for pif in members):
        return Marked("warning", _("management moves to the bond"))
    if len(up) == 1 < len(members):
        return Marked("warning", _("runs on {device} alone").format(device=up[0]))
    addressed = next((pif for pif in members if pif.IP), None)
    if addressed is not None:
        return _("{address} moves to the bond").format(address=addressed.IP)
    return _("VMs and VLANs move to the bond") if any(map(is_used, members)) else _("nothing uses them")
