"""The parts of a network's page: head, the hosts' ports, what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.cells import Cell, CellTable, Copy, Facts, Quiet, link_to
from components.charts import Curve, SumChart, Unit
from components.hosts.ports_and_paths import address_cell, device_text, link_cell, port_menu
from components.hosts.words import link_mark
from components.live import follow_facts
from components.networks.rows import KINDS, first_of
from components.object_header import ObjectHead
from components.ui import Card, Column
from data.facts.network import LinkLevel as LinkState
from data.history import History
from data.networks import NetworkKind, traffic_of
from data.views.network import NetworkView
from data.views.port import PortView
from xo_dash.context import Context
from xo_dash.control.network.settings import PURPOSES
from xo_dash.i18n import _, ngettext, number

SHOWN: Final = ("own_pool", "pool", "network_kind", "vlans", "bridge", "mtu", "purpose", "locking", "is_managed")


def network_head(context: Context, network: NetworkView) -> None:
    head = ObjectHead(context, network.row)

    def refresh() -> None:
        tags = [_("VLAN {tag}").format(tag=tag) for tag in network.vlans]
        count = network.guest_count
        vms = ngettext("{n} VM", "{n} VMs", count).format(n=number(count))
        facts = [*tags, _("MTU {n}").format(n=network.mtu) if network.mtu else "", vms]
        head.show(facts, _state(network))

    with head:
        follow_facts(network, ("name", "description", "tags", "vlans", "guest_count", "mtu", "links", "network_kind"), refresh)


def _state(network: NetworkView) -> tuple[str, str] | None:
    links = network.links
    if network.network_kind is NetworkKind.INTERNAL:
        return "live", _("Internal")
    if network.network_kind is NetworkKind.UNTOLD:
        return None
    if not links.ports:
        return "disabled", _("Not in use")
    words = {
        LinkState.UP: _("All links up"), LinkState.DEGRADED: _("NIC link down"),
        LinkState.DOWN: _("Link down on {hosts}").format(hosts=first_of(links.down)) if links.up else _("Link down"),
    }  # fmt: skip
    return link_mark(links.worst, links.level), words[links.worst]


class NetworkPorts(Card):
    """Where each host has it."""

    def __init__(self, context: Context, network: NetworkView) -> None:
        super().__init__(_("Ports"), " ", wide=True)
        self._network = network
        columns = (
            Column(_("Host"), main=True), Column(_("Device")), Column(_("Link")), Column(_("VLAN"), number=True), Column(_("Address")),
            Column(_("MAC")),
        )  # fmt: skip
        with self:
            self._table = CellTable(columns, _("No host has a NIC on it: its VMs can reach only VMs on the same host."),
                                    port_menu(context, network.row.home), stacks=True).classes("x-bounded")  # fmt: skip
            follow_facts(network, ("ports", "links"), self._refresh)

    def _refresh(self) -> None:
        ports, links = self._network.ports, self._network.links
        self.scope.text = _("link up on {n} of {all}").format(n=number(links.up), all=number(links.ports)) if links.ports else ""
        self.show_count(len(ports))
        self._table.show([(port.pif, list(_cells(port))) for port in ports])


def _cells(port: PortView) -> Iterator[Cell]:
    yield link_to(port.host, Quiet(_("missing")))
    yield device_text(port)
    yield link_cell(port)
    yield "" if port.vlan is None else str(port.vlan)
    yield address_cell(port)
    yield port.mac


class Throughput(Card):
    """What goes over it, in and out, as its hosts see it: on its NICs, or else on the NICs of its VMs."""

    def __init__(self, network: NetworkView) -> None:
        super().__init__(_("Throughput"), _("last 10 minutes"))

        row = network.row

        def parts(way: str) -> list[tuple[str, str]]:
            return [part for part in traffic_of(row) if part[1].endswith(way)]

        with self:
            curves = (Curve("rx", _("in")), Curve("tx", _("out")))
            SumChart(row.home.part(History), row.uuid, curves, Unit.BITS, parts={"rx": lambda: parts("_rx"), "tx": lambda: parts("_tx")})


class NetworkAbout(Card):
    """What it is."""

    def __init__(self, network: NetworkView) -> None:
        super().__init__(_("About"))
        with self:
            facts = Facts([name for name, _value in about(network)])
            follow_facts(network, SHOWN, lambda: facts.show(about(network)))


def about(network: NetworkView) -> list[tuple[str, Cell | None]]:
    locking = {"unlocked": _("any address"), "disabled": _("none unless allowed")}.get(network.locking)
    return [
        (_("Pool"), link_to(network.own_pool, network.pool)),
        (_("Kind"), _(KINDS[network.network_kind])),
        (_("VLAN"), ", ".join(map(str, network.vlans)) or None),
        (_("Bridge"), network.bridge or Quiet(_("none"))),
        (_("MTU"), str(network.mtu) if network.mtu else None),
        (_("Purpose"), ", ".join(_(PURPOSES.get(one, one)) for one in network.purpose) or None),
        (_("Source addresses"), locking or network.locking),
        (_("Managed by XAPI"), None if network.is_managed else _("no")),
        (_("UUID"), Copy(network.row.uuid, _("Click to copy"))),
    ]
