"""One line of what needs attention: what it is, what it touches, since when, and what one can do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from nicegui import ui

from components.actions import run_command, whoever
from components.actions.menu import words
from components.findings import acknowledging
from components.findings.feed import WordedFinding
from components.findings.fixes import fix_of, page_of
from components.findings.parts import FindingParts
from components.messages.words import MARKS
from components.ui import Age, Button, ButtonKind, Mark, divider, menu, menu_head, menu_item
from data.findings.finding import Finding
from data.server import Server, ServerState
from data.types import XapiObject
from data.views.finding import FindingView, finding_view
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.eligibility import ActionSummary, summarize
from xo_dash.i18n import _, datetime, ngettext, number

Show = Callable[[str], None]
"""Called with the key of what should be found on the map."""


class FindingLine(ui.element):
    """`refresh` it with news of the same finding; only what looks different is sent."""

    def __init__(self, context: Context, told: WordedFinding, on_show: Show | None = None) -> None:
        super().__init__("li")
        self.classes("xo-finding")
        self._context, self._told, self._on_show = context, told, on_show
        self._drawn: tuple[WordedFinding, ServerState] | None = None
        self._verb_now: AnyAction | None = None
        self._parts: FindingParts | None = None  # made when it is unfolded
        with self:
            self._mark = Mark(MARKS[told.finding.level])
            with ui.element().classes("xo-finding-text"):
                self._title = ui.label().classes("xo-finding-title")
                self._detail = ui.label().classes("xo-finding-detail")
            self._unfold = Button("", self._unfolding, kind=ButtonKind.GHOST, icon="down").classes("xo-finding-unfold").mark("unfold")
            self._note = ui.label().classes("xo-finding-note")
            self._verb = (
                Button("", self._mend, kind=ButtonKind.GHOST)
                .classes("xo-finding-verb", remove="x-btn-bare")
                .mark("mend")
                .props("data-once")
            )
            self._age = Age(None).classes("xo-finding-age")
            if on_show is not None:
                self._target = Button(kind=ButtonKind.GHOST, icon="map", label=_("Show on the map"), on_click=self.show_on_map).mark("show")
            self._more = Button(kind=ButtonKind.GHOST, icon="more", label=_("More commands"), on_click=self._open).mark("finding-more")
            self._menu: ui.menu | None = None  # made when it is asked for: a page has many lines
        self.refresh(told)

    @property
    def finding(self) -> Finding:
        return self._told.finding

    @property
    def _view(self) -> FindingView:
        return finding_view(self.finding, self._context.mirror)

    def refresh(self, told: WordedFinding) -> None:
        drawn = told, told.finding.server.state  # while that does not respond, nothing can be done
        if drawn == self._drawn:
            return
        self._drawn, self._told = drawn, told
        finding, view = told.finding, self._view
        self._mark.show(MARKS[finding.level])
        self._title.text, self._detail.text = told.title, told.detail
        self._age.show(view.since)
        self._note.text = _note_words(told)
        self._note.set_visibility(told.note is not None)
        verbs = self._verbs(view.rows)
        self._verb_now = verbs[0].action if verbs else None
        text = words(verbs[0]) if verbs else _elsewhere(finding)
        self._verb.set_visibility(bool(text))
        self._verb.set_text(text)
        if self._on_show is not None:
            self._target.set_visibility(bool(view.on_map))
        self._show_parts()

    def _show_parts(self) -> None:
        """How many objects it is about, and which, while somebody wants to see them."""
        parts = self.finding.parts
        self._unfold.set_visibility(bool(parts))
        self._unfold.set_text(number(len(parts)))
        label = ngettext("{n} object", "{n} objects", len(parts)).format(n=number(len(parts)))
        open_ = self._parts is not None
        self._unfold.props["aria-expanded"] = "true" if open_ else "false"
        self._unfold.props["aria-label"] = self._unfold.props["data-tip"] = label
        if self._parts is not None:
            self._parts.set_visibility(bool(parts))
            self._parts.show(parts)

    def _unfolding(self) -> None:
        if self._parts is None:
            with self:
                self._parts = FindingParts(self._context, self._on_show)
        else:
            self._parts.delete()
            self._parts = None
        self._show_parts()

    def point(self, on: bool) -> None:
        """Whether it is the one that next and previous came to."""
        if on == ("aria-current" in self.props):
            return
        if on:
            self.props("aria-current=true")
        else:
            self.props(remove="aria-current")

    def show_on_map(self) -> None:
        place = self._view.on_map
        if place and self._on_show is not None:
            self._on_show(place)

    def _verbs(self, subjects: Sequence[XapiObject]) -> list[ActionSummary]:
        """The commands that mend it and that this user can give now; first those that mend it for all its objects."""
        user = whoever()
        tallies = [summarize(row, subjects, user) for row in map(action, fix_of(self.finding).actions)] if subjects else []
        return sorted((one for one in tallies if one.able), key=lambda one: one.able < one.total)

    async def _mend(self) -> None:
        if self._verb_now is None:
            ui.navigate.to(page_of(self.finding, self._view))
        else:
            await run_command(self._context, self._verb_now, self._view.rows)

    def _open(self) -> None:
        if self._menu is None:
            with self._more:
                self._menu = menu(right=True).props("no-parent-event")
        self._menu.clear()
        with self._menu:
            self._fill()
        self._menu.open()

    def _fill(self) -> None:
        view = self._view
        for offered in self._verbs(view.rows):
            row = offered.action
            clicked = partial(run_command, self._context, row, view.rows)
            menu_item(words(offered), clicked, icon=row.icon, danger=row.danger)
        path = page_of(self.finding, view)
        if path and (not self.finding.parts or fix_of(self.finding).every):
            menu_item(_("Open"), lambda: ui.navigate.to(path), icon="right")
        if self._on_show is not None and view.on_map:
            menu_item(_("Show on the map"), self.show_on_map, icon="map")
        if not acknowledging.may_note():
            return
        divider()
        if self._told.note is not None:
            menu_item(_("Show again"), lambda: acknowledging.take_back(self._context, self.finding), icon="reboot").mark("take-back")
        else:
            menu_item(_("Acknowledge"), lambda: acknowledging.acknowledge(self._context, self.finding), icon="check").mark("seen")
        menu_head(_("Snooze"))
        for seconds, length in acknowledging.SNOOZES:
            menu_item(_(length), lambda seconds=seconds: acknowledging.snooze(self._context, self.finding, seconds), icon="clock").mark(
                "put-off"
            )


def _elsewhere(finding: Finding) -> str:
    """What the button says that leads to another page: of a connection that does not come back by itself, and of what has a list."""
    subject = finding.subject
    if isinstance(subject, Server):
        return _("Settings") if subject.state is not ServerState.UNREACHABLE else ""
    return _("Show all") if fix_of(finding).every else ""


def _note_words(told: WordedFinding) -> str:
    """Who said what of it."""
    note = told.note
    if note is None:
        return ""
    if note.seen:
        return _("acknowledged by {name}").format(name=note.by)
    if note.until == acknowledging.FOR_EVER:
        return _("{name}: until resolved").format(name=note.by)
    return _("{name}: until {moment}").format(name=note.by, moment=datetime(note.until))
