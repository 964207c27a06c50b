"""One line above the map: how many run, how many do not, and what lacks something. Each figure leads to the list of just those."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from nicegui import ui

from components.hosts.rows import UNPATCHED
from components.live import follow_all, follow_source, fresh_slot
from components.map.map_feed import MapFeed
from components.map.map_rows import MapCounts, with_ha
from components.map.rows import MIB
from components.ui import Mark
from data.changes import Change
from data.facts.pool import own_pool
from data.objects import SR, VM, Host, HostMetrics, Pool
from data.server import Server
from data.sight import Sight
from xo_dash.control.patches import PatchBook
from xo_dash.i18n import N_, _, ngettext, number, size

TOLD: Final = frozenset((
    "power_state", "is_a_template", "is_a_snapshot", "ha_restart_priority", "ha_enabled",
    "pending_guidances", "updates_requiring_reboot", "other_config", "live",
    "memory_total", "memory_overhead", "memory_dynamic_max", "resident_on", "physical_size", "physical_utilisation",
))  # fmt: skip
"""The fields that a figure is made of."""


class SummaryFigure(NamedTuple):
    mark: str
    text: str
    tip: str
    path: str
    amount: int
    is_extra: bool = False
    """Gives way where there is no room for all."""

    @property
    def place(self) -> tuple[str, str]:
        """What stays the same while only its amount changes."""
        return self.path, self.mark


class _FigureLink(ui.link):
    def __init__(self, figure: SummaryFigure) -> None:
        super().__init__(target=figure.path)
        self.classes("xo-figure x-plain xo-figure-extra" if figure.is_extra else "xo-figure x-plain")
        with self:
            if figure.mark:
                Mark(figure.mark)
            self._label = ui.label()
        self.show(figure)

    def show(self, figure: SummaryFigure) -> None:
        self._label.text = figure.text
        if self._props.get("data-tip") != figure.tip:
            self.props["data-tip"] = figure.tip
        if ("xo-figure-none" in self._classes) == bool(figure.amount):
            self.classes(toggle="xo-figure-none")


class Summary(ui.element):
    """What is none keeps its place, faint: that nothing is halted is an answer too. On a phone it gives its room to the others."""

    def __init__(self, mirror: Sight, map_feed: MapFeed, patches: PatchBook) -> None:
        super().__init__()
        self.classes("xo-summary")
        self._mirror, self._feed, self._patches = mirror, map_feed, patches
        self._shown: Sequence[SummaryFigure] = ()
        self._links: list[_FigureLink] = []
        with self:
            follow_all(mirror, lambda changes: any(map(_concerns, changes)), self._render)
            follow_source(self._observe, self._render)

    def _observe(self, tell: Callable[[], None]) -> Callable[[], None]:
        ends = (self._patches.observe(tell), self._feed.observe_counts(tell))

        def leave() -> None:
            for end in ends:
                end()

        return leave

    def _render(self) -> None:
        found = figures(self._mirror, self._feed.counts, self._patches)
        before, self._shown = self._shown, found
        if [figure.place for figure in found] != [figure.place for figure in before]:
            with fresh_slot(self):
                self._links = [_FigureLink(figure) for figure in found]
            return
        for link, figure, old in zip(self._links, found, before, strict=True):
            if figure != old:
                link.show(figure)


def _concerns(change: Change) -> bool:
    if isinstance(change.subject, Server):
        return True
    if not isinstance(change.subject, VM | Host | HostMetrics | SR | Pool):
        return False
    return change.operation != "mod" or not TOLD.isdisjoint(change.names)


def figures(mirror: Sight, counts: MapCounts, patches: PatchBook) -> list[SummaryFigure]:
    return [*_totals(counts), *_states(counts), _unpatched(mirror, patches), *_unprotected(mirror, counts), *_room(counts)]


def _totals(counts: MapCounts) -> Iterator[SummaryFigure]:
    hosts = ngettext("{n} host", "{n} hosts", counts.hosts).format(n=number(counts.hosts))
    pools = ngettext("{n} pool", "{n} pools", counts.pools).format(n=number(counts.pools))
    yield SummaryFigure("", hosts, pools, "/hosts", counts.hosts)
    vms = ngettext("{n} VM", "{n} VMs", counts.vms).format(n=number(counts.vms))
    yield SummaryFigure("", vms, _("All VMs as a table"), "/vms", counts.vms)


def _states(counts: MapCounts) -> Iterator[SummaryFigure]:
    words = (
        ("running", counts.running, ngettext("{n} running", "{n} running", counts.running)),
        ("halted", counts.halted, ngettext("{n} halted", "{n} halted", counts.halted)),
        ("paused", counts.paused, ngettext("{n} paused", "{n} paused", counts.paused)),
        ("suspended", counts.suspended, ngettext("{n} suspended", "{n} suspended", counts.suspended)),
    )
    for state, count, form in words:
        yield SummaryFigure(state, form.format(n=number(count)), _("Show in the VM list"), f"/vms?state={state}", count)


def _unpatched(mirror: Sight, patches: PatchBook) -> SummaryFigure:
    count = sum(map(patches.is_unpatched, mirror.every(Host)))
    text = ngettext("{n} host unpatched", "{n} hosts unpatched", count).format(n=number(count))
    tip = _("Hosts that lack updates, or need a reboot or a toolstack restart to finish them")
    return SummaryFigure(_mark(count), text, tip, f"/hosts?show={UNPATCHED}", count)


def _unprotected(mirror: Sight, counts: MapCounts) -> Iterator[SummaryFigure]:
    """Without HA nobody asked for protection, and it is said that there is none; nothing while no pool was ever seen."""
    if not with_ha(mirror):
        if any(own_pool(pool) is not None for pool in mirror):
            yield SummaryFigure("", _("HA off"), _("No pool restarts VMs when their host fails"), "/hosts", 0)
        return
    bare = counts.unprotected
    text = ngettext("{n} VM unprotected", "{n} VMs unprotected", bare).format(n=number(bare))
    yield SummaryFigure(_mark(bare), text, _("VMs that HA does not restart when their host fails"), "/vms?lacks=ha", bare)


def _room(counts: MapCounts) -> Iterator[SummaryFigure]:
    """What is free."""
    used = N_("{used} of {total} used")
    if total := counts.memory * MIB:
        free = counts.memory_free * MIB
        tip = _(used).format(used=size(total - free), total=size(total))
        yield SummaryFigure("", _("Memory: {size} free").format(size=size(free)), tip, "/hosts", 1, is_extra=True)
    if total := counts.space * MIB:
        taken = counts.space_used * MIB
        tip = _(used).format(used=size(taken), total=size(total))
        yield SummaryFigure("", _("Storage: {size} free").format(size=size(max(0, total - taken))), tip, "/storage", 1, is_extra=True)


def _mark(count: int) -> str:
    return "warning" if count else ""
