"""What XAPI noted about an object lately."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import ui

from components.findings.words import TONES
from components.live import follow_all
from components.messages.words import title
from components.ui import Age, Card, Mark
from data.changes import Change
from data.sight import Sight
from data.types import XapiObject
from data.views.message import MessageView
from xo_dash.i18n import _

SHOWN: Final = 8


class RecentMessages(Card):
    """The newest messages; a new one is one line more."""

    def __init__(self, mirror: Sight, row: XapiObject) -> None:
        super().__init__(_("Events"))
        self._row = row
        self._lines: dict[XapiObject, ui.element] = {}
        with self:
            self._none = ui.label(_("No events.")).classes("x-dim")
            self._list = ui.element("ul").classes("x-happened")
            with ui.element().classes("contents"):
                follow_all(mirror, self._concerns, self._refresh, topics=lambda: (MessageView.kind,))

    def _concerns(self, changes: Sequence[Change]) -> bool:
        row = self._row
        return any(
            isinstance(subject := change.subject, MessageView.kind) and subject.home is row.home and subject.obj_uuid == row.uuid
            for change in changes
        )

    def _refresh(self) -> None:
        messages = [message for message in self._row.home.all(MessageView.kind).values() if message.obj_uuid == self._row.uuid]
        newest = sorted(messages, key=lambda message: (message.timestamp, message.ref), reverse=True)[:SHOWN]
        for gone in self._lines.keys() - set(newest):
            self._lines.pop(gone).delete()
        for at, message in enumerate(newest):
            if message in self._lines:
                continue
            with self._list, ui.element("li") as line:
                Age(MessageView.raised.of(message)).classes("x-dim")
                if tone := TONES.get(MessageView.level.of(message)):
                    Mark(tone)
                ui.label(title(message.name, MessageView.alarm.of(message)))
            self._lines[message] = line
            if at < len(self._lines) - 1:
                line.move(self._list, at)
        self._none.set_visibility(not newest)
