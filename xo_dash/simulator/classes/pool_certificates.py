"""Certificates that a pool trusts, and lists of those that are revoked."""

from __future__ import annotations

import re

from cryptography import x509

from .. import machine
from ..call import Call
from ..database import Database
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from . import certificates, host_certificates

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.pem")


def named(db: Database) -> dict[str, str]:
    """{name: row} of those that were installed by name."""
    return {row["name"]: ref for ref, row in db.records("Certificate") if row["type"] == "ca" and row["name"]}


def revoked(call: Call) -> dict[str, str]:
    """{name: PEM}; there is no class of them."""
    found: dict[str, str] = call.pool.facts.setdefault("crls", {})
    return found


def check_name(name: str, kind: str) -> None:
    if not NAME.fullmatch(name):
        raise XapiError(f"{kind}_NAME_INVALID", name)


@message("pool.install_ca_certificate", "pool.certificate_install")
def install_ca_certificate(call: Call, name: str, cert: str) -> str:
    """What it is comes first, then what it is to be called."""
    certificates.check_valid(cert, call.clock.now(), certificates.AUTHORITY)
    check_name(name, "CERTIFICATE")
    if name in named(call.db):
        raise XapiError("CERTIFICATE_ALREADY_EXISTS", name)
    call.db.create("Certificate", {"type": "ca", "name": name, **certificates.fields(cert)})
    return ""


@message("pool.uninstall_ca_certificate", "pool.certificate_uninstall")
def uninstall_ca_certificate(call: Call, name: str, force: bool = False) -> str:
    check_name(name, "CERTIFICATE")
    found = named(call.db).get(name)
    if found:
        call.db.destroy(found)
    elif not force:
        raise XapiError("CERTIFICATE_DOES_NOT_EXIST", name)
    return ""


@message("pool.certificate_list")
def certificate_list(call: Call) -> list[str]:
    return sorted(named(call.db))


@message("pool.certificate_sync")
def certificate_sync(_call: Call) -> str:
    return ""


@message("pool.crl_install")
def crl_install(call: Call, name: str, cert: str) -> str:
    check_name(name, "CRL")
    if name in revoked(call):
        raise XapiError("CRL_ALREADY_EXISTS", name)
    try:
        x509.load_pem_x509_crl(cert.encode())
    except ValueError:
        raise XapiError("CRL_CORRUPT", name) from None
    revoked(call)[name] = cert
    return ""


@message("pool.crl_uninstall")
def crl_uninstall(call: Call, name: str) -> str:
    check_name(name, "CRL")
    if revoked(call).pop(name, None) is None:
        raise XapiError("CRL_DOES_NOT_EXIST", name)
    return ""


@message("pool.crl_list")
def crl_list(call: Call) -> list[str]:
    return sorted(revoked(call))


# by reference, as newer xapis have it


@message("pool.install_trusted_certificate")
def install_trusted_certificate(call: Call, _pool: str, ca: bool, cert: str, purpose: list[str]) -> str:
    """An authority, or one server's own: then it has to be for something."""
    certificates.check_valid(cert, call.clock.now(), certificates.TRUSTED)
    if not ca and not purpose:
        raise XapiError("CERTIFICATE_LACKS_PURPOSE")
    fields, kind = certificates.fields(cert), "ca" if ca else "pinned"
    fingerprint = fields["fingerprint_sha256"]
    for _, row in call.db.records("Certificate"):
        if row["type"] == kind and not row["name"] and row["fingerprint_sha256"] == fingerprint:
            raise XapiError("TRUSTED_CERTIFICATE_ALREADY_EXISTS", fingerprint)
    call.db.create("Certificate", {"type": kind, "purpose": purpose, **fields})
    return ""


@message("pool.uninstall_trusted_certificate")
def uninstall_trusted_certificate(call: Call, _pool: str, certificate: str) -> str:
    if call.db.get(certificate, "type") not in ("ca", "pinned"):
        raise XapiError("NOT_TRUSTED_CERTIFICATE", certificate)
    call.db.destroy(certificate)
    return ""


@message("pool.sync_trusted_certificates_from")
def sync_trusted_certificates_from(
    call: Call, _pool: str, remote_pool: str, remote_session: str, remote_certificate: str, ca: bool
) -> list[str]:
    """Those that a pool of this program trusts, without what is here already; its master must show `remote_certificate`."""
    there = pool_at(call.pool, remote_pool)
    shown = host_certificates.shown(there, there.master.ref)
    if shown.split() != remote_certificate.split():
        raise XapiError("SSL_VERIFY_ERROR", "self signed certificate")
    there.sessions.get(remote_session)
    kind, here = "ca" if ca else "pinned", call.db
    held = {(row["fingerprint_sha256"], *sorted(row["purpose"])) for _, row in here.records("Certificate") if row["type"] == kind}
    fetched = [row for _, row in there.db.records("Certificate") if row["type"] == kind and not row["name"]]
    new = [row for row in fetched if (row["fingerprint_sha256"], *sorted(row["purpose"])) not in held]
    return [here.create("Certificate", {k: v for k, v in row.items() if k not in ("uuid", "host")}) for row in new]


def pool_at(pool: Pool, address: str) -> Pool:
    """TLS_CONNECTION_FAILED where no pool of this program has its master."""
    for other in pool.facts.get("program", ()):
        if isinstance(other, Pool) and other.master.address == address and machine.is_up(other, other.master.ref):
            return other
    raise XapiError("TLS_CONNECTION_FAILED", address, 443)
