"""A page is built part by part: others have their turn in between, and what is sent is the whole page.

NiceGUI builds a page in one turn of the event loop, which a page of a pool of sixty hosts would hold for a tenth of a second. A page of
ours is `@page(...)` in place of `@ui.page(...)`; what is drawn by `part(...)`, or row by row (`in_parts`), comes once the rest of the page
stands, in the order in which it was asked for. So what stands after a part in the same slot is a part too. Nobody sees a page that is
half built: its answer waits. Once it is built a part is drawn at once.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar, cast

from fastapi.responses import RedirectResponse
from nicegui import Client, background_tasks, ui
from nicegui.slot import Slot

from data.turns import give_way, in_turns, timed

P = ParamSpec("P")
BuilderT = TypeVar("BuilderT", bound=Callable[..., Any])

PARTS: Final = "parts"
"""Its key among what NiceGUI keeps for a client whose page is being built."""
PATIENCE: Final = 60.0
"""Seconds until NiceGUI gives a page up: one that gives way to others comes later when there is much else to do."""


class PageParts:
    """What of one page is still to be drawn, in order."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Slot, ui.element, contextvars.Context, Iterator[None]]] = []  # the next one last
        self._afterwards: list[Iterator[None]] = []

    def postpone(self, slices: Iterator[None]) -> None:
        """Begin that once the page is built: it would take most of the turns in between, and the page would come later."""
        self._afterwards.append(slices)

    def begin_afterwards(self) -> None:
        for slices in self._afterwards:
            background_tasks.create(in_turns(slices), name="in turns")

    def add(self, steps: Iterator[None]) -> None:
        slot = ui.context.slot
        self._waiting.insert(0, (slot, slot.parent, contextvars.copy_context(), steps))

    def build(self, client: Client) -> Iterator[None]:
        """Until nothing is left, or `client` has gone. What a part consists of comes before the part after it."""
        while self._waiting and not client.is_deleted:
            slot, element, surroundings, steps = self._waiting[-1]
            if element.is_deleted:  # what it belongs to was drawn anew
                self._waiting.pop()
                continue
            later, self._waiting = self._waiting, []
            with slot:
                if surroundings.run(next, steps, self) is self:
                    later.pop()
            self._waiting = later + self._waiting
            yield


def page(path: str) -> Callable[[BuilderT], BuilderT]:
    """`ui.page(path)` for a page whose parts are built in turns."""

    def decorate(build: BuilderT) -> BuilderT:
        @wraps(build)
        async def built(*args: Any, **kwargs: Any) -> Any:
            client = ui.context.client
            parts = client.storage[PARTS] = PageParts()
            answer = build(*args, **kwargs)
            await give_way()
            await in_turns(timed(parts.build(client)))
            if client.is_deleted:  # as when its session ends: whoever asks again is told
                return RedirectResponse(str(client.request.url))
            del client.storage[PARTS]
            parts.begin_afterwards()
            await give_way()  # what NiceGUI makes of it is another turn
            return answer

        ui.page(path, response_timeout=PATIENCE)(built)
        return build

    return decorate


def part(draw: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Draw that here, in a turn of its own while the page is being built."""

    def steps() -> Iterator[None]:
        draw(*args, **kwargs)
        yield

    in_parts(steps())


def in_parts(steps: Iterator[None]) -> None:
    """Draw here by `steps`, with turns for others in between while the page is being built. None leaves a slot open."""
    parts = _being_built()
    if parts is not None:
        parts.add(steps)
        return
    for _ in steps:
        pass


def at_once_or_in_turns(steps: Iterator[None]) -> None:
    """For what a page need not wait for, and which begins after it; nothing jumps where one slice is enough. The last step looks
    whether it is still wanted."""
    slices = timed(_here(steps))
    for _slice in slices:
        parts = _being_built()
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


def _being_built() -> PageParts | None:
    """The parts of the page that is drawn on; None once it is built, or where nothing is drawn on."""
    stack = Slot.get_stack()
    if not stack:
        Slot.prune_stack()
        return None
    return cast(PageParts | None, stack[-1].parent.client.storage.get(PARTS))
