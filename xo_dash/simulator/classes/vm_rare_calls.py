"""VMs: what is asked for now and then, and what xapi answers with no more than a check."""

from __future__ import annotations

from .. import operations
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import allowed, message
from . import host_plugins, vm_memory, vm_placement

RUNNING_PLUGIN = "guest-agent-operation"
LONGEST_SCRIPT = 1024  # bytes
BETWEEN_CALLS = 10.0  # seconds


@message("VM.get_boot_record")
async def get_boot_record(call: Call, vm: str) -> Record:
    async with call.operation(vm, "get_boot_record"):
        return call.db.record("VM", vm)


@message("VM.set_shadow_multiplier_live")
async def set_shadow_multiplier_live(call: Call, vm: str, multiplier: float) -> str:
    async with call.operation(vm, "changing_shadow_memory_live"):
        if multiplier < 1:
            raise XapiError("INVALID_VALUE", "multiplier", vm_placement.shown(multiplier))
        changed = {**call.db.record("VM", vm), "HVM_shadow_multiplier": multiplier}
        call.db.set(vm, HVM_shadow_multiplier=multiplier, memory_overhead=vm_memory.overhead(changed))
    return ""


def need_free(call: Call, vm: str, operation: str) -> None:
    """For operations that do not queue: whatever runs already refuses them."""
    reason = operations.refusal(call.pool, vm, operation)
    if reason:
        raise reason


@message("VM.call_plugin")
async def call_plugin(call: Call, vm: str, plugin: str, function: str, arguments: dict[str, str]) -> str:
    need_free(call, vm, "call_plugin")
    if plugin != RUNNING_PLUGIN:
        raise XapiError("XENAPI_MISSING_PLUGIN", plugin)
    need_pause(call, vm)
    text = f'The requested fn "{function}" of plugin "{plugin}" could not be executed for lack of guest agent control feature.'
    if function == "run-script":
        check_script(call, arguments)
    if function not in ("request-rdp-on", "request-rdp-off", "run-script"):
        text = f'The requested fn "{function}" could not be found in plugin "{plugin}".'
        raise XapiError("XENAPI_PLUGIN_FAILURE", "failed to find fn", text, text)
    raise XapiError("XENAPI_PLUGIN_FAILURE", "failed to execute fn", text, text)


def check_script(call: Call, arguments: dict[str, str]) -> None:
    """A pool has to allow scripts at all, and one needs somebody to run as."""
    if call.db.get(call.pool.ref, "other_config").get("allow_guest_agent_run_script") != "true":
        raise XapiError("FEATURE_RESTRICTED")
    for name in ("username", "password", "script"):
        if name not in arguments:
            raise XapiError("XENAPI_PLUGIN_FAILURE", "missing argument", "", f"Argument {name} is required.")
    if len(arguments["script"].encode()) > LONGEST_SCRIPT:
        raise XapiError("XENAPI_PLUGIN_FAILURE", "length restriction", "", "The script length must not exceed 1024 bytes")


def need_pause(call: Call, vm: str) -> None:
    """A guest is not disturbed more often than every ten seconds."""
    calls: dict[str, float] = call.pool.facts.setdefault("guest plugin", {})
    left = calls.get(vm, 0.0) + BETWEEN_CALLS - call.clock.now()
    if left > 0:
        raise XapiError("VM_CALL_PLUGIN_RATE_LIMIT", vm, f"{BETWEEN_CALLS:.0f}.", f"{left:.9g}")
    calls[vm] = call.clock.now()


def need_running(call: Call, vm: str) -> None:
    """The check of calls that are no operations of their own; it writes states as records do."""
    state = call.db.get(vm, "power_state")
    if state != "Running":
        raise XapiError("VM_BAD_POWER_STATE", vm, "Running", state)


@message("VM.call_host_plugin")
async def call_host_plugin(call: Call, vm: str, plugin: str, function: str, arguments: dict[str, str]) -> str:
    need_running(call, vm)
    need_free(call, vm, "call_plugin")
    return await host_plugins.run(call, call.db.get(vm, "resident_on"), plugin, function, arguments)


@message("VM.snapshot_with_quiesce")
async def snapshot_with_quiesce(call: Call, vm: str, name: str) -> str:
    need_free(call, vm, "snapshot_with_quiesce")
    raise XapiError("VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", vm)


@message("VM.query_services")
def query_services(call: Call, vm: str) -> dict[str, str]:
    need_free(call, vm, "query_services")
    raise XapiError("NOT_IMPLEMENTED", "query_services")


@message("VM.retrieve_wlb_recommendations")
def retrieve_wlb_recommendations(call: Call, vm: str) -> dict[str, list[str]]:
    raise XapiError("WLB_NOT_INITIALIZED")


@message("VM.restart_device_models")
async def restart_device_models(call: Call, vm: str) -> str:
    """xapi does it by a migration to the host where the VM is."""
    need_running(call, vm)
    await call.run("VM.pool_migrate", vm, call.db.get(vm, "resident_on"), {"live": "true"})
    fields = ("pending_guidances", "pending_guidances_recommended", "pending_guidances_full")
    call.db.set(vm, **{name: [what for what in call.db.get(vm, name) if what != "restart_device_model"] for name in fields})
    return ""


@message("VM.set_uefi_mode")
def set_uefi_mode(call: Call, vm: str, mode: str) -> str:
    nvram = {k: v for k, v in call.db.get(vm, "NVRAM").items() if k != "EFI-variables"}
    call.db.set(vm, NVRAM=nvram if mode == "setup" else call.db.get(vm, "NVRAM"))
    return ""


@message("VM.get_secureboot_readiness")
def get_secureboot_readiness(call: Call, vm: str) -> str:
    record = call.db.record("VM", vm)
    if record["HVM_boot_params"].get("firmware") != "uefi":
        return "not_supported"
    if record["platform"].get("secureboot") != "true":
        return "disabled"
    return "ready" if "EFI-variables" in record["NVRAM"] else "first_boot"


@message("VM.update_secureboot_certificates_on_boot")
def update_secureboot_certificates_on_boot(call: Call, vm: str, mark: bool) -> str:
    """Where newer ones are available, or already wanted."""
    state = call.db.get(vm, "secureboot_certificates_state")
    if state not in ("update_available", "update_on_boot"):
        verb = "set" if mark else "clear"
        text = f"Cannot {verb} update_on_boot: VM.secureboot_certificates_state is not in a valid state"
        raise XapiError("OPERATION_NOT_ALLOWED", text)
    call.db.set(vm, secureboot_certificates_state="update_on_boot" if mark else "update_available")
    return ""


@message("VTPM.create")
async def create_vtpm(call: Call, vm: str, unique: bool = False) -> str:
    async with call.operation(vm, "create_vtpm", cancellable=False):
        made = call.db.create("VTPM", {"VM": vm, "is_unique": unique, "persistence_backend": "xapi"})
    call.pool.refresh(vm, made)
    return made


@allowed("VTPM")
def vtpm_refusal(pool: Pool, ref: str, vtpm: Record, operation: str) -> XapiError | None:
    """What it shows; a suspended VM's can be destroyed all the same."""
    state = pool.db.get(vtpm["VM"], "power_state")
    return None if state == "Halted" else XapiError("VM_BAD_POWER_STATE", vtpm["VM"], "halted", state.lower())


@message("VTPM.destroy")
def destroy_vtpm(call: Call, vtpm: str) -> str:
    vm = call.db.get(vtpm, "VM")
    state = call.db.get(vm, "power_state")
    if state not in ("Halted", "Suspended"):
        raise XapiError("VM_BAD_POWER_STATE", vm, "halted;suspended", state.lower())
    call.db.destroy(vtpm)
    call.pool.refresh(vm)
    return ""


@message("VDI.revert")
def revert_disk(call: Call, vdi: str) -> str:
    """No driver here can; VM.revert clones instead."""
    raise XapiError("SR_OPERATION_NOT_SUPPORTED", call.db.get(vdi, "SR"))
