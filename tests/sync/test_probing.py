"""What the dialog that adds a server is told, and pinned certificates from then on."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.server import ServerState
from data.stores.servers import TlsMode
from tests.sync.house import House
from tests.waiting import until
from tests.xapi.answers import answering, http
from xo_dash.simulator import certificate
from xo_dash.simulator.testing import SimulatedPool, simulated
from xo_dash.sync.probe import probe
from xo_dash.xapi import tls
from xo_dash.xapi.errors import BadAddress, BadCertificate, BadPassword, BadReply, Unreachable
from xo_dash.xapi.tls import Trust


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[SimulatedPool, str]]:
    """A pool with a certificate of its own, and its fingerprint."""
    cert, key = certificate.write(tmp_path)
    with simulated(vms=(1,), speed=1, tls_cert=cert, tls_key=key) as simulation:
        yield simulation.pool, tls.fingerprint(ssl.PEM_cert_to_DER_cert(cert.read_text()))


async def test_junk_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(BadAddress):
        await probe("http//xen")


async def test_nobody_there(pool: SimulatedPool, simulation: object) -> None:
    url = pool.url
    simulation.stop()  # type: ignore[attr-defined]
    found = await probe(url, "root", "x")
    simulation.start()  # type: ignore[attr-defined]
    assert not found.reachable and isinstance(found.error, Unreachable) and not found.trusted


async def test_loopback_in_the_clear_needs_no_question(pool: SimulatedPool) -> None:
    found = await probe(pool.url, pool.user, pool.password)
    assert found.reachable and found.plain and found.trusted and found.pool is not None
    assert found.pool.uuid == next(iter(pool.call("pool.get_all_records").values()))["uuid"]


async def test_an_unknown_certificate_is_shown_and_no_password_sent(secured: tuple[SimulatedPool, str]) -> None:
    pool, fingerprint = secured
    found = await probe(pool.url, pool.user, pool.password)
    assert (found.reachable, found.plain, found.trusted, found.verified) == (True, False, False, False)
    assert found.fingerprint == fingerprint and tls.normal(found.readable_fingerprint) == fingerprint
    assert isinstance(found.error, BadCertificate) and found.pool is None
    assert not [record for _ref, record in pool.do(lambda inside: list(inside.db.records("session"))) if "xo-dash" in record["originator"]]


async def test_after_a_yes_it_is_signed_in(secured: tuple[SimulatedPool, str]) -> None:
    pool, fingerprint = secured
    found = await probe(pool.url, pool.user, pool.password, Trust.pinned([fingerprint]))
    assert found.trusted and not found.verified and found.pool is not None


async def test_a_wrong_password_is_told(quick_pool: SimulatedPool) -> None:
    found = await probe(quick_pool.url, quick_pool.user, "wrong")
    assert found.reachable and isinstance(found.error, BadPassword) and found.pool is None


async def test_what_is_not_xapi_is_told() -> None:
    with answering(http(b"<html>Welcome</html>", kind="text/html")) as host:
        found = await probe(host.address.url, "root", "x")
    assert found.reachable and isinstance(found.error, BadReply)


async def test_a_pinned_pool_is_live_and_a_changed_certificate_is_refused(secured: tuple[SimulatedPool, str], home: House) -> None:
    pool, fingerprint = secured
    mirror = await home.live(await home.add(pool, tls=TlsMode.PINNED, fingerprint=tls.readable(fingerprint)))
    await until(lambda: home.record(mirror).pool_uuid)
    rows = len(mirror.counts)
    await home.servers.edit(mirror.id, fingerprint="ab" * 32, host_fingerprints=())
    await home.becomes(mirror, ServerState.BAD_CERTIFICATE)
    assert mirror.server.detail == ("ab" * 32, fingerprint) and len(mirror.counts) == rows
    await home.servers.edit(mirror.id, fingerprint=fingerprint)
    await home.live(mirror)


async def test_without_a_yes_an_unknown_certificate_is_refused(secured: tuple[SimulatedPool, str], home: House) -> None:
    pool, fingerprint = secured
    mirror = await home.add(pool)
    await home.becomes(mirror, ServerState.BAD_CERTIFICATE)
    assert mirror.server.detail == ("", fingerprint)


async def test_the_pool_itself_tells_its_other_hosts_certificates(secured: tuple[SimulatedPool, str], home: House) -> None:
    pool, fingerprint = secured
    mirror = await home.live(await home.add(pool, tls=TlsMode.PINNED, fingerprint=fingerprint))
    host = pool.call("host.get_all")[0]
    row = {"name": "", "type": "host", "host": host, "fingerprint_sha256": tls.readable("cd" * 32)}
    pool.do(lambda inside: inside.db.create("Certificate", row))
    await until(lambda: "cd" * 32 in home.servers.connection(mirror.id).trust.pins)
    assert home.servers.connection(mirror.id).trust.pins[0] == fingerprint
    await until(lambda: tls.readable("cd" * 32) in home.record(mirror).host_fingerprints)
