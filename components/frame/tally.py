"""How many there are of what the sections list, counted once for all who look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from data.changes import Change, Operation
from data.coalesce import Coalescer
from data.facts.vm import is_guest
from data.networks import is_internal
from data.server import Server
from data.sight import Sight
from data.storage import is_drive
from data.views.host import HostView
from data.views.network import NetworkView
from data.views.sr import SRView
from data.views.vm import VMView


class SectionCounts(NamedTuple):
    """As the lists show them at first: no templates, snapshots and control domains, no drives, no internal networks."""

    vms: int
    hosts: int
    srs: int
    networks: int


_TOLD: Mapping[type, frozenset[str]] = {
    VMView.kind: frozenset({"is_a_template", "is_a_snapshot", "is_control_domain", "other_config"}),
    HostView.kind: frozenset(),
    SRView.kind: frozenset({"type", "content_type", "is_tools_sr"}),
    NetworkView.kind: frozenset({"PIFs"}),
}
"""By kind, the fields that decide whether one is counted."""


class SectionCounter:
    """Follows the mirror while somebody follows it; speaks at most ten times a second, and only when a count is another."""

    def __init__(self, mirror: Sight) -> None:
        self._mirror = mirror
        self._observers: dict[int, Callable[[], None]] = {}
        self._next = 0
        self._stop: Callable[[], None] | None = None
        self._counts: SectionCounts | None = None
        self._told: SectionCounts | None = None
        self._pace = Coalescer(self._tell)

    @property
    def counts(self) -> SectionCounts:
        if self._counts is None or not self._observers:
            pools = list(self._mirror)
            self._counts = SectionCounts(
                sum(is_guest(vm) for pool in pools for vm in pool.all(VMView.kind).values()),
                sum(len(pool.all(HostView.kind)) for pool in pools),
                sum(not is_drive(sr) for pool in pools for sr in pool.all(SRView.kind).values()),
                sum(not is_internal(network) for pool in pools for network in pool.all(NetworkView.kind).values()),
            )
        return self._counts

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` at every other count until what is returned is called."""
        self._next += 1
        key = self._next
        if not self._observers:
            self._counts = None
            self._stop = self._mirror.observe(self._changed)
        self._observers[key] = observer
        self._told = self.counts

        def leave() -> None:
            self._observers.pop(key, None)
            if not self._observers and self._stop is not None:
                self._stop()
                self._stop = None

        return leave

    def _changed(self, changes: Sequence[Change]) -> None:
        if any(map(_counts_for, changes)):
            self._counts = None
            self._pace.wake()

    def _tell(self) -> bool:
        if self._counts is not None or self.counts == self._told:
            return False
        self._told = self.counts
        for observer in list(self._observers.values()):
            observer()
        return True


def _counts_for(change: Change) -> bool:
    told = _TOLD.get(type(change.subject))
    if told is None:
        return isinstance(change.subject, Server) and change.operation is not Operation.MOD
    return change.operation is not Operation.MOD or not told.isdisjoint(change.names)
