"""Tasks as clients make, steer and destroy them: their own, or with the right to others'."""

from __future__ import annotations

from .. import generic, rights, tasks
from ..call import Call
from ..registry import message


def assert_own(call: Call, task: str) -> None:
    """RBAC_PERMISSION_DENIED unless a session of the same user made it, and is still there."""
    session = call.session
    if session.permissions is None:
        return
    if not any(other.sid == session.sid and task in other.tasks for other in call.pool.sessions.of_directory()):
        rights.require(session, rights.OTHERS_TASKS)


@message("task.create")
def create(call: Call, label: str, description: str) -> str:
    return tasks.create(call.pool, label, description, host=call.host.ref, session=call.session)


@message("task.destroy")
def destroy(call: Call, task: str) -> str:
    """One that is not complete is only marked: it goes with the garbage once it is."""
    assert_own(call, task)
    if call.db.get(task, "status") in tasks.INCOMPLETE:
        generic.add_to_map(call, "task", task, "current_operations", "task", "destroy")
    else:
        call.db.destroy(task)
    return ""


@message("task.cancel")
def cancel(call: Call, task: str) -> str:
    """No error if it cannot be cancelled: it ends at its next check point, or as if nothing had been said."""
    assert_own(call, task)
    call.db.set(task, current_operations={f"OpaqueRef:{call.db.new_uuid()}": "cancel"})
    running = call.pool.calls.get(task)
    if running and "cancel" in call.db.get(task, "allowed_operations"):
        running.cancel()
    return ""


@message("task.set_progress", "task.set_result", "task.set_error_info")
def set_field(call: Call, task: str, value: object) -> str:
    assert_own(call, task)
    call.db.set(task, **{call.method.removeprefix("task.set_"): value})
    return ""


@message("task.set_status")
def set_status(call: Call, task: str, value: str) -> str:
    """It alone: a task that was finished this way has no time at which it was, and is garbage at once."""
    assert_own(call, task)
    call.db.set(task, status=value)
    return ""


@message("task.set_other_config")
def set_other_config(call: Call, task: str, value: dict[str, str]) -> str:
    assert_own(call, task)
    rights.require_changes(call.session, "task", "other_config", call.db.get(task, "other_config"), value)
    call.db.set(task, other_config=value)
    return ""


@message("task.add_to_other_config")
def add_to_other_config(call: Call, task: str, key: str, value: str) -> str:
    assert_own(call, task)
    generic.add_to_map(call, "task", task, "other_config", key, value)
    return ""


@message("task.remove_from_other_config")
def remove_from_other_config(call: Call, task: str, key: str) -> str:
    assert_own(call, task)
    generic.remove_from_map(call, "task", task, "other_config", key)
    return ""
