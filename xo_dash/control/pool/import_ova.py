"""VMs from an OVA or OVF of another product. What it says is read first, and is part of the request: it can be looked at and changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Final

import msgspec

from data.identity import key_of
from data.names import by_name, name_of, name_order
from data.objects import SR, VM, Network, Pool
from data.stores.users import Role
from data.types import Home, Ref
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.appliance.records import NewAppliance, create_plan
from xo_dash.control.lazy_text import lazy
from xo_dash.control.ova.archive import DiskFile, look, unpacked
from xo_dash.control.ova.beside import last_part
from xo_dash.control.ova.ovf import VirtualSystem
from xo_dash.control.plan import Call, Plan, Transfer
from xo_dash.control.pool.import_vm import EMPTY, srs, usual_sr
from xo_dash.control.pool.ova_request import MOST_IGNORED, BesideFile, ImportOVA, OVADisk, OVANic, OVASystem
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.file import File
from xo_dash.control.run import RunItem, RunState
from xo_dash.control.transfers.ends import Opening
from xo_dash.control.transfers.images import converted
from xo_dash.control.transfers.raw_disk import writes_zeros
from xo_dash.control.usable import Usable
from xo_dash.control.vdi.space import cannot_receive
from xo_dash.control.vm.creation.blueprint import is_hvm, template_disks
from xo_dash.control.vm.creation.disks import attached, new_disk
from xo_dash.control.vm.creation.request import CreateVM, NewNic
from xo_dash.control.vm.creation.settle import suggested_network
from xo_dash.control.vm.creation.steps import plan as creation_plan
from xo_dash.i18n import N_

USUAL_TEMPLATE: Final = "Other install media"
"""What XenServer and XCP-ng call the one for any system. Source: xapi's create_templates."""
CD_POSITION: Final = 3
"""Where the template's CD drive comes."""


def template_in(home: Home, uuid: str | None) -> VM | None:
    """The one that is asked for, else the one for any system."""
    if uuid is not None:
        return home.by_uuid(VM, uuid)
    return next(iter(_fitting(home)), None)


def _fitting(home: Home) -> list[VM]:
    """Templates that bring no disks of their own, the one for any system first."""
    found = [vm for vm in home.all(VM).values() if vm.is_default_template and is_hvm(vm) and not template_disks(vm)]
    return sorted(found, key=lambda vm: (vm.name_label != USUAL_TEMPLATE, name_order(vm)))


def templates(pools: Sequence[Pool]) -> Sequence[Choice]:
    return [Choice(vm.uuid, name_of(vm)) for vm in _fitting(pools[0].home)] if len(pools) == 1 else []


async def read(request: ImportOVA, opening: Opening, pools: Sequence[Pool], usable: Usable | None = None) -> ImportOVA:
    """With everything that was not said as the OVF says it. Raises EndFailed."""
    contents = await look(request.file, [one.file for one in request.files], opening)
    first, *others = (_read(system, contents.disks, request.file, pools[0].home, usable) for system in contents.envelope.systems)
    said = msgspec.structs.asdict(first) | {"others": tuple(others), "vapp": contents.envelope.group or None}
    missing = {name: value for name, value in said.items() if getattr(request, name) is None}
    files = tuple(BesideFile(file=file) for file in contents.files)
    envelope = contents.envelope
    lost = [str(one) for ignored in (envelope.ignored, *(system.ignored for system in envelope.systems)) for one in ignored]
    return msgspec.structs.replace(request, **missing, files=files, ignored=tuple(dict.fromkeys(lost))[:MOST_IGNORED])


def _read(system: VirtualSystem, disks: Mapping[str, DiskFile], file: File, home: Home, usable: Usable | None) -> OVASystem:
    usual = suggested_network(home, usable)
    there = (network for network in home.all(Network).values() if usable is None or usable(network))
    by_name = {network.name_label.casefold(): network for network in there}
    nics = [(was, by_name.get(was.casefold(), usual)) for was in system.nics]
    found = [disks[name] for name in system.disks]
    return OVASystem(
        name=system.name or file.name,
        vcpus=system.vcpus,
        memory=system.memory or 1 << 30,
        firmware=system.firmware,
        description=system.description,
        **asdict(system.startup),
        disks=tuple(OVADisk(file=one.file, size=one.size, stored=one.stored, checksum=one.checksum) for one in found),
        nics=tuple(OVANic(was=was, network=network.uuid) for was, network in nics if network is not None),
    )


def defaults(pools: Sequence[Pool]) -> Mapping[str, object]:
    return {"sr": usual_sr(pools[0]) if len(pools) == 1 else ""}


def networks(home: Home) -> Sequence[Choice]:
    found = by_name(home.all(Network).values())
    return [Choice(network.uuid, name_of(network)) for network in found]


def check(request: ImportOVA, pool: Pool) -> Iterator[Fault]:
    if request.file.is_empty:
        yield Fault("file", EMPTY)
    elif not request.systems:
        yield Fault("file", lazy(N_("the file has not been read yet")))
    if template_in(pool.home, request.template) is None:
        yield Fault("template", lazy(N_("the pool has no template for any system; choose one")))
    needed: dict[str, int] = {}
    for disk in (disk for system in request.systems for disk in system.disks):
        needed[disk.sr or request.sr] = needed.get(disk.sr or request.sr, 0) + disk.stored
    for uuid, amount in needed.items():
        sr = pool.home.by_uuid(SR, uuid)
        if sr is not None and (reason := cannot_receive(sr, amount)):
            yield Fault("sr", reason)


def plan(request: ImportOVA, pool: Pool) -> Plan:
    group = (yield from create_plan(NewAppliance(name=request.vapp), pool)) if request.vapp else None
    made = []
    for system in request.systems:
        vm = yield from _vm(request, system, pool)
        made.append(vm)
        if group is not None:
            says = lazy(N_("Adding {name} to {group}"), name=system.name, group=str(request.vapp))
            yield Call("VM.set_appliance", vm, group, says=says)  # undone with the VM
        yield from _startup(system, vm)
    if request.start:
        for vm, system in zip(made, request.systems, strict=True):
            yield Call("VM.start", vm, False, False, says=lazy(N_("Starting {name}"), name=system.name), alone=True)
    return made[0]


def _vm(request: ImportOVA, system: OVASystem, pool: Pool) -> Plan:
    template = template_in(pool.home, request.template)
    assert template is not None  # noqa: S101  # the runner has checked that
    vm = yield from creation_plan(
        CreateVM(
            name=system.name.replace("{n}", "n"), template=template.uuid, memory=system.memory, vcpus=system.vcpus,
            firmware=system.firmware, description=system.description, disks=(),
            nics=tuple(NewNic(network=nic.network) for nic in system.nics), start=False,
        ),
        pool,
    )  # fmt: skip
    for number, disk in enumerate(system.disks):
        sr = pool.home.by_uuid(SR, disk.sr or request.sr)
        assert sr is not None  # noqa: S101  # the runner has checked that
        yield from _disk(request, vm, disk, sr, system.name, number)
    return vm


def _startup(system: OVASystem, vm: object) -> Iterator[Call]:
    """Undone with the VM."""
    says = lazy(N_("Setting the start order of {name}"), name=system.name)
    for field in ("order", "start_delay", "shutdown_delay"):
        if value := getattr(system, field):
            yield Call(f"VM.set_{field}", vm, value, says=says)


def _disk(request: ImportOVA, vm: object, disk: OVADisk, sr: SR, vm_name: str, number: int) -> Plan:
    label = f"{vm_name} disk {number + 1}"[:255]
    vdi = yield new_disk(label, sr, disk.size)
    own = next((one.file for one in request.files if one.file.name == last_part(disk.file)), None)
    zeros = writes_zeros(sr.type)
    if own is not None:
        encode = converted(disk.checksum, zeros=zeros, expected=disk.size)
    else:
        encode = unpacked(disk.file, disk.checksum, zeros=zeros, expected=disk.size)
    yield Transfer(
        "/import_raw_vdi", {"vdi": vdi, "format": "raw", "chunked": "true"},
        says=lazy(N_("Unpacking {name}"), name=disk.file), label=f"Import of {label}"[:255], name=disk.file, source=own or request.file,
        encode=encode, is_framed=True, total=disk.stored,
    )  # fmt: skip
    position = number if number < CD_POSITION else number + 1
    yield attached(vm, vdi, str(position), lazy(N_("Attaching {disk}"), disk=label))


def vm_of(item: RunItem) -> VM | None:
    """The one that was made, once the mirror has heard of it."""
    return item.subject.home.one(VM, Ref(str(item.result))) if item.state is RunState.DONE else None


IMPORT_OVA: Final[AnyAction] = Action(
    id="pool.import_ova", kind=Pool, request=ImportOVA, title=N_("Import OVA"), done=N_("{name}: the appliance is imported"),
    role=Role.OPERATOR, icon="upload", applies_to=lambda _pool: True, blocked=lambda _pool: None, defaults=defaults,
    choices={"sr": srs, "template": templates}, check=check, plan=plan, look=read, page=lambda pool: f"/pool/{key_of(pool)}/import-ova",
)  # fmt: skip
