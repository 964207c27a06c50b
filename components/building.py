"""What NiceGUI does for each element while a page is built, and a page of ours needs not.

The page is sent as a whole when it is built, and what waited until then to be sent is dropped: so nothing is kept of which element
changed meanwhile. It is escaped by searching for what is escaped, not by looking at each character. And in the browser elements of
plain HTML are not watched field by field (`building.js`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from nicegui import App, Client, client, json
from nicegui.classes import Classes
from nicegui.element import Element
from nicegui.outbox import Outbox
from nicegui.props import Props
from nicegui.style import Style
from nicegui.sub_pages_router import SubPagesRouter

SCRIPT: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def install(app: App) -> None:
    """Once, before the first page."""
    if SCRIPT not in app.config.vue_config_script:
        app.config.vue_config_script += SCRIPT
    enqueue_update = Outbox.enqueue_update
    if enqueue_update.__module__ == __name__:
        return

    def enqueue_once_built(outbox: Outbox, element: Element) -> None:
        if getattr(outbox.client, "_response_built", False):  # which it has not yet with its first elements
            enqueue_update(outbox, element)

    Outbox.enqueue_update = enqueue_once_built  # type: ignore[method-assign, assignment]
    for observable in (Classes, Style, Props):
        changed = observable._handle_change
        observable._handle_change = _telling(changed)  # type: ignore[method-assign]
    client.json = SimpleNamespace(dumps=lambda value: PageData(json.dumps(value)), loads=json.loads)  # type: ignore[assignment, attr-defined]
    SubPagesRouter._can_resolve_full_path = staticmethod(_has_no_sub_pages)  # type: ignore[method-assign, assignment]


class PageData(str):
    """What NiceGUI puts among a page's HTML."""

    def translate(self, table: Mapping[int, str]) -> str:  # type: ignore[override]
        """As str does it, who looks up each character: 6 ms for the page of a VM. The table begins with what it puts in: "&"."""
        text = str(self)
        for character, escaped in table.items():
            text = text.replace(chr(character), escaped)
        return text


def _telling(changed: Any) -> Any:
    """`changed`, but for what only its own element wants to know: without the arguments of an event, of which it takes none."""

    def handle_change(observable: Classes[Any] | Style[Any] | Props[Any]) -> None:
        handlers = observable._change_handlers
        if len(handlers) == 1 and not observable._observer_refs and observable._parent_ref is None:
            observable._update()
        else:
            changed(observable)

    return handle_change


async def _has_no_sub_pages(_client: Client) -> bool:
    """NiceGUI looks for them in all elements of each page, three times."""
    return True
