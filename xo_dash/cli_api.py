"""`xo-dash ls|show|watch|why`, and `do --url`: the API from the command line, of the dashboard on this machine or of another.

Exit status: 0 done, 1 it was refused or failed, 2 a wrong command line.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

import httpx
import orjson

from data.stores.errors import RecordRefused
from xo_dash.cli_table import print_table
from xo_dash.config import TOKEN, URL, Settings
from xo_dash.control.run_audit import TAKE_BACK
from xo_dash.i18n import _, locale
from xo_dash.local_socket import LONGEST, within

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "vms": ("name_label", "power_state", "uuid"),
    "hosts": ("name_label", "address", "enabled", "uuid"),
    "srs": ("name_label", "type", "physical_size", "physical_utilisation", "uuid"),
    "vdis": ("name_label", "virtual_size", "uuid"),
    "tasks": ("name_label", "status", "progress", "uuid"),
    "messages": ("name", "priority", "timestamp", "uuid"),
    "findings": ("level", "text", "id"),
    "rolling": ("id", "state", "user", "paused"),
    "runs": ("action", "state", "user", "id"),
    "users": ("name", "role", "id"),
    "groups": ("name", "users", "id"),
    "roles": ("name", "verbs"),
    "quotas": ("user", "group", "vms", "vcpus", "memory", "disk", "used", "id"),
    "grants": ("user", "group", "role", "on", "deny", "id"),
}
"""What `ls` shows of a collection, unless told otherwise; of others their name and uuid."""
EVERY: Final = 0.3
"""Seconds between two looks at a run."""


class ApiError(Exception):
    """It was refused; the text is the sentence of the problem."""


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
                    raise ApiError(_refusal(answer.status_code, await answer.aread()))
                async for piece in answer.aiter_bytes():
                    yield piece
        except httpx.TransportError as error:
            raise ApiError(_unreachable(self._client, error)) from error

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        try:
            answer = await self._client.post(f"/api/v1{path}", content=orjson.dumps(body))
        except httpx.TransportError as error:
            raise ApiError(_unreachable(self._client, error)) from error
        if answer.status_code >= 400:
            raise ApiError(_refusal(answer.status_code, answer.content))
        return answer.json()


def _unreachable(client: httpx.AsyncClient, error: Exception) -> str:
    return _("no response from {url}: {reason}").format(url=client.base_url, reason=error)


def _refusal(status: int, content: bytes) -> str:
    try:
        return str(orjson.loads(content)["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return _("the answer was {status}; check the address").format(status=status)


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
            sentence = _("no dashboard runs on {path}; start it, or name another with --url")
            raise ApiError(sentence.format(path=self._directory)) from error
        try:
            writer.write(orjson.dumps({"get": f"/api/v1{path}", "post": body, "language": locale()}) + b"\n")
            status = orjson.loads(await reader.readline() or b"{}").get("status", 0)
            if status not in (200, 202):
                raise ApiError(_refusal(status, await reader.read()))
            while piece := await reader.read(1 << 16):
                yield piece
        finally:
            writer.close()


@asynccontextmanager
async def remote(given: argparse.Namespace) -> AsyncIterator[Remote | None]:
    """The dashboard that `--url` or XO_DASH_URL names; None for that of this machine. Raises RecordRefused."""
    url, token = given.url or os.environ.get(URL, ""), given.token or os.environ.get(TOKEN, "")
    if not url:
        yield None
        return
    if not token:
        raise RecordRefused(_("{url} wants a token; give it with --token, or in XO_DASH_TOKEN").format(url=url))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "accept-language": locale()}
    async with httpx.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=httpx.Timeout(30.0, read=60.0)) as client:
        yield Remote(client)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """ls, show, watch and why; the exit status."""
    try:
        return asyncio.run(_run(given, settings))
    except ApiError as error:
        print(f"xo-dash: {error}", file=sys.stderr)
        return 1


async def _run(given: argparse.Namespace, settings: Settings) -> int:
    async with remote(given) as there:
        api: Api = there or Local(settings.data_dir)
        await {"ls": _list, "show": _show, "watch": _watch, "why": _why}[given.command](given, api)
    return 0


async def _list(given: argparse.Namespace, api: Api) -> None:
    columns = [name for name in given.fields.split(",") if name] or list(COLUMNS.get(given.collection, ("name_label", "uuid")))
    rows: list[dict[str, Any]] = []
    query = {"filter": " ".join(given.filter), "fields": ",".join(columns)}
    cursor: str | None = ""
    while cursor is not None:
        page = await got(api, f"/{quote(given.collection)}?{urlencode({**query, 'cursor': cursor})}")
        rows += page["items"]
        cursor = page["next"]
    if given.json:
        for row in rows:
            print(orjson.dumps(row).decode())
        return
    print_table(columns, [[_text(row.get(name)) for name in columns] for row in rows], _("nothing found"))


async def _show(given: argparse.Namespace, api: Api) -> None:
    item = await named(given.collection, given.object, api)
    if given.json:
        print(orjson.dumps(item).decode())
        return
    width = max(map(len, item))
    for name, value in item.items():
        print(f"{name.ljust(width)}  {_text(value)}".rstrip())


async def named(collection: str, text: str, api: Api) -> Any:
    """The item of that uuid, key or id; else the one of that name. Raises ApiError."""
    try:
        return await got(api, f"/{quote(collection)}/{quote(text, safe='@')}")
    except ApiError:
        try:
            wanted = urlencode({"filter": f'name:"{text}"'})
            found = (await got(api, f"/{quote(collection)}?{wanted}"))["items"]
        except ApiError:
            found = []
        same = [item for item in found if text in (item.get("name_label"), item.get("name"))]
        if len(same) != 1:
            raise
        return same[0]


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, (dict, list)):
        return orjson.dumps(value).decode() if value else "–"
    return str(value)


async def _watch(given: argparse.Namespace, api: Api) -> None:
    """A line for each change, until it is interrupted."""
    query = f"?{urlencode({'collections': ','.join(given.collections)})}" if given.collections else ""
    async with aclosing(_lines(api.stream(f"/events{query}"))) as lines:  # type: ignore[type-var]  # it is a generator
        name = ""
        async for line in lines:
            key, _colon, value = line.partition(": ")
            if key == "event":
                name = value
            elif key == "data" and name not in ("hello", "reset"):
                print(f'{{"event":"{name}",{value[1:]}' if given.json else _told(name, orjson.loads(value)), flush=True)


async def _why(given: argparse.Namespace, api: Api) -> None:
    """The sentence, then what each grant that applies says."""
    answer = await got(api, f"/access?{urlencode({'user': given.user, 'action': given.action, 'on': given.object})}")
    if given.json:
        print(orjson.dumps(answer).decode())
        return
    print(answer["reason"])
    if answer["allowed"] and answer["obstacle"]:
        print(_("Not possible at the moment: {reason}.").format(reason=answer["obstacle"]))
    if answer["grants"]:
        rows = [[_text(one[name]) for name in ("effect", "role", "on", "user", "group", "id")] for one in answer["grants"]]
        print_table((_("says"), _("role"), _("on"), _("user"), _("group"), _("id")), rows, "")


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[str]:
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.decode()


def _told(name: str, data: Mapping[str, Any]) -> str:
    about = data.get("object") or {}
    called = about.get("name_label") or about.get("name") or about.get("action") or ""
    state = about.get("power_state") or about.get("state") or about.get("status") or ""
    return "  ".join(filter(None, (name, data.get("op", ""), str(data.get("uuid") or data.get("id") or ""), called, str(state))))


# ---- do


async def carry_out(
    api: Remote, action: str, on: Sequence[str], values: Mapping[str, object], *, dry_run: bool
) -> AsyncIterator[dict[str, Any]]:
    """What `cli_do` is told by the dashboard of this machine: a preview, or a run until it has ended. Raises ApiError."""
    if action == TAKE_BACK:
        answer = await api.post(f"/runs/{quote(' '.join(on), safe='')}/undo", {"dry_run": dry_run})
    else:
        answer = await api.post(f"/actions/{quote(action)}", {"on": list(on), "with": dict(values), "dry_run": dry_run})
    if "preview" in answer:
        yield answer
        return
    while True:
        yield {"run": answer}
        if answer["ended"]:
            return
        await asyncio.sleep(EVERY)
        answer = await got(api, f"/runs/{answer['id']}")
