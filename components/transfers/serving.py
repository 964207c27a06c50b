"""Files over HTTP, as pages and the API have them: what has to be sent next, and handing one over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from xo_dash.auth.bodies import LentPieces, Piece, body_of
from xo_dash.auth.sessions import Session
from xo_dash.auth.wire import guest_of
from xo_dash.control.access import may
from xo_dash.control.transfers.delivery import Broken, Delivery
from xo_dash.control.transfers.upload import Upload

LOOK: Final = 0.5
"""Seconds between two looks whether the right is still there."""
PATIENCE: Final = 20.0
"""Seconds in which a sender is told what it has to send, or to ask again."""


async def next_part(upload: Upload) -> Response:
    """What of the file has to be sent next, or that nothing has."""
    wanted = await upload.wanted(PATIENCE)
    answer: dict[str, Any] = {"closed": upload.closed}
    if wanted is not None:
        answer |= {"offset": wanted.offset, "length": wanted.length}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def sent_with(request: Request) -> AsyncIterator[bytes]:
    """What came before the line broke has come."""
    try:
        async for piece in body_of(request):
            if piece:
                yield piece
    except ClientDisconnect:
        return


def may_fetch(session: Session, delivery: Delivery) -> bool:
    """Whether it is for them: who gave the command, for as long as they may give it."""
    user = session.user() if session.is_open else None
    return user is not None and user.id == delivery.run.user_id and bool(may(user, delivery.run.action, delivery.item.subject))


def handed_over(delivery: Delivery, request: Request, session: Session) -> Response:
    """What `session` fetches; it ends when they may not any more."""
    return LentPieces(_pieces(delivery, request, session), _headers(delivery.name), delivery.lend)


async def _pieces(delivery: Delivery, request: Request, session: Session) -> AsyncGenerator[Piece]:
    def cut() -> None:
        if (guest := guest_of(request.scope)) is not None:
            guest.cut()

    async def watch() -> None:
        while may_fetch(session, delivery):
            with suppress(TimeoutError):
                await asyncio.wait_for(session.ended.wait(), LOOK)
        delivery.revoke()
        cut()  # it may be in the middle of a piece that nobody takes

    watching = asyncio.create_task(watch())
    try:
        async with aclosing(delivery.pieces()) as pieces:
            async for piece in pieces:
                yield piece
    except Broken:  # the receiver must not take it for the whole
        cut()
        await asyncio.sleep(0.05)  # until the server knows that nobody is there, and does not mourn the missing end
    finally:
        watching.cancel()


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}",
        "Content-Encoding": "identity",  # what is packed already is not packed again
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
