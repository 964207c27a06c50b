"""What a VM is set to, as values that can be compared: with a snapshot of it, or with how it was before a change. Words come later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from data.names import name_of
from data.objects import SR, VBD, VDI, VIF, VM, Appliance, Host, Network
from data.types import NULL_REF, Home, Ref
from data.vms import BACKUP

PLAIN: Final = (
    "name_label", "name_description", "is_a_template", "memory_static_min", "memory_dynamic_min", "memory_dynamic_max",
    "memory_static_max", "VCPUs_at_startup", "VCPUs_max", "tags", "ha_restart_priority", "appliance", "order", "start_delay", "affinity",
    "HVM_boot_policy", "domain_type", "VGPUs", "attached_PCIs",
)  # fmt: skip
"""Fields that are compared as a whole."""
MAPS: Final = ("HVM_boot_params", "platform", "blocked_operations", "other_config")
"""Fields that are compared key by key: `platform/secureboot`."""
SETTINGS: Final = (*PLAIN, *MAPS)
NOISE: Final = frozenset({"mac_seed", "import_task", "base_template_name", "xodash:trash", "last_shutdown_reason", "last_shutdown_action"})
"""Keys of other_config that are no setting of anybody's."""
LONGEST: Final = 400
"""Characters of a value that are told."""


class Difference(NamedTuple):
    """`key`: a field, `field/key` of a map, or what `devices` are called. Values are texts of XAPI's, "" for none; `unit` says of what."""

    key: str
    before: str
    after: str


def setting_differences(before: Mapping[str, Any], after: Mapping[str, Any], home: Home) -> Iterator[Difference]:
    """Of two sets of a VM's fields; each has the same names, of SETTINGS."""
    for name, old in before.items():
        new = after[name]
        if old == new:
            continue
        if name in MAPS:
            yield from _map_differences(name, old, new)
        else:
            yield Difference(name, _text(old, home), _text(new, home))


def _map_differences(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key) and key not in NOISE and not key.startswith(BACKUP):
            yield Difference(f"{name}/{key[:80]}", _cut(old.get(key, "")), _cut(new.get(key, "")))


def _text(value: object, home: Home) -> str:
    """References by name: what they name may be gone when somebody reads it."""
    if isinstance(value, (list, tuple, frozenset)):
        return _cut(", ".join(sorted(_text(one, home) for one in value)))
    if isinstance(value, str) and value.startswith("OpaqueRef:"):
        return _called(Ref(value), home)
    if isinstance(value, bool):
        return str(value).lower()
    return _cut(str(value))


def _called(ref: Ref, home: Home) -> str:
    if ref == NULL_REF:
        return ""
    found = home.one(Host, ref) or home.one(Appliance, ref)
    return _cut(name_of(found)) if found else ref.removeprefix("OpaqueRef:")[:8]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def settings_of(vm: VM) -> dict[str, Any]:
    """The fields that count."""
    return {name: getattr(vm, name) for name in SETTINGS}


# ---- against a snapshot


class DeviceDifference(NamedTuple):
    """A disk or NIC: what it is called, and what it was and is; one of them "" where only the other has it."""

    name: str
    before: str
    after: str


class Comparison(NamedTuple):
    settings: list[Difference]
    disks: list[DeviceDifference]
    nics: list[DeviceDifference]
    same: int  # settings that are the same


def compare(before: VM, after: VM) -> Comparison:
    """A snapshot with its VM, or with a later one. Keys that XAPI writes into a snapshot alone do not count."""
    old, new = settings_of(before), settings_of(after)
    for name in ("name_label", "is_a_template", "affinity", "blocked_operations", "appliance", "order", "start_delay", "attached_PCIs"):
        if before.is_a_snapshot or after.is_a_snapshot:  # it has its own name, and the others are not kept. Source: xapi_vm_clone
            del old[name], new[name]
    settings = list(setting_differences(old, new, after.home))
    changed = {difference.key.partition("/")[0] for difference in settings}
    return Comparison(settings, list(_disks(before, after)), list(_nics(before, after)), len(old) - len(changed))


def _disks(before: VM, after: VM) -> Iterator[DeviceDifference]:
    old, new = _disks_by_origin(before), _disks_by_origin(after)
    for key in sorted(old.keys() | new.keys(), key=lambda key: name_of(new.get(key) or old[key])):
        was, now = old.get(key), new.get(key)
        if was is None or now is None or was.virtual_size != now.virtual_size:
            some = now or was
            assert some is not None  # noqa: S101  # one of them has the key
            yield DeviceDifference(name_of(some), _disk_text(was), _disk_text(now))


def _disks_by_origin(vm: VM) -> dict[Ref, VDI]:
    """{the disk that a snapshot's was taken of, or the disk itself}"""
    found = (vm.home.one(VDI, vbd.VDI) for vbd in vm.all_of(VBD, vm.VBDs) if vbd.type == "Disk")
    return {(disk.snapshot_of if disk.is_a_snapshot and disk.snapshot_of != NULL_REF else disk.ref): disk for disk in found if disk}


def _disk_text(disk: VDI | None) -> str:
    """Its size in bytes and its SR: `1024 vault`."""
    if disk is None:
        return ""
    sr = disk.home.one(SR, disk.SR)
    return f"{disk.virtual_size} {name_of(sr) if sr else ''}".strip()


def _nics(before: VM, after: VM) -> Iterator[DeviceDifference]:
    old, new = ({nic.MAC: nic for nic in vm.all_of(VIF, vm.VIFs)} for vm in (before, after))
    for mac in sorted(old.keys() | new.keys()):
        was, now = old.get(mac), new.get(mac)
        texts = _nic_text(was), _nic_text(now)
        if texts[0] != texts[1]:
            some = now or was
            yield DeviceDifference(f"{some.device if some else ''} {mac}".strip(), *texts)


def _nic_text(nic: VIF | None) -> str:
    network = nic.home.one(Network, nic.network) if nic else None
    return name_of(network) if network else "" if nic is None else "?"
