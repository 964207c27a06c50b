"""What a host's maintenance leaves to be put back: the keys in other_config that XenCenter reads and writes as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from data.objects import VM, Host, PowerState
from data.types import NULL_REF

MODE: Final = "MAINTENANCE_MODE"
"""`true` while somebody keeps the host out of service; xe takes it away when it enables the host."""


class List(StrEnum):
    """Keys whose value is uuids of VMs, separated by commas."""

    MIGRATED = "MAINTENANCE_MODE_EVACUATED_VMS_MIGRATED"
    HALTED = "MAINTENANCE_MODE_EVACUATED_VMS_HALTED"
    SUSPENDED = "MAINTENANCE_MODE_EVACUATED_VMS_SUSPENDED"


class Away(NamedTuple):
    """The VMs of a host that are somewhere else, or off, because of its maintenance."""

    migrated: tuple[VM, ...] = ()
    halted: tuple[VM, ...] = ()
    suspended: tuple[VM, ...] = ()

    @property
    def total(self) -> int:
        return sum(map(len, self))


def listed(host: Host, which: List) -> list[str]:
    """The uuids that a key has, as they are written."""
    return [uuid for uuid in (part.strip() for part in host.other_config.get(which, "").split(",")) if uuid]


def written(vms: Iterable[VM]) -> str:
    return ",".join(vm.uuid for vm in vms)


def away_from(host: Host) -> Away:
    """Those that are still to be put back: what runs there again, was started elsewhere or is gone needs nothing."""
    return Away(
        tuple(vm for vm in _known(host, List.MIGRATED) if _is_elsewhere(vm, host)),
        tuple(vm for vm in _known(host, List.HALTED) if vm.power_state is PowerState.HALTED),
        tuple(vm for vm in _known(host, List.SUSPENDED) if vm.power_state is PowerState.SUSPENDED),
    )


def _is_elsewhere(vm: VM, host: Host) -> bool:
    return vm.power_state is PowerState.RUNNING and vm.resident_on not in (host.ref, NULL_REF)


def _known(host: Host, which: List) -> Iterator[VM]:
    found = (host.home.by_uuid(VM, uuid) for uuid in dict.fromkeys(listed(host, which)))
    return (vm for vm in found if vm is not None)


def held_lists(host: Host) -> list[List]:
    """Those that it has."""
    return [which for which in List if which in host.other_config]
