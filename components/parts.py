"""A page is built part by part: others have their turn in between, and what is sent is the whole page.

NiceGUI builds a page in one turn of the event loop, which a page of a pool of sixty hosts would hold for a tenth of a second. A page of
ours is `@page(...)` in place of `@ui.page(...)`; what is drawn by `part(...)`, or row by row (`in_parts`), comes once the rest of the page
stands, in the order in which it was asked for. So what stands after a part in the same slot is a part too. Nobody sees a page that is
half built: its answer waits. On a page that stands, as when another tab is chosen or a table grows, as much as fits into a turn is
drawn at once, and the rest follows in the next ones.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from fastapi.responses import RedirectResponse
from nicegui import Client, app, background_tasks, ui
from nicegui.slot import Slot

from data.turns import give_way, in_turns, timed

P = ParamSpec("P")
BuilderT = TypeVar("BuilderT", bound=Callable[..., Any])

PARTS: Final = "parts"
"""Its key among what NiceGUI keeps for a client on whose page something is being drawn."""
PATIENCE: Final = 60.0
"""Seconds until NiceGUI gives a page up: one that gives way to others comes later when there is much else to do."""


class PageParts:
    """What of one page is still to be drawn, in order."""

    def __init__(self, client: Client, failed: Callable[[Exception], object] | None = None) -> None:
        """`failed`: told of a part that could not be drawn, and the rest is drawn; without it nothing more is."""
        self._client, self._failed = client, failed
        self._waiting: list[tuple[Slot, ui.element, contextvars.Context, Iterator[None]]] = []  # the next one last
        self._afterwards: list[Iterator[None]] = []
        client.storage[PARTS] = self

    def postpone(self, slices: Iterator[None]) -> None:
        """Begin that once the rest is drawn: it would take most of the turns in between, and the page would come later."""
        self._afterwards.append(slices)

    def add(self, steps: Iterator[None]) -> None:
        slot = ui.context.slot
        self._waiting.insert(0, (slot, slot.parent, contextvars.copy_context(), steps))

    def build(self) -> Iterator[None]:
        """Until nothing is left, or the browser has gone. What a part consists of comes before the part after it."""
        while self._waiting and not self._client.is_deleted:
            slot, element, surroundings, steps = self._waiting.pop()
            if element.is_deleted:  # what it belongs to was drawn anew
                continue
            later, self._waiting = self._waiting, []
            try:
                with slot:
                    if surroundings.run(next, steps, self) is not self:
                        later.append((slot, element, surroundings, steps))
            except Exception as error:
                if self._failed is None:
                    raise
                self._failed(error)
            self._waiting = later + self._waiting
            yield

    def begin(self) -> None:
        """On a page that stands: a turn of it now, the rest in later ones."""
        slices = timed(self.build())
        for _slice in slices:
            background_tasks.create(self._go_on(slices), name="parts")
            return
        self.end()

    async def _go_on(self, slices: Iterator[None]) -> None:
        await give_way()
        await in_turns(slices)
        self.end()

    def end(self) -> None:
        del self._client.storage[PARTS]
        for slices in self._afterwards:
            background_tasks.create(in_turns(slices), name="in turns")


def page(path: str) -> Callable[[BuilderT], BuilderT]:
    """`ui.page(path)` for a page whose parts are built in turns."""

    def decorate(build: BuilderT) -> BuilderT:
        @wraps(build)
        async def built(*args: Any, **kwargs: Any) -> Any:
            client = ui.context.client
            parts = PageParts(client)
            answer = build(*args, **kwargs)
            await give_way()
            await in_turns(timed(parts.build()))
            if client.is_deleted:  # as when its session ends: whoever asks again is told
                return RedirectResponse(str(client.request.url))
            parts.end()
            await give_way()  # what NiceGUI makes of it is another turn
            return answer

        ui.page(path, response_timeout=PATIENCE)(built)
        return build

    return decorate


def part(draw: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Draw that here, in a turn of its own."""

    def steps() -> Iterator[None]:
        draw(*args, **kwargs)
        yield

    in_parts(steps())


def in_parts(steps: Iterator[None]) -> None:
    """Draw here by `steps`, with turns for others in between. None leaves a slot open."""
    client = _drawn_on()
    if client is None:
        for _ in steps:
            pass
        return
    parts: PageParts | None = client.storage.get(PARTS)
    if parts is not None:
        parts.add(steps)
        return
    parts = PageParts(client, app.handle_exception)  # as NiceGUI does with what a click does: the rest of the page stands
    parts.add(steps)
    parts.begin()


def at_once_or_in_turns(steps: Iterator[None]) -> None:
    """For what a page need not wait for, and which begins after it; nothing jumps where one slice is enough. The last step looks
    whether it is still wanted."""
    slices = timed(_here(steps))
    for _slice in slices:
        client = _drawn_on()
        parts: PageParts | None = client.storage.get(PARTS) if client is not None else None
        if parts is not None:
            parts.postpone(slices)
        else:
            background_tasks.create(in_turns(slices), name="in turns")
        return


def _here(steps: Iterator[None]) -> Iterator[None]:
    """All of them where the first is: a task of its own would be nobody's, and speak English to everybody."""
    stack = Slot.get_stack()
    if not stack:
        Slot.prune_stack()
        yield from steps
        return
    slot, element = stack[-1], stack[-1].parent
    while not element.is_deleted:
        with slot:
            if next(steps, slot) is slot:
                return
        yield


def _drawn_on() -> Client | None:
    """The page that is drawn on."""
    stack = Slot.get_stack()
    if not stack:
        Slot.prune_stack()
        return None
    return stack[-1].parent.client
