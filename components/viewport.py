"""The CPU of the VMs that one browser has in sight, now and in the last ten minutes, sent when it is another than what that browser has."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from data.history import History
from data.types import Home, XapiObject

Percents = list[tuple[int, int] | tuple[int, int, str]]
"""(id of the row, CPU in whole per cent, -1 for not known); with its trace where that is another, see data/sparklines.py."""


class ViewportLoads:
    """Follows the measurements of the pools whose VMs are in sight; calls `send` with what is news."""

    def __init__(self, send: Callable[[Percents], object], *, traces: bool = False) -> None:
        self._send, self._traces = send, traces
        self._vms: dict[int, XapiObject] = {}
        self._sent: dict[int, int] = {}
        self._traced: dict[int, str] = {}
        self._unwatch: list[Callable[[], None]] = []

    def watch(self, vms: Mapping[int, XapiObject]) -> None:
        """From now on it is these, by the ids of their rows: send what is known, and what becomes known."""
        self.stop()
        self._vms = dict(vms)
        self._sent = {row: percent for row, percent in self._sent.items() if row in self._vms}
        self._traced = {row: trace for row, trace in self._traced.items() if row in self._vms}
        of: defaultdict[Home, dict[str, int]] = defaultdict(dict)
        for row, vm in self._vms.items():
            of[vm.home][vm.uuid] = row
        self._unwatch = [home.part(History).observe(partial(self._measured, rows), frozenset(rows)) for home, rows in of.items()]
        self._look_at(self._vms)

    def end(self) -> None:
        """Nobody is sent anything any more."""
        self.stop()
        self._send = lambda _news: None

    def stop(self) -> None:
        """Until the next `watch`."""
        for unwatch in self._unwatch:
            unwatch()
        self._unwatch = []

    def _measured(self, rows: Mapping[str, int], fresh: frozenset[str]) -> None:
        self._look_at(row for uuid, row in rows.items() if uuid in fresh)

    def _look_at(self, rows: Iterable[int]) -> None:
        news: Percents = []
        for row in rows:
            vm = self._vms[row]
            percent, trace = percent_of(vm), trace_of(vm) if self._traces else ""
            if trace != self._traced.get(row, ""):
                news.append((row, percent, trace))
            elif percent != self._sent.get(row, -1):
                news.append((row, percent))
            self._sent[row], self._traced[row] = percent, trace
        if news:
            self._send(news)


def percent_of(vm: XapiObject) -> int:
    """CPU in whole per cent; -1 where it was not measured."""
    load = vm.home.part(History).load(vm.uuid)
    return -1 if load is None or math.isnan(load.cpu) else round(load.cpu * 100)


def trace_of(vm: XapiObject) -> str:
    return vm.home.part(History).trace(vm.uuid)
