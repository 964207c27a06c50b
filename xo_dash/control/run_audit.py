"""What the audit says of runs: of each object a line before anything is sent, and one when it has ended."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable

import msgspec

from data.mirror import Mirror
from data.scope import everything
from data.stores.trace import Actor
from xo_dash.control.audit import Audit, AuditEntry, AuditUnwritable, moment
from xo_dash.control.lazy_text import read_by
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.i18n import using

log = logging.getLogger(__name__)

TAKE_BACK = "run.undo"
"""What undoing the rest of a run is called in the audit."""


class RunAudit:
    """What cannot be written of a beginning stops it; of an end, it is in the log."""

    def __init__(self, audit: Audit, mirror: Mirror, clock: Callable[[], float]) -> None:
        self._audit = audit
        self._mirror = mirror
        self._clock = clock

    async def begin(self, run: Run, item: RunItem) -> None:
        """Raises AuditUnwritable."""
        await self._audit.write(self._entry("begin", run, item))

    async def end(self, run: Run, item: RunItem, state: RunState) -> None:
        await self._end(self._entry("end" if item.started else "refused", run, item, state))

    async def begin_undoing(self, run: Run, item: RunItem, by: Actor) -> AuditEntry:
        """A command of its own, by whoever asks for it. Raises AuditUnwritable."""
        entry = msgspec.structs.replace(
            self._entry("begin", run, item), run=uuid.uuid4().hex, action=TAKE_BACK, user=by.user, user_id=by.user_id,
            address=by.address, arguments={"run": run.key, "action": run.action.id}, tasks=[],
        )  # fmt: skip
        await self._audit.write(entry)
        return entry

    async def end_undoing(self, began: AuditEntry, state: RunState) -> None:
        await self._end(msgspec.structs.replace(began, at=moment(self._clock()), event="end", result=state))

    async def put_to_rest(self, run: Run) -> None:
        """So that the next start does not tell it again."""
        try:
            await asyncio.gather(*(self._audit.write(self._entry("end", run, item, item.state)) for item in run.items))
        except AuditUnwritable as error:
            log.error("%s: the next start tells it again", error)

    async def _end(self, entry: AuditEntry) -> None:
        try:
            await self._audit.write(entry)
        except AuditUnwritable as error:
            log.error("%s of %s by %s: %s, and %s", entry.action, entry.uuid, entry.user, entry.result, error)

    def _entry(self, event: str, run: Run, item: RunItem, state: RunState | None = None) -> AuditEntry:
        request = item.request or run.request
        home = self._mirror.pools.get(item.pool)
        now = self._clock()
        with using("en"), read_by(everything):
            reason = str(item.reason) if item.reason else ""
        return AuditEntry(
            at=moment(now),
            event=event,
            run=run.key,
            action=run.action.id,
            user=run.user_name,
            user_id=run.user_id,
            address=run.address,
            server=item.pool,
            pool=home.server.label if home else "",
            pool_uuid=item.pool_uuid,
            kind=run.action.kind.xapi_class,
            uuid=item.uuid,
            name=item.name,
            arguments=request.told() if request else {},
            result=state or "",
            code=item.code,
            reason=reason,
            seconds=round(now - item.started, 3) if event == "end" and not run.recalled else None,
            tasks=[str(task) for task in item.tasks],
        )
