"""A host's port plugged in, unplugged and forgotten, and a host's NICs looked for: what would cut a line of the host is confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from data.facts.pool import has_ha
from data.names import name_of
from data.objects import PIF, Host, Network
from data.stores.users import Role
from data.uplinks import bond_of, vlans_on
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.conditions import silent
from xo_dash.control.labels import always
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.network.address import HA_WATCHES, KEEP, UNMANAGED, Confirm, check_guard, host_of
from xo_dash.control.network.delete import MANAGED, in_use, used_by
from xo_dash.control.network.guard import PathChange, paths, place_of
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.i18n import N_


class LosePort(Request, frozen=True, kw_only=True):
    """What its host has over it is cut."""

    confirm: Confirm = None


def cannot_plug(pif: PIF) -> LazyText | None:
    if not pif.managed:
        return UNMANAGED
    if bond_of(pif) is not None:
        return lazy(N_("it is part of a bond; plug the bond"))
    return lazy(N_("it is already plugged")) if pif.currently_attached else silent(host_of(pif))


def cannot_unplug(pif: PIF) -> LazyText | None:
    """Source: PIF.unplug; that nothing stands on it is ours, since VLANs lose their link with their NIC."""
    if not pif.managed:
        return UNMANAGED
    if bond_of(pif) is not None:
        return lazy(N_("it is part of a bond; unplug the bond"))
    if not pif.currently_attached:
        return lazy(N_("it is not plugged"))
    return _needed(pif) or _kept(pif) or _used(pif)


def _kept(pif: PIF) -> LazyText | None:
    if pif.disallow_unplug:
        return lazy(N_("it is marked to stay plugged; clear disallow-unplug with xe first"))
    above = (pif.home.one(PIF, vlan.untagged_PIF) for vlan in vlans_on(pif))
    tagged = next((port for port in above if port is not None and port.currently_attached), None)
    return lazy(N_("VLAN {tag} stands on it; unplug that first"), tag=tagged.VLAN) if tagged is not None else None


def cannot_forget(pif: PIF) -> LazyText | None:
    """Source: PIF.forget asks neither whether the NIC is still there nor who uses it."""
    if bond_of(pif) is not None:
        return lazy(N_("it is part of a bond; delete the bond first"))
    if reason := _needed(pif):
        return reason
    if (vlan := next(iter(vlans_on(pif)), None)) is not None:
        return lazy(N_("VLAN {tag} stands on it; delete that network first"), tag=vlan.tag)
    return _used(pif)


def _needed(pif: PIF) -> LazyText | None:
    """By the pool."""
    if pif.management:
        return lazy(MANAGED, host=name_of(host_of(pif)))
    return HA_WATCHES if has_ha(pif.home) and pif.currently_attached else None


def _used(pif: PIF) -> LazyText | None:
    """By VMs of its host; or the host cannot be told."""
    network = pif.home.one(Network, pif.network)
    vms = [vm for vm in used_by(network) if vm.resident_on == pif.host] if network is not None else []
    return in_use(vms) or silent(host_of(pif))


def paths_of(pif: PIF) -> list[PathChange]:
    """The lines of its host before and after."""
    return paths(host_of(pif), place_of(pif), None, management=False)


def check(request: LosePort, pif: PIF) -> Iterator[Fault]:
    yield from check_guard(KEEP, request.confirm, host_of(pif), paths_of(pif), management=False)


def _plug(pif: PIF) -> Plan:
    return one("PIF.plug", pif.ref, says=lazy(N_("Plugging {name}"), name=name_of(pif)))


def _unplug(pif: PIF) -> Plan:
    yield Call("PIF.unplug", pif.ref, says=lazy(N_("Unplugging {name}"), name=name_of(pif)), undo=lambda _: _plug(pif))


def _forget(pif: PIF) -> Plan:
    yield Call("PIF.forget", pif.ref, says=lazy(N_("Forgetting {name}"), name=name_of(pif)), gone_is_done=True)


def _scan(request: NoRequest, host: Host) -> Plan:
    return one("PIF.scan", host.ref, says=lazy(N_("Looking for NICs of {name}"), name=name_of(host)))


PLUG_PORT: Final[AnyAction] = Action(
    id="pif.plug", kind=PIF, title=N_("Plug"), done=N_("{name} is plugged"), role=Role.ADMIN, icon="link",
    applies_to=always, blocked=cannot_plug, plan=lambda request, pif: _plug(pif), succeeded=lambda pif: pif.currently_attached,
)  # fmt: skip
UNPLUG_PORT: Final[AnyAction] = Action(
    id="pif.unplug", kind=PIF, request=LosePort, title=N_("Unplug"), done=N_("{name} is unplugged"), role=Role.ADMIN, icon="unlink",
    applies_to=always, blocked=cannot_unplug, check=check, plan=lambda request, pif: _unplug(pif),
    succeeded=lambda pif: not pif.currently_attached,
    warning=N_("The host has no connection over it until it is plugged again. A VM that starts there on its network plugs it by itself."),
)  # fmt: skip
FORGET_PORT: Final[AnyAction] = Action(
    id="pif.forget", kind=PIF, request=LosePort, title=N_("Forget NIC"), done=N_("{name} is forgotten"), role=Role.ADMIN, icon="trash",
    danger=True, applies_to=lambda pif: pif.physical, blocked=cannot_forget, check=check, plan=lambda request, pif: _forget(pif),
    warning=N_("The pool forgets the NIC and its address. One that is still in the host is found again by Scan for NICs."),
)  # fmt: skip
SCAN_NICS: Final[AnyAction] = Action(
    id="host.scan_nics", kind=Host, title=N_("Scan for NICs"), done=N_("{name} was scanned for NICs"), role=Role.ADMIN, icon="network",
    applies_to=always, blocked=silent, plan=_scan,
)  # fmt: skip
