"""The dashboards that the command line speaks to: of this machine by the socket of its data directory, or another by HTTP with a token."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
import orjson

from data.stores.errors import RecordRefused
from xo_dash.config import TOKEN, URL
from xo_dash.i18n import _, locale
from xo_dash.local_socket import LONGEST, within

NOT_NOW: Final = (502, 503, 504)
"""Of a proxy whose dashboard is being started anew, or of a dashboard that is busy."""


class ApiError(Exception):
    """It was refused; the text is the sentence of the problem."""


class NoDashboard(ApiError):
    """It did not answer, or not to the end."""


class Api(Protocol):
    """The API of one dashboard."""

    def stream(self, path: str) -> AsyncIterator[bytes]:
        """The body of `GET /api/v1{path}` in pieces. Raises ApiError."""


class PostingApi(Api, Protocol):
    """One that commands can be given to."""

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        """JSON of the answer to `POST /api/v1{path}`. Raises ApiError."""


async def got(api: Api, path: str) -> Any:
    """JSON of `GET /api/v1{path}`. Raises ApiError."""
    return orjson.loads(b"".join([piece async for piece in api.stream(path)]))


class Remote:
    """By HTTP, with a token."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        try:
            async with self._client.stream("GET", f"/api/v1{path}") as answer:
                if answer.status_code >= 400:
                    raise _refusal(answer.status_code, await answer.aread())
                async for piece in answer.aiter_bytes():
                    yield piece
        except httpx.TransportError as error:
            raise NoDashboard(_unreachable(self._client, error)) from error

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        try:
            answer = await self._client.post(f"/api/v1{path}", content=orjson.dumps(body))
        except httpx.TransportError as error:
            raise NoDashboard(_unreachable(self._client, error)) from error
        if answer.status_code >= 400:
            raise _refusal(answer.status_code, answer.content)
        return answer.json()


def _unreachable(client: httpx.AsyncClient, error: Exception) -> str:
    return _("no response from {url}: {reason}").format(url=client.base_url, reason=error)


def _refusal(status: int, content: bytes) -> ApiError:
    try:
        sentence = str(orjson.loads(content)["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        sentence = _("the answer was {status}; check the address").format(status=status)
    return NoDashboard(sentence) if status in NOT_NOW else ApiError(sentence)


class Local:
    """By the socket in the data directory, as the administrator whose directory it is."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def stream(self, path: str) -> AsyncIterator[bytes]:
        return self._asked(path, None)

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        return orjson.loads(b"".join([piece async for piece in self._asked(path, body)]))

    async def _asked(self, path: str, body: Mapping[str, object] | None) -> AsyncIterator[bytes]:
        try:
            with within(self._directory) as name:
                reader, writer = await asyncio.open_unix_connection(name, limit=LONGEST)
        except OSError as error:
            raise self._absent() from error
        try:
            writer.write(orjson.dumps({"get": f"/api/v1{path}", "post": body, "language": locale()}) + b"\n")
            if not (head := await reader.readline()):  # it ends at this very moment
                raise self._absent()
            if (status := orjson.loads(head).get("status", 0)) not in (200, 202):
                raise _refusal(status, await reader.read())
            while piece := await reader.read(1 << 16):
                yield piece
        except ConnectionError as error:
            raise self._absent() from error
        finally:
            writer.close()

    def _absent(self) -> NoDashboard:
        sentence = _("no dashboard runs on {path}; start it, or name another with --url")
        return NoDashboard(sentence.format(path=self._directory))


@asynccontextmanager
async def remote(given: argparse.Namespace) -> AsyncIterator[Remote | None]:
    """The dashboard that `--url` or XO_DASH_URL names; None for that of this machine. Raises RecordRefused."""
    url, token = given.url or os.environ.get(URL, ""), given.token or os.environ.get(TOKEN, "")
    if not url:
        yield None
        return
    if not url.startswith(("http://", "https://")):
        raise RecordRefused(_("“{url}” is not the address of a dashboard; write https://dash.example").format(url=url))
    if not token:
        raise RecordRefused(_("{url} wants a token; give it with --token, or in XO_DASH_TOKEN").format(url=url))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "accept-language": locale()}
    async with httpx.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=httpx.Timeout(30.0, read=60.0)) as client:
        yield Remote(client)
