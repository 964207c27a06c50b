"""What is weak, and where that is mended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from nicegui import ui

from components.live import follow_source, fresh_slot
from components.people.ways import is_weak, state
from components.ui import Card, StateMark
from data.stores.users import Role
from xo_dash.auth.view_as import person_path
from xo_dash.context import Context
from xo_dash.i18n import _, ngettext, number

UNUSED: Final = 90 * 86400.0
"""Seconds after which a token counts as unused."""

ReviewLine = tuple[str, str, str]
"""(mark, sentence, where it is mended; empty: nowhere)"""


class ReviewCard(Card):
    def __init__(self, context: Context) -> None:
        super().__init__(_("To review"))
        self._context = context
        with self:
            self._box = ui.element().classes("x-review")
            follow_source(context.auth.observe, self._fill)

    def _fill(self) -> None:
        lines = list(self._lines())
        with fresh_slot(self._box):
            if not lines:
                ui.label(_("Nothing to review.")).classes("x-dim")
            for mark, sentence, path in lines:
                with ui.element().classes("x-review-line"):
                    StateMark(mark, sentence)
                    if path:
                        ui.link(_("Review"), path).classes("x-link")

    def _lines(self) -> Iterator[ReviewLine]:
        auth, users = self._context.auth, self._context.users.all()
        for user in users:
            if is_weak(auth, user) and user.role is Role.ADMIN:
                yield "warning", _("{name} signs in with a password alone").format(name=user.name), person_path(user)
        weak = [user for user in users if is_weak(auth, user) and user.role is not Role.ADMIN]  # administrators are named above
        if weak:
            text = ngettext("{n} user signs in with a password alone", "{n} users sign in with a password alone", len(weak))
            yield "warning", text.format(n=number(len(weak))), "/people?tab=sign-in"
        for user in users:
            if not user.disabled and state(auth, user)[0] == "warning":
                yield "warning", _("{name} cannot sign in").format(name=user.name), person_path(user)
        yield from self._tokens()
        local = [user for user in users if user.role is Role.ADMIN and user.password_hash and not user.disabled]
        if local:
            yield "running", _("{name} can sign in without a provider").format(name=local[0].name), ""

    def _tokens(self) -> Iterator[ReviewLine]:
        long_ago = time.time() - UNUSED
        unused = [token for token in self._context.tokens.all() if max(token.used, token.created) < long_ago and not token.has_expired]
        if unused:
            text = ngettext("{n} token unused for 90 days", "{n} tokens unused for 90 days", len(unused)).format(n=number(len(unused)))
            yield "warning", text, "/people?tab=tokens"
