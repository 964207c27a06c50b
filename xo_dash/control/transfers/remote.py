"""A file at an address on the web: read in order or from anywhere, and after a cut from where it was, as long as it is the same file."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from typing import Final
from urllib.parse import SplitResult, urljoin

from xo_dash.control.failures import network_reason
from xo_dash.control.lazy_text import Amount, LazyText, lazy
from xo_dash.control.transfers.allowed import IP, AllowedHosts, host_of, literal, parsed
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.i18n import N_
from xo_dash.xapi.errors import BadReply, TransferRefused, XapiError
from xo_dash.xapi.line import TransferLine
from xo_dash.xapi.streams import Head, TransferStream

HOPS: Final = 5
"""Redirects that are followed."""
TRIES: Final = 6
"""Connections for one piece; between two of them one waits twice as long as before."""
TO_CONNECT: Final = 15.0
TO_ANSWER: Final = 60.0
QUIET: Final = 60.0
"""Seconds: for a connection, for an answer, without a byte."""
NEAR: Final = 4 << 20
"""Bytes that are rather read and thrown away than skipped by another request."""
LARGEST: Final = 1 << 50
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_RANGE: Final = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")


class RemoteFile:
    """Meets Source. Raises EndFailed for whatever the other side does."""

    def __init__(self, url: str, allowed: AllowedHosts, pause: float = 1.0) -> None:
        """`pause`: seconds before it is tried again for the first time."""
        self._url = url
        self._allowed = allowed
        self._pause = pause
        self._size = 0
        self._state = ("", "")  # what says which state of the file it is
        self._validator = ""  # the part of it by which a server can tell that it is still the same
        self._has_ranges = False
        self._stream: TransferStream | None = None
        self._body: AsyncGenerator[memoryview] | None = None
        self._held = b""  # came and was not wanted yet
        self._at = 0  # of its first byte in the file
        self.moved: Callable[[int], None] = lambda _count: None

    @property
    def size(self) -> int:
        return self._size

    async def open(self) -> None:
        """Ask for it, to learn its size. Raises EndFailed."""
        try:
            head = await self._request({"Range": "bytes=0-"})
            self._size, self._has_ranges = _whole(head)
        except (XapiError, OSError) as error:
            self._let_go()
            raise EndFailed(_broken(error)) from error
        except EndFailed:
            self._let_go()
            raise
        self._state = _state(head)
        tag = head.headers.get("etag", "")
        self._validator = tag if tag and not tag.startswith("W/") else head.headers.get("last-modified", "")

    async def pieces(self, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        left = self._size - offset if length is None else length
        while left > 0:
            piece = await self._next(offset, left)
            offset += len(piece)
            left -= len(piece)
            self.moved(len(piece))
            yield piece

    def close(self, reason: LazyText | None = None) -> None:
        self._let_go()

    # ---- reading

    async def _next(self, offset: int, most: int) -> bytes:
        """Some of what is at `offset`."""
        for attempt in range(TRIES):
            try:
                await self._reach(offset)
                self._held = self._held or await self._came()
                if piece := self._held[:most]:
                    self._held, self._at = self._held[len(piece) :], self._at + len(piece)
                    return piece
            except (XapiError, OSError) as error:
                why = _broken(error)
            else:
                why = ENDED
            self._let_go()
            if not (self._has_ranges and self._validator):
                break
            await asyncio.sleep(self._pause * 2**attempt)
        raise EndFailed(lazy(N_("{reason} after {done} of {all}"), reason=why, done=Amount(offset), all=Amount(self._size)))

    async def _reach(self, offset: int) -> None:
        """Have the next byte be the one at `offset`."""
        while self._stream is not None and self._at < offset and (offset - self._at <= NEAR or not self._has_ranges):
            piece = self._held or await self._came()
            if not piece:
                raise BadReply("ended too early")
            skipped = min(len(piece), offset - self._at)
            self._held, self._at = piece[skipped:], self._at + skipped
        if self._stream is not None and self._at == offset:
            return
        self._let_go()
        if not self._has_ranges and offset:
            raise EndFailed(NO_RANGES)
        head = await self._request({"Range": f"bytes={offset}-"} | ({"If-Range": self._validator} if self._validator else {}))
        found = _RANGE.fullmatch(head.headers.get("content-range", "")) if head.status == 206 else None
        continues = found is not None and (int(found[1]), int(found[2])) == (offset, self._size)
        begins_again = offset == 0 and head.status == 200 and head.headers.get("content-length") == str(self._size)
        if _state(head) != self._state or not (continues or begins_again):
            raise EndFailed(CHANGED)
        self._at = offset

    async def _came(self) -> bytes:
        """What the connection brings next; empty at its end. Raises XapiError, OSError."""
        assert self._body is not None  # noqa: S101  # _reach has made one
        async with asyncio.timeout(QUIET):
            return bytes(await anext(self._body, b""))

    def _let_go(self) -> None:
        self._held = b""
        if self._stream is not None:
            self._stream.abort()
        self._stream = self._body = None

    # ---- asking

    async def _request(self, headers: dict[str, str]) -> Head:
        """Where the redirects end. Raises EndFailed, XapiError, OSError."""
        url = parsed(self._url)
        for _hop in range(HOPS + 1):
            stream = self._stream = TransferStream(await self._connected(url))
            target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
            lines = [f"GET {target} HTTP/1.1", f"Host: {url.netloc}", "Connection: close", "User-Agent: xo-dash", "Accept: */*"]
            lines += ["Accept-Encoding: identity", *(f"{name}: {value}" for name, value in headers.items())]
            await stream.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
            head = await stream.answer(TO_ANSWER)
            if head.status not in REDIRECTS:
                _judge(head)
                self._body = stream.pieces()
                return head
            stream.abort()
            try:
                there = parsed(urljoin(url.geturl(), head.headers.get("location", "")))
            except ValueError:
                raise EndFailed(lazy(N_("{host} redirects to an address that is not valid"), host=host_of(url))) from None
            if url.scheme == "https" and there.scheme != "https":
                raise EndFailed(lazy(N_("{host} redirects to plain http"), host=host_of(url)))
            url = there
        raise EndFailed(lazy(N_("too many redirects")))

    async def _connected(self, url: SplitResult) -> TransferLine:
        """To an address that was looked at: the name is not asked for a second time. Raises EndFailed, OSError."""
        host, port = host_of(url), url.port or (443 if url.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        addresses = await _addresses(host, port)
        if not addresses:
            raise EndFailed(lazy(N_("there is no host {host}"), host=host))
        refusals = [refusal for address in addresses if (refusal := self._allowed.refusal(url, address))]
        if refusals:
            raise EndFailed(refusals[0])
        context = await asyncio.to_thread(ssl.create_default_context) if url.scheme == "https" else None
        problem: OSError | None = None
        for address in addresses[:HOPS]:
            try:
                async with asyncio.timeout(TO_CONNECT):
                    _transport, line = await loop.create_connection(
                        TransferLine, str(address), port, ssl=context, server_hostname=host if context else None
                    )
                    return line
            except ssl.SSLCertVerificationError as error:
                raise EndFailed(
                    lazy(N_("the certificate of {host} is not valid: {reason}"), host=host, reason=error.verify_message)
                ) from error
            except OSError as error:  # a timeout is one too
                problem = error
        raise problem or OSError("no address")


async def _addresses(host: str, port: int) -> list[IP]:
    """What a name leads to, each once."""
    if (address := literal(host)) is not None:
        return [address]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    addresses = [literal(str(sockaddr[0]).partition("%")[0]) for _family, _type, _proto, _name, sockaddr in found]
    return list(dict.fromkeys(address for address in addresses if address is not None))


def _state(head: Head) -> tuple[str, str]:
    return head.headers.get("etag", ""), head.headers.get("last-modified", "")


def _judge(head: Head) -> None:
    """Raises EndFailed for an answer that is not the file."""
    if head.status in (404, 410):
        raise EndFailed(lazy(N_("there is no such file at this address (HTTP {status})"), status=head.status))
    if head.status in (401, 403):
        raise EndFailed(lazy(N_("the server does not allow access to it without signing in (HTTP {status})"), status=head.status))
    if head.status == 416:
        raise EndFailed(EMPTY)
    if head.status not in (200, 206):
        raise EndFailed(lazy(N_("the server answered with HTTP {status}"), status=head.status))
    if head.headers.get("content-encoding", "identity").lower() != "identity":
        raise EndFailed(NO_SIZE)


def _whole(head: Head) -> tuple[int, bool]:
    """(bytes of the file, whether parts of it can be asked for). Raises EndFailed."""
    if head.status == 206:
        found = _RANGE.fullmatch(head.headers.get("content-range", ""))
        if found is None or int(found[1]) != 0:
            raise EndFailed(NO_SIZE)
        size = int(found[2])
    else:
        length = head.headers.get("content-length", "")
        if not length.isascii() or not length.isdecimal() or len(length) > 18:
            raise EndFailed(NO_SIZE)
        size = int(length)
    if not size:
        raise EndFailed(EMPTY)
    if size > LARGEST:
        raise EndFailed(NO_SIZE)
    return size, head.status == 206


def _broken(error: Exception) -> LazyText:
    if isinstance(error, TimeoutError):
        return lazy(N_("the server is not responding"))
    if isinstance(error, (BadReply, TransferRefused)):
        return ENDED
    reason = getattr(error, "strerror", None)
    return lazy(N_("the connection to the server broke: {reason}"), reason=network_reason(reason)) if reason else BROKE


ENDED: Final = lazy(N_("the server stopped sending before the end of the file"))
BROKE: Final = lazy(N_("the connection to the server broke"))
EMPTY: Final = lazy(N_("the file is empty"))
NO_SIZE: Final = lazy(N_("the server does not tell how large the file is; download it, and import it from your computer"))
NO_RANGES: Final = lazy(
    N_("the server sends files only as a whole, and this image has to be read in parts; download it, and import it from your computer")
)
CHANGED: Final = lazy(N_("the file on the server has changed in the meantime; start again"))
