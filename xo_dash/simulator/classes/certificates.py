"""Certificates as PEM: what is in them, and what a host's own must be like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from ..clock import iso
from ..errors import XapiError

RSA_BITS = range(2048, 4097)
DIGESTS = ("sha256", "sha512")


@dataclass(frozen=True, slots=True)
class Refusals:
    """What to say of a certificate that is none, is not valid yet, or is no more."""

    invalid: str
    early: str
    late: str


SERVER = Refusals("SERVER_CERTIFICATE_INVALID", "SERVER_CERTIFICATE_NOT_VALID_YET", "SERVER_CERTIFICATE_EXPIRED")
AUTHORITY = Refusals("CA_CERTIFICATE_INVALID", "CA_CERTIFICATE_NOT_VALID_YET", "CA_CERTIFICATE_EXPIRED")
TRUSTED = Refusals("TRUSTED_CERTIFICATE_INVALID", "TRUSTED_CERTIFICATE_NOT_VALID_YET", "TRUSTED_CERTIFICATE_EXPIRED")


def fields(pem: str) -> dict[str, str]:
    """Of a row of class Certificate. ValueError if it is none."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    sha256 = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return {
        "not_before": iso(certificate.not_valid_before_utc.timestamp()),
        "not_after": iso(certificate.not_valid_after_utc.timestamp()),
        "fingerprint": sha256,
        "fingerprint_sha256": sha256,
        "fingerprint_sha1": certificate.fingerprint(hashes.SHA1()).hex(":").upper(),  # noqa: S303  that is the field
    }


def check_valid(pem: str, now: float, says: Refusals) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise XapiError(says.invalid) from None
    at = datetime.fromtimestamp(now, UTC)
    if at < certificate.not_valid_before_utc:
        raise XapiError(says.early, at.isoformat(), certificate.not_valid_before_utc.isoformat())
    if at > certificate.not_valid_after_utc:
        raise XapiError(says.late, at.isoformat(), certificate.not_valid_after_utc.isoformat())
    return certificate


def check_server(pem: str, key: str, chain: str, now: float) -> None:
    """The key first, then what it belongs to."""
    private = check_key(key)
    certificate = check_valid(pem, now, SERVER)
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey) or public.public_numbers() != private.public_key().public_numbers():
        raise XapiError("SERVER_CERTIFICATE_KEY_MISMATCH")
    digest = certificate.signature_hash_algorithm
    if digest is None or digest.name not in DIGESTS:
        raise XapiError("SERVER_CERTIFICATE_SIGNATURE_NOT_SUPPORTED")
    if chain:
        try:
            x509.load_pem_x509_certificates(chain.encode())
        except ValueError:
            raise XapiError("SERVER_CERTIFICATE_CHAIN_INVALID") from None


def check_key(pem: str) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        raise XapiError("SERVER_CERTIFICATE_KEY_INVALID") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise XapiError("SERVER_CERTIFICATE_KEY_ALGORITHM_NOT_SUPPORTED", "1.2.840.10045.2.1")
    if key.key_size not in RSA_BITS:
        raise XapiError("SERVER_CERTIFICATE_KEY_RSA_LENGTH_NOT_SUPPORTED", key.key_size)
    return key


@cache
def signing_key() -> ec.EllipticCurvePrivateKey:
    """One for all that are made here: nobody serves with it."""
    return ec.generate_private_key(ec.SECP256R1())


def self_signed(name: str, address: str, now: float) -> str:
    """PEM, for ten years from yesterday."""
    key, began = signing_key(), datetime.fromtimestamp(now, UTC) - timedelta(days=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name), x509.IPAddress(ip_address(address))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
