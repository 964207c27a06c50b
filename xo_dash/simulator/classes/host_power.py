"""Hosts in and out of service, on and off; and what becomes of those that never return."""

from __future__ import annotations

from .. import machine
from ..call import Call
from ..database import Database
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import NULL
from . import cpu_features, ha_plan
from .host_forward import on_host

GOING_DOWN = 10.0  # seconds from a reboot's success to the beginning of its end
UNPLUGGING = 3.0  # seconds from there to the silence
WAKING = ("wake-on-lan", "DRAC")  # power_on_mode; others are scripts of the user's, of which there are none here
ATTEMPTS = 60  # to wake a host, 5 s each


@message("host.disable")
def disable(call: Call, host: str, auto_enable: bool = True) -> str:
    """Until the next start of its toolstack, or (auto_enable false) until somebody enables it."""
    ha_plan.check_disable(call.pool, host)
    machine.need(call.pool, host)
    if call.db.get(host, "enabled"):
        call.db.set(host, enabled=False)
        if not auto_enable:
            machine.of(call.pool, host).stays_disabled = True
    call.pool.refresh(host)
    return ""


@message("host.enable")
async def enable(call: Call, host: str) -> str:
    async with call.operation(host, "enable", cancellable=False):
        machine.need(call.pool, host)
        found = machine.of(call.pool, host)
        if not call.db.get(host, "enabled"):
            if found.starting:
                raise XapiError("HOST_STILL_BOOTING")
            if call.db.get(host, "pending_guidances"):
                raise XapiError("HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY", host)
            if found.needs_reboot:
                raise XapiError("HOST_DISABLED_UNTIL_REBOOT", host)
            found.stays_disabled = False
            call.db.set(host, enabled=True)
    return ""


@message("host.reboot", "host.shutdown")
async def reboot(call: Call, host: str) -> str:
    """Succeeds first; the machine goes down a little later."""
    back = call.method == "host.reboot"
    async with call.operation(host, "reboot" if back else "shutdown", cancellable=False):
        machine.need(call.pool, host)
        check_unused(call.db, host)
    going = f"OpaqueRef:{call.db.new_uuid()}"  # of a task that is over as soon as it has shown what goes on
    call.db.set(host, current_operations={**call.db.get(host, "current_operations"), going: "shutdown"})
    call.pool.refresh(host)
    call.pool.spawn(go_down(call.pool, host, back=back))
    return ""


def check_unused(db: Database, host: str) -> None:
    """HOST_IN_USE by a VM, or by a disk of its control domain's."""
    residents = db.get(host, "resident_VMs")
    for vm in residents:
        if not db.get(vm, "is_control_domain"):
            raise XapiError("HOST_IN_USE", host, "vm", vm)
    for vm in residents:
        for vbd in db.get(vm, "VBDs"):
            if db.get(vbd, "currently_attached"):
                raise XapiError("HOST_IN_USE", host, "vbd", vbd)


async def go_down(pool: Pool, host: str, *, back: bool) -> None:
    found = machine.of(pool, host)
    life = found.life
    await pool.clock.sleep(GOING_DOWN / machine.pace(pool))
    if found.life != life:
        return
    found.needs_reboot = True
    for pbd in pool.db.get(host, "PBDs"):
        pool.db.set(pbd, currently_attached=False)
        pool.refresh(pool.db.get(pbd, "SR"))
    await pool.clock.sleep(UNPLUGGING / machine.pace(pool))
    if found.life != life:
        return
    mark_dead(pool, host)
    machine.die(pool, host)
    if back:
        await machine.boot(pool, host)


def mark_dead(pool: Pool, host: str) -> None:
    """It said goodbye: the pool knows at once."""
    pool.db.set(pool.db.get(host, "metrics"), live=False)
    pool.db.set(host, enabled=False)
    pool.refresh(host)


@message("host.power_on")
async def power_on(call: Call, host: str) -> str:
    """Returns when it is back in the pool; a machine without a plug is asked for five minutes."""
    async with call.operation(host, "power_on"):
        mode = call.db.get(host, "power_on_mode")
        if mode not in WAKING:
            raise XapiError("XENAPI_PLUGIN_FAILURE", "main", "ModuleNotFoundError", f"No module named '{mode}'")
        call.pool.spawn(machine.boot(call.pool, host))
        for attempt in range(ATTEMPTS):
            await call.sleep(5 / machine.pace(call.pool))
            if call.db.get(call.db.get(host, "metrics"), "live"):
                return ""
            call.progress(attempt / ATTEMPTS)
        raise XapiError("INTERNAL_ERROR", 'Failure("The host failed to power on.")')


@message("host.set_power_on_mode")
def set_power_on_mode(call: Call, host: str, mode: str, config: dict[str, str]) -> str:
    call.db.set(host, power_on_mode=mode, power_on_config=config)
    call.pool.refresh(host)
    return ""


@on_host("host.restart_agent")
def restart_agent(call: Call, host: str) -> str:
    """Returns; a second later the toolstack ends. A master's takes the whole pool with it."""
    call.pool.spawn(machine.restart_agent(call.pool, host))
    return ""


@message("host.shutdown_agent")
def shutdown_agent(call: Call) -> str:
    """Of the host that is called; nobody starts it again but the machine's next boot."""

    async def end() -> None:
        await call.clock.sleep(1 / machine.pace(call.pool))
        mark_dead(call.pool, call.host.ref)
        machine.stop_agent(call.pool, call.host.ref)

    call.pool.spawn(end())
    return ""


@message("host.is_in_emergency_mode")
def is_in_emergency_mode(call: Call) -> bool:
    return call.host.address in call.pool.emergency


@message("host.destroy")
def destroy(call: Call, host: str) -> str:
    """For a machine that will not come back; its local storage stays behind, without anyone who could reach it."""
    check_dead(call, host)
    if call.db.get(call.pool.ref, "ha_enabled"):
        raise XapiError("HA_IS_ENABLED")
    residents = call.db.get(host, "resident_VMs")
    if any(not call.db.get(vm, "is_control_domain") for vm in residents):
        raise XapiError("HOST_HAS_RESIDENT_VMS", host)
    remove(call.pool, host)
    return ""


def remove(pool: Pool, host: str) -> None:
    """The host's rows go, and those that hang on it."""
    db = pool.db
    record = db.record("host", host)
    for vm in list(record["resident_VMs"]):
        held = db.record("VM", vm)
        for ref in (*held["consoles"], *held["VBDs"], *held["VIFs"], held["metrics"], vm):
            if db.exists(ref):
                db.destroy(ref)
    for pif in list(record["PIFs"]):
        pif_record = db.record("PIF", pif)
        doomed = [pif_record["metrics"], *pif_record["bond_master_of"], pif_record["VLAN_master_of"], pif]
        for ref in doomed:
            if ref != NULL and db.exists(ref):
                db.destroy(ref)
    named = [ref for cls in ("Certificate", "PCI", "PGPU", "PUSB", "Cluster_host", "Host_driver") for ref, r in db.records(cls)
             if r.get("host") == host]  # fmt: skip
    for ref in (*record["PBDs"], *record["host_CPUs"], record["metrics"], *named, host):
        if db.exists(ref):
            db.destroy(ref)
    pool.hosts.pop(record["address"], None)
    machine.forget(pool, host)
    cpu_features.refresh(pool)


def check_dead(call: Call, host: str) -> None:
    """HOST_IS_LIVE if it answers, or says of itself that it is the master."""
    live = call.db.get(call.db.get(host, "metrics"), "live")
    if host == call.pool.master.ref or (live and machine.is_up(call.pool, host)):
        raise XapiError("HOST_IS_LIVE", host)


@message("host.declare_dead")
async def declare_dead(call: Call, host: str) -> str:
    """Somebody has seen that it is off: its VMs may be started elsewhere."""
    check_dead(call, host)
    call.db.set(call.db.get(host, "metrics"), live=False)
    for vm in list(call.db.get(host, "resident_VMs")):
        if not call.db.get(vm, "is_control_domain"):
            await call.run("VM.power_state_reset", vm)
    call.db.set(host, enabled=False)
    call.pool.refresh(host)
    return ""
