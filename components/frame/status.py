"""What goes on, in the bar: tasks that run, and whether the picture is live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nicegui import ui

from components.live import follow_all, renewed
from components.ui import Age, Bar, Mark, menu, menu_head, menu_link, spinner
from data.mirror import Mirror
from data.objects import Task, TaskStatus
from data.server import Server, ServerState
from data.types import NULL_REF, timestamp
from xo_dash.i18n import _, ngettext, percent

SHOWN = 8
"""Tasks the panel names; the rest are on their page."""


def running_tasks(mirror: Mirror) -> list[Task]:
    """What XAPI is doing in all pools, oldest first, without the parts that larger tasks are made of."""
    found = [task for task in mirror.every(Task) if task.status is TaskStatus.PENDING and task.subtask_of == NULL_REF]
    return sorted(found, key=lambda task: task.created)


def tasks(mirror: Mirror, path: str) -> None:
    """How many tasks run; a panel names them."""
    button = ui.element("button").classes("x-status").props("type=button aria-haspopup=true")
    with button:
        icon = spinner()
        label = ui.label().classes("x-status-text")
        with menu(right=True).classes("x-panel"):
            panel = ui.element()

    def render() -> None:
        running = running_tasks(mirror)
        label.text = ngettext("{n} task", "{n} tasks", len(running)).format(n=len(running))
        button.visible = bool(running)
        icon.visible = bool(running)
        with renewed(panel):
            menu_head(_("Running now"))
            for task in running[:SHOWN]:
                _task(task)
            menu_link(_("All tasks"), path, icon="tasks")

    follow_all(mirror, lambda changes: any(isinstance(change.subject, Task) for change in changes), render)


def _task(task: Task) -> None:
    with ui.element().classes("x-panel-row"):
        with ui.element().classes("x-row x-spread"):
            ui.label(task.name_label.removeprefix("Async.") or "–").classes("x-cut")
            ui.label(percent(task.progress) if task.progress else "").classes("x-dim x-small")
        Bar(task.progress)
        with ui.element().classes("x-row x-spread x-small x-faint"):
            ui.label(getattr(task.home, "server").label).classes("x-cut")  # noqa: B009
            Age(timestamp(task.created), bare=True)


def connection(mirror: Mirror, path: str) -> None:
    """Whether what is shown is the present, and of which pools it is not."""
    button = ui.element("button").classes("x-status").props("type=button aria-haspopup=true")
    with button:
        mark = Mark("live")
        label = ui.label().classes("x-status-text")
        since = Age(None, bare=True).classes("x-status-text")
        with menu(right=True).classes("x-panel"):
            panel = ui.element()

    def render() -> None:
        servers = [pool.server for pool in mirror]
        shape, text, then = judge(servers)
        mark.show(shape)
        label.text = text
        since.show(then)
        since.visible = then is not None
        button.props["data-state"] = shape
        with renewed(panel):
            menu_head(_("Pools") if servers else _("No pools yet"))
            for server in servers:
                _server(server)
            menu_link(_("Servers and settings"), path, icon="settings")

    follow_all(mirror, lambda changes: any(isinstance(change.subject, Server) for change in changes), render)


def judge(servers: Sequence[Server]) -> tuple[str, str, float | None]:
    """(mark, what to say, since when it is so) of all connections together; the worst counts."""
    wanted = [server for server in servers if server.state is not ServerState.DISABLED]
    if not wanted:
        return "disabled", _("no pools"), None
    away = [server for server in wanted if server.state not in (ServerState.LIVE, ServerState.CONNECTING, ServerState.SYNCING)]
    if away:
        text = ngettext("{n} pool unreachable", "{n} pools unreachable", len(away)).format(n=len(away))
        if any(server.state is not ServerState.UNREACHABLE for server in away):
            text = ngettext("{n} pool not connected", "{n} pools not connected", len(away)).format(n=len(away))
        return "warning", text, _earliest(server.last_event_at or server.since for server in away)
    if any(server.state is not ServerState.LIVE for server in wanted):
        return "connecting", _("connecting"), None
    return "live", _("live"), None


def _earliest(moments: Iterable[float]) -> float | None:
    return min((moment for moment in moments if moment), default=None)


STATES = {
    ServerState.LIVE: "live",
    ServerState.CONNECTING: "connecting",
    ServerState.SYNCING: "connecting",
    ServerState.UNREACHABLE: "warning",
    ServerState.DISABLED: "disabled",
}


def state_words(state: ServerState) -> str:
    return {
        ServerState.LIVE: _("live"),
        ServerState.CONNECTING: _("connecting"),
        ServerState.SYNCING: _("reading its state"),
        ServerState.UNREACHABLE: _("unreachable"),
        ServerState.BAD_PASSWORD: _("wrong password"),
        ServerState.BAD_CERTIFICATE: _("certificate not trusted"),
        ServerState.WRONG_POOL: _("another pool than before"),
        ServerState.DUPLICATE: _("connected twice"),
        ServerState.DISABLED: _("switched off"),
    }[state]


def _server(server: Server) -> None:
    with ui.element().classes("x-panel-row x-row"):
        Mark(STATES.get(server.state, "critical"))
        ui.label(server.label or server.address).classes("x-grow x-cut")
        ui.label(state_words(server.state)).classes("x-dim x-small")
        if not server.is_live and server.last_event_at:
            Age(server.last_event_at, bare=True).classes("x-dim x-small")
