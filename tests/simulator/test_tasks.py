"""Asynchronous calls, their tasks, and calls that wait for each other."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.client import Client, sign_in, until
from xo_dash.simulator.testing import SimulatedPool, simulated


@pytest.fixture(scope="module")
def still() -> Iterator[SimulatedPool]:
    """A pool whose clock is turned by hand."""
    with simulated(hosts=(1,), vms=(6,), speed=0) as simulation:
        yield simulation.pool


@pytest.fixture
def client(still: SimulatedPool) -> Client:
    return sign_in(still)


@pytest.fixture
def vm(still: SimulatedPool) -> Iterator[str]:
    """A halted VM, halted again afterwards."""
    halted = [r for r, v in still.call("VM.get_all_records").items()
              if v["power_state"] == "Halted" and not (v["is_a_template"] or v["is_control_domain"])]  # fmt: skip
    yield halted[0]
    still.advance(3600)
    if still.call("VM.get_power_state", halted[0]) != "Halted":
        in_time(still, "VM.hard_shutdown", halted[0])


def in_time(pool: SimulatedPool, method: str, *arguments: Any) -> None:
    thread = threading.Thread(target=pool.call, args=(method, *arguments))
    thread.start()
    while thread.is_alive():
        pool.advance(60)
        thread.join(0.02)


def test_a_task_lives_and_ends_in_success(still: SimulatedPool, client: Client, vm: str) -> None:
    task = client.call("Async.VM.start", vm, False, False)
    still.advance(0.1)
    record = client.call("task.get_record", task)
    assert (record["name_label"], record["status"], record["finished"]) == ("Async.VM.start", "pending", "19700101T00:00:00Z")
    assert client.call("VM.get_current_operations", vm) == {task: "start"}
    assert client.call("VM.get_power_state", vm) == "Halted"
    still.advance(60)
    record = client.call("task.get_record", task)
    assert (record["status"], record["progress"], record["result"], record["error_info"]) == ("success", 1.0, "<value></value>", [])
    assert record["finished"] > record["created"] and record["allowed_operations"] == []
    assert client.call("VM.get_power_state", vm) == "Running" and client.call("VM.get_current_operations", vm) == {}
    client.call("task.destroy", task)
    assert client.failure("task.get_record", task) == ["HANDLE_INVALID", "task", task]


def test_a_result_is_xml(still: SimulatedPool, client: Client) -> None:
    task = client.call("Async.network.create", {"name_label": "by task", "other_config": {}})
    still.advance(0)
    result = client.call("task.get_result", task)
    assert result.startswith("<value>OpaqueRef:") and result.endswith("</value>")
    client.call("network.destroy", result[7:-8])


def test_what_is_wrong_with_the_object_is_told_by_the_task(still: SimulatedPool, client: Client) -> None:
    task = client.call("Async.VM.start", "OpaqueRef:no", False, False)
    still.advance(0)
    record = client.call("task.get_record", task)
    assert (record["status"], record["error_info"]) == ("failure", ["HANDLE_INVALID", "VM", "OpaqueRef:no"])


@pytest.mark.parametrize("method, arguments, code", [
    ("Async.VM.no_such", (), "MESSAGE_METHOD_UNKNOWN"), ("Async.VM.start", ("x",), "MESSAGE_PARAMETER_COUNT_MISMATCH"),
    ("Async.VM.start", ("x", "yes", False), "INTERNAL_ERROR"),
])  # fmt: skip
def test_what_is_wrong_with_the_call_is_told_at_once(client: Client, method: str, arguments: tuple[object, ...], code: str) -> None:
    assert client.failure(method, *arguments)[0] == code


def test_a_sync_call_has_a_task_while_it_runs(still: SimulatedPool, client: Client, vm: str) -> None:
    thread = threading.Thread(target=client.call, args=("VM.start", vm, False, False))
    thread.start()
    until(lambda: client.call("VM.get_current_operations", vm))
    (task,) = client.call("VM.get_current_operations", vm)
    assert client.call("task.get_name_label", task) == "VM.start"
    still.advance(60)
    thread.join()
    assert client.failure("task.get_record", task)[0] == "HANDLE_INVALID"


def test_cancel_ends_it_at_its_next_check_point(still: SimulatedPool, client: Client, vm: str) -> None:
    task = client.call("Async.VM.start", vm, False, False)
    still.advance(0.1)
    assert client.call("task.get_allowed_operations", task) == ["cancel"]
    client.call("task.cancel", task)
    still.advance(0)
    record = client.call("task.get_record", task)
    assert (record["status"], record["error_info"]) == ("cancelled", ["TASK_CANCELLED", task])
    assert client.call("VM.get_power_state", vm) == "Halted" and client.call("VM.get_current_operations", vm) == {}
    assert "start" in client.call("VM.get_allowed_operations", vm)


def test_destroying_a_pending_task_waits_for_its_end(still: SimulatedPool, client: Client, vm: str) -> None:
    task = client.call("Async.VM.start", vm, False, False)
    still.advance(0.1)
    client.call("task.destroy", task)
    assert "destroy" in client.call("task.get_current_operations", task).values()
    still.advance(60)
    assert client.failure("task.get_record", task)[0] == "HANDLE_INVALID"


def test_without_a_queue_they_fail_at_once(still: SimulatedPool, client: Client, vm: str) -> None:
    still.do(lambda pool: setattr(pool, "queues", False))
    try:
        client.call("Async.VM.start", vm, False, False)
        still.advance(0.1)
        second = client.call("Async.VM.start", vm, False, False)
        still.advance(0.1)
        error = client.call("task.get_error_info", second)
        assert error[:3] == ["OTHER_OPERATION_IN_PROGRESS", "VM", vm] and len(error) == 5
    finally:
        still.do(lambda pool: setattr(pool, "queues", True))


def test_a_second_start_waits_and_then_finds_it_running(still: SimulatedPool, client: Client, vm: str) -> None:
    client.call("Async.VM.start", vm, False, False)
    still.advance(0.1)
    second = client.call("Async.VM.start", vm, False, False)
    still.advance(0.1)
    assert client.call("task.get_status", second) == "pending"
    still.advance(120)
    assert client.call("task.get_error_info", second) == ["VM_BAD_POWER_STATE", vm, "halted", "running"]


def test_a_clients_own_task(client: Client) -> None:
    task = client.call("task.create", "upload", "from a test")
    client.call("task.set_progress", task, 0.5)
    client.call("task.add_to_other_config", task, "who", "me")
    record = client.call("task.get_record", task)
    assert (record["name_label"], record["status"], record["progress"], record["other_config"]) == ("upload", "pending", 0.5, {"who": "me"})
    client.call("task.cancel", task)
    client.call("task.set_status", task, "success")
    client.call("task.destroy", task)


def test_finished_tasks_are_collected(still: SimulatedPool, client: Client) -> None:
    task = client.call("Async.VM.start", "OpaqueRef:no", False, False)
    still.advance(3600)
    assert client.call("task.get_status", task) == "failure"
    still.advance(10 * 60)
    assert client.failure("task.get_status", task)[0] == "HANDLE_INVALID"
