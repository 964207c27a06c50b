"""The exact figures of what one browser names: the levels that all are sent are steps, for colours and bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from components.map.map_feed import MapFeed
from data.facts.host import memory_total
from data.history import History, Load
from data.objects import VM, Host


class Figures:
    """Follows the measurements of the pools of what is watched; `send` gets what became different as
    `[[id, CPU, memory (both parts of one), disk, network (both bytes a second), disk latency (seconds)], ...]`, null for not measured."""

    def __init__(self, map_feed: MapFeed, send: Callable[[str], object]) -> None:
        self._feed, self._send = map_feed, send
        self._things: Mapping[int, Host | VM] = {}
        self._sent: dict[int, list[float]] = {}
        self._stops: list[Callable[[], object]] = []

    def watch(self, ids: list[int]) -> None:
        """From now on it is these."""
        self.end()
        self._things = self._feed.measured(ids)
        homes = {thing.home for thing in self._things.values()}
        self._stops = [home.part(History).observe(lambda _uuids: self._tell()) for home in homes]
        self._tell()

    def end(self) -> None:
        """Nobody is told any more."""
        for stop in self._stops:
            stop()
        self._stops, self._sent = [], {}

    def _tell(self) -> None:
        news = []
        for id_, thing in self._things.items():
            now = _figures(thing)
            if now is not None and self._sent.get(id_) != now:
                self._sent[id_] = now
                news.append([id_, *now])
        if news:
            self._send(orjson.dumps(news).decode())


def _figures(thing: Host | VM) -> list[float] | None:
    load: Load | None = thing.home.part(History).load(thing.uuid)
    if load is None:
        return None
    total = memory_total(thing) if isinstance(thing, Host) else 0
    memory = load.memory_used / total if total else load.guest_memory
    return [load.cpu, memory, load.disk_read + load.disk_write, load.net_rx + load.net_tx, load.disk_latency]
