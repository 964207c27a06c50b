"""Views that a person keeps by a name: the address of a list or of the map, with what is filtered in it and how it is sorted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.ui.naming import ask_name
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.i18n import _

PREFERENCE: Final = "views"
"""{name: path with its query}"""
PLACES: Final = frozenset({
    "/", "/vms", "/hosts", "/storage", "/networks", "/snapshots", "/templates", "/vapps", "/isos", "/messages", "/compare", "/consoles",
})  # fmt: skip
"""Pages whose address says what they show."""
MOST, LONGEST_NAME, LONGEST_PATH = 20, 60, 2000


class SavedViews:
    """What whoever looks has kept, as far as it is what we write; `paths` is {name: path}."""

    def __init__(self) -> None:
        self._read()

    def _read(self) -> None:
        self.paths = dict(_views(current_user().preferences.get(PREFERENCE)))

    async def save(self, context: Context, path: object) -> None:
        """Ask what to call the view at `path`, which a browser says."""
        if not isinstance(path, str) or not is_view(path):
            return
        now = next((name for name, kept in self.paths.items() if kept == path), "")
        if name := await ask_name(_("Save this view"), now, LONGEST_NAME, self._refuse):
            await self._write(context, path, {name: path})

    async def remove(self, context: Context, path: object) -> None:
        await self._write(context, path, {})

    def _refuse(self, name: str) -> str:
        full = name not in self.paths and len(self.paths) >= MOST
        return _("there are already {n} views; remove one first").format(n=MOST) if full else ""

    async def _write(self, context: Context, path: object, instead: dict[str, str]) -> None:
        """Keep `instead` in place of the view at `path`, beside what other pages have kept meanwhile."""
        self._read()
        paths = {name: kept for name, kept in self.paths.items() if kept != path} | instead
        await context.users.set_preferences(current_user().id, {PREFERENCE: paths or None})
        self._read()


def is_view(path: str) -> bool:
    """Whether it leads to one of our own pages that can be kept."""
    return len(path) <= LONGEST_PATH and path.partition("?")[0] in PLACES


def _views(preference: object) -> Iterator[tuple[str, str]]:
    for name, path in list(preference.items())[:MOST] if isinstance(preference, dict) else ():
        if isinstance(name, str) and isinstance(path, str) and is_view(path):
            yield name[:LONGEST_NAME], path
