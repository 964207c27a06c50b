"""A network that is no longer wanted, with the VLANs or bonds that were made for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.facts.network import is_for_vms
from data.facts.pool import has_ha, is_master
from data.names import by_name, name_of
from data.objects import PIF, VIF, VLAN, VM, Bond, Host, Network
from data.stores.users import Role
from data.texts import natural
from data.uplinks import has_address, vlans_on
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.labels import always
from xo_dash.control.lazy_text import LazyText, lazy, named, names_of
from xo_dash.control.network.create import answering
from xo_dash.control.network.settings import unmanaged
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.i18n import N_, _, number

NAMED: Final = 3
MANAGED: Final = N_("{host} is managed over it; use another network for that first")


def cannot_delete(network: Network) -> LazyText | None:
    """The first thing that depends on it and cannot go along."""
    if reason := unmanaged(network):
        return reason
    if not is_for_vms(network):
        return lazy(N_("it is a network of the hosts themselves"))
    pifs = network.all_of(PIF, network.PIFs)
    if reason := in_use(stuck(network)):
        return reason
    if managed := next((pif for pif in pifs if pif.management and not pif.bond_master_of), None):
        host = managed.home.one(Host, managed.host)
        return lazy(MANAGED, host=named(host) if host else "?")
    fixed = next((pif for pif in pifs if pif.home.one(VLAN, pif.VLAN_master_of) is None and not pif.bond_master_of), None)
    if fixed is not None:
        return lazy(N_("it belongs to the NIC {device}, and stays as long as that"), device=fixed.device)
    return _protected(network, pifs)


def in_use(vms: Sequence[VM]) -> LazyText | None:
    return lazy(N_("in use by {vms}; disconnect their NICs first"), vms=names_of(vms)) if vms else None


def _protected(network: Network, pifs: Sequence[PIF]) -> LazyText | None:
    """Source: HA refuses changes of bonds and of addresses that hosts watch each other over."""
    on = has_ha(network.home)
    return lazy(N_("HA is on, and hosts have addresses on it; turn HA off first")) if on and any(map(has_address, pifs)) else None


def used_by(network: Network) -> list[VM]:
    """The VMs whose NICs are connected to it now, by name."""
    found = {vif.VM for vif in network.all_of(VIF, network.VIFs) if vif.currently_attached}
    return by_name(network.all_of(VM, list(found)))


def stuck(network: Network) -> list[VM]:
    """Those that stay on it. Source: Bond.destroy takes the NICs of VMs that run on its host to the network of the bond's first NIC."""
    bonded = {pif.host for pif in network.all_of(PIF, network.PIFs) if pif.bond_master_of}
    return [vm for vm in used_by(network) if vm.resident_on not in bonded]


def cut_nics(network: Network) -> list[str]:
    """NICs of VMs that are not running: they go with it. Source: network.destroy deletes them."""
    return [name_of(vif) for vif in by_name(network.all_of(VIF, network.VIFs)) if not vif.currently_attached]


def consequences(network: Network) -> Sequence[str]:
    return list(_lines(network))


def _lines(network: Network) -> list[str]:
    found = [_("The NIC {name} is deleted").format(name=name) for name in cut_nics(network)]
    for pif in network.all_of(PIF, network.PIFs):
        host = pif.home.one(Host, pif.host)
        if pif.IP and host is not None:
            found.append(_address(pif).format(host=name_of(host), address=pif.IP))
        for bond in pif.all_of(Bond, pif.bond_master_of):
            members = ", ".join(sorted(member.device for member in pif.all_of(PIF, bond.slaves)))
            found.append(_("The bond on {host} is dissolved into {nics}").format(host=name_of(host) if host else "?", nics=members))
    moved = used_by(network)
    if moved:
        more = _("{names} and {n} more").format(names=", ".join(map(name_of, moved[:NAMED])), n=number(len(moved) - NAMED))
        names = more if len(moved) > NAMED else ", ".join(map(name_of, moved))
        found.append(_("The NICs of {vms} move to the first NIC of the bond").format(vms=names))
    tags = sorted({vlan.tag for pif in network.all_of(PIF, network.PIFs) for vlan in vlans_on(pif)})
    return [*found, *(_("VLAN {tag} moves to the first NIC of the bond").format(tag=tag) for tag in tags)]


def _address(pif: PIF) -> str:
    if not pif.bond_master_of:
        return _("{host} loses the address {address}")
    if pif.management:
        return _("Management of {host}, {address}, moves to the first NIC of the bond; the connection is down for some seconds")
    return _("The address {address} of {host} moves to the first NIC of the bond")


def plan(request: NoRequest, network: Network) -> Plan:
    pifs = [(pif.home.one(Host, pif.host), pif) for pif in network.all_of(PIF, network.PIFs)]
    for host, pif in sorted(pifs, key=lambda one: (one[0] is not None and is_master(one[0]), natural(one[0].name_label) if one[0] else "")):
        vlan = pif.home.one(VLAN, pif.VLAN_master_of)
        if vlan is not None:
            yield _untag(vlan, network, host)
        for bond in pif.all_of(Bond, pif.bond_master_of):
            yield _dissolve(bond, pif, network, host)
            if host is not None:
                yield answering(host)
    yield Call("network.destroy", network.ref, says=lazy(N_("Deleting the network {name}"), name=name_of(network)), gone_is_done=True)


def _untag(vlan: VLAN, network: Network, host: Host | None) -> Call:
    says = lazy(N_("Removing VLAN {tag} from {host}"), tag=vlan.tag, host=name_of(host) if host else "?")
    back = (vlan.tagged_PIF, vlan.tag, network.ref)
    return Call("VLAN.destroy", vlan.ref, says=says, undo=lambda _: one("VLAN.create", *back, says=says), gone_is_done=True)


def _dissolve(bond: Bond, pif: PIF, network: Network, host: Host | None) -> Call:
    """Source: Bond.destroy gives the address, the management and the VLANs back to the first of its NICs."""
    says = lazy(N_("Dissolving the bond on {host}"), host=name_of(host) if host else "?")
    back = (network.ref, list(bond.slaves), pif.MAC, bond.mode, dict(bond.properties))
    return Call("Bond.destroy", bond.ref, says=says, undo=lambda _: one("Bond.create", *back, says=says), gone_is_done=True)


DELETE_NETWORK: Final[AnyAction] = Action(
    id="network.delete", kind=Network, title=N_("Delete network"), done=N_("{name} is deleted"), role=Role.ADMIN, icon="trash", danger=True,
    applies_to=always, blocked=cannot_delete, plan=plan, consequences=consequences,
    warning=N_("The network is removed from all hosts. What is stored in other systems, such as VLANs on switches, stays."),
)  # fmt: skip
