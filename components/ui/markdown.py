"""What people write as markdown, as HTML: of a pool's texts nothing else than words, lists, tables, code and links comes through."""

from __future__ import annotations

import html
import re
from functools import cache, lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from nicegui import ui

LONGEST: Final = 20_000
"""Characters that are shown."""
RENDERED: Final = 4_000
MOST_MARKS: Final = 400
MOST_LINES: Final = 200
"""So much is rendered; more is plain text: some markdown takes a time that grows with its square."""
_MARKS: Final = re.compile(r"[\[\]*_`<~|!&\\]")
SCHEMES: Final = ("http", "https", "mailto")


@cache
def _markdown() -> MarkdownIt:
    """HTML is text; pictures are links, or whoever wrote the note would learn who reads it."""
    made = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).enable(["strikethrough", "table"]).disable("image")
    made.validateLink = _is_safe  # type: ignore[method-assign, assignment]
    made.core.ruler.push("headings", _headings)
    made.add_render_rule("link_open", _link)
    return made


def _is_safe(address: str) -> bool:
    try:
        return urlsplit(address.strip()).scheme.lower() in SCHEMES
    except ValueError:
        return False


def _headings(state: StateCore) -> None:
    """Those of a note are none of the page's."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"
            if token.nesting == 1:
                token.attrSet("class", "x-md-head")


def _link(renderer: RendererHTML, tokens: Any, at: int, options: Any, _env: Any) -> str:
    """It leads out of here, and is told nothing of where it was."""
    tokens[at].attrSet("target", "_blank")
    tokens[at].attrSet("rel", "noopener noreferrer nofollow")
    tokens[at].attrSet("class", "x-link")
    return renderer.renderToken(tokens, at, options, {})


@lru_cache(maxsize=256)
def rendered(text: str, *, line: bool = False) -> str:
    """HTML of `text`; `line`: of what stands in a line, where there are no lists and tables."""
    text = text[:LONGEST]
    if len(text) > RENDERED or text.count("\n") > MOST_LINES or len(_MARKS.findall(text)) > MOST_MARKS:
        plain = html.escape(text).replace("\n", "<br>")
        return plain if line else f"<p>{plain}</p>"
    return str(_markdown().renderInline(text) if line else _markdown().render(text))


class Markdown(ui.html):
    """A text that somebody wrote, rendered; `text` is what was written."""

    def __init__(self, text: str = "", *, line: bool = False) -> None:
        super().__init__(rendered(text, line=line), sanitize=False)  # `rendered` lets no HTML through
        self.classes("x-md" + (" x-md-line" if line else "")).props("dir=auto")
        self._written, self._line = text, line

    @property
    def text(self) -> str:
        return self._written

    @text.setter
    def text(self, text: str) -> None:
        if text != self._written:
            self._written = text
            self.set_content(rendered(text, line=self._line))
