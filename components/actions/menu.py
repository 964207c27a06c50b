"""A menu of what can be done to an object or a selection, filled when it is opened."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui

from components.actions.run_command import run_command, whoever
from components.ui import divider, menu, menu_item, menu_link
from components.urls import path_of
from data.changes import Subject
from data.facts.pool import own_pool
from data.facts.vm import is_guest
from data.objects import VM
from data.server import Server
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import actions_for
from xo_dash.control.eligibility import ActionSummary, summarize
from xo_dash.i18n import _, number


class ActionMenu:
    """Opens below the element it is put into, at a click on it or by `open`; says of the impossible why. Made at the first time."""

    def __init__(
        self, context: Context, subjects: Sequence[XapiObject] = (), actions: Sequence[AnyAction] | None = None, *, right: bool = False
    ) -> None:
        """`actions`: these; else all that are for such objects and that their state makes one think of."""
        self._context = context
        self._subjects = tuple(subjects)
        self._actions = actions
        self._right = right
        self._menu: ui.menu | None = None
        self._slot = ui.context.slot
        self._slot.parent.on("click", self.open, [])

    def show(self, subjects: Sequence[XapiObject]) -> None:
        """From now on for these."""
        self._subjects = tuple(subjects)

    def open(self) -> None:
        if self._menu is None:
            with self._slot:
                self._menu = menu(right=self._right).props("no-parent-event")
        self._menu.clear()
        with self._menu:
            self._fill()
        self._menu.open()

    def _fill(self) -> None:
        self._ways()
        user = whoever()
        actions = thinkable(self._subjects) if self._actions is None else [row for row in self._actions if self._fits(row)]
        harmful = [action for action in actions if action.danger]
        settings = [action for action in actions if action.group and not action.danger]
        harmless = [action for action in actions if not action.group and not action.danger]
        for before, group in ((False, harmless), (bool(harmless), settings), (bool(harmless or settings), harmful)):
            with ui.element().classes("x-menu-end" if group is harmful else "contents"):
                if before and group:
                    divider()
                for action in group:
                    self._item(summarize(action, self._subjects, user))

    def _fits(self, action: AnyAction) -> bool:
        return not action.occasional or any(action.is_relevant(subject) for subject in self._subjects)

    def _ways(self) -> None:
        """Where it leads besides commands, in a menu of everything."""
        if self._actions is None and len(self._subjects) == 1 and isinstance(vm := self._subjects[0], VM) and is_guest(vm):
            menu_link(_("Console"), f"{path_of(vm)}/console", icon="console")
            divider()

    def _item(self, offered: ActionSummary) -> None:
        async def clicked() -> None:
            await run_command(self._context, offered.action, self._subjects)

        offered_item(offered, clicked)


def offered_item(offered: ActionSummary, do: Callable[[], Any]) -> None:
    """A command in the menu that is open; faint, with the reason, where it cannot be."""

    async def clicked() -> None:
        if offered.able:
            result = do()
            if inspect.isawaitable(result):
                await result

    text = words(offered) + ("…" if offered.action.fields else "")
    item = menu_item(text, clicked, icon=offered.action.icon, danger=offered.action.danger and offered.able > 0)
    item.mark(offered.action.id)
    if not offered.able:
        item.classes("x-verb-faint").props("aria-disabled=true")
        with item:
            ui.label(str(offered.reason)).classes("x-verb-why")


class PlacedMenu:
    """The menu at any place of the window: made once, opened for whatever is pointed at."""

    def __init__(self, context: Context) -> None:
        with ui.element().classes("x-menu-place") as self._place:
            self._menu = ActionMenu(context)
        self._mirror = context.mirror

    def open(self, subject: Subject, x: float, y: float) -> None:
        """`x` and `y` in pixels of the window; nothing where nothing can be done. A server stands for its pool."""
        if isinstance(subject, Server):
            home = self._mirror.pools.get(subject.id)
            subject = (home and own_pool(home)) or subject
        if isinstance(subject, XapiObject):
            self.open_for((subject,), x, y)

    def open_for(self, subjects: Sequence[XapiObject], x: float, y: float) -> None:
        """For what they have in common."""
        if thinkable(subjects):
            self._place.style(f"left: {x:.0f}px; top: {y:.0f}px")
            self._menu.show(subjects)
            self._menu.open()


def thinkable(subjects: Sequence[XapiObject]) -> list[AnyAction]:
    """The commands for these objects that the state of at least one makes one think of."""
    return [action for action in actions_for(*subjects) if any(action.is_relevant(subject) for subject in subjects)]


def words(offered: ActionSummary) -> str:
    """`Start`, or `Start 3 of 7` where not all can."""
    verb = _(offered.action.title)
    if offered.able in (0, offered.total):
        return verb
    return _("{verb} {able} of {total}").format(verb=verb, able=number(offered.able), total=number(offered.total))
