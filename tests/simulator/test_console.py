"""A VM's screen: by CONNECT, by websocket, as text, as a picture; and who gets none."""

from __future__ import annotations

import base64
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect as websocket

from tests.simulator.client import Client, http, until
from tests.simulator.making import Maker
from tests.simulator.screens import Screen
from tests.simulator.transfers import get
from xo_dash.simulator.testing import SimulatedPool


@pytest.fixture
def vm(client: Client) -> Iterator[str]:
    """Running, on the master, booted."""
    maker = Maker(client)
    vm = maker.vm("screen-1")
    client.call("VM.start_on", vm, maker.master, False, False)
    yield vm
    if client.call("VM.get_power_state", vm) != "Halted":
        client.call("VM.hard_shutdown", vm)


def console(client: Client, vm: str, protocol: str = "rfb") -> str:
    return next(c for c in client.call("VM.get_consoles", vm) if client.call("console.get_protocol", c) == protocol)


@contextmanager
def connected(client: Client, query: str) -> Iterator[tuple[str, Callable[[int], bytes], Callable[[bytes], None]]]:
    """(status line, receive, send) of a CONNECT."""
    parts = urlsplit(client.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as raw:
        raw.sendall(f"CONNECT /console?{query}&session_id={client.session} HTTP/1.0\r\n\r\n".encode())
        stream = raw.makefile("rb")
        status = stream.readline().decode().strip()
        while stream.readline().strip():
            pass
        with stream:
            yield status, stream.read, raw.sendall


def shows(screen: Screen, text: str) -> bool:
    """Ask for updates until it is there."""
    for _ in range(40):
        if text in screen.text():
            return True
        screen.ask()
        screen.update()
    return False


def test_a_screen_shows_name_boot_and_what_is_typed(client: Client, vm: str) -> None:
    with connected(client, f"uuid={client.call('console.get_uuid', console(client, vm))}") as (status, receive, send):
        assert status == "HTTP/1.1 200 OK"
        screen = Screen(receive, send)
        assert screen.name == "screen-1"
        screen.ask(incremental=False)
        screen.update()
        assert shows(screen, "screen-1 login:")
        assert "Debian GNU/Linux 13" in screen.text()
        assert (screen.width, screen.height) == (800, 592)
        screen.type("root\necho hello\n")
        assert shows(screen, "root@screen-1:~$ echo hello\nhello\nroot@screen-1:~$")


def test_a_key_changes_one_line(client: Client, vm: str) -> None:
    with connected(client, f"ref={console(client, vm)}") as (_, receive, send):
        screen = Screen(receive, send)
        screen.ask(incremental=False)
        assert shows(screen, "login:")
        screen.ask()
        screen.type("x")
        ((x, _, width, height),) = screen.update()
        assert (x, width, height) == (0, screen.width, 16)


def test_other_pixels(client: Client, vm: str) -> None:
    with connected(client, f"ref={vm}") as (_, receive, send):
        screen = Screen(receive, send, (0,))
        send(struct.pack(">B3x", 0) + struct.pack(">BBBBHHHBBB3x", 16, 16, 0, 1, 31, 63, 31, 11, 5, 0))
        screen.ask(incremental=False)
        kind, count = struct.unpack(">BxH", receive(4))
        assert (kind, count) == (0, screen.height // 16)
        _, _, width, height, encoding = struct.unpack(">HHHHi", receive(12))
        assert (width, height, encoding) == (screen.width, 16, 0)
        assert len(set(struct.unpack(f"<{width * height}H", receive(width * height * 2)))) == 2


def test_a_websocket_speaks_the_same(client: Client, vm: str) -> None:
    url = f"{client.url.replace('http', 'ws')}/console?uuid={client.call('console.get_uuid', console(client, vm))}"
    with websocket(url, subprotocols=["binary"], additional_headers={"Cookie": f"session_id={client.session}"}) as socket_:  # type: ignore[list-item]
        assert socket_.subprotocol == "binary"
        held = b""

        def receive(count: int) -> bytes:
            nonlocal held
            while len(held) < count:
                part = socket_.recv(20)
                assert isinstance(part, bytes)
                held += part
            data, held = held[:count], held[count:]
            return data

        screen = Screen(receive, socket_.send)
        screen.ask(incremental=False)
        assert shows(screen, "login:")
        screen.type("me\n")
        assert shows(screen, "me@screen-1:~$")


def test_a_websocket_gets_binary_even_if_it_asked_for_nothing(client: Client, vm: str) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    parts = urlsplit(client.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as raw:
        raw.sendall((f"GET /console?ref={vm}&session_id={client.session} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                     f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())  # fmt: skip
        head = raw.recv(4096)
        assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert b"\r\nSec-WebSocket-Protocol: binary\r\n" in head


def test_the_text_console(client: Client, vm: str) -> None:
    until(lambda: len(client.call("VM.get_consoles", vm)) == 2)
    with connected(client, f"ref={console(client, vm, 'vt100')}") as (status, receive, send):
        assert status.endswith("200 OK")
        seen = b""
        while b"screen-1 login: " not in seen:
            seen += receive(1)
        send(b"root\r")
        seen = b""
        while b"root@screen-1:~$ " not in seen:
            seen += receive(1)


def test_a_picture_of_the_screen(client: Client, vm: str) -> None:
    reply = get(client, "/vncsnapshot", uuid=client.call("VM.get_uuid", vm))
    assert reply.status == 200
    assert reply.headers["content-type"] == "image/jpeg"
    assert reply.body[:2] == b"\xff\xd8"
    assert reply.body[-2:] == b"\xff\xd9"


def test_the_screen_goes_with_the_domain(client: Client, vm: str) -> None:
    old = console(client, vm)
    with connected(client, f"ref={old}") as (_, receive, send):
        Screen(receive, send)
        client.call("VM.hard_reboot", vm)
        assert receive(1) == b""
    assert console(client, vm) != old
    with connected(client, f"ref={old}") as (status, _, _):
        assert status == "HTTP/1.1 404 Not Found"


@pytest.mark.parametrize("query", ["uuid=nobody", "ref=OpaqueRef:nobody", "x=y"])
def test_no_such_console_is_404(client: Client, query: str) -> None:
    with connected(client, query) as (status, _, _):
        assert status.startswith("HTTP/1.1 404")
    assert http(f"{client.url}/vncsnapshot?{query}&session_id={client.session}").status == 404


def test_a_halted_vm_has_no_screen(client: Client, vm: str) -> None:
    client.call("VM.hard_shutdown", vm)
    with connected(client, f"ref={vm}") as (status, _, _):
        assert status.startswith("HTTP/1.1 404")


def test_without_a_session_there_is_no_console(client: Client, vm: str) -> None:
    with connected(Client(client.url), f"ref={vm}") as (status, _, _):
        assert status.startswith("HTTP/1.1 401")


def test_one_viewer_a_vm_if_the_pool_says_so(pool: SimulatedPool, client: Client, vm: str) -> None:
    pool.do(lambda inside: inside.db.set(inside.ref, limit_console_sessions=True))
    try:
        with connected(client, f"ref={vm}") as (_, receive, send):
            Screen(receive, send)
            with connected(client, f"ref={vm}") as (status, _, _):
                assert status.startswith("HTTP/1.1 503")
    finally:
        pool.do(lambda inside: inside.db.set(inside.ref, limit_console_sessions=False))


def test_nonsense_ends_the_connection(client: Client, vm: str) -> None:
    with connected(client, f"ref={vm}") as (_, receive, send):
        receive(12)
        send(b"what is this")
        assert receive(1) == b""


def test_who_touches_nothing_is_shown_out(pool: SimulatedPool, client: Client, vm: str) -> None:
    client.call("pool.set_vm_console_idle_timeout", pool.inside.ref, 60)  # 1.2 s of ours
    try:
        with connected(client, f"ref={vm}") as (_, receive, send):
            screen = Screen(receive, send)
            began = pool.do(lambda inside: inside.clock.now())
            while pool.do(lambda inside: inside.clock.now()) < began + 90:
                send(struct.pack(">BBHH", 5, 0, 10, 10))  # the mouse
                screen.ask(incremental=False)
                screen.update()
            assert receive(1) == b""
            assert pool.do(lambda inside: inside.clock.now()) > began + 150
    finally:
        client.call("pool.set_vm_console_idle_timeout", pool.inside.ref, 0)


@pytest.mark.parametrize(("version", "chosen"), [(b"RFB 003.003\n", False), (b"RFB 003.005\n", False), (b"RFB 003.007\n", True)])
def test_older_clients_shake_hands_as_well(client: Client, vm: str, version: bytes, chosen: bool) -> None:
    with connected(client, f"ref={vm}") as (_, receive, send):
        assert receive(12) == b"RFB 003.008\n"
        send(version)
        assert receive(2 if chosen else 4) == (b"\1\1" if chosen else bytes((0, 0, 0, 1)))
        send(b"\1\1" if chosen else b"\1")
        width, _ = struct.unpack(">HH", receive(4))
        assert width % 8 == 0
        assert receive(16)[0] == 32
        assert receive(int.from_bytes(receive(4), "big")) == b"screen-1"


def test_keys_with_their_codes(client: Client, vm: str) -> None:
    with connected(client, f"ref={vm}") as (_, receive, send):
        screen = Screen(receive, send)
        screen.ask(incremental=False)
        assert shows(screen, "login:")
        for char in "qemu":
            send(struct.pack(">BBHII", 255, 0, 1, ord(char), 16))
        assert shows(screen, "login: qemu")
