"""The virtual CPUs of a VM: how many, in which sockets, and their share of the host's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from msgspec import Meta

from data.facts.vm import is_up, vcpus_online
from data.names import name_of
from data.objects import VM
from data.pending import VCPUS, CpusWaiting, owner, written
from data.stores.users import Role
from data.vms import cores_per_socket, cpu_cap, cpu_weight
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.labels import never
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Edit, Request
from xo_dash.control.requests.types import called
from xo_dash.control.vm.cpu_limits import MOST, VCpus, not_recommended, too_many
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.vm.memory import blocked
from xo_dash.control.writes import setting, setting_key
from xo_dash.i18n import N_

CORES: Final = "cores-per-socket"
UNEVEN: Final = N_("{vcpus} is not a multiple of {cores}, the cores per socket")


class SetVCPUs(Edit, frozen=True, kw_only=True):
    """How many vCPUs a VM has, and could have while it runs."""

    vcpus: Annotated[VCpus, called(N_("vCPUs"))]
    most: Annotated[VCpus | None, called(N_("At most"), hint=N_("vCPUs can be added up to this without a restart"))] = None
    cores: Annotated[VCpus | None, called(N_("Cores per socket"), hint=N_("What the guest sees; some licences count sockets"))] = None


class SetCpuShare(Request, frozen=True, kw_only=True):
    """Its share of the host's CPUs where VMs compete for them."""

    weight: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None,
        called(N_("Weight"), hint=N_("Default: 256; twice the weight gets twice the CPU time under contention"), stays=True),
    ] = None
    cap: Annotated[
        Annotated[int, Meta(ge=0, le=MOST * 100)] | None,
        called(N_("Cap in percent"), hint=N_("100 is one whole CPU; 0 is no cap"), stays=True),
    ] = None


def wanted(request: SetVCPUs, vm: VM) -> CpusWaiting:
    """As XAPI would have it. Unless said otherwise the maximum stays, or follows."""
    most = request.most or max(request.vcpus, vm.VCPUs_max)
    cores = request.cores or cores_per_socket(vm)
    return CpusWaiting(vm=owner(vm), at_startup=request.vcpus, most=most, cores=cores if request.cores or most % cores == 0 else 1)


def is_live(asked: CpusWaiting, vm: VM) -> bool:
    """Whether only the number differs, within what a running VM may have."""
    return asked.most == vm.VCPUs_max and asked.cores == cores_per_socket(vm)


def check(request: SetVCPUs, vm: VM) -> Iterator[Fault]:
    if request.most and request.most < request.vcpus:
        yield Fault("most", lazy(N_("it must be at least the number of vCPUs, {vcpus}"), vcpus=request.vcpus))
    asked = wanted(request, vm)
    if asked.most > vm.VCPUs_max and (reason := too_many(asked.most, vm)):
        yield Fault("most" if request.most and request.most > request.vcpus else "vcpus", reason)
    if request.cores and asked.most % request.cores:
        yield Fault("cores", lazy(UNEVEN, vcpus=asked.most, cores=request.cores))


def notes(request: SetVCPUs, vm: VM) -> Iterator[LazyText]:
    if (asked := wanted(request, vm)).most > vm.VCPUs_max and (reason := not_recommended(asked.most, vm)):
        yield reason


def plan(request: SetVCPUs, vm: VM) -> Plan:
    asked = wanted(request, vm)
    says = lazy(N_("Setting the vCPUs of {name} to {n}"), name=name_of(vm), n=asked.at_startup)
    if not is_up(vm):
        yield from set_all(asked, vm)
    elif is_live(asked, vm):
        if asked.at_startup == vcpus_online(vm) == vm.VCPUs_at_startup:
            pass
        elif "changing_VCPUs_live" in vm.allowed_operations:
            yield Call("VM.set_VCPUs_number_live", vm.ref, asked.at_startup, says=says)
        else:
            yield from setting(vm, "VCPUs_at_startup", asked.at_startup, vm.VCPUs_at_startup, says)
    else:
        says = lazy(N_("Saving the vCPUs of {name} for its next restart: {n}"), name=name_of(vm), n=asked.at_startup)
        yield from setting_key(vm, "other_config", VCPUS, written(asked), says)
        return
    yield from setting_key(vm, "other_config", VCPUS, None, lazy(N_("Discarding the vCPUs saved before")))


def set_all(asked: CpusWaiting, vm: VM) -> Plan:
    """Of a halted VM; in the order in which it is right at each step: what starts is never more than the most."""
    says = lazy(N_("Setting the vCPUs of {name} to {n}"), name=name_of(vm), n=asked.at_startup)
    start = setting(vm, "VCPUs_at_startup", asked.at_startup, vm.VCPUs_at_startup, says)
    most = setting(
        vm, "VCPUs_max", asked.most, vm.VCPUs_max, lazy(N_("Setting the maximum vCPUs of {name} to {n}"), name=name_of(vm), n=asked.most)
    )
    for part in (most, start) if asked.most >= vm.VCPUs_at_startup else (start, most):
        yield from part
    if asked.cores != cores_per_socket(vm):
        says = lazy(N_("Setting {n} cores per socket for {name}"), name=name_of(vm), n=asked.cores)
        yield from setting_key(vm, "platform", CORES, str(asked.cores), says)


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"vcpus": vms[0].VCPUs_at_startup}


def share_plan(request: SetCpuShare, vm: VM) -> Plan:
    """Takes effect at the next start. Source: xapi has no way to do it at once, whatever add_to_VCPUs_params_live says."""
    says = lazy(N_("Setting the CPU share of {name}"), name=name_of(vm))
    if request.weight is not None:
        yield from setting_key(vm, "VCPUs_params", "weight", str(request.weight), says)
    if request.cap is not None:
        yield from setting_key(vm, "VCPUs_params", "cap", str(request.cap) if request.cap else None, says)


def share_defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"weight": cpu_weight(vms[0]), "cap": cpu_cap(vms[0])}


VCPUS_OF_VM: Final[AnyAction] = Action(
    id="vm.vcpus", kind=VM, request=SetVCPUs, title=N_("Change vCPUs"), done=N_("The vCPUs of {name} are set"), role=Role.OPERATOR,
    icon="settings", group="settings", applies_to=is_machine, blocked=blocked, edits=True, defaults=defaults, check=check,
    notes=notes, plan=plan,
)  # fmt: skip
CPU_SHARE: Final[AnyAction] = Action(
    id="vm.cpu_share", kind=VM, request=SetCpuShare, title=N_("Change CPU share"), done=N_("The CPU share of {name} is set"),
    role=Role.OPERATOR, icon="settings", group="settings", applies_to=is_machine, blocked=never, edits=True, defaults=share_defaults,
    plan=share_plan,
)  # fmt: skip
