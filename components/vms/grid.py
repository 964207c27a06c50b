"""The list of VMs of one page: rows come from the feed all lists share, loads only for those that this browser shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import orjson
from nicegui import events, ui

import components.lists.browser_modules  # noqa: F401
from components.browser import tell
from components.bundles import preload, register
from components.charts import number_words
from components.deltas import DeltaReader
from components.servers.form import add_words, without_pools
from components.theme.icons import drawing
from components.ui.marks import drawings
from components.urls import PREFIXES
from components.viewport import ViewportLoads
from components.vms.feed import VmFeed
from components.vms.words import BUSY, DOING, STATES, TOOLS
from data.objects import VM, Host
from xo_dash.i18n import _, number

SNAPSHOT: Final = "/vms/rows"
"""Where the browser gets all rows from."""
MOST_CHOSEN: Final = 500
"""VMs that a command is for at once."""
MOST_IN_SIGHT: Final = 200
"""Rows a browser may have in sight."""
USUAL: Final = ("name", "state", "cpu", "vcpus", "memory", "disk", "addresses", "host", "pool", "tags", "uptime")
register("xo-vms", Path(__file__).parent / "modules")


class Grid(ui.element, component="grid.js"):
    """Sorts, filters and chooses in the browser; what is put into it are the verbs for the chosen.

    `columns` are the keys of those to show (the usual ones if empty); `on_columns` gets them when others are wanted,
    `on_choose` the chosen VMs; `offer` opens the menu of commands for VMs, at pixels of the window;
    `creates`: there is a way to a new VM.
    """

    def __init__(
        self,
        feed: VmFeed,
        columns: Sequence[str],
        on_choose: Callable[[Sequence[VM]], object],
        on_columns: Callable[[list[str]], object],
        offer: Callable[[Sequence[VM], float, float], None],
        *,
        creates: bool,
    ) -> None:
        super().__init__()
        preload("xo-charts", "xo-vms")
        self._feed = feed
        self._on_choose, self._on_columns = on_choose, on_columns
        self._loads = ViewportLoads(lambda news: tell(self, "measured", f"[{orjson.dumps(news).decode()}]"), traces=True)
        titles = column_titles()
        self._props.update(
            url=SNAPSHOT, titles=titles, usual=list(USUAL), wanted=[key for key in columns if key in titles], most=MOST_CHOSEN,
            marks=drawings(), icons={name: drawing(name) for name in ("search", "columns", "download", "up", "down", "plus")},
            paths={"vm": PREFIXES[VM], "host": PREFIXES[Host]}, numbers=number_words(),
            words=_words(add_words(), _no_pool(), creates=creates),
        )  # fmt: skip
        self.on("watch", self._watch)
        self.on("choose", self._choose)
        self.on("columns", self._columns)
        self.on("offer", lambda event: self._offered(offer, event.args))
        self._reader = DeltaReader(feed, lambda delta: tell(self, "delta", delta))

    def show_trash(self, count: int) -> None:
        """A way to the trash, where there is something in it."""
        if self._props.get("trash", 0) != count:
            self._props["trash"] = count

    # ---- from the browser; what it says is not trusted

    def _watch(self, event: events.GenericEventArguments) -> None:
        """The rows that it has in sight, and those whose load it wants: send what is known, and what becomes known."""
        match event.args:
            case [list() as in_sight, list() as measured]:
                self._reader.look_at(id_ for id_ in in_sight[:MOST_IN_SIGHT] if isinstance(id_, int))
                self._loads.watch(self._named(measured))

    def _choose(self, event: events.GenericEventArguments) -> None:
        ids = event.args[:MOST_CHOSEN] if isinstance(event.args, list) else []
        self._on_choose(list(self._named(ids).values()))

    def _offered(self, offer: Callable[[Sequence[VM], float, float], None], told: object) -> None:
        match told:
            case [list() as ids, int() | float() as x, int() | float() as y] if vms := list(self._named(ids[:MOST_CHOSEN]).values()):
                offer(vms, x, y)

    async def _columns(self, event: events.GenericEventArguments) -> None:
        wanted = event.args if isinstance(event.args, list) else []
        result = self._on_columns([key for key in column_titles() if key in wanted])
        if hasattr(result, "__await__"):
            await result

    def _named(self, ids: object) -> dict[int, VM]:
        found = ((id_, self._feed.rows.vm(id_)) for id_ in ids if isinstance(id_, int)) if isinstance(ids, list) else ()
        return {id_: vm for id_, vm in found if vm is not None}

    def _handle_delete(self) -> None:
        self._reader.end()
        self._loads.end()
        super()._handle_delete()


def column_titles() -> dict[str, str]:
    """{column: what it is called}, in the order they stand; the keys are those of `modules/columns.js`."""
    return {
        "name": _("Name"), "state": _("State"), "cpu": _("CPU"), "vcpus": _("vCPUs"), "memory": _("RAM"), "disk": _("Disks"),
        "addresses": _("Addresses"), "host": _("Host"), "pool": _("Pool"), "tags": _("Tags"), "os": _("System"), "tools": _("Tools"),
        "uptime": _("Uptime"), "snapshots": _("Snapshots"), "macs": _("MACs"), "uuid": _("UUID"), "note": _("Description"),
        "group": _("vApp"),
    }  # fmt: skip


def _no_pool() -> str:
    return without_pools(_("VMs appear once a pool is connected in the settings."))


def _words(add: str = "", no_pool: str = "", *, creates: bool = True) -> dict[str, object]:
    """What the browser says itself; `add` is what the way to the first server is called, "" without one; `no_pool`: what is said then;
    `creates`: so is a new VM.
    """
    return {
        "label": _("VMs"),
        "find": _("Name, address, MAC, tag, UUID"),
        "filter": _("Filter"),
        "state": _("State"),
        "trash": _("Trash"),
        "create": _("New VM") if creates else "",
        "states": {key: _(text) for key, text in STATES.items()},
        "doing": {key: _(text) for key, text in (("", BUSY), *DOING.items())},
        "tools": {str(key): _(text) for key, text in TOOLS.items() if text},
        "any": {"pool": _("All pools"), "host": _("All hosts"), "tag": _("All tags"), "lacks": _("Protection")},
        "noHa": _("Not restarted by HA"),
        "columns": _("Columns"),
        "columnsTip": _("Select columns"),
        "usual": _("Reset columns"),
        "csvTip": _("Export this list"),
        "chosen": _("{n} selected"),
        "chosenOnes": _("Selection"),
        "tooMany": _("At most {n} at once; narrow the filter.").format(n=number(MOST_CHOSEN)),
        "none": _("Clear selection"),
        "all": _("Select all"),
        "clear": _("Show all"),
        "count": _("{n} shown"),
        "failed": _("The list could not be loaded. Reload the page."),
        "nothing": {"title": _("No matching VMs"), "text": _("Nothing matches all of these words and filters.")},
        "empty": {"title": _("No VMs"), "text": _("VMs of connected pools that you have access to appear here.")},
        "noPool": {"title": _("No pool yet"), "text": no_pool, "add": add},
    }
