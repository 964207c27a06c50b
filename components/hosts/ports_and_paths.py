"""A host's ports into networks and its paths to SRs, as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from components.actions import ActionMenu, run_command, whoever
from components.cells import Cell, CellTable, Marked, Quiet, TextLines, link_to
from components.hosts.words import MODES, link_mark, link_text
from components.live import follow_facts
from components.ui import Button, ButtonKind, Card, Column
from data.facts.network import LinkLevel as LinkState
from data.level import Level
from data.names import name_of
from data.objects import PBD, PIF, Host
from data.types import Home
from data.views.host import HostView
from data.views.path import PathView
from data.views.port import PortView
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.actions import actions_for
from xo_dash.control.network.plug import SCAN_NICS
from xo_dash.i18n import _, number, percent, size


class Ports(Card):
    """NICs, bonds and VLANs with their links and addresses."""

    def __init__(self, context: Context, host: HostView) -> None:
        super().__init__(_("NICs"), wide=True)
        self._host = host
        columns = (
            Column(_("Device"), main=True), Column(_("Network")), Column(_("Link")), Column(_("VLAN"), number=True), Column(_("Address")),
            Column(_("MAC")), Column(_("MTU"), number=True),
        )  # fmt: skip
        if may(whoever(), SCAN_NICS, host.row):
            scan = partial(run_command, context, SCAN_NICS, [host.row])
            with self.head:
                Button(_(SCAN_NICS.title), scan, kind=ButtonKind.GHOST).mark(SCAN_NICS.id)
        with self:
            self._table = CellTable(columns, _("No NICs."), port_menu(context, host.row.home), stacks=True)
            follow_facts(host, ("ports",), self._refresh)

    def _refresh(self) -> None:
        ports = self._host.ports
        self.show_count(sum(port.is_physical for port in ports))
        self._table.show([(port.pif, list(_port_cells(port))) for port in ports])


def port_menu(context: Context, home: Home) -> Callable[[str], None]:
    """What can be done to the port of that uuid, at the end of its row."""

    def draw(uuid: str) -> None:
        pif = home.by_uuid(PIF, uuid)
        if pif is not None:
            with Button(icon="more", label=_("Commands for {name}").format(name=name_of(pif)), kind=ButtonKind.GHOST).mark(f"port-{uuid}"):
                ActionMenu(context, (pif,), actions_for(pif), right=True)

    return draw


def _port_cells(port: PortView) -> Iterator[Cell]:
    yield device_text(port)
    yield link_to(port.network, Quiet(_("none")))
    yield link_cell(port)
    yield "" if port.vlan is None else str(port.vlan)
    yield address_cell(port)
    yield port.mac
    yield str(port.mtu) if port.mtu else ""


def device_text(port: PortView) -> str:
    """`eth0`, `bond0 of eth0, eth1`."""
    if not port.members or port.is_tagged:
        return port.device or "–"
    members = ", ".join(port.members)
    mode = _(MODES[port.mode]) if port.mode in MODES else port.mode
    return _("{device} of {members}, {mode}").format(device=port.device, members=members, mode=mode)


def link_cell(port: PortView) -> Cell:
    if not port.is_attached:
        return Quiet(_("unplugged") if port.link in (LinkState.UP, LinkState.DEGRADED) else _("unplugged, no link"))
    return Marked(link_mark(port.link, port.level), link_text(port))


def address_cell(port: PortView) -> Cell:
    """Its addresses; which of them manages the host."""
    addresses = list(port.addresses)
    if port.is_management:
        addresses = [_("{address}, management").format(address=address) for address in addresses[:1]] + addresses[1:]
    return TextLines(tuple(addresses)) if len(addresses) > 1 else "".join(addresses)


class Paths(Card):
    """The SRs that it reaches, or should."""

    def __init__(self, host: HostView) -> None:
        super().__init__(_("Storage"), " ", wide=True)
        self._host = host
        columns = (
            Column(_("SR"), main=True), Column(_("Path")), Column(_("Type")), Column(_("Used"), number=True),
            Column(_("Size"), number=True),
        )  # fmt: skip
        with self:
            self._table = CellTable(columns, _("No storage attached."), stacks=True)
            follow_facts(host, ("paths",), self._refresh)

    def _refresh(self) -> None:
        paths = self._host.paths
        attached = sum(path.is_attached for path in paths)
        self.scope.text = _("{n} of {all} attached").format(n=number(attached), all=number(len(paths))) if paths else ""
        self.show_count(len(paths))
        self._table.show([(path.pbd, list(_path_cells(path))) for path in paths])


def _path_cells(path: PathView) -> Iterator[Cell]:
    yield link_to(path.sr, Quiet(_("missing")))
    yield path_cell(path)
    yield _("{type}, shared").format(type=path.type) if path.is_shared else path.type
    if path.room is None:
        yield ""
        yield ""
        return
    yield f"{size(path.room.used)} · {percent(path.room.share)}"
    yield size(path.room.size)


def path_cell(path: PathView) -> Marked:
    if path.is_attached:
        return Marked("live", _("attached"))
    return Marked("critical" if path.level is Level.CRITICAL else "disabled", _("unplugged"))


def path_menu(context: Context, home: Home) -> Callable[[str], None]:
    """What can be done to the path of that uuid, at the end of its row."""

    def draw(uuid: str) -> None:
        pbd = home.by_uuid(PBD, uuid)
        host = home.one(Host, pbd.host) if pbd is not None else None
        if pbd is not None:
            name = _("Commands for {name}").format(name=name_of(host) if host is not None else uuid)
            with Button(icon="more", label=name, kind=ButtonKind.GHOST).mark(f"path-{uuid}"):
                ActionMenu(context, (pbd,), actions_for(pbd), right=True)

    return draw
