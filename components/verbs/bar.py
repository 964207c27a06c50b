"""The buttons of what can be done to an object or a selection; they follow XAPI's allowed_operations."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.live import follow, renewed
from components.ui import Button, buttons, divider, menu, menu_item
from components.verbs.giving import give, whoever
from data.mirror import PoolMirror
from data.server import Server
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.action import Action
from xo_dash.control.actions import actions_for
from xo_dash.control.offers import Offer, offer
from xo_dash.i18n import _, number

WATCHED = ("allowed_operations", "current_operations", "blocked_operations", "power_state", "is_a_template", "state")


class VerbBar(ui.element):
    """What can be done to `subjects`: the usual as buttons, the rest behind the last one. `show` another selection at any time."""

    def __init__(self, context: Context, subjects: Sequence[XapiObject] = ()) -> None:
        super().__init__()
        self.classes("contents")
        self._context = context
        self._subjects: tuple[XapiObject, ...] = ()
        self._buttons: dict[Action, Button] = {}
        self._looks: dict[Action, tuple[bool, str, str | None]] = {}
        self.show(subjects)

    def show(self, subjects: Sequence[XapiObject]) -> None:
        """Offer what can be done to these; nothing for none, and nothing for a mixture that has nothing in common."""
        self._subjects = tuple(subjects)
        self._buttons.clear()
        self._looks.clear()
        with renewed(self), buttons():
            self._fill(actions_for(*self._subjects))

    def _fill(self, actions: Sequence[Action]) -> None:
        if not actions:
            return
        for action in actions:
            if action.prominent or len(actions) == 1:
                self._buttons[action] = self._button(action)
        rest = [action for action in actions if action not in self._buttons]
        if rest:
            self._more(rest)
        servers: list[Server] = [home.server for home in {subject.home for subject in self._subjects} if isinstance(home, PoolMirror)]
        follow(self._context.mirror, [*self._subjects, *servers], self._refresh, names=WATCHED)

    def _button(self, action: Action) -> Button:
        async def clicked() -> None:
            await give(self._context, action, self._subjects)

        button = Button(_(action.title), clicked, icon=action.icon)
        button.mark(action.id)
        return button

    def _refresh(self) -> None:
        """Only what looks different is sent."""
        user = whoever()
        for action, button in self._buttons.items():
            look = self._look(offer(action, self._subjects, user))
            if look == self._looks.get(action):
                continue
            self._looks[action] = look
            visible, text, why_not = look
            button.set_visibility(visible)
            button.set_text(text)
            button.allow(why_not)

    def _look(self, offered: Offer) -> tuple[bool, str, str | None]:
        """(shown at all, its words, why not)"""
        if not any(offered.action.fits(subject) for subject in self._subjects):
            return False, _(offered.action.title), None
        return True, words(offered), None if offered.possible else str(offered.reason)

    def _more(self, actions: Sequence[Action]) -> None:
        def opened() -> None:
            box.clear()
            with box:
                self._items(actions)
            box.open()

        with Button(icon="more", label=_("More commands"), on_click=opened).mark("more-commands"):
            box = menu(right=True).props("no-parent-event")

    def _items(self, actions: Sequence[Action]) -> None:
        user = whoever()
        offered = [offer(action, self._subjects, user) for action in actions]
        for one in offered:
            if not one.action.danger:
                self._item(one)
        if any(one.action.danger for one in offered) and not all(one.action.danger for one in offered):
            divider()
        for one in offered:
            if one.action.danger:
                self._item(one)

    def _item(self, offered: Offer) -> None:
        async def clicked() -> None:
            if offered.possible:
                await give(self._context, offered.action, self._subjects)

        text = words(offered) + ("…" if offered.action.arguments else "")
        item = menu_item(text, clicked, icon=offered.action.icon, danger=offered.action.danger and offered.possible)
        item.mark(offered.action.id)
        if not offered.possible:
            item.classes("x-verb-faint").props("aria-disabled=true")
            with item:
                ui.label(str(offered.reason)).classes("x-verb-why")


def words(offered: Offer) -> str:
    """`Start`, or `Start 3 of 7` where not all can."""
    verb = _(offered.action.title)
    if offered.total == 1 or not offered.possible or not offered.unable:
        return verb
    return _("{verb} {able} of {total}").format(verb=verb, able=number(len(offered.able)), total=number(offered.total))


def bar(context: Context, subjects: Sequence[XapiObject] = ()) -> VerbBar:
    """The buttons for these objects, here; `.show(others)` for another selection."""
    return VerbBar(context, subjects)
