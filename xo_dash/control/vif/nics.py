"""NICs of a VM: a new one, one less, in or out of the running guest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from msgspec import Meta

from data.facts.host import is_live
from data.facts.network import is_for_vms
from data.facts.vm import host_of
from data.failover import reach_of
from data.names import name_of
from data.objects import VIF, VM, Host, Network, PowerState
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.control.action import Action, AnyAction, Choice, in_order
from xo_dash.control.conditions import residence_answers
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import NetworkUuid, called
from xo_dash.control.vbd.attach import blocked, plugs
from xo_dash.control.vif.record import new_record, normal, wrong_mac
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.words import under_way
from xo_dash.i18n import N_

MOST: Final = 7
"""NICs that a guest can see. Source: Xen's frontends; xapi offers no eighth."""
Mac = Annotated[str, Meta(max_length=40)]
Rate = Annotated[int, Meta(ge=1, le=100_000_000)]


class AddNic(Request, frozen=True, kw_only=True):
    """A new NIC."""

    network: Annotated[NetworkUuid, called(N_("Network"))]
    mac: Annotated[Mac | None, called(N_("MAC address"), hint=N_("Default: generated"))] = None
    rate: Annotated[Rate | None, called(N_("Limit in kB/s"), hint=N_("Default: none"))] = None


def is_nic(subject: XapiObject) -> bool:
    vm = subject.home.one(VM, subject.VM) if isinstance(subject, VIF) else None
    return vm is not None and is_machine(vm)


def vm_of(vif: VIF) -> VM:
    """The VM that has it; asked only where `is_nic` is true."""
    return vif.home.one(VM, vif.VM) or VM(home=vif.home)


def networks(vm: VM) -> Sequence[Choice]:
    """Those of the pool; with the reason where the VM's host lacks one."""
    found = [
        Choice(network.uuid, name_of(network), not_reached(network, vm)) for network in vm.home.all(Network).values() if offered(network)
    ]
    return in_order(found)


def offered(network: Network) -> bool:
    return network.managed and is_for_vms(network)


def not_reached(network: Network, vm: VM) -> LazyText | None:
    host = host_of(vm)
    hosts = [host] if host is not None else [other for other in vm.home.all(Host).values() if is_live(other)]
    if not network.PIFs or not hosts or any(network.ref in reach_of(one) for one in hosts):
        return None  # one without a PIF is internal, and made where it is needed
    return lazy(N_("{host} does not have it"), host=name_of(hosts[0])) if host is not None else lazy(N_("no host has it"))


def add_choices(vms: Sequence[VM]) -> Sequence[Choice]:
    return networks(vms[0]) if len({vm.home.id for vm in vms}) == 1 else ()


def add_defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    """The network of its first NIC; else the first."""
    able = [choice.value for choice in add_choices(vms) if choice.refused is None]
    used = [network.uuid for vif in vms[0].all_of(VIF, vms[0].VIFs) if (network := vif.home.one(Network, vif.network))]
    return {"network": next((uuid for uuid in (*used, *able) if uuid in able), "")}


def check_add(request: AddNic, vm: VM) -> Iterator[Fault]:
    network = vm.home.by_uuid(Network, request.network)
    if network is not None and (reason := not_reached(network, vm)):
        yield Fault("network", reason)
    if request.mac and (reason := wrong_mac(request.mac, vm.home)):
        yield Fault("mac", reason)


def add_plan(request: AddNic, vm: VM) -> Plan:
    network = vm.home.by_uuid(Network, request.network)
    if network is None:
        return
    says = lazy(N_("Adding a NIC on {network} to {name}"), name=name_of(vm), network=named(network))
    record, connects = new_record(vm, network, mac=normal(request.mac or ""), rate=request.rate), plugs(vm)
    vif = yield Call("VIF.create", record, says=says, undo=lambda made: one("VIF.destroy", made, says=says))
    if connects:
        yield Call("VIF.plug", vif, says=lazy(N_("Connecting the NIC to the running guest")))


def busy(vif: VIF) -> LazyText | None:
    vm = vm_of(vif)
    if reason := residence_answers(vm) or blocked(vm):
        return reason
    return under_way(next(iter(vif.current_operations.values()))) if vif.current_operations else None


def cannot_connect(vif: VIF) -> LazyText | None:
    if vif.currently_attached:
        return lazy(N_("it is connected"))
    return busy(vif) or _not_running(vif) or _no_drivers(vif)


def cannot_disconnect(vif: VIF) -> LazyText | None:
    if not vif.currently_attached:
        return lazy(N_("it is not connected"))
    return busy(vif) or _not_running(vif) or _no_drivers(vif)


def cannot_remove(vif: VIF) -> LazyText | None:
    return busy(vif) or (_no_drivers(vif) if vif.currently_attached else None)


def _not_running(vif: VIF) -> LazyText | None:
    vm = vm_of(vif)
    return None if vm.power_state is PowerState.RUNNING else lazy(N_("its VM is not running; it is connected when the VM starts"))


def _no_drivers(vif: VIF) -> LazyText | None:
    vm = vm_of(vif)
    if vm.power_state is not PowerState.RUNNING or plugs(vm):
        return None
    return lazy(N_("a guest without guest tools does not release it while running; shut down {name} first"), name=name_of(vm))


def connect_plan(request: NoRequest, vif: VIF) -> Plan:
    return one("VIF.plug", vif.ref, says=lazy(N_("Connecting {name}"), name=name_of(vif)))


def disconnect_plan(request: NoRequest, vif: VIF) -> Plan:
    return one("VIF.unplug", vif.ref, says=lazy(N_("Disconnecting {name}"), name=name_of(vif)))


def remove_plan(request: NoRequest, vif: VIF) -> Plan:
    says = lazy(N_("Removing {name}"), name=name_of(vif))
    if vif.currently_attached:
        yield Call("VIF.unplug", vif.ref, says=says, undo=lambda _: one("VIF.plug", vif.ref, says=says))
    yield Call("VIF.destroy", vif.ref, says=says, gone_is_done=True)


ADD_NIC: Final[AnyAction] = Action(
    id="vm.add_nic", kind=VM, request=AddNic, title=N_("New NIC"), done=N_("{name} has another NIC"), role=Role.OPERATOR, icon="plus",
    group="settings", applies_to=is_machine, blocked=blocked, defaults=add_defaults, choices={"network": add_choices}, check=check_add,
    plan=add_plan,
)  # fmt: skip
CONNECT: Final[AnyAction] = Action(
    id="vif.connect", kind=VIF, title=N_("Connect"), done=N_("{name} is connected"), role=Role.OPERATOR, icon="link",
    applies_to=is_nic, blocked=cannot_connect, plan=connect_plan, succeeded=lambda vif: vif.currently_attached,
    relevant=lambda vif: not vif.currently_attached,
)  # fmt: skip
DISCONNECT: Final[AnyAction] = Action(
    id="vif.disconnect", kind=VIF, title=N_("Disconnect"), done=N_("{name} is disconnected"), role=Role.OPERATOR, icon="leave",
    applies_to=is_nic, blocked=cannot_disconnect, plan=disconnect_plan, succeeded=lambda vif: not vif.currently_attached,
    relevant=lambda vif: vif.currently_attached, warning=N_("The guest sees the link as down."),
)  # fmt: skip
REMOVE: Final[AnyAction] = Action(
    id="vif.remove", kind=VIF, title=N_("Remove NIC"), done=N_("{name} is removed"), role=Role.OPERATOR, icon="trash", danger=True,
    applies_to=is_nic, blocked=cannot_remove, plan=remove_plan, relevant=lambda vif: True,
    warning=N_("The guest loses the NIC and its addresses."),
)  # fmt: skip
