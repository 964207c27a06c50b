"""Somebody who calls the pool as a client does: with a session of his own, asynchronously, waiting for the task."""

from __future__ import annotations

from typing import Any

from .errors import XapiError
from .pool import Pool


class Actor:
    def __init__(self, pool: Pool, originator: str) -> None:
        self._pool = pool
        self._originator = originator
        self._session = ""

    async def call(self, method: str, *arguments: Any) -> str:
        """The task's result. XapiError as soon as it is refused or fails."""
        pool = self._pool
        if pool.sessions.find(self._session) is None:
            self._session = pool.sessions.login(pool.master, pool.user, pool.password, self._originator).ref
        answer = await pool.dispatcher.call(pool, pool.master, f"Async.{method}", [self._session, *arguments])
        while pool.db.exists(answer.value) and pool.db.get(answer.value, "status") == "pending":
            await pool.clock.sleep(0.5)
        if not pool.db.exists(answer.value):
            return ""
        record = pool.db.record("task", answer.value)
        if record["status"] != "success":
            raise XapiError(*(record["error_info"] or ["TASK_CANCELLED", answer.value]))
        return str(record["result"].removeprefix("<value>").removesuffix("</value>"))
