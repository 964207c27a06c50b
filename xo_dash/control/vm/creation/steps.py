"""The plan of a new VM: clone the template, make it a VM, give it what was asked for, start it. Each step can be taken back.

Source: VM.clone of a template is a template until VM.provision, which would make the disks that other_config describes: those are made
here, so the description is removed first. Fields of maps are added by key, and one that is there has to be removed before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from data.names import name_of
from data.objects import VIF, VM, Pool
from data.types import NULL_REF, Ref
from xo_dash.control.cloud_init.config_drive import DRIVE, KEEP, REMOVE
from xo_dash.control.cloud_init.disk import SIZE, config_disk
from xo_dash.control.lazy_text import Amount, LazyText, lazy, named
from xo_dash.control.plan import Branch, Call, Parallel, Plan, Transfer, Wait, several
from xo_dash.control.vm.creation.blueprint import DISKS, Blueprint, NicBlueprint, blueprint, dropped_cards
from xo_dash.control.vm.creation.disks import PATIENCE, attached, cd_drive, disk_made, disk_record, disk_removed, drive_dropped
from xo_dash.control.vm.creation.request import CreateVM
from xo_dash.control.vm.removal import remove_made
from xo_dash.i18n import N_

CONFIG_DRIVE: Final = "config-drive"
AUTO_START: Final = "auto_poweron"
"""On the VM, and on the pool: without the latter nothing starts. Source: xapi-autostart-vms."""


def plan(request: CreateVM, pool: Pool) -> Plan:
    made = blueprint(request, pool.home)
    if made is None:
        return None
    if len(made.names) == 1:
        return (yield from _one(request, made, pool, made.names[0]))
    if request.auto_start:
        yield from _pool_starts_vms(pool)
    branches = [Branch(says=lazy("{name}", name=name), plan=partial(_one, request, made, pool, name)) for name in made.names]
    return (yield Parallel(branches=branches, says=lazy(N_("Creating {n} VMs"), n=len(branches)), alone=True))


def _one(request: CreateVM, made: Blueprint, pool: Pool, name: str) -> Plan:
    vm = yield _copied(made, name)
    yield from _provisioned(made, vm)
    yield from _labelled(request, vm)
    yield from _sized(made, vm)
    yield from _booting(made, vm)
    for number, disk in enumerate(made.disks, 1):
        yield from disk_made(made, vm, disk, disk.called(name, number))
    yield from cd_drive(made, vm)
    for vif in dropped_cards(made):
        yield from _dropped(vm, vif)
    for card in made.cards:
        yield from _card(vm, card)
    yield from _config_disk(made, vm, name)
    yield from _options(request, made, vm)
    if request.auto_start:
        if len(made.names) == 1:
            yield from _pool_starts_vms(pool)
        yield Call("VM.add_to_other_config", vm, AUTO_START, "true", says=lazy(N_("Enabling auto-start")), asynchronous=False)
    if request.protect:
        says = lazy(N_("Protecting it from deletion"))
        yield Call("VM.add_to_blocked_operations", vm, "destroy", "true", says=says, undo=partial(_unprotected, vm), asynchronous=False)
    if request.start:
        yield _started(made, vm, name)
    return vm


# ---- what it is made of


def _copied(made: Blueprint, name: str) -> Call:
    source = made.source
    keep = [disk.existing.ref for disk in made.disks if disk.existing is not None]
    undo = partial(_removed, name, keep)
    kind = N_("Cloning template {name}") if source.is_a_template else N_("Cloning {name}")
    if made.copy_to is None:
        return Call("VM.clone", source.ref, name, says=lazy(kind, name=named(source)), undo=undo)
    says = lazy(N_("Copying {name} to {sr}"), name=named(source), sr=named(made.copy_to))
    return Call("VM.copy", source.ref, name, made.copy_to.ref, says=says, undo=undo)


def _removed(name: str, keep: list[Ref], vm: Any) -> Plan:
    return remove_made(vm, name, keep)


def _provisioned(made: Blueprint, vm: Any) -> Plan:
    source = made.source
    if not source.is_a_template:
        return
    says = lazy(N_("Converting it to a VM"))
    if DISKS in source.other_config:
        yield Call("VM.remove_from_other_config", vm, DISKS, says=says, asynchronous=False)
    yield Call("VM.provision", vm, says=says)


def _labelled(request: CreateVM, vm: Any) -> Plan:
    says = lazy(N_("Setting description and tags"))
    if request.description is not None:
        yield Call("VM.set_name_description", vm, request.description, says=says, asynchronous=False)
    if request.tags is not None:
        yield Call("VM.set_tags", vm, list(dict.fromkeys(request.tags)), says=says, asynchronous=False)


def _sized(made: Blueprint, vm: Any) -> Plan:
    source, memory = made.source, made.memory
    says = lazy(N_("Setting vCPUs to {vcpus} and memory to {memory}"), vcpus=made.vcpus, memory=Amount(memory.dynamic_max))
    now = (source.memory_static_min, source.memory_static_max, source.memory_dynamic_min, source.memory_dynamic_max)
    wanted = (memory.static_min, memory.static_max, memory.dynamic_min, memory.dynamic_max)
    if wanted != now:
        yield Call("VM.set_memory_limits", vm, *wanted, says=says)
    steps = [
        Call(method, vm, made.vcpus, says=says)
        for method, value in (("VM.set_VCPUs_max", source.VCPUs_max), ("VM.set_VCPUs_at_startup", source.VCPUs_at_startup))
        if value != made.vcpus
    ]
    yield from several(steps if made.vcpus >= source.VCPUs_at_startup else steps[::-1])  # never more at the start than at most
    cores = str(made.cores_per_socket) if made.cores_per_socket else None
    yield from _key(vm, "platform", source.platform, "cores-per-socket", cores, says)


def _booting(made: Blueprint, vm: Any) -> Plan:
    source = made.source
    says = lazy(N_("Setting firmware and boot order"))
    if made.boot_order:
        yield from _key(vm, "HVM_boot_params", source.HVM_boot_params, "order", made.boot_order, says)
    if not made.firmware:
        return
    if made.firmware != source.HVM_boot_params.get("firmware", "bios"):
        yield from _key(vm, "HVM_boot_params", source.HVM_boot_params, "firmware", made.firmware, says)
        model = "qemu-upstream-uefi" if made.firmware == "uefi" else "qemu-upstream-compat"
        yield from _key(vm, "platform", source.platform, "device-model", model, says)
    secure = source.platform.get("secureboot")
    if made.firmware == "uefi" and made.secure_boot != (secure in ("true", "auto")):
        yield from _key(vm, "platform", source.platform, "secureboot", "true" if made.secure_boot else "false", says)
    elif made.firmware == "bios" and secure is not None:
        yield from _key(vm, "platform", source.platform, "secureboot", None, says)
    if made.vtpm:
        yield Call("VTPM.create", vm, False, says=lazy(N_("Adding a vTPM")))


def _key(vm: Any, field: str, now: Mapping[str, str], key: str, value: str | None, says: LazyText) -> Iterator[Call]:
    """Have `key` of a map be `value`; None: not there."""
    if now.get(key) == value:
        return
    if key in now:
        yield Call(f"VM.remove_from_{field}", vm, key, says=says, asynchronous=False)
    if value is not None:
        yield Call(f"VM.add_to_{field}", vm, key, value, says=says, asynchronous=False)


# ---- NICs


def _card(vm: Any, card: NicBlueprint) -> Plan:
    if card.original is not None and not card.replaces:
        return
    if card.original is not None:
        yield from _dropped(vm, card.original)
    network = card.network
    record = {
        "VM": vm, "network": network.ref if network is not None else NULL_REF, "device": card.device, "MAC": card.mac,
        "MTU": network.MTU if network is not None else 1500, "other_config": {}, "qos_algorithm_type": "", "qos_algorithm_params": {},
    }  # fmt: skip
    yield Call("VIF.create", record, says=lazy(N_("Adding a NIC on {network}"), network=named(network) if network is not None else ""))


def _dropped(vm: Any, original: VIF) -> Plan:
    home, device = original.home, original.device
    says = lazy(N_("Removing NIC {n} of the template"), n=device)

    def nic() -> Ref | None:
        copy = home.one(VM, vm)
        return next((vif.ref for vif in copy.all_of(VIF, copy.VIFs) if vif.device == device), None) if copy is not None else None

    words = f"vif-list vm-uuid={{0}} device={device} --minimal"
    vif = yield Wait(until=nic, within=PATIENCE, says=says, failed=lazy(N_("the pool does not report it")), kind="VIF", asks=(words, vm))
    yield Call("VIF.destroy", vif, says=says)


# ---- what it is told at its first boot


def _config_disk(made: Blueprint, vm: Any, name: str) -> Plan:
    """The disk for cloud-init. `config-drive` in its other_config tells other tools what it is. Source: xapi_globs."""
    config, sr = made.cloud_init, made.config_sr
    if config is None or sr is None:
        return
    for old in made.config_drives:
        yield from drive_dropped(made, vm, old.userdevice)
    says = lazy(N_("Writing the cloud-init disk"))
    vdi = yield Call(
        "VDI.create", disk_record(f"{name} cloud-init"[:255], sr.ref, SIZE, {CONFIG_DRIVE: "true"}), says=says, undo=disk_removed
    )
    yield Transfer(
        "/import_raw_vdi", {"vdi": vdi, "format": "raw"}, says=says, label=f"Writing the cloud-init disk of {name}"[:255],
        name="cloud-init.img", content=partial(config_disk, config, name, made.nics), total=SIZE,
    )  # fmt: skip
    marks = {DRIVE: REMOVE if config.remove else KEEP}
    yield attached(vm, vdi, made.config_position, says, marks=marks)


# ---- the rest


def _options(request: CreateVM, made: Blueprint, vm: Any) -> Plan:
    if made.host is not None:
        says = lazy(N_("Setting the affinity to {host}"), host=named(made.host))
        yield Call("VM.set_affinity", vm, made.host.ref, says=says, asynchronous=False)
    elif made.source.affinity != NULL_REF:
        yield Call("VM.set_affinity", vm, NULL_REF, says=lazy(N_("Clearing the affinity")), asynchronous=False)
    if request.ha:
        yield Call("VM.set_ha_restart_priority", vm, request.ha, says=lazy(N_("Setting HA")))


def _pool_starts_vms(pool: Pool) -> Plan:
    if pool.other_config.get(AUTO_START) == "true":
        return
    says = lazy(N_("Enabling auto-start in {pool}"), pool=name_of(pool))
    if AUTO_START in pool.other_config:
        yield Call("pool.remove_from_other_config", pool.ref, AUTO_START, says=says, asynchronous=False)
    undo: Callable[[Any], Plan] = lambda _answer: several(  # noqa: E731
        [Call("pool.remove_from_other_config", pool.ref, AUTO_START, says=lazy(N_("Disabling auto-start")), asynchronous=False)]
    )
    yield Call("pool.add_to_other_config", pool.ref, AUTO_START, "true", says=says, undo=undo, asynchronous=False)


def _unprotected(vm: Any, _answer: Any) -> Plan:
    says = lazy(N_("Removing the protection"))
    return several([Call("VM.remove_from_blocked_operations", vm, "destroy", says=says, asynchronous=False)])


def _started(made: Blueprint, vm: Any, name: str) -> Call:
    if made.host is None:
        return Call("VM.start", vm, False, False, says=lazy(N_("Starting {name}"), name=name))
    says = lazy(N_("Starting {name} on {host}"), name=name, host=named(made.host))
    return Call("VM.start_on", vm, made.host.ref, False, False, says=says)
