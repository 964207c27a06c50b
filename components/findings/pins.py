"""What somebody keeps in sight: chips in the bar, each with its worst mark; a click shows it on the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nicegui import background_tasks, ui

from components.actions import whoever
from components.findings.feed import FindingsFeed
from components.live import follow_source, fresh_slot
from components.messages.words import MARKS
from components.ui import Button, ButtonKind, Mark
from data.identity import key_of
from data.level import Level
from data.names import name_of
from data.stores.users import ViewedUser
from data.types import XapiObject
from data.views.host import HostView
from data.views.network import NetworkView
from data.views.pool import PoolView
from data.views.sr import SRView
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.i18n import _

PINS: Final = "attention.pins"
"""The user's preference: [[XAPI's class, key]]; older ones have a uuid alone."""
MOST: Final = 8
KINDS: Final = {kind.xapi_class: kind for kind in (VMView.kind, HostView.kind, PoolView.kind, SRView.kind, NetworkView.kind)}


class Pins(ui.element):
    """Nothing while nothing is pinned."""

    def __init__(self, context: Context, on_show: Callable[[str], None]) -> None:
        super().__init__("span")
        self.classes("xo-pins")
        self._context, self._on_show = context, on_show
        user = whoever()
        self._pins = _read(user.preferences.get(PINS) if user else None)
        self._shown: object = None
        with self:
            follow_source(context.shared(FindingsFeed).observe, self._render)

    def toggle(self, subject: XapiObject) -> None:
        """Pin it, or take it off; the oldest goes when there are too many."""
        kept = [one for one in self._pins if self._found(one) is not subject]
        self._pins = kept if len(kept) < len(self._pins) else [*kept, (subject.xapi_class, key_of(subject))][-MOST:]
        if (user := whoever()) is not None and not isinstance(user, ViewedUser):  # the task below knows nobody
            pins = [list(one) for one in self._pins] or None
            background_tasks.create(self._keep(user.id, pins), name="pins of a user")
        self._render()

    def _found(self, pin: tuple[str, str]) -> XapiObject | None:
        kind, key = pin
        return self._context.mirror.find(KINDS[kind], key)

    async def _keep(self, user_id: str, pins: list[list[str]] | None) -> None:
        await self._context.users.set_preferences(user_id, {PINS: pins})

    def _render(self) -> None:
        mirror = self._context.mirror
        rows = [row for pin in self._pins if (row := self._found(pin))]
        looks = [(row, name_of(row), mirror.findings.mark(row)) for row in rows]
        if looks == self._shown:
            return
        self._shown = looks
        self.set_visibility(bool(rows))
        with fresh_slot(self):
            for row, name, level in looks:
                self._chip(row, str(name), level)

    def _chip(self, row: XapiObject, name: str, level: Level) -> None:
        with ui.element("span").classes("xo-pin"):
            if level is not Level.NONE:
                Mark(MARKS[level])
            Button(name or row.uuid[:8], lambda: self._on_show(key_of(row)), kind=ButtonKind.GHOST).classes("xo-pin-name")
            Button(kind=ButtonKind.GHOST, icon="close", label=_("Unpin {name}").format(name=name), on_click=lambda: self.toggle(row)).mark(
                "unpin"
            )


def _read(kept: object) -> list[tuple[str, str]]:
    """What a preferences file has may be anything."""
    pins = kept if isinstance(kept, list) else []
    return [(str(one[0]), str(one[1])) for one in pins if isinstance(one, list) and len(one) == 2 and one[0] in KINDS][-MOST:]
