"""Whom we believe: the system's authorities, or the fingerprints somebody said yes to."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from xo_dash.xapi.address import Address
from xo_dash.xapi.errors import BadCertificate, NotConnected, NoTls, Unreachable

CONNECT_TIMEOUT = 5.0
"""Seconds for a TCP connection and its handshake."""
HURRY = 0.5
"""Seconds in which a host that has TLS begins its handshake, as a rule."""
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


def connect(address: Address, trust: Trust, timeout: float = CONNECT_TIMEOUT) -> socket.socket:
    """A connection that was proved to lead to whom we believe; nothing has been sent over it.

    Raises BadCertificate, NotConnected, NoTls.
    """
    if not trust.allows(address):
        raise BadCertificate("", "", "plain http was not agreed to")
    try:
        connection = _secured(address, trust.context(), timeout) if address.secure else _plain(address, timeout)
    except ssl.SSLCertVerificationError as error:
        raise BadCertificate("", presented(address, timeout), error.verify_message) from error
    except (OSError, UnicodeError) as error:
        raise NotConnected(_words(error)) from error
    if address.secure:
        try:
            trust.check(_certificate(connection))
        except BadCertificate:
            connection.close()
            raise
    return connection


def presented(address: Address, timeout: float = CONNECT_TIMEOUT) -> str:
    """The fingerprint of the certificate that the host presents, whoever signed it. Raises Unreachable, NoTls."""
    try:
        with _secured(address, _unverified(), timeout) as secured:
            return fingerprint(_certificate(secured))
    except (OSError, UnicodeError) as error:
        raise Unreachable(_words(error)) from error


def _plain(address: Address, timeout: float) -> socket.socket:
    """Raises OSError."""
    raw = socket.create_connection((address.host, address.port), timeout)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return raw


def _secured(address: Address, context: ssl.SSLContext, timeout: float) -> ssl.SSLSocket:
    """A socket whose handshake is done. Raises OSError, NoTls."""
    deadline = time.monotonic() + timeout
    raw = _plain(address, timeout)
    secured = context.wrap_socket(raw, server_hostname=address.host, do_handshake_on_connect=False)
    try:
        _shake_hands(secured, address, deadline)
    except BaseException:
        secured.close()
        raise
    return secured


def _shake_hands(secured: ssl.SSLSocket, address: Address, deadline: float) -> None:
    """A host without TLS waits for the end of a line that never comes: it is asked in its own words after a moment."""
    secured.settimeout(min(HURRY, max(deadline - time.monotonic(), 0.001)))
    try:
        secured.do_handshake()
    except TimeoutError:
        if _speaks_plainly(address):
            raise NoTls(str(address)) from None
        secured.settimeout(max(deadline - time.monotonic(), 0.001))
        secured.do_handshake()
    except (ssl.SSLEOFError, ConnectionError):
        if _speaks_plainly(address):
            raise NoTls(str(address)) from None
        raise
    except ssl.SSLError as error:
        if error.reason in _NO_TLS:
            raise NoTls(str(address)) from error
        raise


def _speaks_plainly(address: Address) -> bool:
    """Whether it answers http there. A server with TLS may do that too, to say that this was a bad request."""
    with suppress(OSError), socket.create_connection((address.host, address.port), HURRY) as raw:
        raw.settimeout(2 * HURRY)
        raw.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
        line = raw.recv(len(b"HTTP/1.0 400"), socket.MSG_WAITALL)
        return line.startswith(b"HTTP/") and not line.endswith(b" 400")
    return False


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
        return "TLS: " + error.reason.replace("_", " ").lower()
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
