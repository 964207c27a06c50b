"""Pool: high availability on and off, and what its plan says."""

from __future__ import annotations

from .. import machine
from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import NULL
from . import durations, ha_agile, ha_monitor, ha_plan, ha_storage, vm_memory
from .ha_binpack import Configuration

PRIORITIES = ("", "best-effort", "restart")
SHORTEST = 10  # seconds that a host may be silent


@message("pool.enable_ha")
async def enable_ha(call: Call, srs: list[str], configuration: dict[str, str]) -> str:
    """Without SRs it takes one that will do; with several, the first."""
    pool, row = call.pool, call.pool.ref
    async with call.operation(row, "ha_enable"):
        check_pifs(pool)
        for host in pool.db.rows("host"):
            if not vm_memory.is_live(pool.db, host):
                raise XapiError("HOST_OFFLINE", host)
        fit = srs or [sr for sr in pool.db.rows("SR") if ha_storage.fits(pool, sr)]
        if not fit:
            raise XapiError("CANNOT_CREATE_STATE_FILE")
        ha_storage.check(pool, fit[0])
        disks = [await ha_storage.disk(call, fit[0], kind) for kind in ("ha_statefile", "redo_log")]
        pool.db.set(row, ha_statefiles=disks[:1], ha_configuration=configuration, ha_plan_exists_for=0)
        if ha_monitor.timeout(pool) < SHORTEST:
            raise XapiError("INTERNAL_ERROR", 'Failure("constraint violation: timeout >= 10")')
        ha_plan.update(pool)
        for host in pool.db.rows("host"):
            machine.need(pool, host)
        await call.work(durations.seconds(pool, "ha_host") * len(pool.db.rows("host")), steps=3 * len(pool.db.rows("host")))
        pool.db.set(row, ha_enabled=True)
        ha_monitor.arm(pool)
    pool.refresh(row, *disks)
    return ""


def check_pifs(pool: Pool) -> None:
    """REQUIRED_PIF_IS_UNPLUGGED; and a warning where the address of a storage network could be unplugged."""
    pifs = list(pool.db.records("PIF"))
    if unplugged := [ref for ref, pif in pifs if pif["disallow_unplug"] and not pif["currently_attached"]]:
        raise XapiError("REQUIRED_PIF_IS_UNPLUGGED", *unplugged)
    loose = [pif for _, pif in pifs if pif["ip_configuration_mode"] != "None" and pif["bond_slave_of"] == NULL
             and not (pif["disallow_unplug"] or pif["management"])]  # fmt: skip
    if loose:
        lines = [f"{pool.db.get(pif['host'], 'name_label')}: {pif['device']} (uuid: {pif['uuid']})" for pif in loose]
        head = "A possible network anomaly was found. The following hosts possibly have storage PIFs that are not dedicated:"
        pool.messages.create("IP_CONFIGURED_PIF_CAN_UNPLUG", 3, "Pool", pool.db.get(pool.ref, "uuid"), "\n".join([head, *lines]))


@message("pool.disable_ha")
async def disable_ha(call: Call) -> str:
    """The disks stay for the next time."""
    pool, row = call.pool, call.pool.ref
    async with call.operation(row, "ha_disable"):
        await call.work(durations.seconds(pool, "ha_host") * len(pool.db.rows("host")))
        pool.db.set(row, ha_enabled=False)
        ha_monitor.disarm(pool)
    pool.refresh(row, *(vdi for vdi, record in pool.db.records("VDI") if record["type"] in ("ha_statefile", "redo_log")))
    return ""


@message("host.emergency_ha_disable")
def emergency_ha_disable(call: Call, soft: bool = False) -> str:
    """Of this host only: the pool still believes in HA. `soft`: until its next start."""
    if not call.db.get(call.pool.ref, "ha_enabled"):
        if soft:
            return ""
        raise XapiError("HA_NOT_ENABLED")
    ha_monitor.leave(call.pool, call.host.ref)
    return ""


@message("pool.ha_prevent_restarts_for")
def ha_prevent_restarts_for(call: Call, seconds: int) -> str:
    """Also where HA is off: it may be on before they are over."""
    ha_monitor.of(call.pool).quiet_until = call.clock.now() + seconds
    return ""


@message("pool.ha_schedule_plan_recomputation")
def ha_schedule_plan_recomputation(call: Call) -> str:
    ha_monitor.of(call.pool).stale = True
    return ""


@message("pool.ha_failover_plan_exists")
def ha_failover_plan_exists(call: Call, n: int) -> bool:
    return ha_plan.exists(call.pool, n)


@message("pool.ha_compute_max_host_failures_to_tolerate")
def ha_compute_max_host_failures_to_tolerate(call: Call) -> int:
    """While HA is on, the pool's row learns of it."""
    most = ha_plan.most_failures(call.pool)
    row = call.db.record("pool", call.pool.ref)
    if row["ha_enabled"]:
        call.db.set(call.pool.ref, ha_overcommitted=row["ha_host_failures_to_tolerate"] > most)
        ha_plan.note(call.pool, most)
    return most


@message("pool.ha_compute_hypothetical_max_host_failures_to_tolerate")
def ha_compute_hypothetical(call: Call, configuration: dict[str, str]) -> int:
    """If these VMs, and no others, had these restart priorities."""
    for priority in configuration.values():
        check_priority(priority)
    for vm in configuration:
        call.db.record("VM", vm)
    return ha_plan.most_failures(call.pool, [vm for vm, priority in configuration.items() if priority == "restart"])


@message("pool.ha_compute_vm_failover_plan")
def ha_compute_vm_failover_plan(call: Call, hosts: list[str], vms: list[str]) -> dict[str, dict[str, str]]:
    """{VM: {"host": where it would go} or {"error_code": why nowhere}}, if these hosts failed with these VMs."""
    pool = call.pool
    records = {vm: pool.db.record("VM", vm) for vm in vms}
    left = {host: vm_memory.free_memory(pool.db, host) for host in pool.db.rows("host")
            if host not in hosts and vm_memory.is_live(pool.db, host)}  # fmt: skip
    sizes = {vm: vm_memory.start_memory(record) for vm, record in records.items()}
    found = Configuration(left, sizes, {}, len(pool.db.rows("host")), 1).pack(vms)
    told = {vm: {"host": host} for vm, host in found.items()}
    for vm in vms:
        if vm not in found:
            reason = ha_agile.obstacle(pool.db, vm)
            told[vm] = {"error_code": reason.code if reason else "HOST_NOT_ENOUGH_FREE_MEMORY"}
    return told


@message("pool.set_ha_host_failures_to_tolerate")
def set_ha_host_failures_to_tolerate(call: Call, pool: str, value: int) -> str:
    if value < 0:
        raise XapiError("INVALID_VALUE", "ha_host_failures_to_tolerate", value)
    if call.db.get(pool, "ha_plan_exists_for") > 0:
        ha_plan.check(call.pool, ha_plan.Change(failures=value))
    call.db.set(pool, ha_host_failures_to_tolerate=value)
    ha_plan.update(call.pool)
    return ""


def check_priority(value: str) -> None:
    if value not in PRIORITIES:
        raise XapiError("INVALID_VALUE", "ha_restart_priority", value)


@message("VM.set_ha_restart_priority")
def set_ha_restart_priority(call: Call, vm: str, value: str) -> str:
    """A VM that runs is protected, or no longer so, from now on; others from their next start."""
    check_priority(value)
    record = call.db.record("VM", vm)
    if value == "restart" != record["ha_restart_priority"]:
        if record["power_state"] != "Halted":
            ha_plan.check(call.pool, ha_plan.Change(protected=[vm]))
        if call.db.get(call.pool.ref, "ha_enabled"):
            ha_plan.update(call.pool)
    if value != record["ha_restart_priority"]:
        running = record["power_state"] == "Running"
        call.db.set(vm, ha_restart_priority=value, ha_always_run=value == "restart" if running else record["ha_always_run"])
        call.pool.refresh(vm)
    return ""


@message("VM.set_ha_always_run")
def set_ha_always_run(call: Call, vm: str, value: bool) -> str:
    return set_ha_restart_priority(call, vm, "restart" if value else "")
