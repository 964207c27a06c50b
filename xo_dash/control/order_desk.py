"""Takes orders and tells how they go: one reader, one order, line by line until it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from data.mirror import Mirror
from data.stores.users import User
from xo_dash.control.orders import Order, OrderRefused, accept, preview, refusal_as_data, told
from xo_dash.control.runner import Runner

EVERY = 0.2
"""Seconds between two lines of one run, at least."""


class OrderDesk:
    """`async for line in desk.take(user, order)`: dictionaries; the last has an "error", a "preview", or a run that has ended."""

    def __init__(self, mirror: Mirror, runner: Runner) -> None:
        self._mirror = mirror
        self._runner = runner

    async def take(self, user: User, order: Order, *, address: str = "") -> AsyncGenerator[dict[str, object], None]:
        """Carry it out, or say what it would do. A reader that goes away does not stop what has begun."""
        try:
            action, subjects, request = accept(order, self._mirror)
        except OrderRefused as error:
            yield refusal_as_data(error)
            return
        if order.dry_run:
            yield {"preview": preview(action, subjects, request)}
            return
        stirred = asyncio.Event()
        unsubscribe = self._runner.observe(lambda _run: stirred.set())
        try:
            run = self._runner.start(user, action, subjects, request, address=address)
            while not run.ended:
                stirred.clear()
                yield {"run": told(run)}
                await stirred.wait()
                if not run.ended:
                    await asyncio.sleep(EVERY)
            yield {"run": told(run)}
        finally:
            unsubscribe()
