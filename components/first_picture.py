"""The first picture of a page: its elements as HTML, which a browser shows while its scripts make the elements.

NiceGUI sends a page as data, and nothing is to be seen until Vue has made elements of it: most of the time that opening a page takes. What
the page shows is sent as HTML too. Nothing in that takes a click or the focus (`inert`), and it goes in the task in which the elements
come, so that nothing is painted in between (`first_picture.js`).

What a component's script draws is not known here: an `outline` among a component's attributes says what stands in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from fastapi import Request, Response
from nicegui import App, Client, ui
from nicegui.element import Element

SCRIPT: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_WANTED: Final = "first picture"
"""Among what NiceGUI keeps for a page."""
_EMPTY: Final = frozenset(("br", "hr", "img", "input", "wbr"))
_ATTRIBUTE: Final = re.compile(r"(?!on|id$|src|autofocus$|innerHTML$)[a-zA-Z][a-zA-Z-]*\Z")
"""No handlers, nothing that is fetched, and no id: the element itself is to have it."""
_OF_COMPONENTS: Final = re.compile(r"(href|dir|role|aria-[a-z]+|data-[a-z]+)\Z")
"""The rest of a component's is what its script wants to know."""


@dataclass(frozen=True, slots=True)
class Outline:
    """An element of this tag and class; `before` and `after` its children is markup of ours, in which texts are escaped."""

    tag: str
    css: str = ""
    before: str = ""
    after: str = ""


_OUTLINES: Final[Mapping[str, Outline]] = {
    "q-layout": Outline("div", "q-layout q-layout--standard"), "q-page-container": Outline("div", "q-page-container"),
    "nicegui-link": Outline("a"), "nicegui-html": Outline("div"),
}  # fmt: skip


def install(app: App) -> None:
    """Once, before the first page."""
    if SCRIPT not in app.config.vue_config_script:
        app.config.vue_config_script = SCRIPT + app.config.vue_config_script
    build = Client.build_response
    if build.__module__ == __name__:
        return

    def build_response(client: Client, request: Request, status_code: int = 200) -> Response:
        if client.storage.get(_WANTED):
            client._body_html += f'<div id="x-first-picture" inert>{markup(client.layout)}</div>'
        return build(client, request, status_code)

    Client.build_response = build_response  # type: ignore[method-assign, assignment]


def show_first_picture() -> None:
    """The page being built is to have one."""
    ui.context.client.storage[_WANTED] = True


def markup(element: Element) -> str:
    """`element` and what is in it."""
    parts: list[str] = []
    _write(element, parts.append)
    return "".join(parts)


def _write(element: Element, put: Callable[[str], None]) -> None:
    tag, css, before, after, attribute = element.tag, " ".join(element._classes), "", "", _ATTRIBUTE
    if "-" in tag:
        outline = getattr(element, "outline", None) or _OUTLINES.get(tag)
        if outline is None:
            return
        tag, css, before, after, attribute = outline.tag, f"{outline.css} {css}", outline.before, outline.after, _OF_COMPONENTS
    put(f'<{tag} class="{escape(css)}"')
    if element._style:
        put(f' style="{escape(";".join(f"{name}:{value}" for name, value in element._style.items()))}"')
    for name, value in element._props.items():
        if isinstance(value, str | int | float) and attribute.match(name):
            _attribute(name, value, put)
    put(">")
    if tag in _EMPTY:
        return
    put(before)
    if not element._props.get("sanitize"):
        put(element._props.get("innerHTML", ""))  # drawings of ours, and markdown that was made harmless on the server
    if element._text is not None:
        put(escape(element._text, quote=False))
    for child in element.default_slot.children:
        _write(child, put)
    put(f"{after}</{tag}>")


def _attribute(name: str, value: str | float, put: Callable[[str], None]) -> None:
    """As Vue does it: what is true or false is there or not, but in words where it is about accessibility or ours."""
    if value is True or value is False:
        if name.startswith(("aria-", "data-")):
            put(f' {name}="{str(value).lower()}"')
        elif value:
            put(f" {name}")
    else:
        put(f' {name}="{escape(str(value))}"')
