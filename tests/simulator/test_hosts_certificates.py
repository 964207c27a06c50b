"""Certificates: of hosts, and those that a pool trusts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.simulator.client import Client
from xo_dash.simulator import certificate
from xo_dash.simulator.testing import SimulatedPool, simulated

PEM = serialization.Encoding.PEM


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def private(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def made(key: rsa.RSAPrivateKey, *, begin: int = -1, days: int = 10) -> str:
    """PEM, valid from `begin` days from now on."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "of a test")])
    start = datetime.now(UTC) + timedelta(days=begin)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = built.not_valid_before(start).not_valid_after(start + timedelta(days=days)).sign(key, hashes.SHA256())
    return signed.public_bytes(PEM).decode()


@pytest.fixture
def host(pool: SimulatedPool) -> str:
    return pool.do(lambda inside: inside.master.ref)


def row(client: Client, host: str) -> dict[str, str]:
    (found,) = [r for r in client.call("Certificate.get_all_records").values() if r["host"] == host and r["type"] == "host"]
    return dict(found)


def fingerprint(pem: str) -> str:
    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex(":").upper()


def test_a_hosts_own_certificate(client: Client, host: str) -> None:
    known = row(client, host), client.call("host.get_certificates", host)
    told = client.call("host.get_server_certificate", host)
    assert known == (row(client, host), client.call("host.get_certificates", host)), "a question changes nothing"
    assert row(client, host)["fingerprint_sha256"] == fingerprint(told)
    assert client.call("host.get_server_certificate", host) == told
    client.call("host.reset_server_certificate", host)
    assert client.call("host.get_server_certificate", host) != told


def test_with_tls_it_is_the_one_that_the_server_shows(tmp_path: Path) -> None:
    cert, key = certificate.write(tmp_path)
    with simulated(hosts=(2,), vms=(0,), tls_cert=cert, tls_key=key) as simulation:
        pool = simulation.pool
        prints = {record["fingerprint_sha256"] for record in pool.call("Certificate.get_all_records").values()}
        assert prints == {fingerprint(cert.read_text())}, "before anybody asked for it"
        host = pool.do(lambda inside: inside.master.ref)
        assert pool.call("host.get_server_certificate", host) == cert.read_text()


def test_another_is_installed(client: Client, host: str, key: rsa.RSAPrivateKey) -> None:
    install, pem = "host.install_server_certificate", made(key)
    client.call(install, host, pem, private(key), "")
    assert client.call("host.get_server_certificate", host) == pem
    assert row(client, host)["fingerprint_sha256"] == fingerprint(pem)
    assert client.failure(install, host, pem, "no key") == ["SERVER_CERTIFICATE_KEY_INVALID"]
    assert client.failure(install, host, pem, private(ec.generate_private_key(ec.SECP256R1())))[0] == (
        "SERVER_CERTIFICATE_KEY_ALGORITHM_NOT_SUPPORTED")  # fmt: skip
    assert client.failure(install, host, pem, private(rsa.generate_private_key(65537, 1024))) == [
        "SERVER_CERTIFICATE_KEY_RSA_LENGTH_NOT_SUPPORTED", "1024"]  # fmt: skip
    assert client.failure(install, host, "none", private(key)) == ["SERVER_CERTIFICATE_INVALID"]
    assert client.failure(install, host, made(key, begin=2), private(key))[0] == "SERVER_CERTIFICATE_NOT_VALID_YET"
    assert client.failure(install, host, made(key, begin=-9, days=3), private(key))[0] == "SERVER_CERTIFICATE_EXPIRED"
    assert client.failure(install, host, made(rsa.generate_private_key(65537, 2048)), private(key)) == ["SERVER_CERTIFICATE_KEY_MISMATCH"]
    assert client.failure(install, host, pem, private(key), "no chain") == ["SERVER_CERTIFICATE_CHAIN_INVALID"]


def test_what_a_pool_trusts(client: Client, key: rsa.RSAPrivateKey) -> None:
    pem = made(key)
    client.call("pool.install_ca_certificate", "ours.pem", pem)
    assert client.call("pool.certificate_list") == ["ours.pem"]
    assert client.failure("pool.install_ca_certificate", "ours.pem", pem) == ["CERTIFICATE_ALREADY_EXISTS", "ours.pem"]
    assert client.failure("pool.install_ca_certificate", "../ours", pem) == ["CERTIFICATE_NAME_INVALID", "../ours"]
    assert client.failure("pool.install_ca_certificate", "../ours", "x") == ["CA_CERTIFICATE_INVALID"]
    client.call("pool.uninstall_ca_certificate", "ours.pem")
    assert client.failure("pool.uninstall_ca_certificate", "ours.pem") == ["CERTIFICATE_DOES_NOT_EXIST", "ours.pem"]
    assert client.failure("pool.crl_uninstall", "gone.pem") == ["CRL_DOES_NOT_EXIST", "gone.pem"]
    (pool,) = client.call("pool.get_all")
    client.call("pool.install_trusted_certificate", pool, False, pem, ["ldaps"])
    assert client.failure("pool.install_trusted_certificate", pool, False, pem, ["ldaps"]) == [
        "TRUSTED_CERTIFICATE_ALREADY_EXISTS", fingerprint(pem)]  # fmt: skip
    (pinned,) = [ref for ref, r in client.call("Certificate.get_all_records").items() if r["type"] == "pinned"]
    client.call("pool.uninstall_trusted_certificate", pool, pinned)
    assert pinned not in client.call("Certificate.get_all")
