"""What a command adds to what its user, or the owner of its VM, has: a function for each command that takes anything.

A command that is not here takes nothing. SRs and networks that a request names are looked at in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from data.appliances import members_of
from data.facts.vm import is_up
from data.grants.quota import NOTHING, Amounts, amounts_of
from data.objects import SR, VBD, VDI, VIF, VM, Appliance, Network, Pool
from data.types import XapiObject
from data.vms import disks_of
from xo_dash.control.pool.ova_request import ImportOVA
from xo_dash.control.sr.new_disk import NewDiskOnSR
from xo_dash.control.vdi.grow import GrowDisk, new_size
from xo_dash.control.vm.clone import CloneVM
from xo_dash.control.vm.copy_to_pool import CopyToPool
from xo_dash.control.vm.creation.blueprint import blueprint
from xo_dash.control.vm.creation.request import CreateVM
from xo_dash.control.vm.memory import SetMemory, limits_of
from xo_dash.control.vm.migration.mapping import MappingReason
from xo_dash.control.vm.migration.request import MigrateVM, disks_in, host_in, nics_in
from xo_dash.control.vm.revert import RevertVM
from xo_dash.control.vm.vcpus import SetVCPUs, wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """`vm`: whose owner it is for; None: whoever gives the command."""

    amounts: Amounts = NOTHING
    vm: VM | None = None
    uses: tuple[XapiObject, ...] = ()  # SRs and networks, besides those that the request names
    stays: tuple[XapiObject, ...] = ()  # SRs and networks that a copy has because the original has them
    runs: bool = False  # its vCPUs and memory are those of a VM that runs
    starts: bool = False  # they are counted already where halted VMs count
    is_known: bool = True  # what it takes can be told before it is done


Demanding = Callable[[Any, Any], Demand]
FREE: Final = Demand()


def demand(action_id: str, request: object, subject: XapiObject) -> Demand:
    found = _DEMANDS.get(action_id)
    return found(request, subject) if found is not None else FREE


def _created(request: CreateVM, pool: Pool) -> Demand:
    made = blueprint(request, pool.home)
    if made is None:
        return FREE
    each = Amounts(1, made.vcpus, made.memory.static_max, sum(disk.size for disk in made.disks))
    srs = [disk.sr for disk in made.disks if disk.sr is not None and disk.existing is None]
    networks = [card.network for card in made.cards if card.network is not None]
    return Demand(amounts=each.times(len(made.names)), uses=(*srs, *networks), runs=request.start)


def _cloned(request: CloneVM, vm: VM) -> Demand:
    return Demand(amounts=_as_vm(vm), stays=(*_srs_kept(request, vm), *_networks(vm)))


def _made_template(request: CloneVM, vm: VM) -> Demand:
    return Demand(amounts=Amounts(disk=amounts_of(vm).disk), stays=_srs_kept(request, vm))


def _copied(_request: CopyToPool, vm: VM) -> Demand:
    return Demand(amounts=_as_vm(vm))


def _migrated(request: MigrateVM, vm: VM) -> Demand:
    """Nothing more, but perhaps of other SRs and networks."""
    host = host_in(request, vm)
    if host is None:
        return FREE
    srs = (move.sr for move in disks_in(request, vm, host) if move.why is not MappingReason.STAYS)
    networks = (move.network for move in nics_in(request, vm, host))
    return Demand(vm=vm, uses=tuple(dict.fromkeys(row for row in (*srs, *networks) if row is not None)))


def _imported(_request: object, _pool: Pool) -> Demand:
    """What is in an export nobody knows before it is in the pool."""
    return Demand(amounts=Amounts(vms=1), is_known=False)


def _imported_ova(request: ImportOVA, pool: Pool) -> Demand:
    systems, disks = request.systems, [disk for system in request.systems for disk in system.disks]
    vcpus, memory = sum(system.vcpus for system in systems), sum(system.memory for system in systems)
    amounts = Amounts(max(1, len(systems)), vcpus, memory, sum(one.size for one in disks))
    srs = [sr for one in disks if (sr := pool.home.by_uuid(SR, one.sr or request.sr))]
    return Demand(amounts=amounts, uses=tuple(srs), runs=request.start)


def _became_vm(_request: object, template: VM) -> Demand:
    return Demand(amounts=_as_vm(template)._replace(disk=0), vm=template)


def _memory(request: SetMemory, vm: VM) -> Demand:
    more = limits_of(request, vm).static_max - vm.memory_static_max
    return Demand(amounts=Amounts(memory=max(0, more)), vm=vm, runs=is_up(vm))


def _vcpus(request: SetVCPUs, vm: VM) -> Demand:
    return Demand(amounts=Amounts(vcpus=max(0, wanted(request, vm).most - vm.VCPUs_max)), vm=vm, runs=is_up(vm))


def _reverted(request: RevertVM, vm: VM) -> Demand:
    snapshot = vm.home.by_uuid(VM, request.snapshot)
    if snapshot is None:
        return FREE
    now, then = _as_vm(vm), _as_vm(snapshot)
    more = Amounts(*(max(0, after - before) for before, after in zip(now, then, strict=True)))
    return Demand(amounts=more, vm=vm, runs=is_up(vm))


def _started(_request: object, vm: VM) -> Demand:
    return Demand(amounts=_as_vm(vm)._replace(vms=0, disk=0), vm=vm, runs=True, starts=True)


def _started_together(_request: object, appliance: Appliance) -> Demand:
    """Its halted VMs may have several owners: whoever starts them all answers for that."""
    halted = [_started(_request, vm).amounts for vm in members_of(appliance) if not is_up(vm)]
    return Demand(amounts=reduce(Amounts.plus, halted, NOTHING), runs=True, starts=True)


def _added_disk(request: Any, vm: VM) -> Demand:
    return Demand(amounts=Amounts(disk=request.size), vm=vm)


def _attached_disk(request: Any, vm: VM) -> Demand:
    vdi = vm.home.by_uuid(VDI, request.disk)
    return Demand(amounts=Amounts(disk=vdi.virtual_size), vm=vm) if vdi is not None else FREE


def _new_disk(request: NewDiskOnSR, sr: SR) -> Demand:
    return Demand(amounts=Amounts(disk=request.size), uses=(sr,))


def _grown(request: GrowDisk, vdi: VDI) -> Demand:
    size = new_size(request.size, vdi.virtual_size) or 0
    vms = [vm for vbd in vdi.all_of(VBD, vdi.VBDs) if (vm := vdi.home.one(VM, vbd.VM)) is not None and not vm.is_a_snapshot]
    return Demand(amounts=Amounts(disk=max(0, size - vdi.virtual_size)), vm=next(iter(vms), None))


def _as_vm(vm: VM) -> Amounts:
    """What it would count, if it were a VM of its own."""
    return Amounts(1, max(1, vm.VCPUs_max), vm.memory_static_max, amounts_of(vm).disk)


def _srs_kept(request: CloneVM, vm: VM) -> tuple[SR, ...]:
    """One that the request names is asked about as such."""
    found = () if request.sr else (vm.home.one(SR, disk.SR) for disk in disks_of(vm))
    return tuple(dict.fromkeys(sr for sr in found if sr is not None))


def _networks(vm: VM) -> list[Network]:
    return [network for vif in vm.all_of(VIF, vm.VIFs) if (network := vm.home.one(Network, vif.network)) is not None]


_DEMANDS: Final[Mapping[str, Demanding]] = {
    "vm.create": _created,
    "vm.clone": _cloned,
    "snapshot.new_vm": _cloned,
    "snapshot.new_template": _made_template,
    "vm.copy_to_pool": _copied,
    "vm.migrate": _migrated,
    "pool.import_vm": _imported,
    "pool.import_ova": _imported_ova,
    "template.make_vm": _became_vm,
    "vm.memory": _memory,
    "vm.vcpus": _vcpus,
    "vm.revert": _reverted,
    **dict.fromkeys(("vm.start", "vm.start_on", "vm.resume", "vm.resume_on"), _started),
    "vm_appliance.start": _started_together,
    "vm.add_disk": _added_disk,
    "vm.attach_disk": _attached_disk,
    "sr.new_disk": _new_disk,
    "sr.import_disk": lambda _request, sr: Demand(amounts=Amounts(disk=1), uses=(sr,), is_known=False),
    "vdi.grow": _grown,
}
COMMANDS: Final = frozenset(_DEMANDS)
MAKING: Final = frozenset(
    {"vm.create", "vm.clone", "snapshot.new_vm", "snapshot.new_template", "vm.copy_to_pool", "pool.import_vm", "pool.import_ova"}
)
"""Commands whose VMs and templates are their user's."""
