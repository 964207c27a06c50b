"""`GET /api/v1/events`: changes as server-sent events, encoded once for all who may see the same, and resumable."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
from starlette.responses import Response, StreamingResponse

from data.changes import Change, Operation
from data.coalesce import Coalescer
from data.types import XapiObject
from xo_dash.api.asked import Asked, Problem
from xo_dash.api.collections import OBJECTS, Collection
from xo_dash.api.runs import RUNS
from xo_dash.context import Context
from xo_dash.control.run import Run
from xo_dash.i18n import _

KEPT: Final = 2000
"""Events that whoever comes back is told."""
AT_ONCE: Final = 50
"""Rows that are encoded in one turn."""
TOO_MANY: Final = 5000
"""Rows that wait: more, and whoever listens is told to list anew."""
LINGER: Final = 60.0
"""Seconds for which a feed without listeners goes on, for who comes back."""
LOOK: Final = 1.0
"""Seconds in which a stream ends whose user may not have it any more."""
ALIVE: Final = 15
"""Of these, after which a line is sent that says nothing."""
STREAMS: Final = 300
"""At once, of all users."""
RESET: Final = "reset"
"""The event that says: changes were missed; list anew."""
NAMES: Final = (*(one.name for one in OBJECTS), RUNS.name, "findings")
_BY_KIND: Final[Mapping[type[XapiObject], Sequence[Collection[Any]]]] = {
    kind: [one for one in OBJECTS if one.kind is kind] for kind in {one.kind for one in OBJECTS if one.kind is not None}
}


class StreamEvent(NamedTuple):
    number: int
    name: str  # of the collection, or RESET
    text: bytes
    about: XapiObject | None  # None: several, or none


class EventFeed:
    """The changes of one scope, for as long as somebody listens."""

    def __init__(self, context: Context) -> None:
        """`context`: as those who listen may see it."""
        self._context = context
        self.epoch = secrets.token_hex(4)
        self.stirred = asyncio.Event()
        self._events: deque[StreamEvent] = deque(maxlen=KEPT)
        self._number = 0
        self._rows: dict[XapiObject, Operation] = {}
        self._runs: dict[Run, None] = {}
        self._findings = False
        self._pace = Coalescer(self._flush)
        self._ends = (
            context.mirror.observe(self._changed),
            context.runner.observe(self._run_changed),
            context.mirror.findings.observe(lambda _subjects: self._findings_changed()),
        )

    def close(self) -> None:
        for end in self._ends:
            end()

    @property
    def last(self) -> str:
        """The id of the newest event."""
        return f"{self.epoch}-{self._number}"

    def after(self, number: int) -> list[StreamEvent]:
        """Those behind this one; where some of them are gone already, a reset."""
        if number >= self._number:
            return []
        if not self._events or self._events[0].number > number + 1:
            return [self._event(self._number, RESET, {})]
        return [event for event in self._events if event.number > number]

    def number_of(self, event_id: str) -> int:
        """Where to go on for who had that event last; -1 if it is none of this feed."""
        epoch, _dash, number = event_id.rpartition("-")
        return int(number) if epoch == self.epoch and number.isascii() and number.isdigit() and len(number) < 16 else -1

    # ---- what comes in

    def _changed(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change.subject, XapiObject) and type(change.subject) in _BY_KIND:
                before = self._rows.pop(change.subject, None)
                is_new = before is Operation.ADD and change.operation is Operation.MOD
                self._rows[change.subject] = Operation.ADD if is_new else change.operation
        if self._rows:
            self._pace.wake()

    def _run_changed(self, run: Run) -> None:
        self._runs[run] = None
        self._pace.wake()

    def _findings_changed(self) -> None:
        self._findings = True
        self._pace.wake()

    # ---- what goes out

    def _flush(self) -> bool:
        if len(self._rows) > TOO_MANY:
            self._rows.clear()
            self._events.clear()
            self._put(RESET, {})
        rows = [(row, self._rows.pop(row)) for row in list(self._rows)[:AT_ONCE]]
        if self._context.is_restricted:
            self._forget([(row, operation) for row, operation in rows if not self._is_shown(row, operation)])
        for row, operation in rows:
            self._put_row(row, operation)
        if self._runs:
            runs, self._runs = self._runs, {}
            for run in [run for run in self._context.tasks.runs if run in runs]:
                self._put(RUNS.name, {"op": "mod", "id": run.key, "object": RUNS.as_data(run, self._context.scope.sees)})
        if self._findings:
            self._findings = False
            self._put("findings", {"op": "mod"})
        self.stirred.set()
        self.stirred = asyncio.Event()
        return bool(self._rows or self._runs or self._findings)

    def _forget(self, hidden: Sequence[tuple[XapiObject, Operation]]) -> None:
        """Whoever comes back later is told nothing of what they may not see any more, nor what runs said of it: they list anew."""
        about = {row for row, _operation in hidden}
        is_lost = any(operation is Operation.DEL for _row, operation in hidden)
        if is_lost or (about and any(event.about in about or event.name == RUNS.name for event in self._events)):
            self._events.clear()

    def _is_shown(self, row: XapiObject, operation: Operation) -> bool:
        return operation is not Operation.DEL and self._context.scope.shows(row)

    def _put_row(self, row: XapiObject, operation: Operation) -> None:
        collection = next((one for one in _BY_KIND[type(row)] if one.lists(row)), None)
        if collection is None:
            return
        told: dict[str, object] = {"op": operation.value, "uuid": row.uuid, "pool": row.home.key}
        if self._is_shown(row, operation):
            told["object"] = collection.as_data(row, self._context.scope.sees)
        else:
            told["op"] = Operation.DEL.value  # also for what is now seen by its name alone
        self._put(collection.name, told, row)

    def _put(self, name: str, data: Mapping[str, object], about: XapiObject | None = None) -> None:
        self._number += 1
        self._events.append(self._event(self._number, name, data, about))

    def _event(self, number: int, name: str, data: Mapping[str, object], about: XapiObject | None = None) -> StreamEvent:
        text = b"id: %s-%d\nevent: %s\ndata: %s\n\n" % (self.epoch.encode(), number, name.encode(), orjson.dumps(data))
        return StreamEvent(number, name, text, about)


class EventFeeds:
    """The feeds that somebody listens to, one for each scope."""

    def __init__(self) -> None:
        self._feeds: dict[object, EventFeed] = {}
        self._listeners: dict[object, int] = {}

    def join(self, context: Context) -> tuple[EventFeed, Callable[[], None]]:
        """The feed of what `context` shows, until what is returned is called. Raises Problem where too many listen."""
        if sum(self._listeners.values()) >= STREAMS:
            raise Problem(503, _("too many streams of events are open; close some"))
        scope = context.scope
        feed = self._feeds.get(scope)
        if feed is None:
            feed = self._feeds[scope] = EventFeed(context)
        self._listeners[scope] = self._listeners.get(scope, 0) + 1

        def leave() -> None:
            self._listeners[scope] -= 1
            if not self._listeners[scope]:
                asyncio.get_running_loop().call_later(LINGER, self._drop, scope)

        return feed, leave

    def _drop(self, scope: object) -> None:
        if not self._listeners.get(scope) and scope in self._feeds:
            self._listeners.pop(scope, None)
            self._feeds.pop(scope).close()


async def events(feeds: EventFeeds, asked: Asked) -> Response:
    """All, or those of `collections=vms,runs`; `Last-Event-ID` goes on behind an event."""
    asked.need_get()
    given = asked.query(("collections", "last_event_id"))
    names = [name.strip() for name in given.get("collections", "").split(",") if name.strip()]
    for name in names:
        if name not in NAMES:
            raise Problem(400, _("there are no events of “{name}”; there are: {names}").format(name=name[:80], names=", ".join(NAMES)))
    last = asked.request.headers.get("last-event-id") or given.get("last_event_id", "")
    feed, leave = feeds.join(asked.context)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no", "content-encoding": "identity"}
    return StreamingResponse(_stream(asked, feed, leave, last, frozenset(names)), media_type="text/event-stream", headers=headers)


async def _stream(asked: Asked, feed: EventFeed, leave: Callable[[], None], last: str, names: frozenset[str]) -> AsyncGenerator[bytes]:
    try:
        number = feed.number_of(last) if last else feed.number_of(feed.last)
        if number < 0:
            number = feed.number_of(feed.last)
            yield b"id: %s\nevent: %s\ndata: {}\n\n" % (feed.last.encode(), RESET.encode())
        else:
            yield b"id: %s-%d\nevent: hello\ndata: {}\n\n" % (feed.epoch.encode(), number)
        quiet = 0
        while _may_go_on(asked):
            stirred = feed.stirred
            found = feed.after(number)
            number = found[-1].number if found else number
            wanted = b"".join(event.text for event in found if not names or event.name in names or event.name == RESET)
            quiet = 0 if wanted else quiet + 1
            if wanted or quiet > ALIVE:
                yield wanted or b": alive\n\n"
                quiet = 0
            if not found:
                await _until(stirred)
    finally:
        leave()


async def _until(stirred: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LOOK):
            await stirred.wait()
    except TimeoutError:
        pass


def _may_go_on(asked: Asked) -> bool:
    """Whether its session is open, and its user sees what they saw: more or less of it leaves by events, all of it not."""
    user = asked.session.table.user_of(asked.session)
    return user is not None and asked.context.scope_of(user) is asked.scope
