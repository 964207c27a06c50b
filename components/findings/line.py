"""One line of what needs attention: what it is, what it touches, since when, and what one can do about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui import ui

from components.actions import run_command, whoever
from components.findings import noting
from components.findings.board import Told
from components.findings.mending import map_place_of, mending_of, page_of, subjects_of
from components.messages.words import MARKS
from components.ui import Age, Button, Kind, Mark, divider, menu, menu_head, menu_item
from data.findings.finding import Finding
from data.identity import key_of
from data.objects import Message
from data.server import Server, ServerState
from data.types import XapiObject, timestamp
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.eligibility import tally
from xo_dash.i18n import _, datetime

Show = Callable[[str], None]
"""Called with the key of what should be found on the map."""


class Line(ui.element):
    """`refresh` it with news of the same finding; only what looks different is sent."""

    def __init__(self, context: Context, told: Told, on_show: Show | None = None) -> None:
        super().__init__("li")
        self.classes("xo-finding")
        self._context, self._told, self._on_show = context, told, on_show
        self._verb_now: AnyAction | None = None
        with self:
            self._mark = Mark(MARKS[told.finding.level])
            with ui.element().classes("xo-finding-text"):
                self._title = ui.label().classes("xo-finding-title")
                self._detail = ui.label().classes("xo-finding-detail")
            self._note = ui.label().classes("xo-finding-note")
            self._verb = (
                Button("", self._mend, kind=Kind.GHOST).classes("xo-finding-verb", remove="x-btn-bare").mark("mend").props("data-once")
            )
            self._age = Age(None).classes("xo-finding-age")
            if on_show is not None:
                self._target = Button(kind=Kind.GHOST, icon="map", label=_("Show on the map"), on_click=self.show_on_map).mark("show")
            self._more = Button(kind=Kind.GHOST, icon="more", label=_("More commands"), on_click=self._open).mark("finding-more")
            self._menu: ui.menu | None = None  # made when it is asked for: a page has many lines
        self.refresh(told)

    @property
    def finding(self) -> Finding:
        return self._told.finding

    @property
    def _map_place(self) -> XapiObject | None:
        return map_place_of(self.finding, self._context.mirror)

    def refresh(self, told: Told) -> None:
        self._told = told
        finding = told.finding
        self._mark.show(MARKS[finding.level])
        self._title.text, self._detail.text = told.title, told.detail
        self._age.show(_since(finding))
        self._note.text = _note_words(told)
        self._note.set_visibility(told.note is not None)
        verbs = self._verbs()
        self._verb_now = verbs[0] if verbs else None
        text = _(verbs[0].title) if verbs else _("Settings") if _needs_settings(finding) else ""
        self._verb.set_visibility(bool(text))
        self._verb.set_text(text)
        if self._on_show is not None:
            self._target.set_visibility(self._map_place is not None)

    def point(self, on: bool) -> None:
        """Whether it is the one that next and previous came to."""
        if on == ("aria-current" in self.props):
            return
        if on:
            self.props("aria-current=true")
        else:
            self.props(remove="aria-current")

    def show_on_map(self) -> None:
        place = self._map_place
        if place is not None and self._on_show is not None:
            self._on_show(key_of(place))

    def _verbs(self) -> list[AnyAction]:
        """The commands that mend it and that this user can give now."""
        subjects, user = subjects_of(self.finding), whoever()
        return [row for row in map(action, mending_of(self.finding).actions) if tally(row, subjects, user).able] if subjects else []

    async def _mend(self) -> None:
        if self._verb_now is None:
            ui.navigate.to(page_of(self.finding))
        else:
            await run_command(self._context, self._verb_now, subjects_of(self.finding))

    def _open(self) -> None:
        if self._menu is None:
            with self._more:
                self._menu = menu(right=True).props("no-parent-event")
        self._menu.clear()
        with self._menu:
            self._fill()
        self._menu.open()

    def _fill(self) -> None:
        for row in self._verbs():
            clicked = partial(run_command, self._context, row, subjects_of(self.finding))
            menu_item(_(row.title), clicked, icon=row.icon, danger=row.danger)
        if path := page_of(self.finding):
            menu_item(_("Open"), lambda: ui.navigate.to(path), icon="right")
        if self._on_show is not None and self._map_place is not None:
            menu_item(_("Show on the map"), self.show_on_map, icon="map")
        if not noting.may_note():
            return
        divider()
        if self._told.note is not None:
            menu_item(_("Tell of it again"), lambda: noting.take_back(self._context, self.finding), icon="reboot").mark("take-back")
        else:
            menu_item(_("Seen"), lambda: noting.seen(self._context, self.finding), icon="check").mark("seen")
        menu_head(_("Put it off"))
        for seconds, words in noting.SNOOZES:
            menu_item(_(words), lambda seconds=seconds: noting.put_off(self._context, self.finding, seconds), icon="clock").mark("put-off")


def _needs_settings(finding: Finding) -> bool:
    """A connection that does not come back by itself."""
    subject = finding.subject
    return isinstance(subject, Server) and subject.state is not ServerState.UNREACHABLE


def _since(finding: Finding) -> float:
    """Of a connection its last word, of an alarm of XAPI's when that was raised."""
    subject = finding.subject
    if isinstance(subject, Server):
        return subject.last_event_at or finding.since
    told = [at for one in finding.subjects if isinstance(one, Message) and (at := timestamp(one.timestamp))]
    return min(told, default=finding.since)


def _note_words(told: Told) -> str:
    """Who said what of it."""
    note = told.note
    if note is None:
        return ""
    if note.seen:
        return _("seen by {name}").format(name=note.by)
    if note.until == noting.FOR_EVER:
        return _("{name}: until it is over").format(name=note.by)
    return _("{name}: until {moment}").format(name=note.by, moment=datetime(note.until))


def line_key(told: Told) -> tuple[object, object]:
    """What makes two lines the same one over time."""
    finding = told.finding
    return finding.rule, (finding.subject.home, finding.reading.detail) if finding.rule.folds and not isinstance(
        finding.subject, Server
    ) else finding.subject
