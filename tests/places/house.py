"""The pages of hosts, pools, SRs and networks over a mirror that does as told, and somebody who looks."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nicegui import app
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.lists import Listing
from data.mirror import Mirror
from pages import host, hosts, network, networks, pool, snapshots, sr, storage
from tests import fakes
from tests.waiting import until

PAGES = (hosts, host, pool, storage, sr, networks, network, snapshots)


class Looking:
    """`user` looks at pages over `mirror`; `rows` are what the lists of the last page were sent: {row id: its cells' texts}."""

    def __init__(self, user: User, mirror: Mirror) -> None:
        self.user, self.mirror = user, mirror
        self.rows: dict[int, list[str]] = {}
        self.deltas: list[Any] = []

    async def open(self, path: str, *, lists: bool = True) -> None:
        """Open a page and have its lists ready, as a browser would."""
        self.rows.clear()
        client = await self.user.open(path)
        client.outbox.enqueue_message = self._told  # type: ignore[method-assign]  # NiceGUI's simulated browser runs no scripts
        if lists:
            self.user.find(Listing).trigger("ready")

    def _told(self, _kind: str, message: Any, _to: str) -> None:
        code = message.get("code", "") if isinstance(message, dict) else ""
        match = re.fullmatch(r"(?s)runMethod\(\d+,'delta',(.*)\)", code)
        if match is None:
            return
        put, gone, old, whole = json.loads(match[1])
        self.deltas.append((put, gone, old, whole))
        for id_, _place, _segments, _words, cells, *_rest in put:
            self.rows[id_] = [cell if isinstance(cell, str) else cell["x"] for cell in cells]
        for id_ in gone:
            self.rows.pop(id_, None)

    def texts(self) -> set[str]:
        return {text for row in self.rows.values() for text in row}


@asynccontextmanager
async def looking(folder: Path, mirror: Mirror) -> AsyncIterator[Looking]:
    async with user_simulation(lambda: None) as user:
        context = fakes.context(mirror, folder / "data")
        fakes.sign_in(app, context)
        for page in PAGES:
            page.create(context)
        try:
            yield Looking(user, mirror)
        finally:
            await context.runner.stop()


async def eventually(at: Looking, true: Callable[[], bool]) -> None:
    try:
        await until(true)
    except TimeoutError:
        raise AssertionError(at.rows) from None
