"""What becomes of VMs if a host fails: of one host, and of each of a pool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final
from urllib.parse import quote

from nicegui import ui

from components.live import follow_facts, fresh_slot
from components.parts import at_once_or_in_turns
from components.ui import Card, Mark
from components.urls import path_of
from data.failover import FailoverSummary, failover_steps
from data.identity import key_of
from data.names import by_name, name_of
from data.objects import Host
from data.views.host import HostView
from data.views.pool import PoolView
from xo_dash.control.host.no_place import why_no_place
from xo_dash.i18n import _, ngettext, number

WHOLE: Final = ("host_states", "vm_states", "memory")
"""What of a pool decides it, nearly always."""
NAMED: Final = 3
"""VMs that are named with the reason; the map has all."""


def summaries(groups: Iterable[Sequence[Host]], told: Callable[[list[FailoverSummary]], object]) -> Iterator[None]:
    """What becomes of the VMs without each of these groups of hosts, told at the end; in steps."""
    found = []
    for hosts in groups:
        found.append((yield from failover_steps(hosts)))
    told(found)


class HostFailure(Card):
    """One host: who would stop without it, and why."""

    def __init__(self, host: HostView, pool: PoolView | None) -> None:
        """`pool`: its own; what is free there decides."""
        super().__init__(_("If this host fails"))
        self._host = host
        self._asked = 0
        with self:
            self._box = ui.element().classes("x-stack x-failure").mark("failure")
            ui.link(_("Show on the map"), map_path(host.row)).classes("x-link")
            follow_facts(host, ("state", "guest_count", "memory"), self._again)
            if pool is not None:
                follow_facts(pool, WHOLE, self._again)

    def _again(self) -> None:
        self._asked += 1
        at_once_or_in_turns(summaries([[self._host.row]], partial(self._tell, self._asked)))

    def _tell(self, asked: int, outcomes: list[FailoverSummary]) -> None:
        if asked == self._asked and not self.is_deleted:
            with self, fresh_slot(self._box):
                _told(outcomes[0])


def _told(outcome: FailoverSummary) -> None:
    with ui.element().classes("x-row"):
        if outcome.stranded:
            Mark("warning")
        ui.label(verdict(outcome)).classes("x-strong")
    for one in outcome.stranded[:NAMED]:
        with ui.element().classes("x-failure-why"):
            ui.link(name_of(one.vm), path_of(one.vm))
            ui.label(str(why_no_place(one))).classes("x-dim")
    more = len(outcome.stranded) - NAMED
    if more > 0:
        ui.label(_("{n} more").format(n=number(more))).classes("x-dim")


def verdict(outcome: FailoverSummary) -> str:
    stopped = len(outcome.stranded)
    if stopped:
        return ngettext("{n} VM would stop", "{n} VMs would stop", stopped).format(n=number(stopped))
    return _("Its VMs can restart on other hosts") if outcome.moves else _("No VMs are running here")


def map_path(host: Host) -> str:
    return f"/?lose={quote(key_of(host), safe='@')}"


class PoolFailures(Card):
    """Each host of a pool: whether its loss is borne, and why not."""

    def __init__(self, pool: PoolView, title: str = "") -> None:
        super().__init__(title or _("If a host fails"), _("N-1"), wide=True)
        self._pool = pool
        self._asked = 0
        with self:
            self._box = ui.element().classes("x-stack x-failure").mark("failure")
            follow_facts(pool, WHOLE, self._again)

    def _again(self) -> None:
        self._asked += 1
        hosts = by_name(self._pool.row.home.all(Host).values())
        at_once_or_in_turns(summaries([[host] for host in hosts], partial(self._tell, self._asked, hosts)))

    def _tell(self, asked: int, hosts: Sequence[Host], outcomes: list[FailoverSummary]) -> None:
        if asked == self._asked and not self.is_deleted:
            with self, fresh_slot(self._box):
                _pool_told(dict(zip(hosts, outcomes, strict=True)))


def _pool_told(outcomes: Mapping[Host, FailoverSummary]) -> None:
    bad = [host for host, outcome in outcomes.items() if outcome.stranded]
    with ui.element().classes("x-row"):
        if bad:
            Mark("warning")
        ui.label(pool_verdict(len(outcomes), len(bad))).classes("x-strong")
    with ui.element().classes("x-stack x-failures"):
        for host in bad:
            with ui.element().classes("x-failure-why"):
                ui.link(name_of(host), map_path(host))
                ui.label(f"{verdict(outcomes[host])}: {_reasons(outcomes[host])}").classes("x-dim")


def _reasons(outcome: FailoverSummary) -> str:
    parts = [f"{name_of(one.vm)}: {why_no_place(one)}" for one in outcome.stranded[:NAMED]]
    more = len(outcome.stranded) - NAMED
    return "; ".join([*parts, *([_("{n} more").format(n=number(more))] if more > 0 else [])])


def pool_verdict(hosts: int, bad: int) -> str:
    """`Any host can fail`"""
    if hosts < 2:  # alone
        return _("It has one host: if that fails, all its VMs stop.")
    if not bad:
        return _("Any one host can fail: all VMs can restart on the others.")
    if bad == hosts:
        return _("No host failure is tolerated.")
    text = ngettext("{n} of {all} hosts cannot fail without VMs stopping.", "{n} of {all} hosts cannot fail without VMs stopping.", bad)
    return text.format(n=number(bad), all=number(hosts))
