"""What is shown where there is nothing, and where a page of ours failed."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import Request, Response
from nicegui import Client, app, ui
from nicegui.page import page

from components.ui import empty_state
from pages.layout import frame
from xo_dash.auth.current import person_of
from xo_dash.auth.guard import nothing_here
from xo_dash.auth.problems import problem
from xo_dash.context import Context
from xo_dash.i18n import _, negotiate, using

log = logging.getLogger(__name__)


def create(program: Context) -> None:
    @app.exception_handler(404)
    async def not_found(request: Request, error: Exception) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return _as_problem(request, error)
        if person_of(request.scope) is None:
            return nothing_here(request.headers)
        with Client(page(""), request=request) as client:
            show_missing(program.for_viewer())
        return client.build_response(request, 404)

    @app.on_page_exception
    def failed(error: Exception) -> None:
        log.error("%s could not be drawn", ui.context.client.request.url.path, exc_info=error)
        with ui.element().classes("x-page"):
            box = empty_state(_("This page could not be shown"), _("This is an error in xo-dash; its log has the details."))
            with box:
                ui.link(_("Go to map"), "/").classes("x-btn")


def missing(title: str, text: str) -> ui.element:
    """Says, as `empty_state` does, that what the address names is not there; so does the status of the answer."""
    ui.context.client.status_code = HTTPStatus.NOT_FOUND
    return empty_state(title, text)


def _as_problem(request: Request, error: Exception) -> Response:
    """For a program. What a route refuses says why; else there is no route."""
    with using(negotiate(request.headers.get("accept-language", ""))):
        said = str(getattr(error, "detail", ""))
        return problem(404, said if said not in ("", HTTPStatus.NOT_FOUND.phrase) else _("There is nothing at this address"))


def show_missing(context: Context) -> None:
    """The page for an address of which there is nothing."""
    with (
        frame(context, title=_("Nothing here")),
        empty_state(_("There is nothing at this address"), _("It may have been deleted, or its pool is not connected.")),
    ):
        ui.link(_("Go to map"), "/").classes("x-btn")
