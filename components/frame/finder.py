"""The search in the bar: over everything, as one types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final

from nicegui import events, ui

from components.actions.offering import may_somewhere
from components.first_picture import Outline
from components.frame.feed import TreeFeed
from components.theme.icons import drawing
from components.ui.marks import screens
from components.urls import path_of
from components.vms.words import mark_of
from data.names import name_of, pool_name
from data.objects import SR, VDI, VM, Host, Pool
from data.search import Group, GroupResult, Hit
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.sr.create import NEW_SR
from xo_dash.control.vm.create import CREATE
from xo_dash.i18n import _, ngettext

ICONS: Final[Mapping[Group, str]] = {
    Group.POOL: "pool", Group.HOST: "host", Group.SR: "storage", Group.NETWORK: "network", Group.APPLIANCE: "columns", Group.VDI: "disk",
    Group.TEMPLATE: "copy", Group.SNAPSHOT: "camera",
}  # fmt: skip
LIMITS: Final[Mapping[Group, int]] = {Group.VM: 8}
"""How many of a group are shown; 4 of the others."""
DOINGS: Final = ((CREATE, "/new-vm"), (NEW_SR, "/new-sr"))
"""Commands and the pages that ask what they take."""


class Finder(ui.element, component="finder.js"):
    """Asks the feed's index at every key press; the browser moves through the answer by itself."""

    def __init__(self, context: Context, offer: Callable[[XapiObject, float, float], None] | None = None) -> None:
        """`offer` opens the menu of commands for what was found, at pixels of the window."""
        super().__init__()
        self._context, self._feed, self._offer = context, context.shared(TreeFeed), offer
        self._found: list[XapiObject] = []  # what the browser shows
        self._number = 0  # of the question that this answers
        self._props["placeholder"] = _("Search VMs, hosts, addresses, tags…")
        self._props["screens"] = screens()
        self._props["icons"] = {name: drawing(name) for name in ("search", "plus", *ICONS.values())}
        self._props["words"] = {"nothing": _("Nothing found"), "label": _("Search"), "failed": _("The server is not responding")}
        self.on("ready", self._ready, [])
        self.on("query", self._query)
        self.on("offer", self._offered)

    @property
    def outline(self) -> Outline:
        return Outline(
            "div", "x-finder", f'<i class="x-icon">{drawing("search")}</i><input placeholder="{escape(self._props["placeholder"])}">'
        )

    async def _ready(self) -> None:
        await self._feed.index()

    async def _query(self, event: events.GenericEventArguments) -> None:
        number, text = event.args if isinstance(event.args, list) and len(event.args) == 2 else (0, "")
        if not isinstance(text, str) or not isinstance(number, int):
            return
        index = await self._feed.index()
        self._number, self._found = number, []
        groups = [*self._places(text), *self._groups(index.find(text, limit=8))]
        if not self.is_deleted:
            self.run_method("show", number, groups)

    def _offered(self, event: events.GenericEventArguments) -> None:
        match event.args:
            case [int(number), int(row), int() | float() as x, int() | float() as y] if self._offer is not None:
                if number == self._number and 0 <= row < len(self._found):
                    self._offer(self._found[row], x, y)

    def _places(self, text: str) -> list[dict[str, Any]]:
        """What one can go and do, by its first letters."""
        typed = " ".join(text.casefold().split())
        hits = [
            {"path": path, "name": _(action.title), "mark": "", "icon": "plus", "why": "", "where": ""}
            for action, path in DOINGS
            if typed and _(action.title).casefold().startswith(typed) and may_somewhere(self._context, action)
        ]
        return [{"title": _("Actions"), "more": "", "hits": hits}] if hits else []

    def _groups(self, found: Sequence[GroupResult]) -> list[dict[str, Any]]:
        return [self._group(one) for one in found]

    def _group(self, found: GroupResult) -> dict[str, Any]:
        shown = found.hits[: LIMITS.get(found.group, 4)]
        more = found.total - len(shown)
        return {
            "title": _title(found.group),
            "more": ngettext("{n} more", "{n} more", more).format(n=more) if more else "",
            "hits": [self._hit(found.group, hit) for hit in shown],
        }

    def _hit(self, group: Group, hit: Hit) -> dict[str, Any]:
        self._found.append(hit.row)
        return _hit(group, hit) | {"row": len(self._found) - 1}


class Adder(Finder):
    """The same on a page: adds what is found to a list in the page's address, where it stands by what `key` makes of it."""

    def __init__(self, context: Context, name: str, groups: Sequence[Group], key: Callable[[XapiObject], str], most: int) -> None:
        """`name` in the address; of `groups` alone; `most` there may be."""
        super().__init__(context)
        self._wanted, self._key = groups, key
        self._props["adds"], self._props["most"] = name, most
        self._props["placeholder"] = _("Add: name, address, tag…")
        self._props["words"] |= {"label": _("Add to the comparison"), "full": _("At most {n} at once; remove one first.").format(n=most)}

    def _places(self, text: str) -> list[dict[str, Any]]:
        return []

    def _groups(self, found: Sequence[GroupResult]) -> list[dict[str, Any]]:
        return [self._group(one) for one in found if one.group in self._wanted]

    def _group(self, found: GroupResult) -> dict[str, Any]:
        group = super()._group(found)
        for hit, shown in zip(found.hits, group["hits"], strict=False):
            shown["key"] = self._key(hit.row)
        return group


def _hit(group: Group, hit: Hit) -> dict[str, str]:
    row = hit.row
    mark = mark_of(row) if isinstance(row, VM) and group is Group.VM else ""
    return {"path": path_of(row), "name": name_of(row), "mark": mark, "icon": ICONS.get(group, ""), "why": hit.why, "where": _where(row)}


def _where(row: XapiObject) -> str:
    """What it is part of, and of which pool: hosts of two pools may have one name too."""
    pool = pool_name(row.home)
    inner: Host | SR | VM | None = None
    if isinstance(row, VM):
        inner = row.home.one(VM, row.snapshot_of) if row.is_a_snapshot else row.home.one(Host, row.resident_on)
    elif isinstance(row, VDI):
        inner = row.home.one(SR, row.SR)
    return "" if isinstance(row, Pool) else " · ".join(filter(None, (name_of(inner) if inner else "", pool)))


def _title(group: Group) -> str:
    return {
        Group.POOL: _("Pools"), Group.HOST: _("Hosts"), Group.VM: _("VMs"), Group.SR: _("Storage"), Group.NETWORK: _("Networks"),
        Group.APPLIANCE: _("vApps"), Group.VDI: _("Disks"), Group.TEMPLATE: _("Templates"), Group.SNAPSHOT: _("Snapshots"),
    }[group]  # fmt: skip
