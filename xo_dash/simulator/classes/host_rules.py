"""May this operation run on this host now? What brings VMs excludes what sends them away."""

from __future__ import annotations

from collections.abc import Iterator

from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import allowed
from . import vm_memory

BRINGING = frozenset({"provision", "vm_resume", "vm_migrate"})
REMOVING = frozenset({"evacuate", "reboot", "shutdown"})
DOWN = frozenset({"reboot", "shutdown", "apply_updates"})
SPOKEN = {"vm_start": "VM.start", "vm_resume": "VM.resume", "vm_migrate": "VM.migrate"}
POWER_ON_PLUGIN = "power-on-host"


@allowed("host")
def refusal(pool: Pool, ref: str, host: Record, operation: str) -> XapiError | None:
    return next(_reasons(pool, ref, host, operation), None)


def _reasons(pool: Pool, ref: str, host: Record, operation: str) -> Iterator[XapiError]:
    for task, name in host["current_operations"].items():
        opposed = (operation in BRINGING and name in REMOVING) or (operation in REMOVING and name in BRINGING)
        exclusive = name in DOWN and operation in DOWN and name != operation
        alone = (name, operation) in {("provision", "provision"), ("apply_updates", "enable")}
        if opposed or exclusive or alone:
            yield XapiError("OTHER_OPERATION_IN_PROGRESS", "host", ref, SPOKEN.get(name, name), task)
    if operation in DOWN and host["enabled"]:
        yield XapiError("HOST_NOT_DISABLED")
    if operation == "power_on":
        if vm_memory.is_live(pool.db, ref):
            yield XapiError("HOST_IS_LIVE", ref)
        if not host["power_on_mode"]:
            yield XapiError("HOST_POWER_ON_MODE_DISABLED")
