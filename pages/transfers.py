"""/transfers: what moves in and out of the pools; and the routes that browsers send files to and fetch them from."""

from __future__ import annotations

from fastapi import Request, Response
from nicegui import app, ui

from components.transfers.listing import TransferList
from components.transfers.serving import handed_over, may_fetch, next_part, sent_with
from components.ui import PageHead
from components.urls import path_of
from data.stores.users import User, ViewedUser
from pages.layout import frame
from xo_dash.auth.current import person_of
from xo_dash.context import Context
from xo_dash.control.transfers.upload import OutOfOrder, Upload
from xo_dash.i18n import _


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
        if session is None or user is None or isinstance(user, ViewedUser):  # what is taken through another's eyes is lost to them
            return Response(status_code=404)
        delivery = program.runner.exchange.claim(ticket, session.key)
        if delivery is None or not may_fetch(session, delivery):
            return Response(status_code=404)
        return handed_over(delivery, request, session)

    @app.get("/transfers/in/{upload_id}", include_in_schema=False)
    async def wanted(request: Request, upload_id: str) -> Response:
        """What of the file has to be sent next."""
        upload = _upload(program, request, upload_id)
        return Response(status_code=404) if upload is None else await next_part(upload)

    @app.put("/transfers/in/{upload_id}", include_in_schema=False)
    async def sent(request: Request, upload_id: str, offset: int = 0) -> Response:
        """A piece of the file; the answer says what comes next."""
        upload = _upload(program, request, upload_id)
        if upload is None:
            return Response(status_code=404)
        try:
            await upload.feed(offset, sent_with(request))
        except OutOfOrder:
            return Response(status_code=409)
        return await next_part(upload)


def _user(request: Request) -> User | None:
    session = person_of(request.scope)
    return session.user() if session is not None and session.is_open else None


def _upload(context: Context, request: Request, upload_id: str) -> Upload | None:
    """The one of that id, if it is this user's."""
    user = _user(request)
    return context.runner.exchange.upload(upload_id, user.id) if user is not None else None
