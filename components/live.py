"""Elements that follow views and the mirror: renderers that run again when what they show changes.

Cost follows what changed and what is on screen: an object nobody looks at has no subscription, a changed object calls
only the renderers that show it, and a browser gets at most ten bursts a second, the first one at once.
"""

from __future__ import annotations

import contextvars
import logging
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar, cast

from nicegui import Client, ui

from data.changes import Change, ChangeSource, Subject, Topic
from data.coalesce import Coalescer
from data.history import History
from data.views.view import View

log = logging.getLogger(__name__)
T = TypeVar("T")
U = TypeVar("U")

FLOW: Final = "flow"
"""Its key among what NiceGUI keeps for a client."""


class Flow:
    """The changes on their way to one browser: the first at once, then gathered."""

    def __init__(self, client: Client) -> None:
        self._client = weakref.ref(client)  # which has this flow
        self.endings: dict[int, list[Callable[[], None]]] = {}
        """{element's id: what ends with it}"""
        self._due: dict[Callable[[], None], None] = {}
        self._pace = Coalescer(self._flush)

    def mark(self, render: Callable[[], None]) -> None:
        """Have `render` called with the next burst; once, however often it is marked."""
        self._due[render] = None
        self._pace.wake()

    def _flush(self) -> bool:
        due, self._due = self._due, {}
        client = self._client()
        if client is not None and not client.is_deleted:
            for render in due:
                try:
                    render()
                except Exception:  # one broken element must not keep the others from the change
                    log.exception("an element could not be brought up to date")
        return bool(due)


def flow() -> Flow:
    """The flow of the browser whose page is being built or handled; it lives and goes with its client."""
    client = ui.context.client
    if FLOW not in client.storage:
        client.storage[FLOW] = Flow(client)
    return cast(Flow, client.storage[FLOW])


def _rendering(render: Callable[[], None]) -> Callable[[], None]:
    """`render` as it would run here: same slot, same language; not at all once what it draws into is gone."""
    slot = ui.context.slot
    box = weakref.ref(slot.parent)
    surroundings = contextvars.copy_context()

    def run() -> None:
        element = box()
        if element is not None and not element.is_deleted:
            with slot:
                surroundings.run(render)

    return run


def _until_gone(unsubscribe: Callable[[], None]) -> None:
    """Unsubscribe when the element in whose slot we are goes; a browser that leaves takes all its elements along.

    A container that is cleared and filled again stays: fill it through `fresh_slot`, or subscriptions pile up.
    """
    parent = ui.context.slot.parent
    endings = flow().endings
    if parent.id in endings:
        endings[parent.id].append(unsubscribe)
        return
    endings[parent.id] = [unsubscribe]

    def handle_delete() -> None:
        del parent._handle_delete  # or it would be part of a ring that only the garbage collector finds
        for end in endings.pop(parent.id):
            end()
        parent._handle_delete()

    parent._handle_delete = handle_delete  # type: ignore[method-assign]  # meant by NiceGUI for clean-up in subclasses


def fresh_slot(container: ui.element, tag: str = "div") -> ui.element:
    """Empty `container` and return a fresh element in it: `with fresh_slot(box): ...`. Lines of a list want "ul" as their parent."""
    container.clear()
    with container:
        return ui.element(tag).classes("contents")


def follow(mirror: ChangeSource, subjects: Iterable[Subject | None], render: Callable[[], None], *, names: Iterable[str] = ()) -> None:
    """Call `render` now, and again whenever one of `subjects` changes (only in `names`, where given), while this slot lives."""
    wanted, own, run = frozenset(names), flow(), _rendering(render)

    def changed(changes: Sequence[Change]) -> None:
        if not wanted or any(not change.names or change.names & wanted for change in changes):
            own.mark(run)

    _until_gone(mirror.observe_subjects([subject for subject in subjects if subject is not None], changed))
    render()


def follow_facts(view: View[Any], facts: Iterable[str], render: Callable[[], None]) -> None:
    """Call `render` now, and again whenever one of these facts of `view` is another, while this slot lives.

    For what is drawn of several facts; one alone is bound: `ui.label().bind_text_from(view, "address")`.
    """
    own, run = flow(), _rendering(render)
    _until_gone(view.follow(facts, lambda: own.mark(run)))
    render()


def draw_while(view: View[Any], facts: Iterable[str], look: Callable[[], T | None], draw: Callable[[T], object]) -> None:
    """Draw here what `look` answers, anew when it answers something else; while that is None or False, nothing is made for it."""
    box = ui.element().classes("contents")
    shown: list[T] = []

    def refresh() -> None:
        found = look()
        if [found] == shown or not (found or shown):
            return
        shown[:] = [found] if found else []
        with fresh_slot(box):
            if found:
                draw(found)

    follow_facts(view, facts, refresh)


def in_words(say: Callable[[T], U]) -> Callable[[T], U]:
    """`say` in the language of the reader whose page is being built: `bind_text_from(vm, "state", in_words(state_text))`."""
    surroundings = contextvars.copy_context()
    return lambda value: surroundings.copy().run(say, value)


def follow_all(
    mirror: ChangeSource,
    collect: Callable[[Sequence[Change]], bool],
    render: Callable[[], None],
    *,
    topics: Callable[[], Iterable[Topic]] | None = None,
) -> None:
    """For what shows whole collections: `collect` gets every batch and says whether it matters; `render` then runs in this slot.

    `collect` is called for every view at every change: it must be cheap, keep what it needs, and draw nothing. Where `topics` are
    given, it is called for those only; they are asked for again after each rendering.
    """
    own, run = flow(), _rendering(render)
    if topics is None:
        _until_gone(mirror.observe(lambda changes: own.mark(run) if collect(changes) else None))
        render()
        return
    known: list[frozenset[Topic]] = []
    ends: list[Callable[[], None]] = []

    def listen() -> None:
        wanted = frozenset(topics())
        if [wanted] != known:
            known[:] = [wanted]
            end()
            ends.append(mirror.observe_subjects(wanted, changed))

    def changed(changes: Sequence[Change]) -> None:
        if collect(changes):
            own.mark(again)

    def again() -> None:
        run()
        for listen_again in hook:
            listen_again()

    def end() -> None:
        while ends:
            ends.pop()()

    def close() -> None:
        end()
        hook.clear()

    hook = [listen]  # emptied at the end, or these functions would be a ring
    _until_gone(close)
    render()
    listen()


def follow_history(history: History, uuids: frozenset[str], render: Callable[[], None]) -> None:
    """Call `render` now and at each round of measurements that has one of `uuids` (any, if empty)."""
    own, run = flow(), _rendering(render)

    _until_gone(history.observe(lambda _fresh: own.mark(run), uuids))
    render()


def follow_source(observe: Callable[[Callable[..., None]], Callable[[], None]], render: Callable[[], None]) -> None:
    """Call `render` now and whenever the source speaks; `observe` subscribes to it and returns how to end that."""
    own, run = flow(), _rendering(render)
    _until_gone(observe(lambda *_said: own.mark(run)))
    render()
