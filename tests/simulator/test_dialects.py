"""Whose xapi it is: older ones, and XenServer's, lack and write some things differently."""

import re
import time
from collections.abc import Iterator

import pytest
import XenAPI

from tests.simulator.checking import check, needs_the_check
from tests.simulator.client import Client, http, until
from tests.simulator.commanded import commanded
from xo_dash.simulator import dialect, model
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.server import SimulatorOptions
from xo_dash.simulator.testing import SimulatedPool, Simulation

NAMED = ("xcpng-8.2", "xcpng-8.3", "xenserver-8")
OLD = NAMED[:2]


@pytest.fixture(scope="module", params=("modern", *NAMED))
def simulation(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    running = Simulation(SimulatorOptions((2,), (6,), (2,), seed="test", password="secret", speed=50.0, dialect=request.param))
    running.start()
    yield running
    running.close()


@pytest.fixture
def name(simulation: Simulation) -> str:
    return simulation.simulator.wanted.dialect


@pytest.fixture
def pool(simulation: Simulation) -> SimulatedPool:
    return simulation.pool


@pytest.fixture
def vm(client: Client) -> str:
    return next(str(r) for r, v in client.call("VM.get_all_records").items()
                if v["power_state"] == "Running" and not v["is_control_domain"])  # fmt: skip


@needs_the_check
def test_none_has_a_fault(pool: SimulatedPool) -> None:
    check(pool.url, pool.user, "secret", "--mutate")


def test_it_says_what_it_is(client: Client, name: str) -> None:
    host = client.call("host.get_record", client.call("host.get_all")[0])
    brand, version = {"modern": ("XCP-ng", "8.3.0"), "xcpng-8.2": ("XCP-ng", "8.2.1"), "xcpng-8.3": ("XCP-ng", "8.3.0"),
                      "xenserver-8": ("XenServer", "8.4.0")}[name]  # fmt: skip
    assert (host["software_version"]["product_brand"], host["software_version"]["product_version"]) == (brand, version)
    assert host["API_version_minor"] == (16 if name == "xcpng-8.2" else 21)
    assert host["edition"] == ("premium-per-socket" if name == "xenserver-8" else "xcp-ng")


def test_fields_of_later_ones_are_missing_everywhere(client: Client, vm: str, name: str) -> None:
    batch = client.call("event.from", ["vm", "host"], "", 0.0)
    seen = {e["class"]: e["snapshot"] for e in batch["events"]}
    old = name == "xcpng-8.2"
    for cls, ref, later in (("VM", vm, "groups"), ("host", client.call("host.get_all")[0], "https_only")):
        records = [client.call(f"{cls}.get_record", ref), next(iter(client.call(f"{cls}.get_all_records").values())), seen[cls.lower()]]
        assert [later in record for record in records] == [not old] * 3
        if old:
            assert client.failure(f"{cls}.get_{later}", ref) == ["MESSAGE_METHOD_UNKNOWN", f"{cls}.get_{later}"]
    assert ("vm_group" in batch["valid_ref_counts"]) is not old and ("rate_limit" in batch["valid_ref_counts"]) is (name == "modern")
    over_xml = XenAPI.Session(client.url)
    over_xml.login_with_password("root", "secret")
    assert ("groups" in over_xml.xenapi.VM.get_record(vm)) is not old
    over_xml.xenapi.session.logout()
    over_xml("close")()


def test_methods_and_operations_of_later_ones(client: Client, vm: str, name: str) -> None:
    listed = set(client.raw("system.listMethods")["result"])
    assert ("message.destroy_many" in listed) is (name not in OLD) and ("pool.sync_updates" in listed) is (name != "xcpng-8.2")
    assert "VM.start" in listed and "Async.VM.start" not in listed - set(client.raw("system.listMethods")["result"])
    if name in OLD:
        assert client.failure("Async.message.destroy_many", []) == ["MESSAGE_METHOD_UNKNOWN", "message.destroy_many"]
    for told in (client.call("VM.get_allowed_operations", vm), client.call("VM.get_record", vm)["allowed_operations"]):
        assert ("sysprep" in told) is (name not in OLD) and "hard_shutdown" in told


def test_consoles_are_named_by_reference_or_by_uuid(client: Client, vm: str, name: str) -> None:
    console = client.call("VM.get_consoles", vm)[0]
    which = f"ref={console}" if name in OLD else f"uuid={client.call('console.get_uuid', console)}"
    assert client.call("console.get_location", console).endswith(f"/console?{which}")


def test_what_a_busy_vm_says(client: Client, pool: SimulatedPool, vm: str, name: str) -> None:
    def occupy(inside: Pool) -> None:
        inside.queues = False
        inside.db.set(vm, current_operations={"OpaqueRef:busy": "suspend"})

    pool.do(occupy)
    try:
        told = client.failure("VM.pause", vm)
        asynchronous = client.call("Async.VM.pause", vm)
        until(lambda: client.call("task.get_status", asynchronous) == "failure")
        assert client.call("task.get_error_info", asynchronous) == told
    finally:
        pool.do(lambda inside: inside.db.set(vm, current_operations={}))
        pool.do(lambda inside: setattr(inside, "queues", True))
    whole = ["OTHER_OPERATION_IN_PROGRESS", "VM", vm, "suspend", "OpaqueRef:busy"]
    assert told == (whole[:3] if name in OLD else whole)


def test_the_result_of_a_task_without_one(client: Client, vm: str, name: str) -> None:
    task = client.call("Async.VM.assert_operation_valid", vm, "hard_shutdown")
    until(lambda: client.call("task.get_status", task) != "pending")
    assert client.call("task.get_result", task) == ("" if name == "xcpng-8.2" else "<value></value>")


def test_events_are_gathered_by_new_ones(client: Client, name: str) -> None:
    token = client.call("event.from", ["pool"], "", 0.0)["token"]

    def asked() -> float:
        began = time.monotonic()
        client.call("event.from", ["pool"], token, 0.0)
        return time.monotonic() - began

    assert (min(asked() for _ in range(10)) >= 0.05) is (name not in OLD)  # the quickest: others may have had to wait for the machine


def test_numbers_in_metrics(pool: SimulatedPool, client: Client, name: str) -> None:
    text = http(f"{pool.url}/rrd_updates?start={int(time.time()) - 20}&json=true&host=true&session_id={client.session}").body.decode()
    assert bool(re.search(r'"t":"\d', text)) is (name not in OLD) and bool(re.search(r'"t":\d', text)) is (name in OLD)


def test_a_dialect_names_only_what_there_is() -> None:
    known = model.load().classes
    listed = {f"{c.name}.{m}" for c in known.values() for m in (*c.messages, *c.hidden)}
    for told in dialect.dialects().values():
        assert told.classes <= known.keys() and told.methods <= listed
        for cls, fields in told.fields.items():
            assert fields <= known[cls].fields.keys(), cls
        for (cls, field), values in told.values.items():
            kind = known[cls].fields[field].type.of
            assert kind and values <= set(kind.values), cls


def test_the_old_name_of_the_oldest() -> None:
    assert dialect.dialects()["8.2"].name == "xcpng-8.2"
    done = commanded("--dialect", "7.6")
    assert done.code == 2 and "invalid choice" in done.err
