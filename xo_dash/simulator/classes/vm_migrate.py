"""VMs: to another host of the pool, while they run."""

from __future__ import annotations

from ..call import Call
from ..errors import XapiError
from ..registry import message
from . import chance, vm_life, vm_placement, vm_power


@message("VM.pool_migrate")
async def pool_migrate(call: Call, vm: str, host: str, options: dict[str, str]) -> str:
    """Its disks must be in reach of both hosts; resident_on changes near the end."""
    async with call.operation(vm, "pool_migrate"):
        source = call.db.get(vm, "resident_on")
        vm_placement.check_host(call.pool, vm, host, memory=host != source)
        async with vm_power.placed(call, vm, host, "vm_migrate"):
            await call.work(chance.seconds(call.pool, "pool_migrate"), steps=10)
            if call.db.get(vm, "power_state") != "Running":
                uuids = [call.db.get(ref, "uuid") for ref in (vm, source, host)]
                raise XapiError("VM_MIGRATE_FAILED", *uuids, "The VM changed its power state")
            vm_life.built(call.pool, vm, host, booted=False)
    described = [f"'{call.db.get(h, 'name_label')}' (uuid: {call.db.get(h, 'uuid')})" for h in (source, host)]
    vm_power.tell(call, vm, "VM_MIGRATED", f"migrated from host {described[0]} to host {described[1]}")
    return ""
