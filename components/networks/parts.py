"""The parts of a network's page: head, the hosts' ports, what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from components.charts import Curve, SumChart, Unit
from components.heads import ObjectHead
from components.hosts.ways import address_cell, device_text, link_cell, pif_refs
from components.hosts.words import link_mark, pool_name, pool_path
from components.links import path_of
from components.live import follow_findings
from components.networks.rows import KINDS
from components.ui import Card, Column
from components.vms.around import follow_around
from components.vms.cells import Cell, Copy, Facts, Link, Quiet, Table
from data.facts.network import Link as LinkState
from data.mirror import Mirror, PoolMirror
from data.names import name_of
from data.networks import HostPort, NetworkKind, links_of, network_kind, ports_into, tags_of, traffic_of
from data.objects import PIF, Network, Pool
from data.types import Ref
from data.views.network import NetworkView
from xo_dash.context import Context
from xo_dash.i18n import _, ngettext, number


def network_head(context: Context, network: Network) -> None:
    head = ObjectHead(context, network)

    def refresh() -> None:
        tags = [_("VLAN {tag}").format(tag=tag) for tag in tags_of(network)]
        count = NetworkView.guest_count.of(network)
        vms = ngettext("{n} VM", "{n} VMs", count).format(n=number(count))
        facts = [*tags, _("MTU {n}").format(n=network.MTU) if network.MTU else "", vms]
        head.show(facts, _state(network))

    with head:
        follow_around(context.mirror, network, port_refs, refresh)
        follow_findings(context.mirror, lambda subjects: network in subjects, refresh)


def _state(network: Network) -> tuple[str, str]:
    links = links_of(network)
    if network_kind(network) is NetworkKind.INTERNAL:
        return "live", _("Internal")
    if not links.ports:
        return "disabled", _("Not in use")
    words = {
        LinkState.UP: _("All links up"), LinkState.DEGRADED: _("NIC link down"),
        LinkState.DOWN: _("Link down on 1 host") if links.up else _("Link down"),
    }  # fmt: skip
    return link_mark(links.worst, links.level), words[links.worst]


def port_refs(network: Network) -> Iterable[Ref]:
    yield from network.PIFs
    for pif in network.all_of(PIF, network.PIFs):
        yield pif.host
        yield from pif_refs(pif)


class NetworkPorts(Card):
    """Where each host has it."""

    def __init__(self, mirror: Mirror, network: Network) -> None:
        super().__init__(_("Ports"), " ", wide=True)
        self._network = network
        columns = (
            Column(_("Host"), main=True), Column(_("Device")), Column(_("Link")), Column(_("VLAN"), number=True), Column(_("Address")),
            Column(_("MAC")),
        )  # fmt: skip
        with self:
            self._table = Table(columns, _("No host has a NIC on it: its VMs can reach only VMs on the same host."))
            follow_around(mirror, network, port_refs, self._refresh, names=("PIFs",))

    def _refresh(self) -> None:
        ports, links = ports_into(self._network), links_of(self._network)
        self.scope.text = _("link up on {n} of {all}").format(n=number(links.up), all=number(links.ports)) if links.ports else ""
        self.show_count(len(ports))
        self._table.show([(one.port.pif.ref, list(_cells(one))) for one in ports])


def _cells(one: HostPort) -> Iterator[Cell]:
    host, port = one
    yield Link(name_of(host), path_of(host)) if host else Quiet(_("missing"))
    yield device_text(port)
    yield link_cell(port)
    yield "" if port.vlan is None else str(port.vlan)
    yield address_cell(port.pif)
    yield port.pif.MAC


class Throughput(Card):
    """What goes over it, in and out, as its hosts see it: on its NICs, or else on the NICs of its VMs."""

    def __init__(self, network: Network, pool: PoolMirror) -> None:
        super().__init__(_("Throughput"), _("last 10 minutes"))

        def parts(way: str) -> list[tuple[str, str]]:
            return [part for part in traffic_of(network) if part[1].endswith(way)]

        with self:
            curves = (Curve("rx", _("in")), Curve("tx", _("out")))
            SumChart(pool.history, network.uuid, curves, Unit.BITS, parts={"rx": lambda: parts("_rx"), "tx": lambda: parts("_tx")})


class NetworkAbout(Card):
    """What it is."""

    def __init__(self, mirror: Mirror, network: Network) -> None:
        super().__init__(_("About"))
        with self:
            facts = Facts([name for name, _value in about(network)])
            follow_around(mirror, network, lambda network: (*network.PIFs, *network.home.all(Pool)), lambda: facts.show(about(network)))


def about(network: Network) -> list[tuple[str, Cell | None]]:
    locking = {"unlocked": _("any address"), "disabled": _("none unless allowed")}.get(network.default_locking_mode)
    return [
        (_("Pool"), Link(pool_name(network), pool_path(network))),
        (_("Kind"), _(KINDS[network_kind(network)])),
        (_("VLAN"), ", ".join(map(str, tags_of(network))) or None),
        (_("Bridge"), network.bridge or Quiet(_("none"))),
        (_("MTU"), str(network.MTU) if network.MTU else None),
        (_("Source addresses"), locking or network.default_locking_mode),
        (_("Managed by XAPI"), None if network.managed else _("no")),
        (_("UUID"), Copy(network.uuid, _("Click to copy"))),
    ]
