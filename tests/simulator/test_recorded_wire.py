"""A real xapi's requests and replies, replayed: the same bytes where nothing of its own pool is in them."""

import json
import re
from typing import Any

import pytest

from tests.recorded import recorded_json
from tests.simulator.client import Client, http
from xo_dash.simulator.testing import SimulatedPool

TRANSCRIPT = recorded_json("wire_transcript.json")
RECORDS = recorded_json("get_all_records.jsonrpc.json")
SESSION, VM, HOST = (f"OpaqueRef:{u}" for u in ("450da90c-3bd2-1e38-221b-f10785632841", "050e37fc-a261-8390-9bf7-01c3b42e273a",
                                                "4245c24d-4d82-6128-8601-8ced0074a149"))  # fmt: skip
LONG = 1000  # a reply above this holds records of that pool


def shape(text: str) -> list[str]:
    """The elements and member names of a reply, without what depends on the pool; each once, in order."""
    text = re.sub(r"<name>OpaqueRef:[^<]*</name>", "<name>REF</name>", text)
    return list(dict.fromkeys(re.findall(r"<name>\w+</name><value>(?:<\w+[.\w]*>)?", text)))


def answer(entry: dict[str, Any], url: str, names: dict[str, str]) -> Any:
    request = entry["request"]
    if request.startswith("GET"):
        return http(url + request.split()[1])
    for theirs, ours in names.items():
        request = request.replace(theirs, ours)
    return http(url + "/", request)


@pytest.mark.parametrize(
    "entry", [e for e in TRANSCRIPT if e["request"].startswith(("<?xml", "GET"))], ids=lambda e: re.sub(r"\s+", "", e["request"])[:90]
)
def test_the_same_reply(entry: dict[str, Any], pool: SimulatedPool, client: Client) -> None:
    running = next(r for r, v in pool.call("VM.get_all_records").items() if v["power_state"] == "Running" and not v["is_control_domain"])
    pool.call("VM.set_name_label", running, "vm1")
    pool.call("VM.remove_from_other_config", running, "k")
    if "<string>v2<" in entry["request"]:
        pool.call("VM.add_to_other_config", running, "k", "v")
    if "event.from" in entry["request"]:
        pool.call("task.create", "one to show", "")
    names = {SESSION: client.session, VM: running, HOST: pool.call("host.get_all")[0]}
    ours = answer(entry, pool.url, names)
    text = ours.body.decode().replace(running, VM)
    assert ours.status == entry["status"]
    for name in ("content-type", "access-control-allow-origin", "www-authenticate", "cache-control"):
        assert ours.headers.get(name) == {k.lower(): v for k, v in entry["headers"].items()}.get(name)
    if "get_servertime" in entry["request"]:
        assert re.sub(r"\d{8}T[\d:]{8}Z", "", text) == re.sub(r"\d{8}T[\d:]{8}Z", "", entry["response"])
    elif "listMethods" in entry["request"]:
        assert set(re.findall(r"<value>([\w.]+)</value>", text)) == set(re.findall(r"<value>([\w.]+)</value>", entry["response"]))
    elif len(entry["response"]) > LONG:
        assert set(shape(text)) >= {s for s in shape(entry["response"]) if "debug_info" not in s} - pool_specific(entry["response"])
    else:
        assert text == entry["response"]
    if "VM.pause" in entry["request"]:
        pool.call("VM.unpause", running)


def pool_specific(text: str) -> set[str]:
    """Members of maps, whose names are content: everything inside a struct that is itself a field's value."""
    inner = re.findall(
        r"<name>(?:[a-z_A-Z]+)</name><value><struct>((?:<member><name>[^<]*</name><value>[^<]*</value></member>)*)</struct>", text
    )
    return {found for block in inner for found in shape(block)}


def by_json() -> list[dict[str, Any]]:
    return [e for e in TRANSCRIPT if e["request"].startswith("jsonrpc")]


@pytest.mark.parametrize(
    "entry", [e for e in by_json() if '"error":{' in e["response"] or '"error":[' in e["response"]], ids=lambda e: e["response"][:90]
)
def test_the_same_failure_in_json(entry: dict[str, Any], pool: SimulatedPool, client: Client) -> None:
    version, method = entry["request"].split()[:2]
    parameters = ["root", "bad"] if "login" in method else [client.session, "OpaqueRef:bogus"]
    call = {"method": method, "params": parameters[: 1 if method == "VM.nosuch" else 2], "id": 1 if version == "jsonrpc1" else 7}
    ours = http(pool.url + "/jsonrpc", json.dumps(call if version == "jsonrpc1" else {"jsonrpc": "2.0", **call}))
    assert ours.body.decode() == entry["response"]
    assert ours.headers["content-type"] == entry["headers"]["content-type"]


def test_the_same_record_in_json(pool: SimulatedPool, client: Client, vm: str) -> None:
    entry = next(e for e in by_json() if e["request"] == "jsonrpc2 VM.get_record" and '"result"' in e["response"])
    theirs, ours = json.loads(entry["response"])["result"], client.call("VM.get_record", vm)
    assert list(ours) == list(theirs)
    assert {name: type(value) for name, value in ours.items()} == {name: type(value) for name, value in theirs.items()}


def test_the_same_batch_in_json(client: Client) -> None:
    theirs = json.loads(next(e for e in by_json() if "event.from" in e["request"])["response"])["result"]
    ours = client.call("event.from", ["vm"], "", 3.0)
    assert list(ours) == list(theirs) and list(ours["valid_ref_counts"]) == list(theirs["valid_ref_counts"])
    assert list(ours["events"][0]) == list(theirs["events"][0])


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_the_same_fields_of_every_class(name: str, client: Client) -> None:
    theirs = RECORDS[name]
    ours = client.raw(f"{name}.get_all_records", client.session)
    if "_error" in theirs:
        assert ours["error"] == theirs["_error"]
        return
    for record in list(ours["result"].values())[:1]:
        for known in list(theirs.values())[:1]:
            assert list(record) == list(known)
            assert {field: type(value) for field, value in record.items()} == {field: type(value) for field, value in known.items()}
