"""A real xapi's requests and replies, replayed: the same bytes where nothing of its own pool is in them."""

import json
import re
from typing import Any

import pytest

from tests.simulator.conftest import SHARED, Client, http
from xo_dash.simulator.testing import SimulatedPool

TRANSCRIPT = SHARED / "data" / "real-xapi" / "wire_transcript.json"
pytestmark = pytest.mark.skipif(not TRANSCRIPT.exists(), reason="no recorded data beside the repository")

SESSION, VM, HOST = (f"OpaqueRef:{u}" for u in ("450da90c-3bd2-1e38-221b-f10785632841", "050e37fc-a261-8390-9bf7-01c3b42e273a",
                                                "4245c24d-4d82-6128-8601-8ced0074a149"))  # fmt: skip
LONG = 1000  # a reply above this holds records of that pool


def recorded() -> list[dict[str, Any]]:
    return list(json.loads(TRANSCRIPT.read_text())) if TRANSCRIPT.exists() else []


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
    "entry", [e for e in recorded() if e["request"].startswith(("<?xml", "GET"))], ids=lambda e: re.sub(r"\s+", "", e["request"])[:90]
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
