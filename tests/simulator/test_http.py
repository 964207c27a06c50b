"""HTTP itself: methods, cookies, connections that stay and those that are left."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.simulator.client import Client, until
from tests.simulator.client import http as fetch
from xo_dash.simulator.testing import SimulatedPool


def connection(client: Client) -> http.client.HTTPConnection:
    parts = urlsplit(client.url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)


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
        assert fetch(f"{client.url}/rrd_updates?start=-5&session_id={session}").status == 200


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
            raw = opened.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=60))
            raw.sendall(half)
        until(lambda: open_things() > before + 2 * len(halves))
    until(lambda: open_things() <= before)
    until(lambda: client.call("VDI.get_VBDs", vdi) == [])
    pending = [t for t in client.call("task.get_all_records").values() if t["status"] == "pending"]
    assert pending == []


def raw(client: Client) -> socket.socket:
    parts = urlsplit(client.url)
    return socket.create_connection((parts.hostname or "", parts.port), timeout=60)


def answer(opened: socket.socket) -> bytes:
    """All that comes until the simulator closes."""
    return b"".join(iter(lambda: opened.recv(65536), b""))


class TestABodyOfUnknownLength:
    def disk(self, client: Client) -> str:
        sr = client.call("pool.get_default_SR", client.call("pool.get_all")[0])
        return str(client.call("VDI.create", {"name_label": "put", "SR": sr, "virtual_size": 8 << 20, "type": "user", "sharable": False,
                                              "read_only": False, "other_config": {}}))  # fmt: skip

    def outcome(self, client: Client, told: bytes) -> Any:
        head = dict(line.split(b": ", 1) for line in told.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:])
        task = head[b"task-id"].decode()
        until(lambda: client.call("task.get_status", task) != "pending")
        return client.call("task.get_record", task)

    @pytest.mark.parametrize("pieces", [1, 3])
    def test_a_put_goes_on_until_the_client_has_no_more(self, client: Client, pieces: int) -> None:
        vdi, data = self.disk(client), bytes(range(256)) * 4096
        head = f"PUT /import_raw_vdi?vdi={vdi}&session_id={client.session} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        with raw(client) as opened:
            whole, step = head + data, (len(head) + len(data)) // pieces
            for start in range(0, len(whole), step):
                opened.sendall(whole[start : start + step])
            opened.shutdown(socket.SHUT_WR)
            told = answer(opened)
        assert told.startswith(b"HTTP/1.1 200")
        assert self.outcome(client, told)["status"] == "success"
        got = fetch(f"{client.url}/export_raw_vdi?vdi={vdi}&session_id={client.session}").body
        assert got == data.ljust(8 << 20, b"\0")

    def test_also_behind_a_call_on_the_same_connection(self, client: Client) -> None:
        vdi = self.disk(client)
        with raw(client) as opened:
            opened.sendall(b"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert opened.recv(65536).startswith(b"HTTP/1.1 200")
            opened.sendall(f"PUT /import_raw_vdi?vdi={vdi}&session_id={client.session} HTTP/1.1\r\nHost: x\r\n\r\nabc".encode())
            opened.shutdown(socket.SHUT_WR)
            assert self.outcome(client, answer(opened))["status"] == "success"
        assert fetch(f"{client.url}/export_raw_vdi?vdi={vdi}&session_id={client.session}").body[:4] == b"abc\0"

    def test_an_archive_ends_where_it_says_so(self, client: Client, vm: str) -> None:
        archive = fetch(f"{client.url}/export?ref={vm}&session_id={client.session}").body
        with raw(client) as opened:
            opened.sendall(f"PUT /import?session_id={client.session} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + archive)
            record = self.outcome(client, answer(opened))  # though the client has not closed
        assert record["status"] == "success", record["error_info"]

    def test_a_call_says_how_long_it_is(self, client: Client) -> None:
        with raw(client) as opened:
            opened.sendall(b"POST /jsonrpc HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
            assert opened.recv(65536).startswith(b"HTTP/1.1 500")


class TestHeaders:
    def test_who_sends_half_of_them_is_told_so(self, client: Client) -> None:
        with raw(client) as opened:
            began = time.monotonic()
            opened.sendall(b"GET / HTTP/1.1\r\nHost:")
            told = answer(opened)
        assert told.startswith(b"HTTP/1.1 408 Request Timeout") and b"408" in told.partition(b"\r\n\r\n")[2]
        assert time.monotonic() - began > 9

    def test_too_many_of_them(self, client: Client) -> None:
        with raw(client) as opened:
            opened.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 1024)
            assert answer(opened).startswith(b"HTTP/1.1 431")

    def test_a_connection_that_is_kept_may_wait(self, client: Client) -> None:
        kept = connection(client)
        for padding in ("", "b" * 2000):
            kept.request("OPTIONS", "/", headers={"X-Padding": padding})
            assert kept.getresponse().read() == b""
        kept.close()
