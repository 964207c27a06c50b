"""What is no pool, or none yet: the right state, one clear sentence, a bounded effort, and no error in the log."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from components.servers.words import probe_fault, sentence
from data.objects import VM
from data.server import ServerState
from data.stores.servers import TlsMode
from tests.foreign import sources
from tests.foreign.eyes import eyes_on
from tests.foreign.stranger import PASSWORD, Manner, stranger
from tests.sync.house import House
from tests.waiting import until
from xo_dash.simulator.certificate import write
from xo_dash.xapi import wire

PAGE = b"<html><title>Sign in</title></html>"
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

ANSWERS = {
    "a page to sign in": HTML,
    "not HTTP": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "bytes": bytes(range(256)) * 20,
    "nothing": b"",
    "half of an answer": OK + b'Content-Length: 4000\r\n\r\n{"jsonrpc":',
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 500,
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
    "a length below zero": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    "chunks that are none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
    "too much": OK + b"Content-Length: 99999999999\r\n\r\n{",
    "a list": OK + b"Content-Length: 2\r\n\r\n[]",
    "null": OK + b"Content-Length: 4\r\n\r\nnull",
    "an odd error": OK + b'Content-Length: 20\r\n\r\n{"error":{"code":[]}}',
    "no error's name": OK + b'Content-Length: 12\r\n\r\n{"error":[]}',
    "a deep list": OK + b"Content-Length: 100000\r\n\r\n" + b"[" * 100000,
    "an unknown encoding": OK + b"Content-Encoding: br\r\nContent-Length: 4\r\n\r\n\x8b\x01\x80\x03",
}


@contextmanager
def saying(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of one who says this to everybody, and hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _address = listening.accept()
            except OSError:
                return
            with raw, suppress(OSError):
                connection = context.wrap_socket(raw, server_side=True) if context else raw
                with connection:
                    connection.settimeout(5)
                    connection.recv(65536)
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                    connection.settimeout(0.1)
                    while connection.recv(65536):
                        pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(6)


def is_a_sentence(text: str) -> bool:
    return text[:1].isupper() and text.endswith(".") and "Error" not in text and "None" not in text and "{" not in text and len(text) < 500


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_what_is_no_xapi_is_said_in_a_sentence(answer: bytes, home: House) -> None:
    with saying(answer) as port:
        record = await home.servers.add(f"http://127.0.0.1:{port}", "root", "x", tls=TlsMode.PLAIN)
        live = home.mirror.pools[record.id].server
        await until(lambda: live.state is ServerState.UNREACHABLE)
        assert is_a_sentence(sentence(live)), sentence(live)
        probe = await home.servers.probe(f"http://127.0.0.1:{port}", "root", "x", tls=TlsMode.PLAIN)
        field, said = probe_fault(probe.error, str(probe.address))
        assert field == "address" and is_a_sentence(said), said


async def test_the_pages_say_it_too(home: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with saying(HTML) as port:
        record = await home.servers.add(f"http://127.0.0.1:{port}", "root", "x", tls=TlsMode.PLAIN)
        live = home.mirror.pools[record.id].server
        await until(lambda: live.state is ServerState.UNREACHABLE)
        async with eyes_on(home, folder, monkeypatch) as eyes:
            assert sentence(live) in await eyes.read("/settings") and "a web page" in sentence(live)
            await eyes.read_everything()


async def test_a_page_on_the_secure_port(home: House, tmp_path: Path) -> None:
    context, fingerprint = secure(tmp_path)
    with saying(HTML, context) as port:
        probe = await home.servers.probe(f"127.0.0.1:{port}")
        assert probe.reachable and not probe.trusted and probe.fingerprint == fingerprint
        record = await home.servers.add(f"127.0.0.1:{port}", "root", "x", tls=TlsMode.PINNED, fingerprint=fingerprint)
        live = home.mirror.pools[record.id].server
        await until(lambda: live.state is ServerState.UNREACHABLE)
        assert "not like a XenServer or XCP-ng host" in sentence(live)


def secure(folder: Path) -> tuple[ssl.SSLContext, str]:
    import hashlib

    certificate, key = write(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    der = ssl.PEM_cert_to_DER_cert(Path(certificate).read_text())
    return context, hashlib.sha256(der).hexdigest()


REFUSALS = {
    "booting": (Manner(failure=("HOST_STILL_BOOTING",)), "The pool responds, but: the host is still starting"),
    "emergency": (Manner(failure=("HOST_MASTER_CANNOT_TALK_BACK", "10.0.0.1")), "The pool responds, but: "),
    "a code of a later version": (Manner(failure=("QUANTUM_DECOHERED", "x", "")), "The pool responds, but: "),
    "a code with words": (Manner(failure=("Fault", "No such thing")), "No response: Fault No such thing"),
    "moved for good": (Manner(status=301, location="https://elsewhere.invalid/"), "The address responds, but not like"),
    "moved for now": (Manner(status=307, location="/other"), "The address responds, but not like"),
    "a wall": (Manner(status=401), "The address responds, but not like"),
    "zipped": (Manner(zipped=True), "The address responds, but not like"),
    "broken off": (Manner(cut=200), "The address responds, but not like"),
    "a circle": (Manner(master="127.0.0.1"), "The pool responds, but: the address belongs to a member"),
    "a master elsewhere": (Manner(master="192.0.2.1"), "This host is a pool member; its master is 192.0.2.1."),
    "a master without a name": (Manner(master=" "), ""),
    "a master that is nobody": (Manner(master="not an address!"), ""),
}


@pytest.mark.parametrize(("manner", "begin"), REFUSALS.values(), ids=REFUSALS)
async def test_who_refuses_is_understood(manner: Manner, begin: str, home: House) -> None:
    with stranger(sources.own(), manner) as server:
        record = await home.servers.add(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
        live = home.mirror.pools[record.id].server
        await until(lambda: live.state is ServerState.UNREACHABLE)
        assert sentence(live).startswith(begin) and is_a_sentence(sentence(live)), sentence(live)
        probe = await home.servers.probe(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
        if probe.error is not None:  # a look does not read events
            assert is_a_sentence(probe_fault(probe.error, str(probe.address))[1]), probe_fault(probe.error, str(probe.address))


async def test_a_wrong_password_is_said(home: House) -> None:
    with stranger(sources.own()) as server:
        record = await home.servers.add(server.url, "root", "wrong", tls=TlsMode.PLAIN)
        live = home.mirror.pools[record.id].server
        await until(lambda: live.state is ServerState.BAD_PASSWORD)
        assert server.calls == ["session.login_with_password"] and is_a_sentence(sentence(live))


@pytest.mark.parametrize("count", [0, 2])
async def test_there_is_one_pool_or_it_is_none(count: int, home: House) -> None:
    records = sources.own()
    ((ref, row),) = records["pool"].items()
    records["pool"] = {f"{ref}{number}": row for number in range(count)}
    with stranger(records) as server:
        record = await home.servers.add(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
        live = home.mirror.pools[record.id].server
        await until(lambda: live.state is ServerState.UNREACHABLE)
        assert "not one pool" in sentence(live) and is_a_sentence(sentence(live))


async def test_a_reply_is_read_up_to_a_bound(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first state of any size would be more than the machine has; so is one in chunks without an end."""
    monkeypatch.setattr(wire.Wire.__init__, "__defaults__", (4 << 20,))
    records = sources.own()
    records["VM"]["OpaqueRef:vm"]["other_config"] = {"much": "x" * (5 << 20)}
    for chunked in (False, True):
        with stranger(records, Manner(chunked=chunked)) as server:
            record = await home.servers.add(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
            live = home.mirror.pools[record.id].server
            await until(lambda: live.state is ServerState.UNREACHABLE)  # noqa: B023
            assert "more than" in sentence(live), sentence(live)
            assert not home.mirror.pools[record.id].all(VM)
            await home.servers.remove(record.id)
