"""Files over HTTP, as pages and the API have them: what has to be sent next, and handing one over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from xo_dash.auth.bodies import LentPieces, Piece, body_of
from xo_dash.auth.sessions import Session
from xo_dash.auth.wire import guest_of
from xo_dash.control.access import may
from xo_dash.control.requests.request import files_of
from xo_dash.control.runner import Runner
from xo_dash.control.transfers.delivery import Broken, Delivery
from xo_dash.control.transfers.upload import Upload

LOOK: Final = 0.5
"""Seconds between two looks whether the right is still there."""
PATIENCE: Final = 20.0
"""Seconds in which a sender is told what it has to send, or to ask again."""


async def next_part(upload: Upload, session: Session, runner: Runner, within: float = PATIENCE) -> Response:
    """What of the file has to be sent next, or that nothing has; said after `within` seconds at the latest."""
    if not may_send(session, upload, runner):
        upload.revoke()
    wanted = await upload.wanted(within)
    answer: dict[str, Any] = {"closed": upload.closed}
    if wanted is not None:
        answer |= {"offset": wanted.offset, "length": wanted.length}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def received(upload: Upload, offset: int, request: Request, session: Session, runner: Runner) -> Response:
    """What `session` sends of it; the answer says what comes next. It ends when they may not any more. Raises OutOfOrder."""
    async with _while_allowed(request, session, lambda: may_send(session, upload, runner), upload.revoke):
        await upload.feed(offset, _sent_with(request))
    return await next_part(upload, session, runner)


async def _sent_with(request: Request) -> AsyncIterator[bytes]:
    """What came before the line broke has come."""
    try:
        async for piece in body_of(request):
            if piece:
                yield piece
    except ClientDisconnect:
        return


def may_send(session: Session, upload: Upload, runner: Runner) -> bool:
    """Whether it is theirs, and they may still give the command that reads it."""
    user = session.user() if session.is_open else None
    if user is None or user.id != upload.owner:
        return False
    runs = (run for run in runner.runs if not run.ended and run.request and any(file.id == upload.id for file in files_of(run.request)))
    return all(may(user, run.action, item.subject) for run in runs for item in run.items)


def may_fetch(session: Session, delivery: Delivery) -> bool:
    """Whether it is for them: who gave the command, for as long as they may give it."""
    user = session.user() if session.is_open else None
    return user is not None and user.id == delivery.run.user_id and bool(may(user, delivery.run.action, delivery.item.subject))


def handed_over(delivery: Delivery, request: Request, session: Session) -> Response:
    """What `session` fetches; it ends when they may not any more."""
    return LentPieces(_pieces(delivery, request, session), _headers(delivery.name), delivery.lend)


async def _pieces(delivery: Delivery, request: Request, session: Session) -> AsyncGenerator[Piece]:
    try:
        watched = _while_allowed(request, session, lambda: may_fetch(session, delivery), delivery.revoke)
        async with watched, aclosing(delivery.pieces()) as pieces:
            async for piece in pieces:
                yield piece
    except Broken:  # the receiver must not take it for the whole
        _cut(request)
        await asyncio.sleep(0.05)  # until the server knows that nobody is there, and does not mourn the missing end


@asynccontextmanager
async def _while_allowed(
    request: Request, session: Session, allowed: Callable[[], bool], revoke: Callable[[], None]
) -> AsyncIterator[None]:  # fmt: skip
    """When it is not `allowed` any more it is revoked, and the connection ends: it may be in the middle of a piece that nobody takes."""

    async def watch() -> None:
        while allowed():
            with suppress(TimeoutError):
                await asyncio.wait_for(session.ended.wait(), LOOK)
        revoke()
        _cut(request)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()


def _cut(request: Request) -> None:
    if (guest := guest_of(request.scope)) is not None:
        guest.cut()


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}",
        "Content-Encoding": "identity",  # what is packed already is not packed again
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
