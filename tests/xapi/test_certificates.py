import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.xapi.answers import answering, http, result
from xo_dash.simulator import certificate
from xo_dash.simulator.testing import SimulatedPool, simulated
from xo_dash.xapi import tls
from xo_dash.xapi.address import Address
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadCertificate, NoTls, Unreachable
from xo_dash.xapi.streams import DownloadStream, open_stream
from xo_dash.xapi.tls import Trust


@dataclass(frozen=True)
class Secured:
    pool: SimulatedPool
    certificate: Path
    fingerprint: str

    def connection(self, trust: Trust) -> Connection:
        return Connection(Address.parse(self.pool.url), self.pool.user, self.pool.password, trust, originator="test")


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A pool whose certificate nobody trusted signed."""
    cert, key = certificate.write(tmp_path_factory.mktemp("tls"))
    with simulated(vms=(1,), speed=0, tls_cert=cert, tls_key=key) as simulation:
        yield Secured(simulation.pool, cert, tls.fingerprint(ssl.PEM_cert_to_DER_cert(cert.read_text())))


async def test_an_unknown_certificate_is_refused_with_its_fingerprint(secured: Secured) -> None:
    connection = secured.connection(Trust())
    with pytest.raises(BadCertificate) as caught:
        await connection.sign_in()
    assert (caught.value.expected, caught.value.actual) == ("", secured.fingerprint)
    await connection.close()


async def test_a_pinned_certificate_is_accepted_for_any_name(secured: Secured) -> None:
    connection = secured.connection(Trust.pinned([tls.readable(secured.fingerprint)]))
    await connection.sign_in()
    assert len(await connection.call("VM.get_all")) >= 1
    await connection.close()


async def test_what_is_transferred_by_a_thread_is_checked_and_read_the_same_way(secured: Secured) -> None:
    connection = secured.connection(Trust.pinned([secured.fingerprint]))
    await connection.sign_in()
    stream, came = await connection.transfer("GET", "/pool/xmldbdump", {}), bytearray()
    assert isinstance(stream, DownloadStream)
    await stream.pass_on(came.extend)
    assert came.startswith(b"<?xml") and came.endswith(b"</database>") and stream.passed == len(came)
    stream.close()
    stream = await connection.transfer("GET", "/pool/xmldbdump", {})
    assert b"".join([bytes(piece) async for piece in stream.pieces()]).endswith(b"</database>")
    stream.close()
    with pytest.raises(BadCertificate):
        await open_stream(connection.hosts.address, Trust.pinned(["ab" * 32]), "GET", "/pool/xmldbdump", {}, {})
    await connection.close()


async def test_a_changed_certificate_is_refused_with_both_shown(secured: Secured) -> None:
    connection = secured.connection(Trust.pinned(["ab" * 32]))
    with pytest.raises(BadCertificate) as caught:
        await connection.sign_in()
    assert (caught.value.expected, caught.value.actual) == ("ab" * 32, secured.fingerprint)
    assert not secured.pool.do(lambda pool: pool.sessions.users())
    await connection.close()


async def test_a_trusted_authority_is_enough(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(secured.certificate))
    connection = secured.connection(Trust())
    await connection.sign_in()
    await connection.close()


def test_the_fingerprint_can_be_seen_before_anything_is_sent(secured: Secured) -> None:
    address = Address.parse(secured.pool.url)
    assert tls.presented(address) == secured.fingerprint
    assert tls.readable(secured.fingerprint).count(":") == 31
    assert tls.normal(tls.readable(secured.fingerprint)) == secured.fingerprint


def test_plain_http_is_no_secret_https() -> None:
    with answering(result(b'""')) as host, pytest.raises(Unreachable):
        tls.connect(Address("127.0.0.1", host.address.port, secure=True), Trust(), timeout=0.3)


def seconds_to_fail(port: int) -> tuple[float, Unreachable]:
    begin = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        tls.connect(Address("127.0.0.1", port, secure=True), Trust())
    return time.monotonic() - begin, caught.value


@pytest.mark.parametrize("answer", [result(b'""'), http(b"", status="403 Forbidden")])
def test_a_port_without_tls_is_told_from_silence_and_sooner(answer: bytes) -> None:
    with answering(answer) as host, answering(None) as silent:
        soon, error = seconds_to_fail(host.address.port)
        late, nothing = seconds_to_fail(silent.address.port)
        assert isinstance(error, NoTls) and error.address == f"https://127.0.0.1:{host.address.port}"
    assert not isinstance(nothing, NoTls) and soon * 2 < late


def test_a_port_that_answers_tls_with_its_own_words_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
                connection.recv(1 << 16)

        thread = threading.Thread(target=greet)
        thread.start()
        _taken, error = seconds_to_fail(listening.getsockname()[1])
        thread.join()
    assert isinstance(error, NoTls)


def test_a_server_that_says_this_was_a_bad_request_may_have_tls() -> None:
    with answering(http(b"", status="400 Bad Request")) as host:
        assert not isinstance(seconds_to_fail(host.address.port)[1], NoTls)


def test_plain_http_needs_a_yes_but_on_loopback() -> None:
    far = Address.parse("http://192.0.2.1")
    assert not Trust().allows(far) and Trust(plain=True).allows(far)
    assert Trust().allows(Address.parse("http://127.0.0.1"))
    with pytest.raises(BadCertificate, match="plain http"):
        tls.connect(far, Trust())
