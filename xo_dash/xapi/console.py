"""A console of a host as a stream: CONNECT, which xapi grants also where `limit_console_sessions` refuses every websocket."""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from data.types import Ref
from xo_dash.xapi.address import Address
from xo_dash.xapi.dial import dial
from xo_dash.xapi.errors import BadCertificate, BadReply, ConsoleRefused, Timeout, Unreachable
from xo_dash.xapi.tls import CONNECT_TIMEOUT, Trust, presented

HEAD: Final = 8 << 10
"""Bytes of an answer's head."""
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})\b")


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Both directions of an open console; whoever has it closes it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def write(self, data: bytes) -> None:
        """Return when the host has room for more. Raises OSError."""
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        self.writer.transport.abort()  # nothing that is still on its way matters


async def open_console(address: Address, trust: Trust, session: str, console: Ref, within: float) -> Stream:
    """The console `console` at the host `address`. Raises ConsoleRefused, Unreachable, Timeout, BadCertificate, BadReply."""
    try:
        async with asyncio.timeout(within):
            stream = Stream(*await dial(address, trust))
            try:
                await _ask(stream, address, session, console)
            except BaseException:
                stream.close()
                raise
            return stream
    except TimeoutError as error:
        raise Timeout(f"no answer within {within:g} s") from error
    except ssl.SSLCertVerificationError as error:
        actual = await asyncio.to_thread(presented, address, CONNECT_TIMEOUT)
        raise BadCertificate("", actual, error.verify_message) from error
    except (OSError, UnicodeError) as error:
        raise Unreachable(getattr(error, "strerror", None) or "the connection broke") from error


async def _ask(stream: Stream, address: Address, session: str, console: Ref) -> None:
    host = f"[{address.host}]" if ":" in address.host else address.host
    lines = (
        f"CONNECT /console?ref={quote(console, safe=':')} HTTP/1.1",
        f"Host: {host}",
        f"Cookie: session_id={session}",  # in the path it would reach logs
        "User-Agent: xo-dash",
    )
    await stream.write("\r\n".join((*lines, "", "")).encode())
    try:
        head = await stream.reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise BadReply("no head of an answer") from error
    status = _STATUS.match(head)
    if status is None or len(head) > HEAD:
        raise BadReply("not HTTP")
    if status[1] != b"200":
        raise ConsoleRefused(int(status[1]))
