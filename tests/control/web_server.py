"""A web server that serves one file, badly if told so."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class WebServer:
    """`url` of the file; what a request gets is told by the attributes."""

    content: bytes
    port: int = 0
    etag: str = '"one"'
    ranges: bool = True
    heeds: bool = True  # the condition of a range
    sized: bool = True
    status: int = 200
    location: str = ""
    cut_after: list[int] = field(default_factory=list)  # bytes of the next answers, each cut off there
    asked: list[str] = field(default_factory=list)  # the Range of each request
    becomes: bytes | None = None  # after the first answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/files/disk.img?signature=secret"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        wanted = re.search(r"(?im)^range: bytes=(\d+)-", head)
        self.asked.append(wanted[1] if wanted else "")
        condition = re.search(r"(?im)^if-range: (.*?)\r$", head)
        in_part = wanted is not None and self.ranges and not (self.heeds and condition and condition[1] != self.etag)
        start = int(wanted[1]) if wanted and in_part else 0
        status = (206 if self.content else 416) if in_part and self.status == 200 else self.status
        lines = [f"HTTP/1.1 {status} X", "Connection: close", f"ETag: {self.etag}"]
        lines += [f"Content-Length: {len(self.content) - start}"] if self.sized else []
        lines += [f"Content-Range: bytes {start}-{len(self.content) - 1}/{len(self.content)}"] if status == 206 else []
        lines += [f"Location: {self.location}"] if self.location else []
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        body = self.content[start:]
        writer.write(body[: self.cut_after.pop(0)] if self.cut_after else body)
        if self.becomes is not None:
            self.content, self.etag = self.becomes, '"two"'
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()


@asynccontextmanager
async def web_server(content: bytes) -> AsyncIterator[WebServer]:
    site = WebServer(content)
    async with await asyncio.start_server(site.answer, "127.0.0.1", 0) as server:
        site.port = server.sockets[0].getsockname()[1]
        yield site
