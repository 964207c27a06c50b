"""What XAPI noted about an object lately."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import ui

from components.findings.words import TONES
from components.live import follow_all
from components.ui import Age, Card, Mark
from components.vms.words import happened_text
from data.changes import Change
from data.messages import level_of
from data.objects import Message
from data.sight import Sight
from data.types import XapiObject, timestamp
from xo_dash.i18n import _

SHOWN: Final = 8


class RecentMessages(Card):
    """The newest messages; a new one is one line more."""

    def __init__(self, mirror: Sight, row: XapiObject) -> None:
        super().__init__(_("Events"))
        self._row = row
        self._lines: dict[Message, ui.element] = {}
        with self:
            self._none = ui.label(_("No events.")).classes("x-dim")
            self._list = ui.element("ul").classes("x-happened")
            with ui.element().classes("contents"):
                follow_all(mirror, self._concerns, self._refresh, topics=lambda: (Message,))

    def _concerns(self, changes: Sequence[Change]) -> bool:
        return any(isinstance(subject := change.subject, Message) and self._is_about(subject) for change in changes)

    def _is_about(self, message: Message) -> bool:
        return message.home is self._row.home and message.obj_uuid == self._row.uuid

    def _refresh(self) -> None:
        messages = [message for message in self._row.home.all(Message).values() if message.obj_uuid == self._row.uuid]
        newest = sorted(messages, key=lambda message: (message.timestamp, message.ref), reverse=True)[:SHOWN]
        for gone in self._lines.keys() - set(newest):
            self._lines.pop(gone).delete()
        for at, message in enumerate(newest):
            if message not in self._lines:
                self._lines[message] = self._line(message)
                if at < len(self._lines) - 1:
                    self._lines[message].move(self._list, at)
        self._none.set_visibility(not newest)

    def _line(self, message: Message) -> ui.element:
        with self._list, ui.element("li") as line:
            Age(timestamp(message.timestamp)).classes("x-dim")
            if tone := TONES.get(level_of(message)):
                Mark(tone)
            ui.label(happened_text(message.name))
        return line
