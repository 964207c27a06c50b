"""`/console/{uuid@pool}`: the console of one VM in a window, in the page of its VM, or as a tile; and what it is fed from."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse
from nicegui import app
from starlette.websockets import WebSocket

from components.console import files
from components.console.document import HEADERS, MODES, document
from components.immutable import FOREVER
from data.consoles import Protocol
from data.identity import key_of
from data.names import name_of
from data.objects import VM
from xo_dash.auth.current import program_of, user_of
from xo_dash.auth.kinds import PROGRAMS, open_to
from xo_dash.auth.sessions import SignedOut
from xo_dash.consoles.consoles import Consoles
from xo_dash.consoles.pictures import ConsolePictures
from xo_dash.consoles.rights import may_see, may_use
from xo_dash.context import Context
from xo_dash.i18n import LOCALES, _, negotiate, using
from xo_dash.xapi.connection import Connection


def create(program: Context) -> None:
    def connection(server_id: str) -> Connection:
        return program.servers.connection(server_id)

    consoles = Consoles(connection, program.runner)

    @app.get("/console/{key}", include_in_schema=False)
    def page(request: Request, key: str) -> Response:
        return _page(program, request, key)

    @app.get(files.ROUTE, include_in_schema=False)
    def file(version: str, name: str) -> Response:
        return _file(version, name)

    pictures = ConsolePictures(connection)

    @app.get("/console-picture/{key}", include_in_schema=False)
    async def picture(request: Request, key: str) -> Response:
        return await _picture(program, pictures, request, key)

    @app.websocket("/ws/console/{key}")
    @open_to(PROGRAMS)
    async def socket(websocket: WebSocket, key: str) -> None:
        await _serve(program, consoles, websocket, key, Protocol.GRAPHIC)

    @app.websocket("/ws/text-console/{key}")
    @open_to(PROGRAMS)
    async def text(websocket: WebSocket, key: str) -> None:
        await _serve(program, consoles, websocket, key, Protocol.TEXT)


def _page(program: Context, request: Request, key: str) -> Response:
    try:
        user = user_of(request)
    except SignedOut:
        return PlainTextResponse("", 401)
    mode = request.query_params.get("in", MODES[0])
    vm = program.for_request(request).mirror.find(VM, key)
    with using(_language(program, user.preferences.get("language"), request)):
        if vm is None or mode not in MODES:
            return PlainTextResponse(_("VM not found"), 404)
        if not may_see(user, vm):
            return PlainTextResponse(_("You do not have access to this console"), 403)
        root = str(request.scope.get("root_path", ""))
        html = document(key_of(vm), name_of(vm), mode, user.preferences, may_use=bool(may_use(user, vm)), root=root)
    return HTMLResponse(html, headers=HEADERS)


async def _picture(program: Context, pictures: ConsolePictures, request: Request, key: str) -> Response:
    """A JPEG, and when it was taken and since when it has looked so; 204: there is none now; 205: none may be seen, what was shown goes."""
    try:
        vm = _seen(program, request, key)
        picture = await pictures.of(vm) if vm is not None else None
        if vm is None or _seen(program, request, key) is not vm:  # it took a while
            return Response(status_code=205)
        if picture is None:
            return Response(status_code=204)
    except SignedOut:
        return PlainTextResponse("", 401)
    times = {"X-Taken": f"{picture.taken:.0f}", "X-Since": f"{picture.since:.0f}", "Cache-Control": "private, no-store"}
    return Response(picture.content, media_type="image/jpeg", headers=times)


def _seen(program: Context, request: Request, key: str) -> VM | None:
    """What `key` names, if its screen may be seen by who asks. Raises SignedOut."""
    context = program.for_request(request)
    vm = context.mirror.find(VM, key)
    return program.original(vm) if vm is not None and may_see(user_of(request), vm) else None


def _language(context: Context, chosen: object, request: Request) -> str:
    """The user's choice, else the installation's, else what the browser asks for."""
    if chosen in LOCALES:
        return str(chosen)
    installation = context.settings.language
    return installation if installation != "auto" else negotiate(request.headers.get("accept-language", ""))


def _file(version: str, name: str) -> Response:
    path = files.names().get(name) if version == files.version() else None
    if path is None:
        return PlainTextResponse("", 404)
    return FileResponse(path, media_type="text/javascript; charset=utf-8", headers=FOREVER)


async def _serve(program: Context, consoles: Consoles, websocket: WebSocket, key: str, protocol: Protocol) -> None:
    """The guard let in whoever has a session and comes from a page of ours."""
    session = program_of(websocket.scope)
    user = session.table.user_of(session) if session is not None else None
    if session is None or user is None:
        await websocket.close(1008)
        return
    await program.scopes.ready(user)
    context = program.for_user(user)  # for as long as it is looked at
    await consoles.serve(websocket, session, context.mirror, key, protocol)
