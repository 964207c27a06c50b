"""The sections, above the tree: where one is, and how much there is in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

import orjson
from nicegui import ui

from components.browser import tell
from components.findings.attention import level_words
from components.findings.feed import FindingsFeed
from components.first_picture import Outline
from components.frame.saved_views import PLACES, SavedViews
from components.frame.tally import SectionCounter
from components.live import follow_source
from components.theme.icons import drawing
from components.ui.marks import drawings
from xo_dash.auth.current import current_actor, is_administrator
from xo_dash.context import Context
from xo_dash.i18n import N_, _, number

_PLACES: Final = (
    ("/", "map", N_("Map")), ("/attention", "attention", N_("Attention")), ("/vms", "vm", N_("VMs")), ("/hosts", "host", N_("Hosts")),
    ("/storage", "storage", N_("Storage")), ("/networks", "network", N_("Networks")), ("/tasks", "tasks", N_("Tasks")),
    ("/people", "users", N_("People")), ("/settings", "settings", N_("Settings")),
)  # fmt: skip
"""(path, drawing, name)"""
_FOR_ADMINISTRATORS: Final = frozenset({"/people"})
_MORE: Final = (
    ("/consoles", "console", N_("Consoles")), ("/snapshots", "camera", N_("Snapshots")), ("/templates", "copy", N_("Templates")),
    ("/vapps", "columns", N_("vApps")), ("/isos", "disk", N_("ISO images")), ("/transfers", "transfer", N_("Transfers")),
    ("/messages", "messages", N_("Messages")),
)  # fmt: skip
"""Below a button that shows them, or the tree would have no room on a small screen; a tall one has them all."""
_LEVELS: Final = ("critical", "warning")


class Navigation(ui.element, component="navigation.js"):
    """One element, of which the browser makes the links; afterwards it is told the counts that differ."""

    def __init__(self, context: Context, here: str) -> None:
        """`here` is the path of the page; the section it belongs to is marked."""
        super().__init__()
        self._tally, self._activity = context.shared(SectionCounter), context.tasks
        self._board = context.shared(FindingsFeed)
        self._counts, self._warned = self._rows() | self._tasks(), self._levels()
        self._context, self._views = context, SavedViews()
        rules, keeps = is_administrator(), not current_actor().only_looks
        self._props.update(
            label=_("Pages"), more=_("More"), twist=drawing("down"), here=_section(here),
            places=_places(place for place in _PLACES if rules or place[0] not in _FOR_ADMINISTRATORS), rest=_places(_MORE),
            counts=self._counts, levels=self._warned, views=self._view_rows(), keep=_("Save this view") if keeps and here in PLACES else "",
            drop=_("Remove") if keeps else "", mark=drawing("bookmark"), out=drawing("close"),
        )  # fmt: skip
        self.on("keep", lambda event: self._keep(event.args))
        with self:
            follow_source(self._tally.observe, lambda: self._count(self._rows()))
            follow_source(self._activity.observe, lambda: self._count(self._tasks()))
            follow_source(self._board.observe_counts, self._warn)

    @property
    def outline(self) -> Outline:
        """As its script draws it, but for the problems."""
        more = f'<button class="x-nav-more"><i class="x-icon">{self._props["twist"]}</i><span>{escape(self._props["more"])}</span></button>'
        rest = f'<div class="x-nav-rest">{self._outlined(self._props["rest"])}</div>'
        return Outline("nav", "x-nav", self._outlined((*self._props["places"], *self._props["views"])) + more + rest)

    def _outlined(self, places: Iterable[tuple[str, str, str]]) -> str:
        parts = []
        for path, image, name in places:
            here = ' aria-current="page"' if path == self._props["here"] else ""
            count = f'<span class="x-nav-count">{escape(self._counts.get(path, ""))}</span>'
            parts.append(f'<a{here}><i class="x-icon">{image}</i><span class="x-cut">{escape(name)}</span>{count}</a>')
        return "".join(parts)

    async def _keep(self, told: object) -> None:
        """[path, whether it is kept from now on]"""
        match told:
            case [path, True]:
                await self._views.save(self._context, path)
            case [path, False]:
                await self._views.remove(self._context, path)
        self._props["views"] = self._view_rows()
        self.update()

    def _view_rows(self) -> tuple[tuple[str, str, str], ...]:
        return tuple((path, drawing("bookmark"), name) for name, path in self._views.paths.items())

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:  # NiceGUI asks for it
        return [name for _path, _drawing, name in (*self._props["places"], *self._props["views"], *self._props["rest"])]

    def _rows(self) -> dict[str, str]:
        now = self._tally.counts
        return _written({"/vms": now.vms, "/hosts": now.hosts, "/storage": now.srs, "/networks": now.networks})

    def _tasks(self) -> dict[str, str]:
        return _written({"/tasks": sum(line.goes_on for line in self._activity.lines())})

    def _levels(self) -> tuple[tuple[str, str, str, str], ...]:
        """(mark, drawing, how many, the same in words) of what is critical and what is a warning; none of which there are none."""
        counts, marks = self._board.counts, drawings()
        found = [(level, getattr(counts, level)) for level in _LEVELS]
        return tuple((level, marks[level], number(count), level_words(level, count)) for level, count in found if count)

    def _count(self, counts: dict[str, str]) -> None:
        if fresh := {path: count for path, count in counts.items() if self._counts[path] != count}:
            self._counts |= fresh
            tell(self, "count", orjson.dumps([fresh]).decode())

    def _warn(self) -> None:
        if (levels := self._levels()) != self._warned:
            self._warned = levels
            tell(self, "warn", orjson.dumps([levels]).decode())


def _section(here: str) -> str:
    """The path of the section that a page is in."""
    paths = [path for path, _drawing, _name in (*_PLACES, *_MORE)]
    return next((path for path in paths if here == path or (path != "/" and here.startswith(f"{path}/"))), "")


def _places(places: Iterable[tuple[str, str, str]]) -> tuple[tuple[str, str, str], ...]:
    """Tuples: NiceGUI looks into each list among props for changes."""
    return tuple((path, drawing(icon), _(name)) for path, icon, name in places)


def _written(counts: Mapping[str, int]) -> dict[str, str]:
    """Nothing for none."""
    return {path: number(count) if count else "" for path, count in counts.items()}
