"""Takes orders and tells how they go: one reader, one order, line by line until it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing, suppress
from typing import Final

import msgspec

from data.mirror import Mirror
from data.stores.users import User
from xo_dash.control.looking import looked
from xo_dash.control.orders import Asking, Order, OrderRefused, accept, preview, refusal_as_data, told, undoing
from xo_dash.control.requests.types import LONGEST_NAME
from xo_dash.control.run import Run
from xo_dash.control.run_audit import TAKE_BACK
from xo_dash.control.runner import Runner
from xo_dash.control.transfers.delivery import Broken, Piece
from xo_dash.control.transfers.upload import OutOfOrder, Upload, Wanted
from xo_dash.i18n import _

EVERY = 0.2
"""Seconds between two lines of one run, at least."""
SESSION: Final = "command line"
"""To which the tickets of files are given."""
SLICE: Final = 8 << 20
"""Bytes that are asked for at once."""
PATIENCE: Final = 10.0
Want = Callable[[Wanted], AsyncIterator[bytes]]
"""Asks for these bytes, and gives them."""


class OrderDesk:
    """`async for line in desk.take(user, order)`: dictionaries; the last has an "error", a "preview", or a run that has ended."""

    def __init__(self, mirror: Mirror, runner: Runner) -> None:
        self._mirror = mirror
        self._runner = runner
        self._exchange = runner.exchange

    async def take(self, user: User, order: Order, *, address: str = "") -> AsyncGenerator[dict[str, object], None]:
        """Carry it out, or say what it would do. A reader that goes away does not stop what has begun.

        {"send": {field: id}} asks for files, {"fetch": ticket, "name": name} has one: see `send` and `fetch`.
        """
        if order.action == TAKE_BACK:
            async for line in self._take_back(user, order, address):
                yield line
            return
        uploads = {field: self._exchange.offer(file.name[-LONGEST_NAME:], file.size, user.id) for field, file in order.files.items()}
        files = {field: {"id": one.id, "name": one.name, "size": one.size} for field, one in uploads.items()}
        try:
            action, subjects, request = accept(msgspec.structs.replace(order, values={**order.values, **files}), self._mirror, user)
        except OrderRefused as error:
            yield refusal_as_data(error)
            return
        sending: dict[str, object] = {"send": {field: upload.id for field, upload in uploads.items()}}
        if action.look is not None:
            if uploads:
                yield sending
            try:
                request = await looked(self._exchange, user, action, subjects, request)
            except OrderRefused as error:
                self._withdraw(uploads.values())
                yield refusal_as_data(error)
                return
        if order.dry_run:
            self._withdraw(uploads.values())
            yield {"preview": preview(action, subjects, request, Asking(user, self._runner.quotas))}
            return
        run = self._runner.start(user, action, subjects, request, address=address)
        try:
            if uploads and action.look is None:
                yield sending
            async for line in self._followed(run):
                yield line
        finally:
            self._withdraw(upload for upload in uploads.values() if not upload.is_begun)

    async def _take_back(self, user: User, order: Order, address: str) -> AsyncGenerator[dict[str, object], None]:
        """What is left of a run, which is called by its id."""
        run = next((run for run in self._runner.runs if [run.key] == order.on), None)
        if run is None:
            yield {"error": _("there is no run of this id (any more)"), "faults": {}}
        elif not any(item.can_be_undone for item in run.items):
            yield {"error": _("nothing of it is left to be undone"), "faults": {}}
        elif order.dry_run:
            yield {"preview": undoing(self._runner, run)}
        else:
            self._runner.take_back(user, run, address=address)
            async for line in self._followed(run):
                yield line

    async def _followed(self, run: Run) -> AsyncGenerator[dict[str, object], None]:
        """Until it has ended; files that wait for whoever gave it are offered."""
        stirred = asyncio.Event()
        unsubscribe = self._runner.observe(lambda _run: stirred.set())
        try:
            while not run.ended:
                stirred.clear()
                for delivery in self._exchange.waiting(run):
                    if not delivery.ticket:
                        yield {"fetch": self._exchange.ticket(delivery, SESSION), "name": delivery.name}
                yield {"run": told(run)}
                await stirred.wait()
                if not run.ended:
                    await asyncio.sleep(EVERY)
            yield {"run": told(run)}
        finally:
            unsubscribe()

    def _withdraw(self, uploads: Iterable[Upload]) -> None:
        for upload in uploads:
            self._exchange.withdraw(upload)

    async def fetch(self, ticket: str) -> AsyncGenerator[Piece, None]:
        """What a delivery hands over, each piece lent until the next one is asked for.

        It just ends where it is broken off: what became of it the run says.
        """
        delivery = self._exchange.claim(ticket, SESSION)
        if delivery is not None:
            async with aclosing(delivery.pieces()) as pieces:
                with suppress(Broken):
                    async for piece in pieces:
                        yield piece

    async def send(self, user: User, upload_id: str, want: Want) -> None:
        """Ask for what is wanted of a file, until nothing is."""
        upload = self._exchange.upload(upload_id, user.id)
        while upload is not None and not upload.closed:
            if (wanted := await upload.wanted(PATIENCE)) is not None:
                part = Wanted(wanted.offset, min(wanted.length, SLICE))
                with suppress(OutOfOrder):
                    await upload.feed(part.offset, want(part))
