"""What is selected on the map, and what can be done to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from components.actions.bar import ActionBar
from components.actions.menu import ActionMenu, thinkable
from components.actions.run_command import run_command
from components.charts.compare import MOST, compare_path
from components.map.map import Map, SelectedObject
from components.ui import Button, ButtonKind, divider, menu_item
from components.urls import path_of
from data.identity import key_of
from data.names import name_of
from data.objects import SR, VM, Host, Network, Pool
from data.sight import Sight
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.i18n import _, ngettext, number

KEYED = frozenset({"vm.snapshot", "vm.migrate"})
"""Commands that a key of the map gives."""
KINDS: dict[str, type[XapiObject]] = {"pool": Pool, "host": Host, "vm": VM, "sr": SR, "network": Network}


class Selection(ui.element):
    """A strip with the name or number of what is selected and its verbs; not there while nothing is."""

    def __init__(self, context: Context, on_clear: Callable[[], None], on_lose: Callable[[Sequence[str]], None] | None = None) -> None:
        """`on_lose` gets keys of hosts: what if they were lost."""
        super().__init__()
        self.classes("xo-selection")
        self.props("role=region")
        self.props["aria-label"] = _("Selection")
        self._context, self._mirror, self._on_lose = context, context.mirror, on_lose
        self._subjects: list[XapiObject] = []
        with self:
            self._name = ui.label().classes("xo-selection-name")
            self._open = ui.link(_("Open"), "").classes("x-btn")
            self._verbs = ActionBar(context)
            self._beside = ui.link(_("Compare"), "").classes("x-btn")
            self._lose = Button(_("Simulate failure…"), on_click=self._ask)
            self._lose.props["data-tip"] = _("Where VMs would restart if this host failed")
            Button(kind=ButtonKind.GHOST, icon="close", label=_("Clear selection"), on_click=on_clear)
        self.set_visibility(False)

    def show(self, chosen: Sequence[SelectedObject]) -> None:
        subjects = self._subjects = found(self._mirror, chosen)
        self.set_visibility(bool(subjects))
        self._name.text = _title(subjects)
        path = path_of(subjects[0]) if len(subjects) == 1 else ""
        self._open.set_visibility(bool(path))
        self._open.props["href"] = path
        self._verbs.show(subjects)
        beside = compare_path(subjects) if 2 <= len(subjects) <= MOST else ""
        self._beside.set_visibility(bool(beside))
        self._beside.props["href"] = beside
        self._lose.set_visibility(self._can_lose())

    def _can_lose(self) -> bool:
        """Hosts of one pool."""
        hosts = [one for one in self._subjects if isinstance(one, Host)]
        return self._on_lose is not None and bool(hosts) and len(hosts) == len(self._subjects) and len({host.home for host in hosts}) == 1

    def _ask(self) -> None:
        if self._on_lose is not None:
            self._on_lose([key_of(one) for one in self._subjects])

    async def do(self, action_id: str) -> None:
        """A command of the keyboard, for those of the selection that it is for."""
        if action_id in KEYED:
            wanted = action(action_id)
            subjects = [subject for subject in self._subjects if isinstance(subject, wanted.kind)]
            if subjects:
                await run_command(self._context, wanted, subjects)

    def menu_on(self, chart: Map) -> Callable[[float, float], None]:
        """A menu of the same verbs at any place over `chart`."""
        with chart:
            anchor = ui.element().classes("xo-map-anchor")
        with anchor:
            menu = Menu(self._context, self._can_lose, self._ask, chart)

        def open_at(x: float, y: float) -> None:
            if thinkable(self._subjects):
                anchor.style(f"left: {x:.0f}px; top: {y:.0f}px")
                menu.show(self._subjects)
                menu.open()

        return open_at


class Menu(ActionMenu):
    """The commands, and what asks the map itself."""

    def __init__(self, context: Context, can_lose: Callable[[], bool], ask: Callable[[], None], chart: Map) -> None:
        super().__init__(context)
        self._can_lose, self._ask, self._chart = can_lose, ask, chart

    def _fill(self) -> None:
        super()._fill()
        if self._chart.lets_carry and self._subjects and all(isinstance(one, VM) for one in self._subjects):
            divider()
            menu_item(_("Move on the map…"), self._chart.hold, icon="move")
        if self._can_lose():
            divider()
            menu_item(_("Simulate failure…"), self._ask, icon="warning")


def found(mirror: Sight, chosen: Sequence[SelectedObject]) -> list[XapiObject]:
    """The objects of a selection; what is gone, was never there, or is not said clearly is left out."""
    rows = (mirror.find(KINDS[one.kind], one.key) for one in chosen if one.kind in KINDS)
    return [row for row in rows if row is not None]


def _title(subjects: Sequence[XapiObject]) -> str:
    if len(subjects) == 1:
        return name_of(subjects[0])
    if subjects and all(isinstance(subject, VM) for subject in subjects):
        return ngettext("{n} VM selected", "{n} VMs selected", len(subjects)).format(n=number(len(subjects)))
    return ngettext("{n} selected", "{n} selected", len(subjects)).format(n=number(len(subjects)))
