"""/transfers: what moves in and out of the pools; and the routes that browsers send files to and fetch them from."""

from __future__ import annotations

from fastapi import Request, Response
from nicegui import app

from components.parts import page
from components.transfers.listing import TransferList
from components.transfers.serving import handed_over, may_fetch, next_part, received
from components.ui import PageHead
from components.urls import path_of
from data.stores.users import ViewedUser
from pages.layout import frame
from xo_dash.auth.current import person_of
from xo_dash.auth.sessions import Session
from xo_dash.context import Context
from xo_dash.control.transfers.upload import OutOfOrder, Upload
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/transfers")
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
        """What of the file has to be sent now. Nobody waits here: a browser has six connections, and a page with a chosen file is told."""
        found = _upload(program, request, upload_id)
        return Response(status_code=404) if found is None else await next_part(*found, program.runner, within=0)

    @app.put("/transfers/in/{upload_id}", include_in_schema=False)
    async def sent(request: Request, upload_id: str, offset: int = 0) -> Response:
        """A piece of the file; the answer says what comes next."""
        if (found := _upload(program, request, upload_id)) is None:
            return Response(status_code=404)
        upload, session = found
        try:
            return await received(upload, offset, request, session, program.runner)
        except OutOfOrder:
            return Response(status_code=409)


def _upload(context: Context, request: Request, upload_id: str) -> tuple[Upload, Session] | None:
    """The one of that id, if it is this user's."""
    session = person_of(request.scope)
    user = session.user() if session is not None and session.is_open else None
    upload = context.runner.exchange.upload(upload_id, user.id) if user is not None else None
    return (upload, session) if upload is not None and session is not None else None
