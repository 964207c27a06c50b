"""event.from and its relatives: what a client sees of what changes."""

import asyncio
import json
import re
import socket
import threading
import time
import xmlrpc.client
from typing import Any

import pytest

from tests.simulator.client import Client, http, sign_in, until
from xo_dash.simulator import tasks
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import SimulatedPool


def told(client: Client, classes: list[str], token: str, timeout: float = 0.0) -> Any:
    return client.call("event.from", classes, token, timeout)


def now(client: Client) -> str:
    """A token of this moment."""
    return str(told(client, ["*"], "")["token"])


def of(batch: Any, ref: str) -> list[str]:
    return [e["operation"] for e in batch["events"] if e["ref"] == ref]


def later(function: Any, *arguments: object) -> threading.Thread:
    def run() -> None:
        time.sleep(0.15)
        function(*arguments)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_an_empty_token_tells_everything(client: Client) -> None:
    batch = told(client, ["vm", "HOST"], "")
    vms, hosts = client.call("VM.get_all_records"), client.call("host.get_all_records")
    assert {e["ref"] for e in batch["events"]} == vms.keys() | hosts.keys()
    assert {e["operation"] for e in batch["events"]} == {"add"}
    assert {e["class"] for e in batch["events"]} == {"vm", "host"}
    assert re.fullmatch(r"\d{20},\d{20}", batch["token"])
    event = next(e for e in batch["events"] if e["class"] == "host")
    assert event["snapshot"] == hosts[event["ref"]]
    assert event["timestamp"] == "0.0" and event["id"].isdigit()


def test_a_star_covers_all_but_the_silent_classes(client: Client) -> None:
    classes = {e["class"] for e in told(client, ["*"], "")["events"]}
    assert {"vm", "host", "pool", "message"} <= classes
    assert not classes & {"session", "user", "secret", "role"}


def test_changes_coalesce_into_one_mod(client: Client, vm: str) -> None:
    token = now(client)
    for name in ("a", "b", "c"):
        client.call("VM.set_name_label", vm, name)
    batch = told(client, ["vm"], token)
    assert of(batch, vm) == ["mod"]
    assert batch["events"][0]["snapshot"]["name_label"] == "c"


def test_setting_what_is_already_so_is_no_event(client: Client, vm: str) -> None:
    client.call("VM.set_name_label", vm, "same")
    token = now(client)
    client.call("VM.set_name_label", vm, "same")
    assert told(client, ["vm"], token)["events"] == []


def test_created_and_changed_is_one_add_and_created_and_destroyed_is_nothing(client: Client) -> None:
    token = now(client)
    kept, gone = (client.call("network.create", {"name_label": n, "other_config": {}}) for n in ("kept", "gone"))
    client.call("network.set_name_label", kept, "renamed")
    client.call("network.destroy", gone)
    batch = told(client, ["network"], token)
    assert of(batch, kept) == ["add"] and of(batch, gone) == []
    assert batch["events"][0]["snapshot"]["name_label"] == "renamed"
    client.call("network.destroy", kept)


def test_a_del_has_no_snapshot(client: Client) -> None:
    ref = client.call("network.create", {"name_label": "short", "other_config": {}})
    token = now(client)
    client.call("network.destroy", ref)
    (event,) = told(client, ["network"], token)["events"]
    assert event["operation"] == "del" and event["ref"] == ref and "snapshot" not in event


def test_a_link_changes_both_ends(pool: SimulatedPool, client: Client, vm: str) -> None:
    host = pool.call("host.get_all")[0]
    token = now(client)
    pool.do(lambda inside: inside.db.set(vm, resident_on=host))
    batch = told(client, ["vm", "host"], token)
    assert of(batch, vm) == ["mod"] and of(batch, host) == ["mod"]
    assert vm in client.call("host.get_resident_VMs", host)
    pool.do(lambda inside: inside.db.set(vm, resident_on="OpaqueRef:NULL"))
    assert vm not in client.call("host.get_resident_VMs", host)


def test_adds_come_before_mods_and_mods_before_dels(client: Client, vm: str) -> None:
    doomed = client.call("network.create", {"name_label": "doomed", "other_config": {}})
    token = now(client)
    client.call("network.destroy", doomed)
    client.call("VM.set_name_label", vm, str(time.monotonic()))
    fresh = client.call("network.create", {"name_label": "fresh", "other_config": {}})
    batch = told(client, ["vm", "network"], token)
    assert [e["operation"] for e in batch["events"]] == ["add", "mod", "del"]
    client.call("network.destroy", fresh)


def test_one_object_by_its_reference(client: Client, pool: SimulatedPool, vm: str) -> None:
    token = now(client)
    other = next(ref for ref in pool.call("VM.get_all") if ref != vm)
    for ref in (vm, other):
        client.call("VM.set_name_description", ref, str(time.monotonic()))
    assert [e["ref"] for e in told(client, [f"vm/{vm}"], token)["events"]] == [vm]


def test_a_waiting_call_returns_soon_after_a_change(client: Client, pool: SimulatedPool, vm: str) -> None:
    token = now(client)
    thread = later(pool.call, "VM.set_name_label", vm, str(time.monotonic()))
    assert of(told(client, ["vm"], token, 60), vm) == ["mod"]  # the change ends it: nobody waits for a minute here
    thread.join()


def test_the_timeout_is_an_empty_success(client: Client) -> None:
    token = now(client)
    began = time.monotonic()
    batch = told(client, ["vlan"], token, 0.3)
    assert batch["events"] == [] and time.monotonic() - began > 0.25
    assert batch["token"].split(",")[0] == token.split(",")[0]


def test_an_unrelated_change_does_not_end_the_wait(client: Client, pool: SimulatedPool, vm: str) -> None:
    token = now(client)
    thread = later(pool.call, "VM.set_name_label", vm, str(time.monotonic()))
    began = time.monotonic()
    assert told(client, ["vlan"], token, 0.5)["events"] == []
    assert time.monotonic() - began > 0.45
    thread.join()


def test_a_rubbish_token(client: Client) -> None:
    assert client.failure("event.from", ["vm"], "rubbish", 1.0) == ["EVENT_FROM_TOKEN_PARSE_FAILURE", "rubbish"]


def test_inject_gives_a_token_from_before_its_own_change(client: Client) -> None:
    ref = client.call("pool.get_all")[0]
    token = client.call("event.inject", "pool", ref)
    assert of(told(client, ["pool"], token), ref) == ["mod"]
    assert client.failure("event.inject", "VM", ref) == ["HANDLE_INVALID", "VM", ref]


def test_the_end_of_a_session_ends_its_waiting_call(pool: SimulatedPool) -> None:
    client = sign_in(pool)
    thread = later(client.raw, "session.logout", client.session)
    assert client.failure("event.from", ["vlan"], now(client), 60.0) == ["SESSION_INVALID", client.session]
    thread.join()


def test_nobody_waits_for_a_client_that_has_gone(pool: SimulatedPool, client: Client) -> None:
    def waiting() -> int:
        return pool.do(lambda inside: len(inside.db._waiting))

    before = waiting()
    body = json.dumps({"method": "event.from", "params": [client.session, ["vlan"], now(client), 600.0], "id": 1})
    with socket.create_connection(("127.0.0.1", int(pool.url.rsplit(":", 1)[1]))) as connection:
        connection.sendall(f"POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        until(lambda: waiting() == before + 1)
    until(lambda: waiting() == before)


def test_tokens_outlive_sessions(pool: SimulatedPool, client: Client, vm: str) -> None:
    token = now(client)
    client.call("VM.set_name_label", vm, str(time.monotonic()))
    assert of(told(sign_in(pool), ["vm"], token), vm) == ["mod"]


def test_counts_cover_every_table_whatever_was_asked(client: Client) -> None:
    counts = told(client, ["nothing"], "")["valid_ref_counts"]
    assert counts["vm"] == len(client.call("VM.get_all")) and counts["session"] >= 1
    assert counts["message"] == 0 and len(counts) == 73
    assert list(counts)[:3] == ["vdi_nbd_server_info", "user", "tunnel"]


def test_old_deletions_are_forgotten_in_silence(pool: SimulatedPool, client: Client) -> None:
    def fill(inside: Any) -> list[str]:
        return [inside.db.create("blob") for _ in range(600)]

    refs = pool.do(fill)
    token = now(client)

    def empty(inside: Any) -> None:
        for ref in refs:
            inside.db.destroy(ref)

    pool.do(empty)
    batch = told(client, ["blob"], token)
    assert 256 <= len(batch["events"]) < 512
    assert batch["valid_ref_counts"]["blob"] == 0


def test_messages_come_first_and_before_them_those_that_are_gone(client: Client, vm: str) -> None:
    uuid = client.call("VM.get_uuid", vm)
    old = client.call("message.create", "OLD", 3, "VM", uuid, "body")
    token = now(client)
    first, second, brief = (client.call("message.create", n, 3, "VM", uuid, "body") for n in ("FIRST", "SECOND", "BRIEF"))
    client.call("VM.set_name_label", vm, str(time.monotonic()))
    for gone in (old, brief):
        client.call("message.destroy", gone)
    batch = told(client, ["message", "vm"], token)
    assert [(e["operation"], e["ref"]) for e in batch["events"]] == [
        ("del", old), ("del", brief), ("add", first), ("add", second), ("mod", vm),
    ]  # fmt: skip
    assert batch["events"][2]["id"] == "0" and batch["events"][2]["snapshot"]["name"] == "FIRST"
    client.call("message.destroy", first)
    (gone,) = told(client, ["message"], batch["token"])["events"]
    assert (gone["operation"], gone["ref"]) == ("del", first)


def test_a_token_tells_of_nothing_that_was_not_asked_for(client: Client, vm: str) -> None:
    assert told(client, ["nothing"], "")["token"] == f"{0:020d},{0:020d}"
    token = told(client, ["network"], now(client))["token"]
    client.call("VM.set_name_label", vm, str(time.monotonic()))
    quiet = told(client, ["network"], token)
    assert (quiet["events"], quiet["token"]) == ([], token), "what happened to others does not move it"
    (event,) = (batch := told(client, ["vm"], token))["events"]
    assert batch["token"] == f"{int(event['id']):020d},{0:020d}", "where nobody asks for messages it knows none"
    gone = client.call("network.create", {"name_label": "brief", "other_config": {}})
    client.call("network.destroy", gone)
    moved = told(client, ["network"], token)
    assert moved["events"] == [] and moved["token"] > token, "what came and went does move it"


def test_an_object_is_asked_for_by_its_own_class(client: Client, vm: str) -> None:
    token = now(client)
    client.call("VM.set_name_label", vm, str(time.monotonic()))
    for wrong in (f"host/{vm}", f"*/{vm}", f"vm/{client.call('VM.get_uuid', vm)}"):
        assert told(client, [wrong], token)["events"] == []
    assert of(told(client, [f"VM/{vm}"], token), vm) == ["mod"]


def test_a_batch_is_of_one_moment(pool: SimulatedPool, client: Client) -> None:
    """Who sees in it that a task has ended sees what it did, too."""
    token, seen, last = now(client), {""}, "step 1999"
    sign = pool.do(lambda inside: tasks.create(inside, "sign"))

    async def work(inside: Pool) -> None:
        for step in range(2000):
            tasks.create(inside, f"step {step}")
            await asyncio.sleep(0)
            inside.db.set(sign, name_description=f"step {step}")
            await asyncio.sleep(0)

    pool.do(lambda inside: inside.spawn(work(inside)))
    while last not in seen:
        batch = told(client, ["task"], token, 20.0)
        token = batch["token"]
        rows = [event["snapshot"] for event in batch["events"] if event["operation"] != "del"]
        seen |= {row["name_label"] for row in rows}
        assert {row["name_description"] for row in rows} <= seen
    pool.do(lambda inside: [inside.db.destroy(ref) for ref, task in inside.db.records("task") if task["name_label"] in seen])


def test_both_encodings_tell_the_same(xen: Any, client: Client, vm: str) -> None:
    token = now(client)
    client.call("VM.set_name_label", vm, str(time.monotonic()))
    (by_json,) = told(client, ["vm"], token)["events"]
    answer = xen.event_from(["vm"], token, 0.0)
    (by_xml,) = answer["events"]
    assert by_xml["ref"] == by_json["ref"] and by_xml["id"] == by_json["id"]
    assert by_xml["snapshot"].keys() == by_json["snapshot"].keys()
    assert isinstance(answer["valid_ref_counts"]["vm"], int)


def test_the_old_way_of_register_and_next(client: Client, pool: SimulatedPool, vm: str) -> None:
    code, whose = client.failure("event.next")
    assert code == "SESSION_NOT_REGISTERED" and whose.startswith("trackid=") and client.session not in whose
    client.call("event.register", ["VM"])
    client.call("VM.set_name_label", vm, str(time.monotonic()))
    (event,) = client.call("event.next")
    assert event["ref"] == vm and event["operation"] == "mod"
    client.call("VM.set_name_label", vm, str(time.monotonic()))
    reply = http(pool.url, xmlrpc.client.dumps((client.session,), "event.next")).body.decode()
    assert "<name>class</name><value>vm</value>" in reply and "<name>VCPUs_max</name>" in reply
    client.call("event.unregister", ["VM"])
    assert client.failure("event.next")[0] == "SESSION_NOT_REGISTERED"


@pytest.mark.parametrize("waiting", [50])
def test_many_may_wait(pool: SimulatedPool, client: Client, vm: str, waiting: int) -> None:
    token = now(client)
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(told(client, ["vm"], token, 20))) for _ in range(waiting)]
    for thread in threads:
        thread.start()
    pool.call("VM.set_name_label", vm, str(time.monotonic()))
    for thread in threads:
        thread.join()
    assert len(answers) == waiting and all(of(a, vm) == ["mod"] for a in answers)
