"""Bands that say which picture is old, and why."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.live import follow, follow_all, fresh_slot
from components.ui import Age, Notice, Tone
from components.vms.rows import place_of
from data.changes import Change
from data.server import Server, ServerState
from data.sight import Sight
from data.types import Home
from xo_dash.i18n import _


def stale_bands(mirror: Sight) -> None:
    """A band for each pool that shows the past; nothing while all are live."""
    box = ui.element().classes("contents")

    def fill() -> None:
        with fresh_slot(box):
            for pool in mirror:
                band(pool)

    follow_all(mirror, _is_of_a_server, fill, topics=lambda: (Server,))


def stale_band(pool: Home, mirror: Sight) -> None:
    """The same for one pool."""
    box = ui.element().classes("contents")

    def fill() -> None:
        with fresh_slot(box):
            band(pool)

    follow(mirror, (pool.server,), fill)


def band(pool: Home) -> None:
    """One sentence on what is shown of this pool; nothing while it is live, or its first picture is on its way."""
    server = pool.server
    if server.is_live or server.is_loading:
        return
    if not server.last_event_at:
        Notice(
            _("{server} is not connected; nothing of it can be shown yet. See the settings for the reason.").format(
                server=place_of(pool).name
            ),
            Tone.STALE,
        )
        return
    with Notice(standing_text(server, place_of(pool).name), Tone.STALE):
        Age(server.last_event_at)


def standing_text(server: Server, name: str) -> str:
    """What is wrong, and that what is shown is old."""
    if server.state in (ServerState.UNREACHABLE, ServerState.CONNECTING, ServerState.SYNCING):
        return _("{server} is not responding; its last known state is shown. Retrying automatically.").format(server=name)
    if server.state is ServerState.DISABLED:
        return _("{server} is disabled in the settings; its last known state is shown.").format(server=name)
    return _("{server} is not connected; its last known state is shown. See the settings for the reason.").format(server=name)


def _is_of_a_server(changes: Sequence[Change]) -> bool:
    return any(isinstance(change.subject, Server) for change in changes)
