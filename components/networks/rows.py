"""Networks, and the VMs on one, as rows of a list."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from components.findings.words import TONES
from components.hosts.rows import address_key, more, pool_cell
from components.hosts.words import link_mark
from components.lists import Cell, ListColumn, ListRow, TableSpec
from components.lists.traffic import line_rate, traffic_cell, traffic_trace
from components.urls import path_of
from components.vms.words import mark_of
from data.facts.vm import is_guest
from data.names import name_of
from data.networks import HostAddresses, Links, NetworkKind, NicOrBond, is_internal, nic_of, traffic_of
from data.objects import VIF, VM, Network
from data.relations import Reads
from data.texts import whole
from data.views.network import NetworkView as V
from data.views.things import GUEST, via
from data.views.view import reads_of
from xo_dash.i18n import N_, _, number

KINDS = {
    NetworkKind.EXTERNAL: N_("External"), NetworkKind.VLAN: N_("VLAN"), NetworkKind.INTERNAL: N_("Internal"),
    NetworkKind.BOND: N_("Bond"), NetworkKind.MEMBER: N_("NIC of a bond"), NetworkKind.UNTOLD: N_("unknown"),
}  # fmt: skip


NAMED: Final = 3
"""Hosts that are named in one sentence."""


def network_table() -> TableSpec[Network]:
    """All of all pools."""
    columns = [
        ListColumn(_("Name"), "minmax(130px, 1.5fr)", main=True),
        ListColumn(_("Pool"), "minmax(80px, 0.8fr)", brief=True),
        ListColumn(_("Kind"), "minmax(80px, 0.6fr)", brief=True),
        ListColumn(_("On"), "minmax(70px, 1fr)", drop=2),
        ListColumn(_("VLAN"), "56px", number=True, drop=3),
        ListColumn(_("Links"), "minmax(100px, 0.7fr)", brief=True, figure=True),
        ListColumn(_("Throughput"), "minmax(160px, 0.8fr)", down=True, drop=4),
        ListColumn(_("MTU"), "56px", number=True, drop=1),
        ListColumn(_("Host addresses"), "minmax(120px, 0.8fr)", drop=3),
        ListColumn(_("VMs"), "48px", number=True, down=True, brief=True),
    ]
    return TableSpec(
        kind=Network,
        columns=columns,
        row=_network_row,
        reads=reads_of(
            V.name,
            V.description,
            V.tags,
            V.own_pool,
            V.network_kind,
            V.carriers,
            V.vlans,
            V.links,
            V.mtu,
            V.host_addresses,
            V.bridge,
            V.guest_count,
        ),
        hidden=is_internal,
        title=_("Networks"),
        judged=True,
        find=_("Name, bridge, UUID"),
        nothing=_("No networks. Those of connected pools that you have access to appear here."),
        segments={str(kind): _(text) for kind, text in KINDS.items() if kind is not NetworkKind.UNTOLD},
        measured=6,
        measure=lambda network: traffic_cell(network, traffic_of(network), line_rate),
        measured_by=lambda network: {uuid for uuid, _name in traffic_of(network)},
        trace=lambda network: traffic_trace(network, traffic_of(network)),
    )


def _network_row(network: Network) -> ListRow:
    kind, tags, links, vms = V.network_kind.of(network), V.vlans.of(network), V.links.of(network), V.guest_count.of(network)
    cells = (
        Cell(V.name.of(network), path=path_of(network), tip=V.description.of(network)),
        pool_cell(network),
        Cell(_(KINDS[kind])),
        Cell(", ".join(map(_carrier, V.carriers.of(network)))),
        Cell(", ".join(map(str, tags)), key=tags[0] if tags else math.nan),
        links_cell(kind, links),
        traffic_cell(network, traffic_of(network), line_rate),
        Cell(str(V.mtu.of(network) or "–"), key=V.mtu.of(network) or math.nan),
        addresses_cell(V.host_addresses.of(network)),
        Cell(number(vms), key=vms),
    )
    return ListRow(cells, (str(kind),), "\n".join((V.bridge.of(network), V.description.of(network), *V.tags.of(network))))


def _carrier(carrier: NicOrBond) -> str:
    if not carrier.members:
        return carrier.device
    return _("{device} of {members}").format(device=carrier.device, members=", ".join(carrier.members))


def addresses_cell(found: HostAddresses) -> Cell:
    """Of how many hosts; whether they are managed over it."""
    if not found.hosts and not found.is_management:
        return Cell("", key=0)
    text = number(found.hosts)
    return Cell(_("{n}, management").format(n=text) if found.is_management else text, key=found.hosts)


def first_of(hosts: Sequence[str]) -> str:
    """Their names; of many the first."""
    if len(hosts) <= NAMED:
        return ", ".join(hosts)
    return _("{names} and {n} more").format(names=", ".join(hosts[: NAMED - 1]), n=number(len(hosts) - NAMED + 1))


def links_cell(kind: NetworkKind, links: Links) -> Cell:
    if kind in (NetworkKind.INTERNAL, NetworkKind.UNTOLD):
        return Cell("", key=math.nan)
    if not links.ports:
        return Cell(_("not in use"), key=0, tone="dim")
    text = _("{n} of {all}").format(n=number(links.up), all=number(links.ports))
    mark, tone = link_mark(links.worst, links.level), TONES.get(links.level, "")
    return Cell(
        text,
        key=links.up / links.ports,
        mark=mark,
        tone=tone,
        tip=_("no link: {hosts}").format(hosts=first_of(links.down)) if links.down else "",
    )


NIC: Final = (
    "device", "MAC", "network", *via("VM", *GUEST, "name_label", "uuid", "power_state", "current_operations", "guest_metrics.networks"),
    *via("VM.resident_on", "name_label", "hostname", "uuid", "metrics.live"),
)  # fmt: skip
"""What a NIC's row is made of."""


def nic_table(network: Network) -> TableSpec[VIF]:
    """The NICs of VMs on `network`."""
    columns = [
        ListColumn(_("VM"), "minmax(150px, 1.5fr)", main=True),
        ListColumn(_("NIC"), "48px", number=True),
        ListColumn(_("Addresses"), "minmax(150px, 1.3fr)", brief=True),
        ListColumn(_("MAC"), "minmax(140px, 0.9fr)", brief=True, drop=1),
        ListColumn(_("Host"), "minmax(110px, 0.9fr)", brief=True, drop=2),
    ]
    return TableSpec(
        kind=VIF,
        columns=columns,
        row=_nic_row,
        reads=Reads(VIF, NIC),
        belongs=lambda vif: vif.network == network.ref and vif.home is network.home and _is_guests(vif),
        title=_("VMs"),
        find=_("Name, address, MAC"),
        nothing=_("No VMs. Those on this network that you have access to appear here."),
        expected=len(network.VIFs),
    )


def _is_guests(vif: VIF) -> bool:
    vm = vif.home.one(VM, vif.VM)
    return vm is None or is_guest(vm)


def _nic_row(vif: VIF) -> ListRow:
    nic = nic_of(vif)
    if nic is None:  # its VM is on its way, or on its way out
        return ListRow((Cell("–", tone="dim"), Cell(vif.device), Cell(""), Cell(vif.MAC), Cell("")))
    addresses = nic.addresses
    cells = (
        Cell(name_of(nic.vm), path=path_of(nic.vm), mark=mark_of(nic.vm)),
        Cell(vif.device, key=whole(vif.device, 1 << 16)),
        Cell(more(addresses), key=address_key(addresses[0]) if addresses else "", tip="\n".join(addresses)),
        Cell(vif.MAC),
        Cell(name_of(nic.host), path=path_of(nic.host)) if nic.host else Cell(""),
    )
    return ListRow(cells, (), "\n".join((nic.vm.uuid, *addresses)))
