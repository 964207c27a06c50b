"""HTTP itself: methods, cookies, connections that stay and those that are left."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.simulator.conftest import Client, until
from tests.simulator.conftest import http as fetch
from xo_dash.simulator.testing import SimulatedPool


def connection(client: Client) -> http.client.HTTPConnection:
    parts = urlsplit(client.url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "PATCH"])
def test_methods_that_xapi_does_not_know(client: Client, method: str) -> None:
    for path in ("/", "/export", "/jsonrpc"):
        assert fetch(f"{client.url}{path}", method=method).status == 501


@pytest.mark.parametrize("asked, allowed", [
    ("content-type, x-own", "content-type, x-own, X-Requested-With"), ("", "X-Requested-With"),
])  # fmt: skip
def test_a_browser_may_send_what_it_asks_for(client: Client, asked: str, allowed: str) -> None:
    told = {"Origin": "http://elsewhere", "Access-Control-Request-Method": "POST"}
    answer = fetch(f"{client.url}/jsonrpc", method="OPTIONS", headers=told | ({"Access-Control-Request-Headers": asked} if asked else {}))
    assert (answer.status, answer.body) == (200, b"")
    assert {name: value for name, value in answer.headers.items() if name.startswith("access-control")} == {
        "access-control-allow-origin": "*", "access-control-allow-headers": allowed, "access-control-allow-methods": "PUT",
    }  # fmt: skip


@pytest.mark.parametrize("wanted, field", [("sha-256:master", "fingerprint_sha256"), ("sha-1:master", "fingerprint_sha1"), ("md5", "")])
def test_a_member_tells_the_masters_certificate_to_who_asks(pool: SimulatedPool, client: Client, wanted: str, field: str) -> None:
    address = pool.url.replace("127.0.0.1", pool.addresses[1])
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "session.login_with_password", "params": ["root", "x"]})
    headers = {"x-xenapi-request-host-certificate-thumbprint": wanted}
    (ref,) = client.call("host.get_certificates", client.call("pool.get_master", client.call("pool.get_all")[0]))
    expected = client.call("Certificate.get_record", ref)[field] if field else None
    for url, told in ((f"{address}/jsonrpc", expected), (f"{client.url}/jsonrpc", None)):
        assert fetch(url, body, headers=headers).headers.get("x-xenapi-response-host-certificate-thumbprint") == told


@pytest.mark.parametrize("form", [
    "session_id={0}", "a=b; session_id={0}", "session_id={0};a=b", "a=b&session_id={0}", "session_id={1}; x",
])  # fmt: skip
def test_cookies_in_every_form(client: Client, form: str) -> None:
    cookie = form.format(client.session, quote(client.session, safe=""))
    assert fetch(f"{client.url}/rrd_updates?start=-5", headers={"Cookie": cookie}).status == 200


def test_a_cookie_comes_before_the_query(client: Client) -> None:
    for cookie, query, status in ((client.session, "OpaqueRef:no", 200), ("OpaqueRef:no", client.session, 401)):
        url = f"{client.url}/rrd_updates?start=-5&session_id={query}"
        assert fetch(url, headers={"Cookie": f"session_id={cookie}"}).status == status


def test_a_session_in_the_query_is_percent_encoded_or_not(client: Client) -> None:
    for session in (client.session, quote(client.session, safe="")):
        assert fetch(f"{client.url}/host_rrd?session_id={session}").status == 200


def test_a_connection_serves_many_calls(client: Client) -> None:
    kept = connection(client)
    for number in range(3):
        body = json.dumps({"jsonrpc": "2.0", "method": "session.get_uuid", "params": [client.session, client.session], "id": number})
        kept.request("POST", "/jsonrpc", body)
        answer = kept.getresponse()
        assert (answer.status, json.loads(answer.read())["id"]) == (200, number)
        kept.request("GET", f"/rrd_updates?start=-5&session_id={client.session}")
        assert kept.getresponse().read()
    kept.close()


def test_whoever_leaves_in_the_middle_leaves_nothing_behind(pool: SimulatedPool, client: Client) -> None:
    parts = urlsplit(client.url)

    def open_things() -> int:
        """Sockets of this process, which has both ends, and what the simulator is busy with."""
        files = [file for file in Path("/proc/self/fd").iterdir() if os.path.lexists(file) and "socket:" in str(file.readlink())]
        return len(files) + pool.do(lambda _: len(asyncio.all_tasks()))

    before = open_things()
    vdi = next(r for r, v in client.call("VDI.get_all_records").items() if "copy" in v["allowed_operations"] and not v["VBDs"])
    halves = (
        b"POST /jsonr", b"POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        f"PUT /import?session_id={client.session} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nxx".encode(),
        f"GET /export_raw_vdi?vdi={vdi}&session_id={client.session} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        b"CONNECT /console?ref=x HTTP/1.0\r\n",
    )  # fmt: skip
    with ExitStack() as opened:
        for half in halves * 4:
            raw = opened.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=20))
            raw.sendall(half)
        until(lambda: open_things() > before + 2 * len(halves))
    until(lambda: open_things() <= before)
    until(lambda: client.call("VDI.get_VBDs", vdi) == [])
    pending = [t for t in client.call("task.get_all_records").values() if t["status"] == "pending"]
    assert pending == []
