"""Nothing that is sent has a name, an address, a uuid or a reference of what its reader may not see; also once a right is taken away."""

from __future__ import annotations

import asyncio
import gzip
import random

import pytest
from nicegui.testing.user_simulation import user_simulation

from components.findings.feed import FindingsFeed
from components.frame.feed import TreeFeed
from components.hosts.rows import host_table
from components.map.map_feed import MapFeed
from components.messages.rows import message_table
from components.networks.rows import network_table
from components.storage.rows import sr_table
from components.vms.feed import VmFeed
from components.vms.snapshots import snapshot_table
from data.coalesce import INTERVAL
from data.mirror import Mirror
from data.scope import Scope
from tests import fakes
from tests.facts.pools import anything_happens
from tests.map.fleets import joined
from tests.views import secrets
from tests.views.test_scope import Some


def a_lab() -> Mirror:
    mirror = joined(fakes.home_lab())
    secrets.mark(mirror)
    return fakes.judged(mirror)


class Browser:
    """Follows every feed of a scope, and keeps what is sent."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.sent = scope, list[str]()
        keep = lambda news: self.sent.extend(secrets.strings(news))  # noqa: E731
        self._map, self._tree, self._vms = scope.shared(MapFeed), scope.shared(TreeFeed), scope.shared(VmFeed)
        self._findings = scope.shared(FindingsFeed)
        self._leave = [self._map.open(keep), self._tree.join(keep), self._vms.join(keep), self._findings.observe(lambda: None)]
        self._map.show(keep)

    async def look(self) -> None:
        """What a page that is opened now would be sent."""
        for feed in (self._tree, self._vms):
            _tag, content = await feed.snapshot()
            self.sent.append(gzip.decompress(content).decode())
        self.sent.append(self._map.snapshot())
        index = await self._tree.index()
        for query in ("zq", "10.77", "0", "a"):
            self.sent.extend(secrets.strings(list(map(tuple, index.find(query)))))
        for table in (host_table(), sr_table(), network_table(), snapshot_table(), message_table(lambda _message: True)):
            rows = [row for row in self.scope.mirror.every(table.kind) if table.belongs(row)]
            self.sent.extend(text for row in rows for text in map(str, table.row(row)))
        self.sent.extend(f"{told.title} {told.detail}" for told in self._findings.told)

    def leave(self) -> None:
        for leave in self._leave:
            leave()


@pytest.mark.parametrize("seed", range(3))
async def test_no_feed_tells_of_what_is_hidden(seed: int) -> None:
    mirror, dice, sees = a_lab(), random.Random(seed), Some(seed, 0.2)
    scope = Scope(mirror, sees)
    async with user_simulation(lambda: None):
        browser = Browser(scope)
        for _turn in range(4):
            everything, seen = secrets.known(mirror), secrets.known(scope.mirror)
            browser.sent.clear()
            for _ in range(12):
                anything_happens(mirror, dice.choice(list(mirror)), dice)
                everything |= secrets.known(mirror)
                seen |= secrets.known(scope.mirror)
            await asyncio.sleep(2 * INTERVAL)
            await browser.look()
            told = secrets.recognised(browser.sent)
            leaked = (told & everything) - seen
            assert told & seen and not leaked
            browser.sent.clear()
            sees.turn()
            for _ in scope.review():
                pass
            await asyncio.sleep(2 * INTERVAL)
            assert browser.sent, "what comes and goes is told"
        browser.leave()
