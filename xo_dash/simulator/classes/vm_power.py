"""VMs: power. Start, stop, reboot, pause, suspend, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from .. import machine, operations
from ..call import Call
from ..errors import XapiError
from ..registry import message
from ..types import NULL
from . import durations, ha_plan, vm_guest, vm_life, vm_placement, vm_suspend
from .vm_states import LIVE

CUT_SHORT = {
    "hard_shutdown": {"clean_shutdown", "clean_reboot", "hard_reboot", "pool_migrate", "call_plugin", "shutdown", "suspend"},
    "hard_reboot": {"clean_shutdown", "clean_reboot", "pool_migrate", "call_plugin", "suspend"},
}


@message("VM.start")
async def start(call: Call, vm: str, start_paused: bool, force: bool) -> str:
    await bring_up(call, vm, "start", paused=start_paused, force=force)
    return ""


@message("VM.start_on")
async def start_on(call: Call, vm: str, host: str, start_paused: bool, force: bool) -> str:
    vm_placement.check_affinity(call.db.record("VM", vm), host)
    if "evacuate" in call.db.record("host", host)["current_operations"].values():
        raise XapiError("HOST_EVACUATE_IN_PROGRESS", host)
    await bring_up(call, vm, "start_on", host, paused=start_paused, force=force)
    return ""


@message("VM.resume")
async def resume(call: Call, vm: str, start_paused: bool, force: bool) -> str:
    await bring_up(call, vm, "resume", paused=start_paused, force=force)
    return ""


@message("VM.resume_on")
async def resume_on(call: Call, vm: str, host: str, start_paused: bool, force: bool) -> str:
    await bring_up(call, vm, "resume_on", host, paused=start_paused, force=force)
    return ""


async def bring_up(call: Call, vm: str, operation: str, host: str = "", *, paused: bool, force: bool) -> None:
    """From Halted or Suspended to Running: devices and host are marked while it lasts."""
    resuming = operation.startswith("resume")
    async with call.operation(vm, operation), devices_marked(call, vm, nics=not resuming):
        vm_life.prepare(call.pool, vm, booting=not resuming)
        host = host or vm_placement.choose(call.pool, vm, durations.dice(call.pool))
        vm_placement.check_host(call.pool, vm, host, cpu=not force)
        ha_plan.check_placement(call.pool, vm, host)
        async with placed(call, vm, host, "vm_resume" if resuming else "vm_start"):
            if call.db.get(vm, "ha_restart_priority") == "restart":
                call.db.set(vm, ha_always_run=True)
            if resuming:
                vm_suspend.check_image(call.pool, vm)
            else:
                vm_life.check_platform(call.pool, vm, force=force)
                vm_guest.forget_metrics(call.pool, vm)
            await call.work(durations.seconds(call.pool, "resume" if resuming else "start"))
            vm_life.built(call.pool, vm, host, paused=paused, booted=not resuming)
        if not resuming:
            await call.sleep(call.db.get(vm, "start_delay"))
        if resuming:
            await vm_suspend.drop_image(call, vm)
    vm_life.refresh_all(call.pool, vm)
    where = f"{call.db.get(host, 'name_label')} (uuid: {call.db.get(host, 'uuid')})"
    tell(call, vm, "VM_RESUMED" if resuming else "VM_STARTED", f"{'resumed' if resuming else 'started'} on host: {where}")


@asynccontextmanager
async def placed(call: Call, vm: str, host: str, operation: str) -> AsyncIterator[None]:
    """The VM's memory is reserved on `host`, which shows what it is busy with."""
    machine.need(call.pool, host)
    async with call.operation(host, operation, cancellable=False):
        call.db.set(vm, scheduled_to_be_resident_on=host)
        try:
            yield
        finally:
            if call.db.exists(vm):
                call.db.set(vm, scheduled_to_be_resident_on=NULL)


@asynccontextmanager
async def devices_marked(call: Call, vm: str, *, nics: bool = True) -> AsyncIterator[None]:
    """All drives and NICs show `attach`, which fails where a disk is not to be had."""
    async with AsyncExitStack() as marked:
        record = call.db.record("VM", vm)
        for device in (*record["VBDs"], *(record["VIFs"] if nics else ())):
            await marked.enter_async_context(call.operation(device, "attach", cancellable=False))
        yield


@message("VM.clean_shutdown")
async def clean_shutdown(call: Call, vm: str) -> str:
    async with call.operation(vm, "clean_shutdown"):
        call.db.set(vm, ha_always_run=False)
        await stop(call, vm, "clean_shutdown")
    tell(call, vm, "VM_SHUTDOWN", "shutdown")
    return ""


@message("VM.shutdown")
async def shutdown(call: Call, vm: str) -> str:
    """Cleanly where the guest can, else not; a suspended VM loses its image."""
    async with call.operation(vm, "shutdown"):
        call.db.set(vm, ha_always_run=False)
        running = call.db.get(vm, "power_state") == "Running"
        await stop(call, vm, "clean_shutdown" if running else "hard_shutdown")
    tell(call, vm, "VM_SHUTDOWN", "shutdown")
    return ""


@message("VM.hard_shutdown")
async def hard_shutdown(call: Call, vm: str) -> str:
    async with call.operation(vm, "hard_shutdown"):
        await cut_short(call, vm, "hard_shutdown")
        call.db.set(vm, ha_always_run=False)
        await stop(call, vm, "hard_shutdown")
    tell(call, vm, "VM_SHUTDOWN", "shutdown forcibly")
    return ""


async def stop(call: Call, vm: str, how: str) -> None:
    machine.need_home(call.pool, vm)
    state = call.db.get(vm, "power_state")
    if state == "Suspended":
        await vm_suspend.drop_image(call, vm)
    elif state != "Halted":
        await call.work(durations.seconds(call.pool, how))
    vm_life.gone(call.pool, vm)
    if state in LIVE:
        await call.sleep(call.db.get(vm, "shutdown_delay"))


async def cut_short(call: Call, vm: str, by: str) -> None:
    """Cancel what this operation overrides, and wait until it is out of the way."""
    while True:
        current = call.db.get(vm, "current_operations")
        tasks = [task for task, name in current.items() if name in CUT_SHORT[by] and task != call.task]
        if not tasks:
            return
        for task in tasks:
            if other := call.pool.calls.get(task):
                other.cancel()
        await operations.change_of(call, vm)


@message("VM.clean_reboot", "VM.hard_reboot")
async def reboot(call: Call, vm: str) -> str:
    operation = call.method.removeprefix("VM.")
    async with call.operation(vm, operation):
        if operation == "hard_reboot":
            await cut_short(call, vm, operation)
        async with devices_marked(call, vm):
            machine.need_home(call.pool, vm)
            await call.work(durations.seconds(call.pool, operation))
            vm_life.reboot(call.pool, vm)
    vm_life.refresh_all(call.pool, vm)
    tell(call, vm, "VM_REBOOTED", "rebooted cleanly" if operation == "clean_reboot" else "rebooted forcibly")
    return ""


@message("VM.pause", "VM.unpause")
async def pause(call: Call, vm: str) -> str:
    operation = call.method.removeprefix("VM.")
    async with call.operation(vm, operation):
        machine.need_home(call.pool, vm)
        await call.work(durations.seconds(call.pool, operation))
        call.db.set(vm, power_state="Paused" if operation == "pause" else "Running")
    tell(call, vm, f"VM_{operation.upper()}D", f"{operation}d")
    vm_life.refresh_all(call.pool, vm)
    return ""


@message("VM.suspend")
async def suspend(call: Call, vm: str) -> str:
    async with call.operation(vm, "suspend"):
        machine.need_home(call.pool, vm)
        call.db.set(vm, ha_always_run=False)
        await vm_suspend.save_image(call, vm)
        vm_life.gone(call.pool, vm, "Suspended")
    tell(call, vm, "VM_SUSPENDED", "suspended")
    vm_life.refresh_all(call.pool, vm)
    return ""


@message("VM.power_state_reset")
def power_state_reset(call: Call, vm: str) -> str:
    """For a VM whose host has died; refused while a domain of it may live."""
    record = call.db.record("VM", vm)
    if record["is_control_domain"]:
        raise XapiError("CANNOT_RESET_CONTROL_DOMAIN", vm)
    home = record["resident_on"]
    if record["power_state"] in ("Running", "Paused") and home != NULL:
        if home != call.host.ref:
            if call.db.get(call.db.get(home, "metrics"), "live"):
                raise XapiError("HOST_IS_LIVE", home)
        elif record["power_state"] == "Running":
            raise XapiError("DOMAIN_EXISTS", vm)
    call.db.set(vm, current_operations={})
    vm_life.gone(call.pool, vm)
    return ""


def tell(call: Call, vm: str, name: str, what: str) -> None:
    """The message that each of these calls leaves."""
    record = call.db.record("VM", vm)
    call.message(name, 5, "VM", record["uuid"], f"VM '{record['name_label']}' (uuid: {record['uuid']}) {what}")
