"""Where somebody is signed in, ended one by one or all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from components.live import follow_source
from components.people.faults import administer_or_notify, fault_of
from components.ui import Age, Button, ButtonKind, Card, Column, RecordTable, Tone, Value, buttons, notify
from xo_dash.auth.current import current_session
from xo_dash.auth.sessions import Session
from xo_dash.context import Context
from xo_dash.i18n import _


class SessionList(Card):
    """Of whoever looks, or of another for an administrator: every handler asks again who acts."""

    def __init__(self, context: Context, user_id: str) -> None:
        super().__init__(_("Sessions"))
        self._context = context
        self._user_id = user_id
        self._is_own = current_session().user_id == user_id
        with self:
            columns = [Column(_("Device"), main=True), Column(_("Sign-in time")), Column(_("Last active")), Column("", number=True)]
            self._table = RecordTable(columns, _("No open sessions.")).classes("x-sessions")
            with buttons() as self._foot:
                Button(_("Sign out other sessions") if self._is_own else _("End all"), self._end_all)
            follow_source(context.auth.observe, self._fill)

    def _sessions(self) -> list[Session]:
        return self._context.auth.sessions.of_user(self._user_id)

    def _fill(self) -> None:
        sessions = self._sessions()
        self.show_count(len(sessions))
        self._foot.set_visibility(len(sessions) > (1 if self._is_own else 0))
        self._table.show(map(self._row, sessions))

    def _row(self, session: Session) -> list[Value]:
        is_here = self._is_own and session is current_session()
        return [
            lambda: _place(session),
            lambda: Age(session.created),
            _("this one") if is_here else lambda: Age(session.last_seen),
            "" if is_here else lambda: Button(_("End"), lambda: self._end(session), kind=ButtonKind.GHOST),
        ]

    async def _end(self, session: Session) -> None:
        async def end() -> None:
            self._context.auth.end(session, "ended by hand")

        await self._act(end)

    async def _end_all(self) -> None:
        async def end_all() -> None:
            self._context.auth.end_all_of(self._user_id, but=current_session() if self._is_own else None)

        await self._act(end_all)

    async def _act(self, change: Callable[[], Awaitable[object]]) -> None:
        if not self._is_own:
            await administer_or_notify(self._context, change)
        elif fault := await fault_of(change):
            notify(fault, Tone.CRITICAL)


def _place(session: Session) -> None:
    """The device, and the address below it."""
    with ui.element():
        ui.label(session.device or _("unknown"))
        ui.label(session.address).classes("x-dim x-small")
