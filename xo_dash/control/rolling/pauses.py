"""Where a rolling run waits for a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from xo_dash.control.lazy_text import NOTHING, lazy
from xo_dash.control.packed_text import packed, unpacked, worded
from xo_dash.control.rolling.book import RollingBook
from xo_dash.control.rolling.phases import is_given_up
from xo_dash.control.rolling.state import Rolling
from xo_dash.i18n import N_, _, datetime

FIRST_DONE: Final = N_("The first host is done. Check that everything works, then continue.")
PAUSED: Final = N_("paused")
NOT_DONE: Final = N_("{host} is not done: {reason}")
NOT_BACK: Final = N_("{host} is not back after its reboot")
TOO_LATE: Final = N_("It should have begun at {time}. Continue, or stop the run.")
NOT_READY: Final = N_("It cannot begin: {reason}")
NOBODY: Final = N_("The user who started it is no longer an administrator. Another administrator can continue.")


def reason_of(rolling: Rolling) -> str:
    """Why it is paused, in the reader's words; "" if it is not."""
    turn = rolling.current
    if not rolling.paused:
        return ""
    if rolling.paused == NOT_DONE and turn is not None and is_given_up(turn) and not turn.back:
        return _(NOT_BACK).format(host=turn.name)
    reason = worded(rolling.why) if rolling.why is not None else turn.reason if turn else ""
    return _(rolling.paused).format(host=turn.name if turn else "", reason=reason, time=datetime(rolling.due))


def answers_to(rolling: Rolling) -> tuple[str, ...]:
    """What may be said now, from harmless to final."""
    if rolling.ended:
        return ()
    if not rolling.paused:
        return () if rolling.stopping else ("go_on", "stop") if rolling.due else ("stop",)
    if rolling.paused != NOT_DONE:
        return ("go_on", "stop")
    turn = rolling.current
    return (*(("wait",) if turn is not None and is_given_up(turn) and not turn.back else ()), "look", "again", "skip", "stop")


class Pauses:
    """Nothing happens meanwhile."""

    def __init__(self, book: RollingBook, clock: Callable[[], float]) -> None:
        self._book = book
        self._clock = clock
        self._answers: dict[str, asyncio.Future[str]] = {}

    async def pause(self, rolling: Rolling, why: str) -> str:
        """How to go on: `go_on`, `wait`, `again`, `look`, `skip` or `stop`."""
        rolling.paused, rolling.paused_at = why, self._clock()
        detail = lazy(why, reason=(unpacked(rolling.why) if isinstance(rolling.why, dict) else None) or NOTHING, time=datetime(rolling.due))
        self._book.note(rolling, PAUSED, detail=packed(detail) if rolling.current is None else None)
        await self._book.save(rolling)
        said = await self.said(rolling)
        rolling.paused, rolling.paused_at = "", 0.0
        await self._book.save(rolling)
        return said

    async def said(self, rolling: Rolling) -> str:
        """The next that somebody says, paused or not."""
        try:
            return await self._answer_to(rolling)
        finally:
            self._answers.pop(rolling.id, None)

    def answer(self, rolling: Rolling, what: str) -> None:
        """The first answer counts."""
        if (rolling.paused or rolling.due or rolling.id in self._answers) and not (waiting := self._answer_to(rolling)).done():
            waiting.set_result(what)

    def _answer_to(self, rolling: Rolling) -> asyncio.Future[str]:
        """What a person says; they may do so as soon as it is paused, which after a restart of ours is before anybody waits for it."""
        return self._answers.setdefault(rolling.id, asyncio.get_running_loop().create_future())
