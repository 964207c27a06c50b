"""/transfers: what moves in and out of the pools; and the routes that browsers send files to and fetch them from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from nicegui import app, ui
from starlette.requests import ClientDisconnect

from components.transfers.listing import TransferList
from components.ui import PageHead
from components.urls import path_of
from data.stores.users import User
from pages.layout import frame
from xo_dash.auth.bodies import LentPieces, Piece, body_of
from xo_dash.auth.current import person_of
from xo_dash.auth.wire import guest_of
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.transfers.delivery import Broken, Delivery
from xo_dash.control.transfers.upload import OutOfOrder, Upload
from xo_dash.i18n import _

PATIENCE: Final = 20.0
"""Seconds in which a browser is told what it has to send, or to ask again."""


def create(program: Context) -> None:
    @ui.page("/transfers")
    def transfers() -> None:
        context = program.for_viewer()
        with frame(context, title=_("Transfers")):
            PageHead(_("Transfers"), _("Exports, imports and uploads of all pools."))
            TransferList(context, path_of)

    @app.get("/transfers/out/{ticket}", include_in_schema=False)
    async def out(request: Request, ticket: str) -> Response:
        """One file, to the one session that has the ticket, once."""
        session = person_of(request.scope)
        user = session.user() if session is not None and session.is_open else None
        delivery = program.runner.exchange.claim(ticket, session.key) if session is not None and user is not None else None
        if user is None or delivery is None or delivery.run.user_id != user.id or not may(user, delivery.run.action):
            return Response(status_code=404)
        return LentPieces(_handed(delivery, request), _headers(delivery.name))

    @app.get("/transfers/in/{upload_id}", include_in_schema=False)
    async def wanted(request: Request, upload_id: str) -> Response:
        """What of the file has to be sent next."""
        upload = _upload(program, request, upload_id)
        return Response(status_code=404) if upload is None else await _told(upload)

    @app.put("/transfers/in/{upload_id}", include_in_schema=False)
    async def sent(request: Request, upload_id: str, offset: int = 0) -> Response:
        """A piece of the file; the answer says what comes next."""
        upload = _upload(program, request, upload_id)
        if upload is None:
            return Response(status_code=404)
        try:
            await upload.feed(offset, _body(request))
        except OutOfOrder:
            return Response(status_code=409)
        return await _told(upload)


def _user(request: Request) -> User | None:
    session = person_of(request.scope)
    return session.user() if session is not None and session.is_open else None


def _upload(context: Context, request: Request, upload_id: str) -> Upload | None:
    """The one of that id, if it is this user's."""
    user = _user(request)
    return context.runner.exchange.upload(upload_id, user.id) if user is not None else None


async def _told(upload: Upload) -> Response:
    wanted = await upload.wanted(PATIENCE)
    answer: dict[str, Any] = {"closed": upload.closed}
    if wanted is not None:
        answer |= {"offset": wanted.offset, "length": wanted.length}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def _body(request: Request) -> AsyncIterator[bytes]:
    """What came before the line broke has come."""
    try:
        async for piece in body_of(request):
            if piece:
                yield piece
    except ClientDisconnect:
        return


async def _handed(delivery: Delivery, request: Request) -> AsyncIterator[Piece]:
    async with aclosing(delivery.pieces()) as pieces:
        try:
            async for piece in pieces:
                yield piece
        except Broken:  # the browser must not take it for the whole
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
