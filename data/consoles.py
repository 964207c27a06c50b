"""Which console of a VM can be looked at, and why there is none at the moment."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from data.facts.host import is_live
from data.mirror import PoolMirror
from data.objects import VM, Console, Host, PowerState


class Protocol(StrEnum):
    """What XAPI calls the two kinds."""

    GRAPHIC = "rfb"
    TEXT = "vt100"


class Standing(StrEnum):
    """How a VM's console stands; READY alone can be connected to."""

    READY = "ready"
    HALTED = "halted"
    SUSPENDED = "suspended"
    PAUSED = "paused"
    STARTING = "starting"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    MIGRATING = "migrating"
    NO_CONSOLE = "no_console"  # it runs, and has none of this kind
    HOST_DOWN = "host_down"  # the pool does not hear its host
    OFFLINE = "offline"  # we have no connection to its pool
    GONE = "gone"


class Present(NamedTuple):
    standing: Standing
    console: Console | None = None  # of READY


_DOING: Final = {
    "clean_reboot": Standing.RESTARTING, "hard_reboot": Standing.RESTARTING,
    "pool_migrate": Standing.MIGRATING, "migrate_send": Standing.MIGRATING,
    "start": Standing.STARTING, "start_on": Standing.STARTING, "resume": Standing.STARTING, "resume_on": Standing.STARTING,
    "clean_shutdown": Standing.STOPPING, "hard_shutdown": Standing.STOPPING, "shutdown": Standing.STOPPING, "suspend": Standing.STOPPING,
}  # fmt: skip
_DOWN: Final = {
    PowerState.HALTED: Standing.HALTED, PowerState.SUSPENDED: Standing.SUSPENDED, PowerState.PAUSED: Standing.PAUSED,
}  # fmt: skip


def present(vm: VM, protocol: Protocol = Protocol.GRAPHIC) -> Present:
    """How the console of `vm` stands now. While it restarts or migrates it is READY as long as the old one can be there."""
    home = vm.home
    if home.one(VM, vm.ref) is not vm:
        return Present(Standing.GONE)
    if isinstance(home, PoolMirror) and not home.server.is_live:
        return Present(Standing.OFFLINE)
    host = home.one(Host, vm.resident_on)
    if host is not None and not is_live(host):
        return Present(Standing.HOST_DOWN)
    if vm.power_state in _DOWN:
        return Present(doing(vm) or _DOWN[vm.power_state])
    console = console_of(vm, protocol)
    if console is None or host is None:
        return Present(doing(vm) or Standing.NO_CONSOLE)
    return Present(Standing.READY, console)


def console_of(vm: VM, protocol: Protocol) -> Console | None:
    """Its console of this kind. Source: another object at each boot and after each migration, as XAPI makes them."""
    return next((console for console in vm.all_of(Console, vm.consoles) if console.protocol == protocol), None)


def doing(vm: VM) -> Standing | None:
    """What is being done to it that ends a console."""
    return next((_DOING[operation] for operation in vm.current_operations.values() if operation in _DOING), None)
