"""What is wrong with a request for a new VM, at its field, as far as the mirror knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from data.facts.sr import is_thin
from data.facts.vm import is_guest
from data.hosts import account_of
from data.names import name_of
from data.objects import PBD, SR, VBD, VDI, VIF, VM, Host, Pool, PowerState
from data.types import GIB, Home
from data.vms import copy_size
from xo_dash.control.cloud_init import config as cloud_init
from xo_dash.control.cloud_init.disk import SIZE as CONFIG_SIZE
from xo_dash.control.lazy_text import Amount, LazyText, lazy
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.types import LONGEST_NAME
from xo_dash.control.sr.choice import disk_srs, free_space
from xo_dash.control.support import no_vtpm
from xo_dash.control.vdi.space import no_disks
from xo_dash.control.vm.cpu_limits import too_many
from xo_dash.control.vm.creation.blueprint import Blueprint, Disk, blueprint
from xo_dash.control.vm.creation.hosts import refusal
from xo_dash.control.vm.creation.request import NUMBER, CreateVM
from xo_dash.control.vm.vcpus import UNEVEN
from xo_dash.control.words import under_way
from xo_dash.i18n import N_

LEAST_MEMORY: Final = 16 << 20
MAC: Final = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
LARGEST_VHD: Final = 2040 * GIB
VHD: Final = frozenset({"lvm", "lvmoiscsi", "lvmohba", "lvmofcoe", "ext", "nfs", "smb", "cifs", "file"})
"""Drivers whose disks are VHD. Source: xapi's Constants.max_vhd_size."""


def check(request: CreateVM, pool: Pool) -> Iterator[Fault]:
    """Everything at once."""
    plan = blueprint(request, pool.home)
    if plan is None:
        return  # the template is gone, which is said already
    yield from _name_faults(request)
    if reason := source_refused(plan.source):
        yield Fault("template", reason)
    yield from _disc_faults(plan)
    yield from _memory_faults(request, plan)
    yield from _cpu_faults(plan)
    yield from _firmware_faults(request, plan)
    yield from _disk_faults(request, plan)
    yield from _nic_faults(request, plan)
    if plan.host is not None and (reason := refusal(plan, plan.host)):
        yield Fault("host", lazy(N_("{host} cannot run it: {reason}"), host=name_of(plan.host), reason=reason))
    for tag in request.tags or ():
        if not tag.isprintable() or not tag.strip():
            yield Fault("tags", lazy(N_("only visible characters are allowed")))
            break
    if request.ha and not pool.ha_enabled:
        yield Fault("ha", lazy(N_("HA is off in this pool; turn HA on first")))
    if request.cloud_init is not None:
        yield from (Fault(f"cloud_init.{fault.field}", fault.reason) for fault in cloud_init.faults(request.cloud_init, plan.nics))


def source_refused(source: VM) -> LazyText | None:
    """Why no VM can be made of it now."""
    if source.is_a_snapshot or source.is_control_domain:
        return lazy(N_("it is not a template or a VM"))
    if not source.is_a_template and source.power_state is not PowerState.HALTED:
        return lazy(N_("{name} is running; shut it down to copy it, or choose another"), name=name_of(source))
    if source.current_operations and not {"clone", "copy"} & source.allowed_operations:
        return under_way(next(iter(source.current_operations.values())))
    return None


def _name_faults(request: CreateVM) -> Iterator[Fault]:
    if request.count > 1 and NUMBER not in request.name:
        yield Fault("name", lazy(N_("for several, the name needs {n} in it, like web-{n}"), n=NUMBER))
    elif max(map(len, request.names)) > LONGEST_NAME:
        yield Fault("name", lazy(N_("it has at most {most} characters"), most=LONGEST_NAME))


def _disc_faults(plan: Blueprint) -> Iterator[Fault]:
    if plan.iso is None:
        return
    sr = plan.iso.home.one(SR, plan.iso.SR)
    if sr is None or sr.content_type != "iso":
        yield Fault("iso", lazy(N_("it is not an ISO image")))
    elif not _attached(sr):
        yield Fault("iso", lazy(N_("{sr} is not attached on any host; attach it first"), sr=name_of(sr)))


def _memory_faults(request: CreateVM, plan: Blueprint) -> Iterator[Fault]:
    memory = plan.memory
    if memory.dynamic_max < LEAST_MEMORY:
        yield Fault("memory", lazy(N_("it must be at least {least}"), least=Amount(LEAST_MEMORY)))
    elif memory.dynamic_max > memory.static_max:
        yield Fault("memory_max", lazy(N_("it must be at least the memory, {memory}"), memory=Amount(memory.dynamic_max)))
    elif memory.dynamic_min > memory.dynamic_max:
        yield Fault("memory_min", lazy(N_("it must be at most the memory, {memory}"), memory=Amount(memory.dynamic_max)))
    elif memory.dynamic_min < LEAST_MEMORY:
        yield Fault("memory_min", lazy(N_("it must be at least {least}"), least=Amount(LEAST_MEMORY)))
    most = max((account_of(host).total for host in plan.source.home.all(Host).values()), default=0)
    if most and memory.dynamic_min > most:
        yield Fault("memory", lazy(N_("no host in the pool has that much; the largest has {most}"), most=Amount(most)))


def _cpu_faults(plan: Blueprint) -> Iterator[Fault]:
    if reason := too_many(plan.vcpus, plan.source):
        yield Fault("vcpus", reason)
    if plan.cores_per_socket and plan.vcpus % plan.cores_per_socket:
        yield Fault("cores_per_socket", lazy(UNEVEN, vcpus=plan.vcpus, cores=plan.cores_per_socket))


def _firmware_faults(request: CreateVM, plan: Blueprint) -> Iterator[Fault]:
    if request.firmware and not plan.firmware:
        yield Fault("firmware", lazy(N_("this template is paravirtual; it has no firmware setting")))
        return
    for field, wanted in (("secure_boot", bool(request.secure_boot)), ("vtpm", request.vtpm)):
        if wanted and plan.firmware != "uefi":
            yield Fault(field, lazy(N_("it needs UEFI")))
    if plan.vtpm and (reason := no_vtpm(plan.source.home)):
        yield Fault("vtpm", reason)


def _disk_faults(request: CreateVM, plan: Blueprint) -> Iterator[Fault]:
    places = _places(request, plan)
    for disk in plan.disks:
        place = places[disk.position]
        reason = _disk_refused(disk, plan.source.home)
        if reason is not None:
            yield Fault(f"{place}.{reason[0]}", reason[1])
        if disk.original is not None and plan.copy_to is not None and disk.sr is not plan.copy_to:
            words = N_("the template's disks are copied to one SR; choose {sr} for this one too")
            yield Fault(f"{place}.sr", lazy(words, sr=name_of(plan.copy_to)))
    yield from _space_faults(plan, places)


def _places(request: CreateVM, plan: Blueprint) -> dict[str, str]:
    """{position: the field of the request}. What was not asked for has the field of all."""
    asked = list(request.disks or ())
    fresh = iter(number for number, disk in enumerate(asked) if disk.position not in {one.position for one in plan.disks if one.original})
    own = {disk.position: number for number, disk in enumerate(asked)}
    places: dict[str, str] = {}
    for disk in plan.disks:
        number = own.get(disk.position) if disk.original is not None else next(fresh, None)
        places[disk.position] = "disks" if number is None else f"disks.{number}"
    return places


def _disk_refused(disk: Disk, home: Home) -> tuple[str, LazyText] | None:
    """(field, why)"""
    if disk.existing is not None:
        return _existing_refused(disk.existing)
    if disk.sr is None:
        return None if disk_srs(home) else ("sr", lazy(N_("the pool has no SR for VM disks")))  # one that is gone is told of already
    if reason := _sr_refused(disk.sr):
        return "sr", reason
    reason = _size_refused(disk, disk.sr)
    return ("size", reason) if reason is not None else None


def _sr_refused(sr: SR) -> LazyText | None:
    if reason := no_disks(sr):
        return reason
    return None if _attached(sr) else lazy(N_("{sr} is not attached on any host; attach it first"), sr=name_of(sr))


def _size_refused(disk: Disk, sr: SR) -> LazyText | None:
    if disk.size <= 0:
        return lazy(N_("“{field}” is missing"), field=LazyText(N_("Size")))
    if disk.original is not None and disk.size < disk.original.virtual_size:
        return lazy(N_("the template's disk has {least}; it can only grow"), least=Amount(disk.original.virtual_size))
    if disk.size > LARGEST_VHD and sr.type in VHD:
        return lazy(N_("a disk on {sr} has at most {most}"), sr=name_of(sr), most=Amount(LARGEST_VHD))
    return None


def _existing_refused(disk: VDI) -> tuple[str, LazyText] | None:
    if disk.is_a_snapshot or not disk.managed or disk.missing:
        return "vdi", lazy(N_("it cannot be attached to a VM"))
    users = [vm for vbd in disk.all_of(VBD, disk.VBDs) if (vm := disk.home.one(VM, vbd.VM)) is not None and is_guest(vm)]
    if users and not disk.sharable:
        return "vdi", lazy(N_("{vm} uses this disk"), vm=name_of(users[0]))
    return None


def _space_faults(plan: Blueprint, places: dict[str, str]) -> Iterator[Fault]:
    """Said at the last disk of an SR that is too small for all of them."""
    for sr, needed in needs(plan).items():
        free = free_space(sr)
        if free is None or needed <= free:
            continue
        mine = [disk for disk in plan.disks if disk.sr is sr and takes(disk, plan)]
        words = N_("{needed} needed: {sr} has {free} free")
        place = f"{places[mine[-1].position]}.size" if mine else "cloud_init"
        yield Fault(place, lazy(words, needed=Amount(needed), sr=name_of(sr), free=Amount(max(0, free))))


def takes(disk: Disk, plan: Blueprint) -> int:
    """Bytes that it takes of its SR when it is made; what a thin one takes later nobody knows."""
    if disk.existing is not None or disk.sr is None:
        return 0
    if disk.original is None:
        return 0 if is_thin(disk.sr) else disk.size
    if plan.copy_to is not None:
        return copy_size(disk.original) if is_thin(disk.sr) else disk.size
    return 0 if is_thin(disk.sr) else disk.size - disk.original.virtual_size


def needs(plan: Blueprint) -> dict[SR, int]:
    """{SR: bytes that all the VMs take of it at once}"""
    count = len(plan.names)
    found: Counter[SR] = Counter()
    for disk in plan.disks:
        if disk.sr is not None and disk.existing is None:
            found[disk.sr] += takes(disk, plan) * count
    if plan.cloud_init is not None and plan.config_sr is not None:
        found[plan.config_sr] += CONFIG_SIZE * count
    return dict(found)


def _nic_faults(request: CreateVM, plan: Blueprint) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, card in enumerate(plan.cards):
        mac = card.mac
        if not mac:
            continue
        if MAC.fullmatch(mac) is None or int(mac[:2], 16) & 1 or mac == "00:00:00:00:00:00":
            yield Fault(f"nics.{number}.mac", lazy(N_("it must be a unicast MAC address, like 02:1a:2b:3c:4d:5e")))
        elif len(plan.names) > 1:
            yield Fault(f"nics.{number}.mac", lazy(N_("several VMs cannot share a MAC address; leave it empty")))
        elif mac in seen:
            yield Fault(f"nics.{number}.mac", lazy(N_("another NIC of this VM uses it")))
        elif (other := _owner(plan.source.home, mac)) is not None:
            yield Fault(f"nics.{number}.mac", lazy(N_("{vm} uses this MAC address"), vm=name_of(other)))
        seen.add(mac)


def _owner(home: Home, mac: str) -> VM | None:
    """The VM with that address; snapshots keep it too."""
    vifs = (vif for vif in home.all(VIF).values() if vif.MAC.lower() == mac)
    return next((vm for vif in vifs if (vm := home.one(VM, vif.VM)) is not None and is_guest(vm)), None)


def _attached(sr: SR) -> bool:
    return any(pbd.currently_attached for pbd in sr.all_of(PBD, sr.PBDs))
