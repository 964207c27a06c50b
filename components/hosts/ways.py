"""A host's ports into networks and its paths to SRs, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from components.hosts.words import MODES, link_mark, link_text
from components.links import path_of
from components.ui import Card, Column
from components.vms.around import follow_around
from components.vms.cells import Cell, Lines, Link, Marked, Quiet, Table
from data.facts.network import Link as LinkState
from data.facts.network import link_level
from data.facts.sr import is_shown, path_level
from data.findings.finding import Level
from data.hosts import Path, Port, paths_of, ports_of
from data.mirror import Mirror
from data.names import name_of
from data.objects import PIF, VLAN, Bond, Host
from data.storage import room_of
from data.types import Ref
from xo_dash.i18n import _, number, percent, size


class Ports(Card):
    """NICs, bonds and VLANs with their links and addresses."""

    def __init__(self, mirror: Mirror, host: Host) -> None:
        super().__init__(_("NICs"), wide=True)
        self._host = host
        columns = (
            Column(_("Device"), main=True), Column(_("Network")), Column(_("Link")), Column(_("VLAN"), number=True), Column(_("Address")),
            Column(_("MAC")), Column(_("MTU"), number=True),
        )  # fmt: skip
        with self:
            self._table = Table(columns, _("No NICs."))
            follow_around(mirror, host, port_refs, self._refresh, names=("PIFs",))

    def _refresh(self) -> None:
        ports = ports_of(self._host)
        self.show_count(sum(port.pif.physical for port in ports))
        self._table.show([(port.pif.ref, list(_port_cells(port))) for port in ports])


def _port_cells(port: Port) -> Iterator[Cell]:
    pif, network = port.pif, port.network
    yield device_text(port)
    yield Link(name_of(network), path_of(network)) if network else Quiet(_("none"))
    yield link_cell(port)
    yield "" if port.vlan is None else str(port.vlan)
    yield address_cell(pif)
    yield pif.MAC
    yield str(pif.MTU) if pif.MTU else ""


def device_text(port: Port) -> str:
    """`eth0`, `bond0 of eth0, eth1`."""
    if not port.members or port.tagged:
        return port.pif.device or "–"
    members = ", ".join(sorted(member.device for member in port.members))
    mode = _(MODES[port.mode]) if port.mode in MODES else port.mode
    return _("{device} of {members}, {mode}").format(device=port.pif.device, members=members, mode=mode)


def link_cell(port: Port) -> Cell:
    if not port.pif.currently_attached and not port.pif.home.one(Bond, port.pif.bond_slave_of):
        return Quiet(_("unplugged") if port.link in (LinkState.UP, LinkState.DEGRADED) else _("unplugged, no link"))
    return Marked(link_mark(port.link, link_level(port.pif)), link_text(port))


def address_cell(pif: PIF) -> Cell:
    """Its addresses; which of them manages the host."""
    addresses = [address for address in (pif.IP, *pif.IPv6) if address]
    if pif.management:
        addresses = [_("{address}, management").format(address=address) for address in addresses[:1]] + addresses[1:]
    return Lines(tuple(addresses)) if len(addresses) > 1 else "".join(addresses)


def port_refs(host: Host) -> Iterable[Ref]:
    """Its ports, what they are made of, their links and networks."""
    for pif in host.all_of(PIF, host.PIFs):
        yield from pif_refs(pif)
    yield from host.PIFs


def pif_refs(pif: PIF) -> Iterable[Ref]:
    yield from (pif.ref, pif.metrics, pif.network, pif.VLAN_master_of, pif.bond_slave_of, *pif.bond_master_of)
    vlan = pif.home.one(VLAN, pif.VLAN_master_of)
    below = pif.home.one(PIF, vlan.tagged_PIF) if vlan else None
    for one in filter(None, (below, pif)):
        yield from (one.ref, one.metrics)
        for bond in one.all_of(Bond, one.bond_master_of):
            yield bond.ref
            for member in one.all_of(PIF, bond.slaves):
                yield from (member.ref, member.metrics)


class Paths(Card):
    """The SRs that it reaches, or should."""

    def __init__(self, mirror: Mirror, host: Host) -> None:
        super().__init__(_("Storage"), " ", wide=True)
        self._host = host
        columns = (
            Column(_("SR"), main=True), Column(_("Path")), Column(_("Type")), Column(_("Used"), number=True),
            Column(_("Size"), number=True),
        )  # fmt: skip
        with self:
            self._table = Table(columns, _("No storage attached."))
            follow_around(mirror, host, _path_refs, self._refresh, names=("PBDs",))

    def _refresh(self) -> None:
        paths = paths_of(self._host)
        attached = sum(path.pbd.currently_attached for path in paths)
        self.scope.text = _("{n} of {all} attached").format(n=number(attached), all=number(len(paths))) if paths else ""
        self.show_count(len(paths))
        self._table.show([(path.pbd.ref, list(_path_cells(path))) for path in paths])


def _path_cells(path: Path) -> Iterator[Cell]:
    sr = path.sr
    yield Link(name_of(sr), path_of(sr)) if sr else Quiet(_("missing"))
    yield path_cell(path)
    yield (_("{type}, shared").format(type=sr.type) if sr.shared else sr.type) if sr else ""
    if sr is None or not is_shown(sr):
        yield ""
        yield ""
        return
    room = room_of(sr)
    yield f"{size(room.used)} · {percent(room.share)}"
    yield size(room.size)


def path_cell(path: Path) -> Cell:
    if path.pbd.currently_attached:
        return Marked("live", _("attached"))
    return Marked("critical" if path_level(path.pbd) is Level.CRITICAL else "disabled", _("unplugged"))


def _path_refs(host: Host) -> Iterable[Ref]:
    yield from host.PBDs
    yield from (path.pbd.SR for path in paths_of(host))
