"""A PCI device of a host for a VM, and taking it away. What a VM gets is written in its other_config, as `xe` and Xen Orchestra do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from msgspec import Meta

from data.devices import PCI_KEY, pci_addresses, pci_name, pci_users
from data.names import name_of
from data.objects import PCI, PGPU, PIF, VM, Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, Choice, in_order
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Plan, Question
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import an_object, called
from xo_dash.control.vm.devices.conditions import halted, one_home
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.writes import setting, setting_key
from xo_dash.i18n import N_

PciUuid = Annotated[str, an_object(PCI, missing=N_("there is no such PCI device in the pool; choose another"))]
Address = Annotated[str, Meta(min_length=1, max_length=40)]


class AddPci(Request, frozen=True, kw_only=True):
    """A PCI device, from the VM's next start on."""

    device: Annotated[PciUuid, called(N_("PCI device"))]


class RemovePci(Request, frozen=True, kw_only=True):
    """A PCI device less."""

    address: Annotated[Address, called(N_("PCI device"))]


def slots(vms: Sequence[VM]) -> Sequence[Choice]:
    """All of the pool, those that can be given first."""
    home = one_home(vms)
    rows = home.all(PCI).values() if home is not None else ()
    found = [Choice(row.uuid, label(row), cannot_give(row, vms[0])) for row in rows]
    return in_order(found)


def label(pci: PCI) -> str:
    host = pci.home.one(Host, pci.host)
    return " · ".join(filter(None, (pci_name(pci), name_of(host) if host else "", pci.pci_id)))


def cannot_give(pci: PCI, vm: VM) -> LazyText | None:
    host = pci.home.one(Host, pci.host)
    return lazy(N_("its host is unknown")) if host is None else _needed_by_host(pci) or _given(pci, vm, host)


def _needed_by_host(pci: PCI) -> LazyText | None:
    if any(pci.ref == card.PCI and card.is_system_display_device for card in pci.home.all(PGPU).values()):
        return lazy(N_("it is the screen of its host"))
    if any(pci.ref == pif.PCI and pif.management for pif in pci.home.all(PIF).values()):
        return lazy(N_("the host is managed through it"))
    return None


def _given(pci: PCI, vm: VM, host: Host) -> LazyText | None:
    if pci.pci_id in pci_addresses(vm):
        return lazy(N_("it has this device"))
    if (user := next((other for other in pci_users(pci.home, host, pci.pci_id) if other is not vm), None)) is not None:
        return lazy(N_("{name} has it; remove it there first"), name=name_of(user))
    affinity = pci.home.one(Host, vm.affinity)
    if affinity is not None and affinity is not host and pci_addresses(vm):
        return lazy(N_("its other PCI devices are on {host}"), host=named(affinity))
    return None


def check(request: AddPci, vm: VM) -> Iterator[Fault]:
    pci = vm.home.by_uuid(PCI, request.device)
    if pci is not None and (reason := cannot_give(pci, vm)) is not None:
        yield Fault("device", reason)


def notes(request: AddPci, vm: VM) -> Iterator[LazyText]:
    pci = vm.home.by_uuid(PCI, request.device)
    host = vm.home.one(Host, pci.host) if pci is not None else None
    if host is not None:
        yield lazy(N_("It can run on {host} only, and cannot be migrated or suspended; no snapshot with memory can be taken."),
                   host=named(host))  # fmt: skip


def plan(request: AddPci, vm: VM) -> Plan:
    pci = vm.home.by_uuid(PCI, request.device)
    host = vm.home.one(Host, pci.host) if pci is not None else None
    if pci is None or host is None:
        return
    yield Question(
        method="PCI.get_dom0_access_status", parameters=(pci.ref,), judge=lambda answer: _used_by_host(answer, host),
        says=lazy(N_("Checking that {host} does not use the device"), host=named(host)),
    )  # fmt: skip
    says = lazy(N_("Adding {device} to {name}"), device=pci_name(pci), name=name_of(vm))
    yield from setting_key(vm, "other_config", PCI_KEY, _written([*pci_addresses(vm), pci.pci_id]), says)
    if vm.affinity != host.ref and len(vm.home.all(Host)) > 1:
        # an address is one of a host: another host may have another device there
        yield from setting(vm, "affinity", host.ref, vm.affinity, lazy(N_("Setting the affinity to {host}"), host=named(host)))


def _used_by_host(answer: object, host: Host) -> LazyText | None:
    """Source: PCI.get_dom0_access_status answers disabled once the device is hidden and the host has been restarted."""
    if answer in ("enabled", "disable_on_reboot", "enable_on_reboot"):
        return lazy(N_("{host} itself uses the device; hide it from the host and restart the host first"), host=named(host))
    return None


def _written(addresses: Sequence[str]) -> str | None:
    return ",".join(f"0/{address}" for address in addresses) or None


def removal_defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"address": next((address for vm in vms for address in pci_addresses(vm)), "")}


def without(vm: VM) -> LazyText | None:
    return halted(vm) if pci_addresses(vm) else lazy(N_("it has no PCI device"))


def removal_check(request: RemovePci, vm: VM) -> Iterator[Fault]:
    if request.address not in pci_addresses(vm):
        yield Fault("address", lazy(N_("it does not have this device")))


def removal(request: RemovePci, vm: VM) -> Plan:
    says = lazy(N_("Removing the PCI device {address} from {name}"), address=request.address, name=name_of(vm))
    rest = [address for address in pci_addresses(vm) if address != request.address]
    yield from setting_key(vm, "other_config", PCI_KEY, _written(rest), says)


ADD_PCI: Final[AnyAction] = Action(
    id="vm.add_pci", kind=VM, request=AddPci, title=N_("Add PCI device"), done=N_("The PCI device is added to {name}"), role=Role.ADMIN,
    icon="plus", group="settings", applies_to=is_machine, blocked=halted, relevant=lambda vm: bool(vm.home.all(PCI)), occasional=True,
    choices={"device": slots}, check=check, notes=notes, plan=plan,
)  # fmt: skip
REMOVE_PCI: Final[AnyAction] = Action(
    id="vm.remove_pci", kind=VM, request=RemovePci, title=N_("Remove PCI device"), done=N_("The PCI device is removed from {name}"),
    role=Role.OPERATOR, icon="close", group="settings", applies_to=is_machine, blocked=without, relevant=lambda vm: bool(pci_addresses(vm)),
    occasional=True, defaults=removal_defaults, check=removal_check, plan=removal,
)  # fmt: skip
