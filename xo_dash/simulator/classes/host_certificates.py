"""The certificates of hosts: what they show, what their rows tell of it, and others that are installed."""

from __future__ import annotations

from pathlib import Path

from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from . import certificates
from .host_forward import on_host


def held(pool: Pool) -> dict[str, str]:
    """{host: PEM}"""
    found: dict[str, str] = pool.facts.setdefault("certificates", {})
    return found


def row(pool: Pool, host: str, kind: str) -> str:
    return next((ref for ref, record in pool.db.records("Certificate") if record["host"] == host and record["type"] == kind), "")


def put(pool: Pool, host: str, kind: str, pem: str) -> None:
    """In place of the one it has."""
    if old := row(pool, host, kind):
        pool.db.destroy(old)
    pool.db.create("Certificate", {"type": kind, "host": host, **certificates.fields(pem)})
    if kind == "host":
        held(pool)[host] = pem


def fresh(pool: Pool, host: str) -> str:
    record = pool.db.record("host", host)
    return certificates.self_signed(record["hostname"], record["address"], pool.clock.now())


def shown(pool: Pool, host: str) -> str:
    """What the host shows; its row tells of the same. With TLS that is what the server has, until another is installed."""
    if host not in held(pool):
        served: Path | None = pool.facts.get("certificate")
        held(pool)[host] = pem = served.read_text("ascii") if served else fresh(pool, host)
        if found := row(pool, host, "host"):
            pool.db.set(found, **certificates.fields(pem))
        else:
            put(pool, host, "host", pem)
    return held(pool)[host]


def tell_of_all(pool: Pool) -> None:
    """Rows that there are; a pool from a database of before them has none."""
    for host in pool.db.rows("host"):
        if row(pool, host, "host"):
            shown(pool, host)


@on_host("host.get_server_certificate")
def get_server_certificate(call: Call, host: str) -> str:
    return shown(call.pool, host)


@on_host("host.install_server_certificate")
def install_server_certificate(call: Call, host: str, certificate: str, private_key: str, certificate_chain: str = "") -> str:
    if call.db.get(call.pool.ref, "ha_enabled"):
        raise XapiError("HA_IS_ENABLED")
    certificates.check_server(certificate, private_key, certificate_chain, call.clock.now())
    put(call.pool, host, "host", certificate)
    return ""


@on_host("host.reset_server_certificate")
def reset_server_certificate(call: Call, host: str) -> str:
    if call.db.get(call.pool.ref, "ha_enabled"):
        raise XapiError("HA_IS_ENABLED")
    put(call.pool, host, "host", fresh(call.pool, host))
    return ""


@on_host("host.refresh_server_certificate")
def refresh_server_certificate(call: Call, host: str) -> str:
    """The one for talks inside the pool."""
    put(call.pool, host, "host_internal", fresh(call.pool, host))
    return ""


@message("host.emergency_reset_server_certificate")
def emergency_reset_server_certificate(call: Call) -> str:
    put(call.pool, call.host.ref, "host", fresh(call.pool, call.host.ref))
    return ""


@message("host.emergency_disable_tls_verification")
def emergency_disable_tls_verification(call: Call) -> str:
    call.db.set(call.host.ref, tls_verification_enabled=False)
    return ""


@message("host.emergency_reenable_tls_verification")
def emergency_reenable_tls_verification(call: Call) -> str:
    if not call.db.get(call.pool.ref, "tls_verification_enabled"):
        raise XapiError("TLS_VERIFICATION_NOT_ENABLED_IN_POOL")
    call.db.set(call.host.ref, tls_verification_enabled=True)
    return ""


@message("pool.enable_tls_verification")
def enable_tls_verification(call: Call) -> str:
    call.db.set(call.pool.ref, tls_verification_enabled=True)
    for host in call.db.rows("host"):
        call.db.set(host, tls_verification_enabled=True)
    return ""
