"""Why somebody can, or cannot, do something to an object."""

from __future__ import annotations

from typing import Final

from nicegui import ui

from components.access.columns import verbs_for
from components.live import follow_source, fresh_slot
from components.ui import Card, Icon, choice
from data.grants.targets import kind_of
from data.grants.why import GrantEffect
from data.stores.users import User
from data.texts import natural
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.grant_words import grant_text, source_text
from xo_dash.control.verbs import Verb
from xo_dash.control.why import Why, why
from xo_dash.i18n import N_, _

ICONS: Final = {GrantEffect.ALLOWS: "check", GrantEffect.DENIES: "close", GrantEffect.SILENT: "minus"}
SAYS: Final = {
    GrantEffect.ALLOWS: N_("{source}; allows it"),
    GrantEffect.DENIES: N_("{source}; denies it"),
    GrantEffect.SILENT: N_("{source}; says nothing about it"),
}


class WhyCard(Card):
    """Asks who and what, and names the grant that decides, then the others."""

    def __init__(self, context: Context, row: XapiObject) -> None:
        super().__init__(_("Why can or can’t …"))
        self._context, self._row = context, row
        self._verbs = {verb.id: verb for verb in verbs_for(kind_of(row))}
        users = {user.id: user.name for user in sorted(context.users.all(), key=lambda user: natural(user.name))}
        with self:
            self._who = choice(users, next(iter(users), None), label=_("Who"), on_change=self._fill)
            self._what = choice(
                {verb.id: _titled(verb) for verb in self._verbs.values()},
                next(iter(self._verbs)),
                label=_("Action"),
                on_change=self._fill,
            )
            self._box = ui.element().classes("x-why")
            follow_source(context.grants.table.observe, self._fill)

    def ask(self, user: User, verb_id: str) -> None:
        """Show the answer for this user and verb."""
        self._who.set_value(user.id)
        self._what.set_value(verb_id)

    def _fill(self) -> None:
        user = self._context.users.get(str(self._who.value))
        with fresh_slot(self._box):
            if user is not None:
                self._answer(why(user, self._verbs[str(self._what.value)], self._row))

    def _answer(self, answer: Why) -> None:
        allowed, table = answer.explanation.allowed, self._context.grants.table
        with ui.element().classes(f"x-why-answer x-access-{'check' if allowed else 'close'}"):
            Icon("check" if allowed else "close")
            ui.label(str(answer.sentence)).classes("x-strong")
        if allowed and answer.obstacle is not None:
            ui.label(_("Not possible at the moment: {reason}.").format(reason=answer.obstacle)).classes("x-dim")
        for grant, effect in answer.explanation.says:
            with ui.element().classes("x-why-grant"):
                Icon(ICONS[effect]).classes(f"x-access-{ICONS[effect]}")
                with ui.element():
                    ui.label(str(grant_text(grant, table, self._row.home)))
                    ui.label(_(SAYS[effect]).format(source=source_text(grant, table))).classes("x-dim x-small")


def _titled(verb: Verb) -> str:
    return f"{_(verb.title)} ({verb.id})"
