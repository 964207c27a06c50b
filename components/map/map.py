"""The map as an element: hands the feed's messages to one browser, and what is chosen there to a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import orjson
from nicegui import events, ui
from nicegui.element import Element

from components.browser import tell
from components.bundles import preload
from components.map.figures import Figures
from components.map.map_feed import MapFeed
from components.map.words import words
from xo_dash.i18n import locale

MOST_TRAILS = 1000
MOST_FIGURES = 200
MOST_ORDERED = 4000
MOST_LOST = 16


@dataclass(frozen=True, slots=True)
class SelectedObject:
    """One thing of the selection: `kind` is pool, host, vm, sr or network, `key` as in `data.identity`."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Drop:
    """What was let go over what, by their keys."""

    vms: Sequence[str]
    target: str
    chooses: bool = False  # disks, networks and the rest before anything happens
    copies: bool = False  # instead of moving

    @classmethod
    def of(cls, wish: object) -> Self | None:
        """Of what a browser says."""
        if not isinstance(wish, dict) or not isinstance(target := wish.get("host"), str):
            return None
        copies = wish.get("copy") is True
        return cls([key for key in _list(wish.get("vms")) if isinstance(key, str)], target, copies or wish.get("ask") is True, copies)


class Map(Element, component="map.js"):
    """The canvas; fills its place. Children are laid over it.

    `links` are paths by kind, with `{key}` in them, for a double click and Enter.
    """

    on_choose: Callable[[Sequence[SelectedObject]], None] | None = None
    """Gets the selection whenever it changes."""
    on_menu: Callable[[float, float], None] | None = None
    """Gets the place (x, y) where verbs for the selection are wanted: a right click, a long press, a dot."""

    on_verb: Callable[[str], Awaitable[None]] | None = None
    """Gets the id of a command that is wanted for the selection."""
    on_lose: Callable[[Sequence[str]], None] | None = None
    """Gets keys of hosts: what if they were lost; none when that is over."""
    on_step: Callable[[int], None] | None = None
    """The next (1) or the previous (-1) problem is wanted."""
    on_pin: Callable[[SelectedObject], None] | None = None
    on_order: Callable[[str, Sequence[str]], Awaitable[None]] | None = None
    """Gets the key of a pool whose hosts, or "" if pools, are wanted in this order of keys, or how VMs are grouped with an order of
    those groups; with none the usual order is wanted again, for "" that of all pools and hosts."""
    on_legend: Callable[[bool], Awaitable[None]] | None = None
    """Gets whether the legend is shown, when somebody shows or hides it."""
    on_carry: Callable[[Sequence[str]], None] | None = None
    """Gets keys of VMs that were lifted, none when they were put down; `show_targets` answers."""
    on_drop: Callable[[Drop], Awaitable[None]] | None = None
    on_view: Callable[[str], None] | None = None
    """Gets `map` or `table`."""

    def __init__(
        self, map_feed: MapFeed, *, links: Mapping[str, str], rows: str = "", addressed: bool = False, legend: bool = False
    ) -> None:
        """`rows`: where all of it is fetched, while the scripts come; else it is told when there is a socket. `addressed`: what is shown
        and how is kept in the page's address; `legend`: it is shown from the beginning."""
        super().__init__()
        preload("xo-map")
        if rows and not self.client.has_socket_connection:  # on a page that is there already, the map itself is as fast
            ui.add_head_html(f'<link rel="preload" as="fetch" crossorigin href="{rows}">')
        self._props["rows"] = rows
        self._scene = map_feed
        self._is_ready = False
        self._moves: Sequence[tuple[str, str, int]] = ()
        self._loss = ""  # what is told of it
        self._props["addressed"], self._props["legend"] = addressed, legend
        self._props["words"] = words()
        self._props["links"] = dict(links)
        self._props["language"] = locale()
        self._close = map_feed.open(self._patch)
        self._figures = Figures(map_feed, lambda rows: tell(self, "figures", f"[{rows}]"))
        self.on("ready", self._ready)
        self.on("trails", self._trails)
        self.on("choose", self._choose)
        self.on("menu", self._menu)
        self.on("verb", self._verb)
        self.on("lose", self._lose)
        self.on("step", self._step)
        self.on("pin", self._pin)
        self.on("view", self._view)
        self.on("order", self._order)
        self.on("legend", self._legend)
        self.on("figures", self._watch_figures)
        self.on("carry", self._carry)
        self.on("drop", self._drop)

    def _handle_delete(self) -> None:
        self._close()
        self._figures.end()
        super()._handle_delete()
        del self._figures  # it knows how to reach this map: together they would be a ring

    # ---- to the browser

    def _ready(self, event: events.GenericEventArguments) -> None:
        """It says which revision it has, below zero none."""
        missed = self._scene.missed(event.args) if isinstance(event.args, int) else None
        if missed is None:
            self._is_ready = False
            self._scene.show(self._show)
        else:
            self._show(*missed)

    def _show(self, *messages: str) -> None:
        self._is_ready = True
        for message in messages:
            self._patch(message)
        if "order" in self._props:  # it may have changed since the page was made
            tell(self, "setOrder", orjson.dumps([self._props["order"]]).decode())
        if self._moves:
            self._tell_moves()
        if self._loss:
            tell(self, "lose", self._loss)

    def _patch(self, message: str) -> None:
        if self._is_ready:
            tell(self, "patch", f"[{message}]")

    def arrange(self, order: Sequence[str]) -> None:
        """Pools, hosts and groups stand as these (see `Orders.of`), others after them; and they can be dragged."""
        self._props["order"], self._props["arrangeable"] = list(order), True
        if self._is_ready:
            tell(self, "setOrder", orjson.dumps([order]).decode())

    def let_carry(self, on_carry: Callable[[Sequence[str]], None], on_drop: Callable[[Drop], Awaitable[None]]) -> None:
        """VMs can be carried to hosts and elsewhere, see `components.map.carrying`."""
        self.on_carry, self.on_drop = on_carry, on_drop
        self._props["movable"] = True

    def show_targets(self, found: Sequence[tuple[str | int, ...]], *, are_all: bool = False) -> None:
        """Where what is carried can go, as far as that is known or is different: see `components.map.host_verdicts.DropVerdict`.

        `are_all`: with what was told before nothing is left to be looked at.
        """
        tell(self, "targets", orjson.dumps([[tuple(one) for one in found], are_all]).decode())

    @property
    def lets_carry(self) -> bool:
        return bool(self._props.get("movable"))

    def hold(self) -> None:
        """The selected VMs are carried: keys or taps choose where."""
        tell(self, "hold", "[]")

    def deselect(self) -> None:
        """Nothing is selected any more."""
        tell(self, "choose", "[-1,false]")

    def reveal(self, key: str, words: str = "") -> None:
        """Show one thing, and what uses it; `words` are said instead of what it is."""
        tell(self, "reveal", orjson.dumps([key, words]).decode())

    def say(self, words: str) -> None:
        """To those who hear the page."""
        tell(self, "say", orjson.dumps([words]).decode())

    def show_moves(self, moves: Sequence[tuple[str, str, int]]) -> None:
        """Arrows of moves under way: (key of a VM or an SR, key of the host or SR it goes to, percent)."""
        if moves != self._moves:
            self._moves = moves
            if self._is_ready:
                self._tell_moves()

    def _tell_moves(self) -> None:
        tell(self, "showMoves", orjson.dumps([self._moves]).decode())

    def show_loss(self, hosts: Sequence[str], moves: Sequence[tuple[str, str]], stranded: Sequence[str], words: str) -> None:
        """Draw where VMs would be (all keys; `moves` are VMs with where they go) without `hosts`, or with all of them, and say `words`."""
        self._loss = orjson.dumps([{"hosts": hosts, "moves": moves, "stranded": stranded}, words]).decode()
        if self._is_ready:
            tell(self, "lose", self._loss)

    def end_loss(self) -> None:
        self._loss = ""
        tell(self, "lose", "[null]")

    # ---- from the browser; what it says is not trusted

    def _trails(self, event: events.GenericEventArguments) -> None:
        """For the first list of ids the CPU, for the second all."""
        wanted = [[id_ for id_ in _list(ids)[:MOST_TRAILS] if isinstance(id_, int)] for ids in _list(event.args)[:2]]
        tell(self, "trails", f"[{self._scene.trails(*wanted) if wanted else '[]'}]")

    def _watch_figures(self, event: events.GenericEventArguments) -> None:
        self._figures.watch([id_ for id_ in _list(event.args)[:MOST_FIGURES] if isinstance(id_, int)])

    def _choose(self, event: events.GenericEventArguments) -> None:
        chosen = [
            SelectedObject(*pair)
            for pair in _list(event.args)
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        ]
        if self.on_choose:
            self.on_choose(chosen)

    async def _order(self, event: events.GenericEventArguments) -> None:
        wish = event.args if isinstance(event.args, dict) else {}
        parent, order = wish.get("parent", ""), [key for key in _list(wish.get("order"))[:MOST_ORDERED] if isinstance(key, str)]
        if self.on_order and isinstance(parent, str):
            await self.on_order(parent, order)

    def _menu(self, event: events.GenericEventArguments) -> None:
        place = event.args if isinstance(event.args, dict) else {}
        x, y = place.get("x"), place.get("y")
        if self.on_menu and isinstance(x, int | float) and isinstance(y, int | float):
            self.on_menu(x, y)

    async def _verb(self, event: events.GenericEventArguments) -> None:
        if self.on_verb and isinstance(event.args, str):
            await self.on_verb(event.args)

    def _lose(self, event: events.GenericEventArguments) -> None:
        if self.on_lose:
            self.on_lose([key for key in _list(event.args)[:MOST_LOST] if isinstance(key, str)])

    def _step(self, event: events.GenericEventArguments) -> None:
        if self.on_step and event.args in (1, -1):
            self.on_step(event.args)

    def _pin(self, event: events.GenericEventArguments) -> None:
        pinned = _list(event.args)
        if self.on_pin and len(pinned) == 2 and all(isinstance(part, str) for part in pinned):
            self.on_pin(SelectedObject(*pinned))

    def _carry(self, event: events.GenericEventArguments) -> None:
        keys = [key for key in _list(event.args) if isinstance(key, str)]
        if self.on_carry:
            self.on_carry(keys)

    async def _drop(self, event: events.GenericEventArguments) -> None:
        wish = Drop.of(event.args)
        if self.on_drop and wish is not None:
            await self.on_drop(wish)

    async def _legend(self, event: events.GenericEventArguments) -> None:
        if self.on_legend and isinstance(event.args, bool):
            await self.on_legend(event.args)

    def _view(self, event: events.GenericEventArguments) -> None:
        if self.on_view and event.args in ("map", "table"):
            self.on_view(event.args)


def _list(args: Any) -> list[Any]:
    return args if isinstance(args, list) else []
