"""All findings with filters: those of now, those that were seen, those that are put off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from components.findings.feed import MOST, FindingsFeed, WordedFinding
from components.findings.lines import FindingLines
from components.findings.rule_names import RULE_NAMES
from components.live import follow_source
from components.messages.words import PRIORITIES
from components.ui import Button, choice, empty_state, search_field
from data.names import pool_name
from xo_dash.context import Context
from xo_dash.i18n import _, number

PAGE = 100
"""Lines drawn at first, and with each asking for more."""

Pick = Callable[[FindingsFeed], Sequence[WordedFinding]]


class FindingList(ui.element):
    """`pick` says which of the board's; `title` and `text` stand where there is none."""

    def __init__(self, context: Context, pick: Pick, title: str, text: str) -> None:
        super().__init__()
        self.classes("x-stack xo-findings-page")
        self._context, self._pick = context, pick
        self._board = context.shared(FindingsFeed)
        self._room = PAGE
        self._level = self._pool = self._rule = self._words = ""
        with self:
            self._tools()
            with ui.element("section").classes("x-card") as self._card:
                self._lines = FindingLines(context)
            with ui.element() as self._empty:
                empty_state(title, text)
            self._unfit = ui.label(_("Nothing matches these filters.")).classes("x-dim")
            self._more = Button(_("Show more"), self._show_more)
            follow_source(self._board.observe, self._render)

    def _tools(self) -> None:
        pools = {"": _("All pools")} | {home.id: pool_name(home) for home in self._context.mirror}
        levels = {"": _("All levels")} | {str(int(level)): _(word) for level, word in PRIORITIES.items()}
        rules = sorted(((key, _(name)) for key, name in RULE_NAMES.items()), key=lambda pair: pair[1])
        with ui.element().classes("xo-findings-tools"):
            search_field(_("Search"), lambda event: self._narrow(text=str(event.value or "")))
            choice(levels, "", on_change=lambda event: self._narrow(level=event.value)).props["aria-label"] = _("Level")
            if len(pools) > 2:
                choice(pools, "", on_change=lambda event: self._narrow(pool=event.value)).props["aria-label"] = _("Pool")
            choice({"": _("All rules"), **dict(rules)}, "", on_change=lambda event: self._narrow(rule=event.value)).props["aria-label"] = _(
                "Rule"
            )
            ui.element().classes("x-grow")
            self._count = ui.label().classes("x-dim x-small").props("aria-live=polite")

    def _narrow(self, *, text: str | None = None, level: str | None = None, pool: str | None = None, rule: str | None = None) -> None:
        self._words = self._words if text is None else text.casefold()
        self._level = self._level if level is None else level
        self._pool = self._pool if pool is None else pool
        self._rule = self._rule if rule is None else rule
        self._room = PAGE
        self._render()

    def _show_more(self) -> None:
        self._room += PAGE
        self._render()

    def _render(self) -> None:
        every = self._pick(self._board)
        fit = [told for told in every if self._fits(told)]
        self._lines.show(fit[: self._room])
        self._card.set_visibility(bool(fit))
        self._empty.set_visibility(not every)
        self._unfit.set_visibility(bool(every) and not fit)
        self._more.set_visibility(len(fit) > self._room)
        self._count.text = f"{number(MOST)}+" if len(every) >= MOST and len(fit) == len(every) else number(len(fit))

    def _fits(self, told: WordedFinding) -> bool:
        finding = told.finding
        if self._level and str(int(finding.level)) != self._level:
            return False
        if self._rule and finding.rule.key != self._rule:
            return False
        if self._pool and finding.server.id != self._pool:
            return False
        hay = f"{told.title}\n{told.detail}".casefold()
        return all(word in hay for word in self._words.split())
