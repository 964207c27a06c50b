"""Tasks as clients make, steer and destroy them."""

from __future__ import annotations

from .. import tasks
from ..call import Call
from ..errors import XapiError
from ..registry import message


@message("task.create")
def create(call: Call, label: str, description: str) -> str:
    return tasks.create(call.pool, label, description, host=call.host.ref)


@message("task.destroy")
def destroy(call: Call, task: str) -> str:
    """A pending one is only marked; it goes when it is done."""
    if call.db.get(task, "status") == "pending" and task in call.pool.calls:
        current = call.db.get(task, "current_operations")
        call.db.set(task, current_operations={**current, f"OpaqueRef:{call.db.new_uuid()}": "destroy"})
    else:
        call.db.destroy(task)
    return ""


@message("task.cancel")
def cancel(call: Call, task: str) -> str:
    """No error if it cannot be cancelled: it ends at its next check point, or as if nothing had been said."""
    if call.db.get(task, "status") != "pending":
        return ""
    current = call.db.get(task, "current_operations")
    call.db.set(task, current_operations={**current, f"OpaqueRef:{call.db.new_uuid()}": "cancel"})
    running = call.pool.calls.get(task)
    if running and "cancel" in call.db.get(task, "allowed_operations"):
        running.cancel()
    return ""


@message("task.set_progress")
def set_progress(call: Call, task: str, value: float) -> str:
    call.db.set(task, progress=value)
    return ""


@message("task.set_result")
def set_result(call: Call, task: str, value: str) -> str:
    call.db.set(task, result=value)
    return ""


@message("task.set_error_info")
def set_error_info(call: Call, task: str, value: list[str]) -> str:
    call.db.set(task, error_info=value)
    return ""


@message("task.set_status")
def set_status(call: Call, task: str, value: str) -> str:
    if value == "cancelling":
        raise XapiError("INTERNAL_ERROR", 'Failure("cancelling is not a status to set")')
    call.db.set(task, status=value, finished=call.clock.iso() if value != "pending" else call.db.get(task, "finished"))
    return ""
