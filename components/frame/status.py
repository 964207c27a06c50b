"""What goes on, in the bar: tasks that run, and whether the picture is live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from nicegui import ui

from components.frame.panel import StatusPanel
from components.live import follow_all, follow_source
from components.servers.words import state_mark, state_word
from components.ui import Age, Bar, Mark, menu_head, menu_link, spinner
from data.names import pool_name
from data.server import Server, ServerState
from data.sight import Sight
from xo_dash.control.task_view import TaskView
from xo_dash.control.visible import VisibleTasks
from xo_dash.i18n import _, ngettext, percent

SHOWN: Final = 8
"""Tasks the panel names; the rest are on their page."""


def tasks(activity: VisibleTasks, path: str) -> None:
    """How many tasks run; the panel names them. Nothing while there are none."""

    def fill() -> None:
        menu_head(_("Running tasks"))
        for line in running()[:SHOWN]:
            _task(line)
        menu_link(_("All tasks"), path, icon="tasks")

    def running() -> list[TaskView]:
        return [line for line in activity.lines() if line.goes_on]

    def render() -> None:
        count = len(running())
        label.text = ngettext("{n} task", "{n} tasks", count).format(n=count)
        panel.visible = count > 0
        panel.refresh()

    panel = StatusPanel(fill)
    with panel.word:
        spinner()
        label = ui.label().classes("x-status-text")
    follow_source(activity.observe, render)


def _task(line: TaskView) -> None:
    with ui.element().classes("x-panel-row"):
        with ui.element().classes("x-row x-spread"):
            ui.label(f"{line.title} {line.name}".strip()).classes("x-cut")
            ui.label(percent(line.progress) if line.progress else "").classes("x-dim x-small")
        Bar(line.progress, _("Progress"))
        with ui.element().classes("x-row x-spread x-small x-dim"):
            ui.label(" · ".join(part for part in (line.who, line.pool) if part)).classes("x-cut")
            Age(line.since, bare=True)


def connection(mirror: Sight, path: str) -> None:
    """Whether what is shown is the present, and of which pools it is not."""

    def servers() -> list[Server]:
        return [pool.server for pool in mirror]

    def fill() -> None:
        menu_head(_("Pools") if mirror.pools else _("No pools yet"))
        for pool in mirror:
            _server(pool.server, pool_name(pool))
        menu_link(_("Servers and settings"), path, icon="settings")

    def render() -> None:
        shape, text, then = judge(servers())
        mark.show(shape)
        label.text = text
        since.show(then)
        since.visible = then is not None
        panel.props["data-state"] = shape
        panel.refresh()

    panel = StatusPanel(fill).classes("x-connection")
    with panel.word:
        mark = Mark("live")
        label = ui.label().classes("x-status-text")
        since = Age(None, bare=True).classes("x-status-text")
    with panel:
        _offline()
    follow_all(mirror, lambda _changes: True, render, topics=lambda: (Server,))


def _offline() -> None:
    """In place of all that: the browser has no connection to us. Its own script shows it (components/theme/connection.js)."""
    with ui.element().classes("x-row x-offline").props("role=status"):
        Mark("warning")
        ui.label(_("offline")).classes("x-status-text")
        Age(None, bare=True).classes("x-status-text")


def judge(servers: Sequence[Server]) -> tuple[str, str, float | None]:
    """(mark, what to say, since when it is so) of all connections together; the worst counts."""
    wanted = [server for server in servers if server.state is not ServerState.DISABLED]
    if not wanted:
        return "disabled", _("no pools"), None
    away = [server for server in wanted if server.state not in (ServerState.LIVE, ServerState.CONNECTING, ServerState.SYNCING)]
    if away:
        text = ngettext("{n} pool not responding", "{n} pools not responding", len(away)).format(n=len(away))
        if any(server.state is not ServerState.UNREACHABLE for server in away):
            text = ngettext("{n} pool not connected", "{n} pools not connected", len(away)).format(n=len(away))
        return "critical", text, _earliest(server.last_event_at or server.since for server in away)
    if any(server.state is ServerState.SYNCING for server in wanted):
        return "connecting", _("loading"), None
    if any(server.state is not ServerState.LIVE for server in wanted):
        return "connecting", _("connecting"), None
    return "live", _("live"), None


def _earliest(moments: Iterable[float]) -> float | None:
    return min((moment for moment in moments if moment), default=None)


def _server(server: Server, name: str) -> None:
    with ui.element().classes("x-panel-row x-row"):
        Mark(state_mark(server.state))
        ui.label(name).classes("x-grow x-cut")
        ui.label(state_word(server.state)).classes("x-dim x-small")
        if not server.is_live and server.last_event_at:
            Age(server.last_event_at, bare=True).classes("x-dim x-small")
