"""Somebody who opens every page there is, and reads all of it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from nicegui import Client
from nicegui.outbox import Outbox
from nicegui.testing import User

from components.frame.feed import TreeFeed
from components.urls import PREFIXES
from data.facts.vm import is_guest
from data.mirror import Mirror
from data.objects import VM
from pages.table import PAGES
from tests import fakes
from tests.looking import looking
from tests.sync.house import House
from xo_dash.context import Context

LISTS = ("/", "/vms", "/hosts", "/storage", "/networks", "/snapshots", "/tasks", "/settings", "/account")
FETCHED = ("/frame/tree", "/vms/rows")
MOST_OTHERS = 3
"""Templates and snapshots that are looked at: they all have the same page."""

NO_WORDS = (
    (re.compile(r"\bNone\b(?! (seen|yet))"), "None"),
    (re.compile(r"\b(nan|NaN|inf|Infinity)\b"), "what is no number"),
    (re.compile(r"OpaqueRef:"), "a ref"),
    (re.compile(r"[-−]\d[\d.,]*[\s\u202f](B|KiB|MiB|GiB|TiB|%)"), "a negative amount"),
    (re.compile(r"(?<!\{)\{[a-z_]*\}(?!\})"), "a field that nobody filled"),
    (re.compile(r"Traceback|<(dict|list|object|data|xo_dash)\b"), "what is meant for programmers"),
)
INNARDS = frozenset(("words", "numbers", "marks", "icons", "links", "paths", "titles", "columns", "style", "class", "url"))
"""Props that hold patterns rather than texts."""


class Eyes:
    """`await eyes.read("/vms")`: all texts of a page, each looked at."""

    def __init__(self, user: User, context: Context, sent: list[Any]) -> None:
        self.user = user
        self.theirs: tuple[str, ...] = ()
        self._context = context
        self._sent = sent
        self._open: dict[str, Client] = {}

    async def read(self, path: str, *, stays: bool = False) -> set[str]:
        """Open the page, let its parts get ready, and give every text on it. It is closed then, or `stays`."""
        self._sent.clear()
        client = await self.user.open(path)
        for element in list(client.elements.values()):
            for listener in list(element._event_listeners.values()):
                if listener.type == "ready":
                    element._handle_event({"listener_id": listener.id, "args": []})
        for _turn in range(4):
            await asyncio.sleep(0)
        texts = set(_texts_of(client)) | set(_sent_texts(self._sent))
        if stays:
            self._open[path] = client
        else:
            client.delete()
            await asyncio.sleep(0)
        self._look(texts, path)
        return texts

    def _look(self, texts: set[str], where: str) -> None:
        """What a pool's people wrote may be anything; the rest is ours."""
        for text in texts:
            shown = text
            for theirs in self.theirs:
                shown = shown.replace(theirs, "")
            for pattern, what in NO_WORDS:
                assert not pattern.search(shown), f"{what} on {where}: {text[:300]!r}"

    async def read_everything(self, *, stays: bool = False) -> None:
        for path in (*LISTS, *paths(self._context.mirror)):
            await self.read(path, stays=stays)
        await self._fetch()

    async def read_again(self) -> None:
        """The pages that stayed, with what became of them, and one of each kind as it is for who comes now."""
        for path, client in self._open.items():
            self._look({*_texts_of(client), *_sent_texts(self._sent)}, path)
            self._sent.clear()
            client.delete()
        self._open.clear()
        first = {path.split("/")[1]: path for path in paths(self._context.mirror)}
        for path in (*LISTS, *first.values()):
            await self.read(path)
        await self._fetch()

    async def _fetch(self) -> None:
        await self.user.open("/")
        for path in FETCHED:
            response = await self.user.http_client.get(path)
            assert response.status_code == 200, (path, response.status_code)
            self._look(set(_strings(response.json())), path)
        index = await self._context.shared(TreeFeed).index()
        for query in ("a", "e 1", "00:16", "192.", "0000", "<script>", "\u202e", "*"):
            index.find(query)


def paths(mirror: Mirror) -> Iterator[str]:
    for kind, prefix in PREFIXES.items():
        rows = list(mirror.every(kind))
        if kind is VM:
            others = [row for row in rows if isinstance(row, VM) and not is_guest(row)]
            rows = [row for row in rows if row not in others[MOST_OTHERS:]]
        yield from (f"{prefix}{row.uuid}" for row in rows if row.uuid and "/" not in row.uuid)


@asynccontextmanager
async def eyes_on(house: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Eyes]:
    """The whole program's pages over what `house` knows, and a signed-in administrator in front of them."""
    context = fakes.context(house.mirror, folder, servers=house.servers, server_store=house.store)
    enqueue = Outbox.enqueue_message
    sent: list[Any] = []

    def record(self: Outbox, message_type: Any, data: Any, target_id: Any) -> None:
        sent.append(data)
        enqueue(self, message_type, data, target_id)

    monkeypatch.setattr(Outbox, "enqueue_message", record)
    async with looking(monkeypatch, context, *PAGES) as user:
        yield Eyes(user, context, sent)


def _texts_of(client: Client) -> Iterator[str]:
    for element in client.elements.values():
        yield str(getattr(element, "text", "") or "")
        for name, value in element.props.items():
            if name not in INNARDS and not name.startswith("on"):
                yield from _strings(value)
        json.dumps(element._to_dict(), default=str)


def _sent_texts(sent: list[Any]) -> Iterator[str]:
    for data in sent:
        code = str(data.get("code", "")) if isinstance(data, dict) else ""
        yield from (json.loads(f'"{text}"', strict=False) for text in re.findall(r'"((?:[^"\\]|\\.)*)"', code))


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _strings(one)
        case list() | tuple():
            for one in value:
                yield from _strings(one)
