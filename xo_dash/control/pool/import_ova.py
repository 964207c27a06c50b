"""A VM from an OVA of another product. What the OVA says is read first, and is part of the request: it can be looked at and changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from data.identity import key_of
from data.names import name_of
from data.objects import SR, VM, Network, Pool
from data.stores.users import Role
from data.types import Home, Ref
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import lazy
from xo_dash.control.ova.archive import look, unpacked
from xo_dash.control.ova.ovf import MOST_DISKS, MOST_NICS
from xo_dash.control.plan import Call, Plan, Transfer
from xo_dash.control.pool.import_vm import EMPTY, no_room, srs, usual_sr
from xo_dash.control.request import Fault, File, GibSize, Lines, Name, NetworkUuid, Request, Size, SRUuid, called, one_of
from xo_dash.control.run import RunItem, RunState
from xo_dash.control.transfers.ends import Source
from xo_dash.control.transfers.raw_disk import writes_zeros
from xo_dash.control.vm.creation import steps as creation
from xo_dash.control.vm.creation.blueprint import default_network, is_hvm, template_disks
from xo_dash.control.vm.creation.request import FIRMWARE, Cpus, CreateVM, NewNic, Template
from xo_dash.i18n import N_

USUAL_TEMPLATE: Final = "Other install media"
"""What XenServer and XCP-ng call the one for any system. Source: xapi's create_templates."""
CD_POSITION: Final = 3
"""Where the template's CD drive comes."""


class OVADisk(Request, frozen=True, kw_only=True):
    """One of its disks, by the file in the archive."""

    file: Annotated[Name, called(N_("File"))]
    size: Annotated[Size, called(N_("Size"))]
    stored: Annotated[int, Meta(ge=0, le=1 << 50), called(N_("Size of the file"))] = 0
    checksum: Annotated[str, Meta(max_length=140), called(N_("Checksum"))] = ""
    sr: Annotated[SRUuid | None, called(N_("SR"))] = None


class OVANic(Request, frozen=True, kw_only=True):
    """One of its NICs; `was`: the network that it had, by name."""

    was: Annotated[str, Meta(max_length=255), called(N_("Network in the OVF"))] = ""
    network: Annotated[NetworkUuid, called(N_("Network"))]


class ImportOVA(Request, frozen=True, kw_only=True):
    """What VirtualBox, VMware and others export as one file, for one VM."""

    file: Annotated[File, called(N_("OVA file"))]
    sr: Annotated[SRUuid, called(N_("Storage"))]
    name: Annotated[Name | None, called(N_("Name"), hint=N_("Default: as the appliance says"))] = None
    vcpus: Annotated[Cpus | None, called(N_("vCPUs"))] = None
    memory: Annotated[GibSize | None, called(N_("Memory"))] = None
    firmware: Annotated[Annotated[str, one_of(FIRMWARE)] | None, called(N_("Firmware"))] = None
    template: Annotated[Template | None, called(N_("Template"), hint=N_("Default: Other install media"))] = None
    description: Annotated[Lines | None, called(N_("Description"))] = None
    disks: Annotated[Annotated[tuple[OVADisk, ...], Meta(max_length=MOST_DISKS)] | None, called(N_("Disks"))] = None
    nics: Annotated[Annotated[tuple[OVANic, ...], Meta(max_length=MOST_NICS)] | None, called(N_("NICs"))] = None
    ignored: Annotated[Annotated[tuple[str, ...], Meta(max_length=100)], called(N_("Not imported"))] = ()
    start: Annotated[bool, called(N_("Start after creation"))] = False


def template_in(home: Home, uuid: str | None) -> VM | None:
    """The one that is asked for, else the one for any system."""
    if uuid is not None:
        return home.by_uuid(VM, uuid)
    return next(iter(_fitting(home)), None)


def _fitting(home: Home) -> list[VM]:
    """Templates that bring no disks of their own, the one for any system first."""
    found = [vm for vm in home.all(VM).values() if vm.is_default_template and is_hvm(vm) and not template_disks(vm)]
    return sorted(found, key=lambda vm: (vm.name_label != USUAL_TEMPLATE, vm.name_label))


def templates(pools: Sequence[Pool]) -> Sequence[Choice]:
    return [Choice(vm.uuid, name_of(vm)) for vm in _fitting(pools[0].home)] if len(pools) == 1 else []


async def read(request: ImportOVA, source: Source, pools: Sequence[Pool]) -> ImportOVA:
    """With everything that was not said as the OVA says it. Raises EndFailed."""
    appliance, disks = await look(source)
    home = pools[0].home
    usual = default_network(home)
    by_name = {network.name_label.casefold(): network for network in home.all(Network).values()}
    nics = [(was, by_name.get(was.casefold(), usual)) for was in appliance.nics]
    said = {
        "name": appliance.name or request.file.name,
        "vcpus": appliance.vcpus,
        "memory": appliance.memory or 1 << 30,
        "firmware": appliance.firmware,
        "description": appliance.description,
        "disks": tuple(OVADisk(file=one.file, size=one.size, stored=one.stored, checksum=one.checksum) for one in disks),
        "nics": tuple(OVANic(was=was, network=network.uuid) for was, network in nics if network is not None),
    }
    missing = {name: value for name, value in said.items() if getattr(request, name) is None}
    return msgspec.structs.replace(request, **missing, ignored=tuple(str(one) for one in appliance.ignored))


def defaults(pools: Sequence[Pool]) -> Mapping[str, object]:
    return {"sr": usual_sr(pools[0]) if len(pools) == 1 else ""}


def networks(home: Home) -> Sequence[Choice]:
    found = sorted(home.all(Network).values(), key=lambda network: name_of(network).casefold())
    return [Choice(network.uuid, name_of(network)) for network in found]


def check(request: ImportOVA, pool: Pool) -> Iterator[Fault]:
    if request.file.is_empty:
        yield Fault("file", EMPTY)
    elif request.disks is None or request.vcpus is None or request.memory is None:
        yield Fault("file", lazy(N_("the file has not been read yet")))
    if template_in(pool.home, request.template) is None:
        yield Fault("template", lazy(N_("the pool has no template for any system; choose one")))
    needed: dict[str, int] = {}
    for disk in request.disks or ():
        needed[disk.sr or request.sr] = needed.get(disk.sr or request.sr, 0) + disk.stored
    for uuid, amount in needed.items():
        sr = pool.home.by_uuid(SR, uuid)
        if sr is not None and (reason := no_room(sr, amount)):
            yield Fault("sr", reason)


def plan(request: ImportOVA, pool: Pool) -> Plan:
    template = template_in(pool.home, request.template)
    assert template is not None  # noqa: S101  # the runner has checked that
    name = request.name or request.file.name
    vm = yield from creation.plan(
        CreateVM(
            name=name.replace("{n}", "n"), template=template.uuid, memory=request.memory, vcpus=request.vcpus, firmware=request.firmware,
            description=request.description, disks=(), nics=tuple(NewNic(network=nic.network) for nic in request.nics or ()), start=False,
        ),
        pool,
    )  # fmt: skip
    for number, disk in enumerate(request.disks or ()):
        sr = pool.home.by_uuid(SR, disk.sr or request.sr)
        assert sr is not None  # noqa: S101  # the runner has checked that
        yield from _disk(request, vm, disk, sr, name, number)
    if request.start:
        yield Call("VM.start", vm, False, False, says=lazy(N_("Starting {name}"), name=name), alone=True)
    return vm


def _disk(request: ImportOVA, vm: object, disk: OVADisk, sr: SR, vm_name: str, number: int) -> Plan:
    label = f"{vm_name} disk {number + 1}"[:255]
    vdi = yield creation.new_disk(label, sr, disk.size)
    yield Transfer(
        "/import_raw_vdi", {"vdi": vdi, "format": "raw", "chunked": "true"},
        says=lazy(N_("Unpacking {name}"), name=disk.file), label=f"Import of {label}"[:255], name=disk.file, source=request.file,
        encode=unpacked(disk.file, disk.checksum, zeros=writes_zeros(sr.type), expected=disk.size), is_framed=True, total=disk.stored,
    )  # fmt: skip
    position = number if number < CD_POSITION else number + 1
    yield creation.attached(vm, vdi, str(position), lazy(N_("Attaching {disk}"), disk=label))


def vm_of(item: RunItem) -> VM | None:
    """The one that was made, once the mirror has heard of it."""
    return item.subject.home.one(VM, Ref(str(item.result))) if item.state is RunState.DONE else None


IMPORT_OVA: Final[AnyAction] = Action(
    id="pool.import_ova", kind=Pool, request=ImportOVA, title=N_("Import OVA"), done=N_("{name}: the appliance is imported"),
    role=Role.OPERATOR, icon="upload", applies_to=lambda _pool: True, blocked=lambda _pool: None, defaults=defaults,
    choices={"sr": srs, "template": templates}, check=check, plan=plan, look=read, page=lambda pool: f"/pool/{key_of(pool)}/import-ova",
)  # fmt: skip
