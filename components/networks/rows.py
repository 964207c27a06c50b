"""Networks, and the VMs on one, as rows of a list."""

from __future__ import annotations

import math
from collections.abc import Iterable

from components.findings.words import TONES
from components.hosts.rows import address_key, more
from components.hosts.ways import pif_refs
from components.hosts.words import link_mark, pool_name, pool_path
from components.links import path_of
from components.lists import Cell, Column, Roll, Row
from components.lists.traffic import line_rate, traffic_cell, traffic_trace
from components.vms.words import mark_of
from data.mirror import PoolMirror
from data.names import name_of
from data.networks import Links, NetworkKind, links_of, network_kind, nic_of, tags_of, traffic_of
from data.objects import PIF, VIF, VM, Network
from data.placement import is_guest
from data.texts import whole
from data.types import Home, Ref
from xo_dash.i18n import N_, _, number

KINDS = {
    NetworkKind.EXTERNAL: N_("External"), NetworkKind.VLAN: N_("VLAN"), NetworkKind.INTERNAL: N_("Internal"),
    NetworkKind.MEMBER: N_("NIC of a bond"),
}  # fmt: skip


def network_roll(only: Home | None = None) -> Roll[Network]:
    """All networks, or those of one pool."""
    columns = [
        Column(_("Name"), "minmax(150px, 1.5fr)", main=True),
        Column(_("Pool"), "minmax(90px, 1fr)", brief=True),
        Column(_("Kind"), "minmax(90px, 0.8fr)", brief=True),
        Column(_("VLAN"), "56px", number=True, drop=3),
        Column(_("Links"), "minmax(120px, 1fr)", brief=True, figure=True),
        Column(_("Throughput"), "minmax(134px, 0.8fr)", down=True, drop=4),
        Column(_("MTU"), "56px", number=True, drop=1),
        Column(_("Bridge"), "minmax(80px, 0.8fr)", drop=2),
        Column(_("VMs"), "48px", number=True, down=True, brief=True),
    ]
    return Roll(
        kind=Network,
        columns=columns,
        row=_network_row,
        refs=_network_refs,
        belongs=lambda network: only is None or network.home is only,
        hidden=lambda network: network_kind(network) is NetworkKind.INTERNAL,
        title=_("Networks"),
        judged=True,
        find=_("Name, bridge, UUID"),
        nothing=_("No networks. They appear once a pool is connected in the settings."),
        segments={str(kind): _(text) for kind, text in KINDS.items()},
        measured=5,
        measure=lambda network: traffic_cell(network, traffic_of(network), line_rate),
        measured_by=lambda network: {uuid for uuid, _name in traffic_of(network)},
        trace=lambda network: traffic_trace(network, traffic_of(network)),
    )


def _network_row(network: Network) -> Row:
    kind, tags, links = network_kind(network), tags_of(network), links_of(network)
    vms = guest_count(network)
    cells = (
        Cell(name_of(network), path=path_of(network), tip=network.name_description),
        Cell(pool_name(network), path=pool_path(network)),
        Cell(_(KINDS[kind])),
        Cell(", ".join(map(str, tags)), key=tags[0] if tags else math.nan),
        links_cell(kind, links),
        traffic_cell(network, traffic_of(network), line_rate),
        Cell(str(network.MTU or "–"), key=network.MTU or math.nan),
        Cell(network.bridge, tone="dim"),
        Cell(number(vms), key=vms),
    )
    return Row(cells, (str(kind),), "\n".join((network.name_description, *network.tags)))


def links_cell(kind: NetworkKind, links: Links) -> Cell:
    if kind is NetworkKind.INTERNAL:
        return Cell("", key=math.nan)
    if not links.ports:
        return Cell(_("not in use"), key=0, tone="dim")
    text = _("{n} of {all}").format(n=number(links.up), all=number(links.ports))
    return Cell(text, key=links.up / links.ports, mark=link_mark(links.worst, links.level), tone=TONES.get(links.level, ""))


def guest_count(network: Network) -> int:
    """How many VMs have a NIC on it."""
    refs = {vif.VM for vif in network.all_of(VIF, network.VIFs)}
    return sum(1 for ref in refs if (vm := network.home.one(VM, ref)) and is_guest(vm))


def _network_refs(network: Network) -> Iterable[Ref]:
    for pif in network.all_of(PIF, network.PIFs):
        yield from pif_refs(pif)
    yield from network.PIFs
    if isinstance(network.home, PoolMirror) and network.home.pool:
        yield network.home.pool.ref


def nic_roll(network: Network) -> Roll[VIF]:
    """The NICs of VMs on `network`."""
    columns = [
        Column(_("VM"), "minmax(150px, 1.5fr)", main=True),
        Column(_("NIC"), "48px", number=True),
        Column(_("Addresses"), "minmax(150px, 1.3fr)", brief=True),
        Column(_("MAC"), "minmax(140px, 0.9fr)", brief=True, drop=1),
        Column(_("Host"), "minmax(110px, 0.9fr)", brief=True, drop=2),
    ]
    return Roll(
        kind=VIF,
        columns=columns,
        row=_nic_row,
        refs=_nic_refs,
        belongs=lambda vif: vif.network == network.ref and vif.home is network.home and _is_guests(vif),
        title=_("VMs"),
        find=_("Name, address, MAC"),
        nothing=_("No VM has a NIC on this network."),
        expected=len(network.VIFs),
    )


def _is_guests(vif: VIF) -> bool:
    vm = vif.home.one(VM, vif.VM)
    return vm is None or is_guest(vm)


def _nic_row(vif: VIF) -> Row:
    nic = nic_of(vif)
    if nic is None:  # its VM is on its way, or on its way out
        return Row((Cell("–", tone="dim"), Cell(vif.device), Cell(""), Cell(vif.MAC), Cell("")))
    addresses = nic.addresses
    cells = (
        Cell(name_of(nic.vm), path=path_of(nic.vm), mark=mark_of(nic.vm)),
        Cell(vif.device, key=whole(vif.device, 1 << 16)),
        Cell(more(addresses), key=address_key(addresses[0]) if addresses else "", tip="\n".join(addresses)),
        Cell(vif.MAC),
        Cell(name_of(nic.host), path=path_of(nic.host)) if nic.host else Cell(""),
    )
    return Row(cells, (), "\n".join((nic.vm.uuid, *addresses)))


def _nic_refs(vif: VIF) -> Iterable[Ref]:
    yield vif.VM
    if vm := vif.home.one(VM, vif.VM):
        yield from (vm.guest_metrics, vm.resident_on)
