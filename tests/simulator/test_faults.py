"""What goes wrong on purpose, and the clock that is turned by hand."""

import http.client
import json
import time
import urllib.error
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import XenAPI

from tests.simulator.client import Client, sign_in
from tests.simulator.client import http as request
from xo_dash.simulator import faults
from xo_dash.simulator.testing import SimulatedPool, simulated


def test_an_error_as_often_as_wanted(pool: SimulatedPool, client: Client) -> None:
    pool.fault("VM.get_all", error=["HOST_OFFLINE", "x"], count=2)
    assert [client.failure("VM.get_all") for _ in range(2)] == [["HOST_OFFLINE", "x"]] * 2
    assert client.call("VM.get_all")


def test_an_asynchronous_call_fails_in_its_task(pool: SimulatedPool, client: Client, vm: str) -> None:
    pool.fault("VM.start", error=["SR_BACKEND_FAILURE_44", "", "no space", ""], count=1)
    task = client.call("Async.VM.start", vm, False, False)
    pool.advance(0)
    assert client.call("task.get_error_info", task) == ["SR_BACKEND_FAILURE_44", "", "no space", ""]


def test_only_for_one_reference(pool: SimulatedPool, client: Client, vm: str) -> None:
    pool.fault("VM.get_*", ref=vm, error=["HOST_OFFLINE", "x"])
    other = next(ref for ref in client.call("VM.get_all") if ref != vm)
    assert client.call("VM.get_uuid", other)
    assert client.failure("VM.get_uuid", vm)[0] == "HOST_OFFLINE"


def test_a_cut_connection(pool: SimulatedPool, client: Client) -> None:
    pool.fault("VM.get_all", action="drop", count=1)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError, urllib.error.URLError)):
        client.call("VM.get_all")
    assert client.call("VM.get_all")


def test_half_an_answer(pool: SimulatedPool, client: Client) -> None:
    pool.fault("VM.get_all_records", action="truncate", count=1)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        client.call("VM.get_all_records")


def test_unavailable(pool: SimulatedPool) -> None:
    pool.fault("*", action="503", count=1)
    assert request(pool.url + "/jsonrpc", '{"method":"VM.get_all","params":[],"id":1}').status == 503
    pool.fault("/audit_log", action="503", count=1)
    assert request(pool.url + "/audit_log").status == 503


def test_a_slow_answer(pool: SimulatedPool, client: Client) -> None:
    pool.fault("VM.get_all", delay=0.3, count=1)
    began = time.monotonic()
    client.call("VM.get_all")
    assert time.monotonic() - began >= 0.3


def test_only_for_those_so_named(pool: SimulatedPool, client: Client, vm: str) -> None:
    pool.fault("VM.get_*", name=client.call("VM.get_name_label", vm), error=["HOST_OFFLINE", "x"])
    other = next(ref for ref in client.call("VM.get_all") if ref != vm)
    assert client.call("VM.get_uuid", other)
    assert client.failure("VM.get_uuid", vm) == ["HOST_OFFLINE", "x"]


def test_only_for_a_class_and_a_user(pool: SimulatedPool, client: Client) -> None:
    rule = {"class": "V?", "user": "root", "error": ["HOST_OFFLINE", "x"]}
    request(pool.control + "/faults", json.dumps(rule))
    assert request(pool.control + "/faults").json == [rule]
    assert client.failure("VM.get_all") == ["HOST_OFFLINE", "x"]
    assert client.call("host.get_all")
    pool.clear_faults()
    request(pool.control + "/faults", json.dumps({**rule, "user": "alice"}))
    assert client.call("VM.get_all")


def test_only_calls_about_a_storage_and_its_disks(pool: SimulatedPool, client: Client) -> None:
    disks = client.call("VDI.get_all_records")
    disk, record = next(iter(disks.items()))
    elsewhere = next(ref for ref, r in disks.items() if r["SR"] != record["SR"])
    pool.fault("VDI.get_*", sr=record["SR"], error=["SR_BACKEND_FAILURE_46", "", "", ""])
    assert client.failure("VDI.get_uuid", disk)[0] == "SR_BACKEND_FAILURE_46"
    assert client.call("VDI.get_uuid", elsewhere)


def test_an_answer_in_drops(pool: SimulatedPool, client: Client) -> None:
    whole = client.call("VM.get_all")
    pool.fault("VM.get_all", action="slow", rate=2000.0, count=1)
    began = time.monotonic()
    assert client.call("VM.get_all") == whole
    assert time.monotonic() - began >= 0.2


def test_no_answer_at_all(pool: SimulatedPool) -> None:
    pool.fault("system.listMethods", action="hang", count=1)
    with closing(http.client.HTTPConnection(pool.url.removeprefix("http://"), timeout=0.2)) as connection:
        connection.request("POST", "/jsonrpc", '{"method":"system.listMethods","params":[],"id":1}')
        with pytest.raises(TimeoutError):
            connection.getresponse()


@pytest.mark.parametrize(("text", "said"), [
    ("{", "no JSON"), ("[1]", "rule 1: a fault is an object, not 1"),
    ('[{"action": "drop"}, {"method": "*"}]', "rule 2: a fault has an error"),
    ('{"error": "no"}', "a list of texts"), ('{"delay": "long"}', "a number"), ('{"delay": 1, "host": 3}', "host of a fault is a text"),
    ('{"delay": -1}', "at least 0"),
])  # fmt: skip
def test_a_file_that_makes_no_sense(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "faults.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=said) as caught:
        faults.read_file(file)
    assert "\n" not in str(caught.value)


def test_a_file_has_the_rules_that_the_door_takes(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('[{"class": "VM", "delay": 0.5, "count": 3}, {"method": "event.from", "action": "drop", "probability": 0.1}]')
    assert [rule.told for rule in faults.read_file(file)] == json.loads(file.read_text())


def test_sessions_that_end(pool: SimulatedPool, client: Client) -> None:
    pool.end_sessions()
    assert client.failure("VM.get_all") == ["SESSION_INVALID", client.session]


def test_faults_over_http(pool: SimulatedPool, client: Client) -> None:
    rule = {"method": "VM.get_all", "error": ["HOST_OFFLINE", "x"], "count": 1}
    assert request(pool.control + "/faults", json.dumps([rule])).json == {"faults": 1}
    assert client.failure("VM.get_all")[0] == "HOST_OFFLINE"
    request(pool.control + "/faults", json.dumps(rule))
    assert request(pool.control + "/faults", method="DELETE").json == {"faults": 0}
    assert client.call("VM.get_all")


@pytest.mark.parametrize("rule, said", [
    ({"method": "*"}, "an error, an action or a delay"), ({"action": "explode"}, "not 'explode'"), ({"colour": "red"}, "no colour"),
])  # fmt: skip
def test_a_fault_that_makes_no_sense(pool: SimulatedPool, rule: dict[str, str], said: str) -> None:
    answer = request(pool.control + "/faults", json.dumps(rule))
    assert answer.status == 400 and said in answer.json["error"]


def test_no_web_page_may_make_faults(pool: SimulatedPool) -> None:
    assert request(pool.control + "/faults", "{}", headers={"Origin": "http://evil.example"}).status == 403


def test_a_row_changed_behind_everyones_back(pool: SimulatedPool, client: Client, vm: str) -> None:
    body = json.dumps({"ref": vm, "fields": {"name_label": "changed"}})
    assert request(pool.control + "/change", body).status == 200
    assert client.call("VM.get_name_label", vm) == "changed"


def test_the_clock_over_http() -> None:
    with simulated(speed=0) as simulation:
        url, client = simulation.pool.control, sign_in(simulation.pool)
        host = client.call("host.get_all")[0]
        before = client.call("host.get_servertime", host)
        assert client.call("host.get_servertime", host) == before
        request(url + "/clock", '{"advance": 86400}')
        after = client.call("host.get_servertime", host)
        assert int(after[:8]) != int(before[:8]) and after[9:] == before[9:]


def test_a_dead_host_drops_everything(pool: SimulatedPool) -> None:
    pool.host_down(pool.addresses[1])
    url = pool.url.replace("127.0.0.1", pool.addresses[1])
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError, urllib.error.URLError)):
        Client(url).raw("system.listMethods")
    pool.host_down(pool.addresses[1], down=False)
    assert Client(url).raw("system.listMethods")["result"]


def test_a_restart_is_the_same_pool(vm: str) -> None:
    with simulated(hosts=(2,)) as simulation:
        pool = simulation.pool

        def shape() -> Any:
            return {cls: {ref: r["uuid"] for ref, r in pool.call(f"{cls}.get_all_records").items()} for cls in ("pool", "host", "VM")}

        before, url, token = shape(), pool.url, sign_in(pool).call("event.from", ["vm"], "", 0.0)["token"]
        simulation.stop()
        with pytest.raises(OSError):
            Client(url).raw("system.listMethods")
        simulation.start()
        assert pool.url == url and shape() == before
        batch = sign_in(pool).call("event.from", ["vm"], token, 0.0)
        assert {e["ref"] for e in batch["events"]} == before["VM"].keys()  # an old token tells everything anew


def test_a_restored_database(pool: SimulatedPool, client: Client, vm: str) -> None:
    saved = pool.do(lambda inside: (inside.db.snapshot(), inside.db.generation))
    label = client.call("VM.get_name_label", vm)
    client.call("VM.set_name_label", vm, "after the backup")
    made = client.call("network.create", {"name_label": "after the backup", "other_config": {}})
    pool.do(lambda inside: inside.db.restore(*saved))
    assert client.call("VM.get_name_label", vm) == label
    assert client.failure("network.get_record", made)[0] == "HANDLE_INVALID"


def test_the_xenapi_package_gets_along(pool: SimulatedPool, vm: str) -> None:
    session = XenAPI.Session(pool.url)
    session.login_with_password("root", pool.password)
    assert session.xenapi.VM.get_record(vm)["memory_static_max"].isdigit()
    assert session.API_version
    session.xenapi.session.logout()
    session("close")()
