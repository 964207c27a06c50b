"""Whom we believe: the system's authorities, or the fingerprints somebody said yes to."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection

from xo_dash.xapi.address import Address
from xo_dash.xapi.errors import BadCertificate, Unreachable

CONNECT_TIMEOUT = 5.0
"""Seconds for a TCP connection and its handshake."""
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
"""What OpenSSL calls an answer in another protocol; it depends on its version."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How a host proves that it is the one meant. One pool's hosts have a certificate each: `pins` may have several."""

    pins: tuple[str, ...] = ()  # SHA-256 fingerprints, lower case without colons, the configured one first; empty: by authority
    plain: bool = False  # http was wished for

    @classmethod
    def pinned(cls, fingerprints: Iterable[str]) -> Trust:
        return cls(pins=tuple(dict.fromkeys(normal(fingerprint) for fingerprint in fingerprints if fingerprint)))

    def allows(self, address: Address) -> bool:
        """Whether a password may go there: in the clear only by explicit wish, or where nobody can listen."""
        return address.secure or self.plain or address.is_loopback

    def context(self) -> ssl.SSLContext:
        return _unverified() if self.pins else ssl.create_default_context()

    def check(self, certificate: bytes) -> None:
        """Raises BadCertificate if it is not one of the pinned ones; `certificate` as DER."""
        if self.pins and (actual := fingerprint(certificate)) not in self.pins:
            raise BadCertificate(self.pins[0], actual)


def normal(text: str) -> str:
    """`AB:CD...` -> `abcd...`: how fingerprints are compared and stored."""
    return text.replace(":", "").strip().lower()


def readable(fingerprint: str) -> str:
    """`abcd...` -> `AB:CD:...`: how every other tool shows one."""
    text = normal(fingerprint).upper()
    return ":".join(text[at : at + 2] for at in range(0, len(text), 2))


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate in DER."""
    return hashlib.sha256(certificate).hexdigest()


def connect(address: Address, trust: Trust, timeout: float = CONNECT_TIMEOUT) -> HTTPConnection:
    """A connection that was proved to lead to whom we believe; nothing has been sent over it.

    Raises BadCertificate, Unreachable.
    """
    if not trust.allows(address):
        raise BadCertificate("", "", "plain http was not agreed to")
    connection = (
        HTTPSConnection(address.host, address.port, timeout=timeout, context=trust.context())
        if address.secure
        else HTTPConnection(address.host, address.port, timeout=timeout)
    )
    try:
        connection.connect()
        if address.secure:
            trust.check(_certificate(connection.sock))
    except ssl.SSLCertVerificationError as error:
        connection.close()
        raise BadCertificate("", presented(address, timeout), error.verify_message) from error
    except (OSError, UnicodeError) as error:
        connection.close()
        raise Unreachable(_words(error)) from error
    except BadCertificate:
        connection.close()
        raise
    return connection


def presented(address: Address, timeout: float = CONNECT_TIMEOUT) -> str:
    """The fingerprint of the certificate that the host presents, whoever signed it. Raises Unreachable."""
    try:
        with (
            socket.create_connection((address.host, address.port), timeout) as raw,
            _unverified().wrap_socket(raw, server_hostname=address.host) as secured,
        ):
            return fingerprint(_certificate(secured))
    except (OSError, UnicodeError) as error:
        raise Unreachable(_words(error)) from error


def _certificate(secured: socket.socket) -> bytes:
    return (isinstance(secured, ssl.SSLSocket) and secured.getpeercert(binary_form=True)) or b""


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the fingerprint is compared instead
    return context


def _words(error: Exception) -> str:
    """What the system says, without its numbers."""
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, ssl.SSLError) and error.reason:
        return "it does not speak TLS" if error.reason in _NO_TLS else "TLS: " + error.reason.replace("_", " ").lower()
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
