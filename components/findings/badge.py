"""How much needs attention, beside its name in the sidebar: on every page."""

from __future__ import annotations

from nicegui import ui

from components.findings.attention import level_words
from components.findings.feed import FindingsFeed
from components.live import follow_source
from components.ui import Mark
from xo_dash.context import Context
from xo_dash.i18n import number


def badge(context: Context) -> None:
    """What is critical and what is a warning; nothing for none."""
    board = context.shared(FindingsFeed)
    texts: dict[str, tuple[ui.element, ui.label]] = {}

    def render() -> None:
        counts = board.counts
        for name, (box, text) in texts.items():
            count = getattr(counts, name)
            box.set_visibility(count > 0)
            text.text = number(count)
            box.props["aria-label"] = level_words(name, count)

    with ui.element("span").classes("xo-badge"):
        for name in ("critical", "warning"):
            with ui.element("span") as box:
                Mark(name)
                texts[name] = (box, ui.label())
        follow_source(board.observe_counts, render)
