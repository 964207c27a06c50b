"""A certificate of one's own, for whoever listens on the network without having been given one: made once, in the data directory.

Nobody vouches for it, so a browser asks once; what it shows then can be compared with the fingerprint that is printed at the start.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from data.stores.errors import DirectoryUnusable
from data.stores.replacing import replace_file
from xo_dash.i18n import _

FILE: Final = "tls.pem"
"""The key and the certificate, readable by the owner alone."""
VALID: Final = dt.timedelta(days=397)
"""Browsers take none that lasts longer."""
RENEWED: Final = dt.timedelta(days=30)
"""Before its end a new one is made, at a start."""


def own_certificate(data_dir: Path, valid: dt.timedelta = VALID) -> Path:
    """The file with key and certificate, made (anew) where there is none that lasts. Raises DirectoryUnusable."""
    path = data_dir / FILE
    try:
        if _ends(path) - dt.datetime.now(dt.UTC) < RENEWED:
            replace_file(path, _made(valid))
    except OSError as error:
        raise DirectoryUnusable(_("{file} cannot be written: {reason}").format(file=path, reason=error.strerror)) from error
    return path


def fingerprint(path: Path) -> str:
    """SHA-256 of the certificate, as browsers show it."""
    return x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(hashes.SHA256()).hex(":").upper()


def _ends(path: Path) -> dt.datetime:
    """Long ago for one that is not there or cannot be read."""
    try:
        content = path.read_bytes()
        serialization.load_pem_private_key(content, None)
        return x509.load_pem_x509_certificate(content).not_valid_after_utc
    except (FileNotFoundError, ValueError):
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def _made(valid: dt.timedelta) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, socket.gethostname()[:64] or "xo-dash")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))  # a browser's clock may be behind
        .not_valid_after(now + valid)
        .add_extension(x509.SubjectAlternativeName(list(_names())), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _names() -> Iterator[x509.GeneralName]:
    """What this machine is called, as far as it knows."""
    host = socket.gethostname()
    names = dict.fromkeys(name for name in ("localhost", host, socket.getfqdn()) if name.isascii() and name)
    yield from map(x509.DNSName, names)
    addresses = {"127.0.0.1", "::1"}
    with suppress(OSError):  # a name that nobody resolves
        addresses |= {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, None)}
    yield from (x509.IPAddress(ipaddress.ip_address(address)) for address in sorted(addresses))
