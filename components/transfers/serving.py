"""Files over HTTP, as pages and the API have them: what has to be sent next, and handing one over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from xo_dash.auth.bodies import LentPieces, Piece, body_of
from xo_dash.auth.wire import guest_of
from xo_dash.control.transfers.delivery import Broken, Delivery
from xo_dash.control.transfers.upload import Upload

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


def handed_over(delivery: Delivery, request: Request) -> Response:
    return LentPieces(_pieces(delivery, request), _headers(delivery.name), delivery.lend)


async def _pieces(delivery: Delivery, request: Request) -> AsyncGenerator[Piece]:
    async with aclosing(delivery.pieces()) as pieces:
        try:
            async for piece in pieces:
                yield piece
        except Broken:  # the receiver must not take it for the whole
            if (guest := guest_of(request.scope)) is not None:
                guest.cut()
            await asyncio.sleep(0.05)  # until the server knows that nobody is there, and does not mourn the missing end


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}",
        "Content-Encoding": "identity",  # what is packed already is not packed again
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
