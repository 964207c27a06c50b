"""What a VM is set to, in words: the names of its settings, and their values as people write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from components.vms.words import STATES
from data.facts.vm import VmState
from data.vms import CUSTOM_FIELD, NOTES
from xo_dash.i18n import N_, _, duration, number, size

TITLES: Final[Mapping[str, str]] = {
    "created": N_("Created"), "deleted": N_("Deleted"), "power_state": N_("State"), "resident_on": N_("Host"), "name_label": N_("Name"),
    "name_description": N_("Description"), "is_a_template": N_("Template"), "memory_static_min": N_("Memory, static minimum"),
    "memory_dynamic_min": N_("Memory, minimum"), "memory_dynamic_max": N_("Memory"), "memory_static_max": N_("Memory, static maximum"),
    "VCPUs_at_startup": N_("vCPUs"), "VCPUs_max": N_("vCPUs, maximum"), "tags": N_("Tags"), "ha_restart_priority": N_("HA priority"),
    "appliance": N_("vApp"), "order": N_("Start order"), "start_delay": N_("Start delay"), "affinity": N_("Preferred host"),
    "HVM_boot_policy": N_("Boot policy"), "domain_type": N_("Virtualization"), "VGPUs": N_("GPUs"), "attached_PCIs": N_("PCI devices"),
    "disk": N_("Disk"), "cd": N_("CD"), "snapshot": N_("Snapshot"),
    "HVM_boot_params/order": N_("Boot order"), "HVM_boot_params/firmware": N_("Firmware"), "platform/secureboot": N_("Secure Boot"),
    "platform/cores-per-socket": N_("Cores per socket"), "other_config/auto_poweron": N_("Auto-start"), "other_config/folder": N_("Folder"),
    f"other_config/{NOTES}": N_("Notes"),
}  # fmt: skip
PARTS: Final[Mapping[str, str]] = {
    "nic": N_("NIC {name}"), "disk_size": N_("Size of {name}"), "disk_sr": N_("SR of {name}"), "blocked_operations": N_("Block of {name}"),
    "platform": N_("Platform: {name}"), "HVM_boot_params": N_("Boot: {name}"), "other_config": N_("other_config: {name}"),
}  # fmt: skip
"""Of keys in two parts; what goes in is the second."""
BYTES: Final = frozenset({"memory_static_min", "memory_dynamic_min", "memory_dynamic_max", "memory_static_max", "disk_size"})
_POWER: Final = {
    "Running": VmState.RUNNING, "Halted": VmState.HALTED, "Paused": VmState.PAUSED, "Suspended": VmState.SUSPENDED,
}  # fmt: skip
_SWITCHES: Final = {"true": N_("on"), "false": N_("off")}


def setting_title(key: str) -> str:
    """`Memory`, `NIC 0`, `Platform: vga`; what is unknown by its own name."""
    if key in TITLES:
        return _(TITLES[key])
    first, _slash, second = key.partition("/")
    if second.startswith(CUSTOM_FIELD):
        return second.removeprefix(CUSTOM_FIELD)
    return _(PARTS[first]).format(name=second) if first in PARTS and second else key


def setting_text(key: str, value: str) -> str:
    """A value in the reader's words; "" stays "": nothing was set."""
    if not value:
        return ""
    kind = key.partition("/")[0]
    if kind in BYTES and value.isdecimal():
        return size(int(value))
    return _WORDED[kind](value) if kind in _WORDED else _(_SWITCHES[value]) if value in _SWITCHES else value


def _seconds(value: str) -> str:
    return duration(int(value)) if value.isdecimal() else value


_WORDED: Final[Mapping[str, Callable[[str], str]]] = {
    "power_state": lambda value: _(STATES[_POWER[value]]) if value in _POWER else value,
    "start_delay": _seconds,
    "VCPUs_at_startup": lambda value: number(int(value)) if value.isdecimal() else value,
}
