"""The bar below the map: what is wrong, worst first; one goes through it with next and previous, or folds it to a line."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from components.actions import whoever
from components.findings.feed import FindingsFeed
from components.findings.line import FindingLine
from components.findings.lines import FindingLines
from components.findings.pins import Pins
from components.live import follow_source
from components.messages.words import MARKS
from components.ui import Button, ButtonKind, Mark
from data.findings.finding import Finding
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.i18n import _, ngettext, number

FOLDED = "attention.folded"
"""The user's preference."""
_UNFOLD = """(event) => {
  const button = event.currentTarget;
  button.setAttribute("aria-expanded", button.closest(".xo-attention").toggleAttribute("data-open"));
}"""
"""On a small screen the bar is one line until one asks for more, and again on the next page: no preference of a desk's screen."""
MOST = 30
"""Lines shown; the worst are first, the rest is on its page."""


class Attention(ui.element):
    """Always as high, so that the map above keeps its size. `on_show` is called with the key of what should be found on the map.

    `path` is the page of all findings. Whether it is folded is the user's preference, but on a small screen it is one line at first.
    """

    def __init__(self, context: Context, on_show: Callable[[str], None], path: str) -> None:
        super().__init__("section")
        self.classes("xo-attention")
        self.props["aria-label"] = _("Needs attention")
        self._context, self._board = context, context.shared(FindingsFeed)
        user = whoever()
        self._drawn: tuple[object, ...] = ()
        self._folded, self._at = user is not None and user.preferences.get(FOLDED) is True, -1
        with self:
            self._head(path, on_show)
            self._none = ui.label(_("Nothing needs attention.")).classes("xo-attention-none")
            self._lines = FindingLines(context, on_show)
            self._more = ui.link("", path).classes("x-link xo-attention-rest")
        self._fold(self._folded)
        with self:
            follow_source(self._board.observe, self._render)

    def _head(self, path: str, on_show: Callable[[str], None]) -> None:
        with ui.element("header").classes("xo-attention-head"):
            self._total = ui.label().classes("xo-attention-title")
            self._counts = {name: _Count(name) for name in ("critical", "warning", "information")}
            with ui.element().classes("xo-attention-worst") as self._worst:
                self._worst_mark = Mark("warning")
                self._worst_text = ui.label().classes("x-cut")
            self._pins = Pins(self._context, on_show)
            ui.element().classes("x-grow")
            with ui.element().classes("xo-attention-steps") as self._steps:
                Button(kind=ButtonKind.GHOST, icon="left", label=_("Previous problem"), on_click=lambda: self.step(-1)).mark("previous")
                self._place = ui.label().classes("xo-attention-place")
                Button(kind=ButtonKind.GHOST, icon="right", label=_("Next problem"), on_click=lambda: self.step(1)).mark("next")
            ui.link(_("All"), path).classes("x-link")
            self._toggle = Button(kind=ButtonKind.GHOST, icon="down", label=_("Collapse"), on_click=self._folding).mark("fold")
            self._toggle.classes("xo-attention-fold")
            unfold = Button(kind=ButtonKind.GHOST, icon="down", label=_("Show all")).classes("xo-attention-unfold").mark("unfold")
            unfold.props["aria-expanded"] = "false"
            unfold.on("click", js_handler=_UNFOLD)

    def _render(self) -> None:
        told, counts, rest = self._board.told, self._board.counts, len(self._board.lines) - MOST
        drawn = [(one, one.finding.server.state) for one in told[:MOST]], counts, rest
        if drawn == self._drawn:
            return  # what is another is among the rest
        self._drawn = drawn
        self._none.set_visibility(not told)
        self._lines.show(told[:MOST])
        self._total.text = total_words(sum(counts)) if told else _("Needs attention")
        for name, count in counts._asdict().items():
            self._counts[name].show(count)
        self._more.set_visibility(rest > 0)
        self._more.set_text(ngettext("{n} more", "{n} more", max(rest, 0)).format(n=number(max(rest, 0))))
        self._worst_mark.show(MARKS[told[0].finding.level] if told else "live")
        self._worst_text.text = told[0].title if told else _("Nothing needs attention.")
        self._steps.set_visibility(bool(told))
        self._point(min(self._at, len(self._lines.rows) - 1))

    # ---- going through it

    @property
    def current(self) -> Finding | None:
        """The one that next and previous came to."""
        rows = self._lines.rows
        return rows[self._at].finding if 0 <= self._at < len(rows) else None

    def step(self, by: int) -> None:
        """To the next or the previous one, around at the ends; it is shown on the map."""
        rows = self._lines.rows
        if rows:
            self._point((self._at + by) % len(rows) if self._at >= 0 else (0 if by > 0 else len(rows) - 1))
            rows[self._at].show_on_map()
            ui.run_javascript(f"document.getElementById('c{rows[self._at].id}')?.scrollIntoView({{block: 'nearest'}})")

    def pin(self, subject: XapiObject) -> None:
        """Keep it in sight, or no longer."""
        self._pins.toggle(subject)

    def _point(self, at: int) -> None:
        rows: list[FindingLine] = self._lines.rows
        self._at = at
        for place, row in enumerate(rows):
            row.point(place == at)  # sends nothing where it is so already
        self._place.text = f"{number(at + 1)} / {number(len(rows))}" if at >= 0 else number(len(rows))

    # ---- folding

    async def _folding(self) -> None:
        self._fold(not self._folded)
        if (user := whoever()) is not None:
            await self._context.users.set_preferences(user.id, {FOLDED: self._folded})

    def _fold(self, folded: bool) -> None:
        self._folded = folded
        self.classes(add="xo-attention-folded" if folded else "", remove="" if folded else "xo-attention-folded")
        self._toggle.props["aria-label"] = self._toggle.props["data-tip"] = _("Expand") if folded else _("Collapse")
        self._toggle.props["aria-expanded"] = "false" if folded else "true"


class _Count(ui.element):
    """How many of a level; nothing for none."""

    def __init__(self, level: str) -> None:
        super().__init__("span")
        self.classes("xo-attention-count")
        with self:
            Mark(level)
            self._words = ui.label()
        self._level = level
        self.set_visibility(False)

    def show(self, count: int) -> None:
        self.set_visibility(count > 0)
        self._words.text = level_words(self._level, count)


def total_words(count: int) -> str:
    """`12 problems`; how grave they are stands beside it."""
    return ngettext("{n} problem", "{n} problems", count).format(n=number(count))


def level_words(level: str, count: int) -> str:
    forms = {
        "critical": ngettext("{n} critical", "{n} critical", count),
        "warning": ngettext("{n} warning", "{n} warnings", count),
        "information": ngettext("{n} info", "{n} info", count),
    }
    return forms[level].format(n=number(count))
