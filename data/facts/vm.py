"""Facts about a VM: its state, memory, vCPUs, addresses, tools."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, NamedTuple

from data.facts.host import is_live
from data.objects import VM, Host, PowerState, VMGuestMetrics, VMMetrics
from data.texts import whole
from data.trash import is_trashed

HOLDING: Final = frozenset({PowerState.RUNNING, PowerState.PAUSED})
"""Power states in which a VM has memory of its host."""
LONGEST_ADDRESS: Final = 64
"""Characters; of an IPv6 address 45 and its zone. What a guest tells may be of any length, and addresses are remembered."""


class VmState(StrEnum):
    """A power state, as far as anybody can know it."""

    RUNNING = "running"
    HALTED = "halted"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"  # its host is not heard, or XAPI has a word that is new to us


def is_guest(vm: VM) -> bool:
    """Whether `vm` is a machine of somebody's: no template, snapshot or control domain, and not in the trash."""
    return not (vm.is_a_template or vm.is_a_snapshot or vm.is_control_domain or is_trashed(vm))


_STATES = {
    PowerState.RUNNING: VmState.RUNNING, PowerState.HALTED: VmState.HALTED, PowerState.PAUSED: VmState.PAUSED,
    PowerState.SUSPENDED: VmState.SUSPENDED, PowerState.UNKNOWN: VmState.UNKNOWN,
}  # fmt: skip


def state_of(vm: VM) -> VmState:
    """UNKNOWN also where the host that it runs on is not heard."""
    host = host_of(vm)
    return VmState.UNKNOWN if host is not None and not is_live(host) else _STATES[vm.power_state]


def is_up(vm: VM) -> bool:
    """Whether `vm` is on a host, so that what its guest reported is of now."""
    return vm.power_state in HOLDING


def host_of(vm: VM) -> Host | None:
    """The host that it runs on; None while it is off."""
    return vm.home.one(Host, vm.resident_on) if is_up(vm) else None


def memory_of(vm: VM) -> int:
    """Bytes that it has: its dynamic maximum. By setting, not measured: it does not flicker. What Xen takes for it is its host's matter."""
    return max(vm.memory_dynamic_max, vm.memory_dynamic_min)


def vcpus_of(vm: VM) -> int:
    """Those online while it is up, else those it starts with; 0 if nobody knows.

    Source: VM_metrics.VCPUs_number; 0 there until the first boot is seen. Others may be added up to VCPUs_max while it runs.
    """
    return vcpus_online(vm) or vm.VCPUs_at_startup or vm.VCPUs_max


def vcpus_online(vm: VM) -> int:
    """0 while it is off, or not known."""
    metrics = vm.home.one(VMMetrics, vm.metrics) if is_up(vm) else None
    return metrics.VCPUs_number if metrics else 0


class ToolsState(StrEnum):
    """How the agent in the guest stands."""

    WORKING = "working"
    SILENT = "silent"  # its drivers are there, but it says nothing
    MISSING = "missing"
    OFF = "off"  # the VM does not run, so nobody can tell


class Tools(NamedTuple):
    state: ToolsState
    version: str  # "8.3.0-1"; "" where it does not say


def tools_of(vm: VM) -> Tools:
    """The agent in the guest, and its version, by what it reported.

    Source: xapi makes guest metrics for every VM that runs, and `live` in them is true from the start: it tells of no agent.
    """
    guest = vm.home.one(VMGuestMetrics, vm.guest_metrics)
    numbers = guest.PV_drivers_version if guest else {}
    version = ".".join(numbers[part] for part in ("major", "minor", "micro") if numbers.get(part, "-1") != "-1")
    if version and numbers.get("build"):
        version += f"-{numbers['build']}"
    if vm.power_state is not PowerState.RUNNING:
        return Tools(ToolsState.OFF, version)
    if guest is None:
        return Tools(ToolsState.MISSING, "")
    if version or guest.os_version or guest.networks:
        return Tools(ToolsState.WORKING if guest.live else ToolsState.SILENT, version)
    return Tools(ToolsState.SILENT if guest.PV_drivers_detected else ToolsState.MISSING, "")


def address_of(vm: VM) -> str:
    """The address one would try first; "" for none. See `addresses_of`."""
    return next(iter(addresses_of(vm)), "")


def addresses_of(vm: VM) -> list[str]:
    """Every address of the running guest, IPv4 before IPv6, by NIC; none while it is off: the agent's last words are old.

    Link-local ones only where there is no other: nobody reaches a VM by those.
    """
    told = told_addresses(vm)
    found = dict.fromkeys(address for device in sorted(told, key=_place) for address in told[device])
    wide = [address for address in found if (parsed := _parsed(address)) and not parsed.is_link_local]
    return sorted(wide or found, key=lambda address: ":" in address)


def told_addresses(vm: VM) -> Mapping[str, tuple[str, ...]]:
    """{VIF's device: addresses}; keys are "0/ip", "0/ipv4/0", "0/ipv6/1". What is no address is left out, link-local ones are last."""
    guest = vm.home.one(VMGuestMetrics, vm.guest_metrics) if is_up(vm) else None
    found: dict[str, dict[str, tuple[bool, bool, str]]] = {}
    for key, value in sorted((guest.networks if guest else {}).items()):
        device, _slash, kind = key.partition("/")
        for text in value.split():
            address = _parsed(text) if len(text) <= LONGEST_ADDRESS else None
            if address is not None and kind.startswith("ip"):
                found.setdefault(device, {}).setdefault(address.text, (address.is_six, address.is_link_local, key))
    return {device: tuple(sorted(told, key=told.__getitem__)) for device, told in found.items()}


class _Address(NamedTuple):
    text: str  # in its shortest form
    is_six: bool
    is_link_local: bool


@lru_cache(maxsize=4096)  # each is asked for several times, here and in every place that shows it
def _parsed(text: str) -> _Address | None:
    """None for what is no address, or that of nobody."""
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    return None if parsed.is_unspecified else _Address(str(parsed), parsed.version == 6, parsed.is_link_local)


def _place(text: str) -> int:
    return whole(text, 1 << 16)
