"""What if these hosts were lost: a panel over the map with what becomes of their VMs, while the map draws it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from nicegui import ui

from components.hosts.failover import summaries
from components.live import follow_all, fresh_slot
from components.map.map import Map
from components.parts import at_once_or_in_turns
from components.ui import Button, ButtonKind, Mark
from components.urls import path_of
from data.changes import Change
from data.failover import FailoverSummary
from data.identity import key_of
from data.names import by_name, name_of
from data.objects import VM, Host
from data.placement import guests_on, memory_held, memory_of
from data.sight import Sight
from xo_dash.control.host.no_place import why_no_place
from xo_dash.i18n import _, ngettext, number, size

MOST = 60
"""VMs that are listed; the others are counted."""
CHANGES = frozenset({"power_state", "resident_on", "enabled", "name_label", "memory_dynamic_max"})


class WhatIf(ui.element):
    """Not there until asked; follows the pool while it is."""

    def __init__(self, mirror: Sight, chart: Map) -> None:
        super().__init__("aside")
        self.classes("xo-map-whatif")
        self.props["aria-label"] = _("Simulate failure")
        self._mirror, self._chart = mirror, chart
        self._hosts: list[Host] = []
        self._asked = 0
        self.set_visibility(False)
        follow_all(mirror, self._concerns, self._again)

    def ask(self, keys: Sequence[str]) -> None:
        """Show what becomes of the VMs of these hosts, which are of one pool: of the first one's; none ends it."""
        hosts = [host for key in keys if (host := self._mirror.find(Host, key))]
        self._hosts = [host for host in hosts if host.home is hosts[0].home]
        if self._hosts:
            self._again()
        else:
            self.end()

    def end(self) -> None:
        self._hosts = []
        self._asked += 1
        if self.visible:
            self.set_visibility(False)
            self._chart.end_loss()

    def _concerns(self, changes: Sequence[Change]) -> bool:
        home = self._hosts[0].home if self._hosts else None
        return home is not None and any(
            isinstance(change.subject, (VM, Host))
            and change.subject.home is home
            and not (change.names and CHANGES.isdisjoint(change.names))
            for change in changes
        )

    def _again(self) -> None:
        self._hosts = [host for host in self._hosts if host.home.one(Host, host.ref) is host]
        if self._hosts:
            self._asked += 1
            at_once_or_in_turns(summaries([list(self._hosts)], partial(self._told, self._asked, list(self._hosts))))
        elif self.visible:
            self.end()

    def _told(self, asked: int, hosts: list[Host], outcomes: list[FailoverSummary]) -> None:
        (outcome,) = outcomes
        if asked != self._asked or self.is_deleted:
            return  # it was asked for something else meanwhile
        with self:
            self._draw(hosts, outcome)
        self.set_visibility(True)
        moves = [(key_of(vm), key_of(host)) for vm, host in outcome.moves.items()]
        title, verdict = title_of(hosts), verdict_of(outcome)
        self._chart.show_loss([key_of(host) for host in hosts], moves, [key_of(one.vm) for one in outcome.stranded], f"{title}: {verdict}")

    def _draw(self, hosts: Sequence[Host], outcome: FailoverSummary) -> None:
        with fresh_slot(self):
            with ui.element().classes("xo-map-whatif-head"):
                ui.label(title_of(hosts)).classes("xo-map-whatif-title")
                Button(kind=ButtonKind.GHOST, icon="close", label=_("Close"), on_click=self.end)
            with ui.element().classes("xo-map-whatif-verdict"):
                if outcome.stranded:
                    Mark("critical")
                ui.label(verdict_of(outcome))
            if outcome.stranded:
                with ui.element("ul").props("role=list").classes("xo-map-whatif-list"):
                    for one in outcome.stranded[:MOST]:
                        with ui.element("li"):
                            ui.link(name_of(one.vm), path_of(one.vm))
                            ui.label(str(why_no_place(one)))
                    if len(outcome.stranded) > MOST:
                        ui.label(_("{n} more").format(n=number(len(outcome.stranded) - MOST)))
            self._receivers(outcome)

    def _receivers(self, outcome: FailoverSummary) -> None:
        hosts = by_name(set(outcome.moves.values()))
        if not hosts:
            return
        ui.label(_("Other VMs restart on")).classes("xo-map-whatif-scope")
        with ui.element("ul").props("role=list").classes("xo-map-whatif-list"):
            for host in hosts:
                coming = [vm for vm, place in outcome.moves.items() if place is host]
                free = memory_of(host, guests_on(host)).free - sum(map(memory_held, coming))
                with ui.element("li"):
                    ui.label(name_of(host)).classes("xo-map-whatif-host")
                    count = ngettext("{n} VM", "{n} VMs", len(coming)).format(n=number(len(coming)))
                    rest = _("{size} stays free").format(size=size(free))
                    ui.label(f"{count} · {rest}")


def title_of(hosts: Sequence[Host]) -> str:
    if len(hosts) == 1:
        return _("If {name} fails").format(name=name_of(hosts[0]))
    return ngettext("If {n} host fails", "If {n} hosts fail", len(hosts)).format(n=number(len(hosts)))


def verdict_of(outcome: FailoverSummary) -> str:
    stranded, total = len(outcome.stranded), len(outcome.stranded) + len(outcome.moves)
    if not total:
        return _("No VMs are running there.")
    if not stranded:
        return ngettext("{n} VM can be restarted.", "All {n} VMs can be restarted.", total).format(n=number(total))
    text = ngettext("{n} of {all} VMs cannot be restarted.", "{n} of {all} VMs cannot be restarted.", stranded)
    return text.format(n=number(stranded), all=number(total))
