"""Another xapi, as its client: calls as JSON-RPC, files over HTTP."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from .errors import XapiError
from .outgoing import Exchange, connected


class LostError(Exception):
    """It does not answer, or not as a xapi does."""


class Peer:
    """A host of another pool, with a session there; calls go to the pool's master."""

    def __init__(self, url: str, session: str, master: Peer | None = None) -> None:
        self.url, self.session = url.rstrip("/"), session
        self.master = master or self

    def at(self, address: str) -> Peer:
        """Another host of the same pool, on the same port."""
        parts = urlsplit(self.url)
        shown = f"[{address}]" if ":" in address else address
        return Peer(f"{parts.scheme}://{shown}" + (f":{parts.port}" if parts.port else ""), self.session, self.master)

    async def call(self, method: str, *arguments: Any) -> Any:
        """Raises what the other side says: XapiError."""
        asked = {"jsonrpc": "2.0", "method": method, "params": [self.session, *arguments], "id": 1}
        return await self.master.post("/jsonrpc", asked)

    async def post(self, path: str, asked: dict[str, Any], **query: str) -> Any:
        """A call to one of its JSON-RPC doors."""
        body = orjson.dumps(asked)
        answer = await self._exchanged("POST", path, query, len(body), once(body))
        try:
            told = orjson.loads(answer[1])
        except orjson.JSONDecodeError as error:
            raise LostError(f"{path}: {error}") from None
        failure = told.get("error") or None
        if failure is None:
            return told["result"]
        raise XapiError(*failure) if isinstance(failure, list) else XapiError(failure["message"], *failure["data"])

    async def put(self, path: str, length: int, body: AsyncIterator[bytes], **query: str) -> str:
        """A file for it; the result of the task that it made of that, as text. Raises what the task failed with: XapiError."""
        told, _ = await self._exchanged("PUT", path, {**query, "session_id": self.session}, length, body)
        task = told.get("task-id", "")
        if not task:
            return ""
        record = await self.call("task.get_record", task)
        await self.call("task.destroy", task)
        if record["status"] != "success":
            raise XapiError(*(record["error_info"] or ["TASK_CANCELLED", task]))
        return str(record["result"])

    async def _exchanged(
        self, method: str, path: str, query: dict[str, str], length: int, body: AsyncIterator[bytes]
    ) -> tuple[dict[str, str], bytes]:
        """(headers, body). A transfer that fails early is answered while it is still sent; its task knows why."""
        headers = {"Host": urlsplit(self.url).netloc, "Content-Length": str(length), "Content-Type": "application/json"}
        target = f"{path}?{urlencode(query)}" if query else path
        try:
            async with connected(self.url) as exchange:
                await exchange.ask(method, target, headers)
                status, told, answer = await self._answer(exchange, body)
        except (OSError, EOFError, ValueError) as error:
            raise LostError(f"{self.url}{path}: {error!r}") from None
        if status[:3] != "200" and "task-id" not in told:
            raise LostError(f"{self.url}{path}: {status}")
        return told, answer

    async def _answer(self, exchange: Exchange, body: AsyncIterator[bytes]) -> tuple[str, dict[str, str], bytes]:
        try:
            async for piece in body:
                await exchange.send(piece)
        except ConnectionError:
            pass  # it has said why before it closed, or the next line finds that it is gone
        status, told = await exchange.head()
        return status, told, b"".join([piece async for piece in exchange.pieces()])


async def once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def reached(url: str, session: str, *, tls: bool) -> Peer:
    """The pool whose master is at `url`, which says http also where it has TLS: what we have is tried first. LostError, SESSION_INVALID."""
    place = urlsplit(url).netloc
    first, second = ("https", "http") if tls else ("http", "https")
    try:
        peer = Peer(f"{first}://{place}", session)
        await peer.call("pool.get_all")
    except LostError:
        peer = Peer(f"{second}://{place}", session)
        await peer.call("pool.get_all")
    return peer


def references(result: str) -> list[str]:
    """Those in a task's result."""
    return [value.text for value in ET.fromstring(result).iter("value") if value.text] if result else []  # noqa: S314  from one of us
