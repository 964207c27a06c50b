"""The infrastructure tree of one page: rows come from the feed all pages share, loads only for the rows that are in sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any, Final

import orjson
from nicegui import events, ui

import components.lists.browser_modules  # noqa: F401
from components.browser import tell
from components.bundles import preload
from components.deltas import DeltaReader
from components.first_picture import Outline
from components.frame.feed import TreeFeed
from components.frame.tree_rows import NodeKind
from components.theme.icons import drawing
from components.ui.marks import drawings, screens
from components.urls import PREFIXES
from components.viewport import ViewportLoads
from data.changes import Subject
from data.identity import key_of
from data.views.host import HostView
from data.views.pool import PoolView
from data.views.vm import VMView
from xo_dash import i18n
from xo_dash.i18n import _, pgettext

SNAPSHOT: Final = "/frame/tree"
"""Where the browser gets the whole tree from."""
MOST: Final = 200
"""Rows a browser may have in sight."""


class Tree(ui.element, component="tree.js"):
    """Pools, hosts and VMs with a filter; `selected` is the object of the page."""

    def __init__(
        self, feed: TreeFeed, selected: Subject | None = None, on_menu: Callable[[Subject, float, float], object] | None = None
    ) -> None:
        """`on_menu` is told for which row a menu is wanted, and where in the window."""
        super().__init__()
        preload("xo-lists")
        self._on_menu = on_menu
        self._feed = feed
        self._loads = ViewportLoads(lambda news: tell(self, "measured", f"[{orjson.dumps(news).decode()}]"))
        self._props["url"] = SNAPSHOT
        self._props["selected"] = _key(selected)
        self._props["marks"], self._props["screens"] = drawings(), screens()
        self._props["icons"] = [drawing("pool"), drawing("host")]  # by Kind
        self._props["paths"] = {
            str(int(NodeKind.POOL)): PREFIXES[PoolView.kind],
            str(int(NodeKind.HOST)): PREFIXES[HostView.kind],
            str(int(NodeKind.VM)): PREFIXES[VMView.kind],
        }
        self._props["words"] = _words()
        self.on("watch", self._watch)
        self.on("menu", self._menu)
        self._reader = DeltaReader(feed, lambda delta: tell(self, "delta", delta))

    @property
    def outline(self) -> Outline:
        return Outline("div", "x-tree", f'<div class="x-tree-filter"><input placeholder="{escape(self._props["words"]["filter"])}"></div>')

    def _watch(self, event: events.GenericEventArguments) -> None:
        """The browser tells which rows are in sight: send what waited, what is known of their load, and what becomes known."""
        wanted = event.args if isinstance(event.args, list) else []
        nodes = [node for node in wanted[:MOST] if isinstance(node, int)]
        self._reader.look_at(nodes)
        found = ((node, self._feed.rows.subject(node)) for node in nodes)
        self._loads.watch({node: vm for node, vm in found if isinstance(vm, VMView.kind)})

    def _menu(self, event: events.GenericEventArguments) -> None:
        match event.args:
            case [int(node), int() | float() as x, int() | float() as y] if self._on_menu is not None:
                subject = self._feed.rows.subject(node)
                if subject is not None:
                    self._on_menu(subject, x, y)

    def _handle_delete(self) -> None:
        self._reader.end()
        self._loads.end()
        super()._handle_delete()


def _key(selected: Subject | None) -> str:
    return key_of(selected) if isinstance(selected, (PoolView.kind, HostView.kind, VMView.kind)) else ""


def _words() -> dict[str, Any]:
    """What the browser says itself."""
    return {
        "filter": _("Filter"),
        "tree": _("Infrastructure"),
        "bench": pgettext("several VMs", "halted"),
        "nothing": _("No matching name"),
        "empty": _("No pools yet"),
        "failed": _("The tree could not be loaded"),
        "percent": i18n.percent(0.11).replace("11", "{n}"),
        "marks": dict(_mark_words()),
    }


def _mark_words() -> Iterable[tuple[str, str]]:
    yield "running", _("running")
    yield "halted", _("halted")
    yield "paused", _("paused")
    yield "suspended", _("suspended")
    yield "busy", _("busy")
    yield "disabled", _("disabled")
    yield "unknown", _("state unknown")
    yield "connecting", _("connecting")
    yield "critical", _("not responding; last known state shown")
