"""A program with one button behind the door, for the attacks to be tried on.

`python -m tests.auth.small_house PORT DATA_DIR MODE LIMITS`
"""

import json
import ssl
import sys
from pathlib import Path

from nicegui import app, core, ui
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from data.stores.directory import DataDirectory
from data.stores.kiosks import KioskStore
from data.stores.passkeys import PasskeyStore
from data.stores.users import Role, UserStore
from pages.front import VIEWS
from tests.auth.provider import CLIENT, ISSUER, IdentityProvider
from tests.auth.services import service_of
from tests.auth.two_step import two_step_of
from xo_dash.auth.connection_limits import ConnectionCounter, ConnectionLimits
from xo_dash.auth.current import current_session, current_user, user_of
from xo_dash.auth.guard import OF_A_KIOSK
from xo_dash.auth.install import install
from xo_dash.auth.kinds import EVERYBODY, SIGNED_IN, open_to
from xo_dash.auth.passkeys import Passkeys
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.single_sign_on import SingleSignOn
from xo_dash.auth.wire import http_protocol
from xo_dash.config_sign_in import PasskeySite, Provider


def main(port: int, folder: Path, mode: str, limits: ConnectionLimits) -> None:
    crowd = ConnectionCounter(limits)
    directory = DataDirectory(folder)
    users = UserStore(directory)
    passwords = Passwords(memory=1024)
    if mode in ("people", "tls", "two-step", "sso") and not users.all():
        for name, role in (("ann", Role.ADMIN), ("bob", Role.OPERATOR)):
            users.add_now(name, passwords.hash_now(f"{name}'s password"), role)
    simulated = {"only": True}
    kiosks = KioskStore(directory)
    demo_while = (lambda: simulated["only"]) if mode == "demo" else None
    identities = IdentityProvider()
    known = Provider(ISSUER, CLIENT, name="Home ID", roles={"ops": "operator"})
    sso = SingleSignOn(known, identities.transport) if mode == "sso" else None
    two_step = two_step_of(directory, lambda: mode == "two-step")
    passkeys = Passkeys(PasskeyStore(directory), PasskeySite("localhost", f"http://localhost:{port}"))
    auth = service_of(
        directory, users, passwords=passwords, two_step=two_step, demo_while=demo_while, kiosks=kiosks, sso=sso, passkeys=passkeys
    )
    install(app, auth, VIEWS, "127.0.0.1")
    clicks: list[str] = []
    button: dict[str, object] = {}

    @ui.page("/")
    @ui.page("/deep/{place}")
    def page(place: str = "home") -> None:
        ui.label(f"{place} of {current_user().name}")
        b = ui.button("click", on_click=lambda: clicks.append(current_user().name))
        ui.button("out", on_click=lambda: auth.end(current_session())).mark("out")
        ui.upload(on_upload=lambda: clicks.append("upload"))
        button.update(id=b.id, listener=next(iter(b._event_listeners)))

    @ui.page(OF_A_KIOSK)
    @open_to(SIGNED_IN)
    def kiosk() -> None:
        b = ui.button(f"map of {current_user(SIGNED_IN).name}", on_click=lambda: clicks.append(current_user(SIGNED_IN).name))
        button.update(id=b.id, listener=next(iter(b._event_listeners)))

    @app.post("/desk/kiosk")
    async def _make() -> JSONResponse:
        secret, record = await kiosks.add("hall", "ann")
        return JSONResponse({"secret": secret, "id": record.id})

    @app.post("/desk/invite")
    @open_to(EVERYBODY)
    async def _invite() -> JSONResponse:
        secret, _user = await auth.by_invitation.invite("carol", Role.VIEWER, "ann")
        return JSONResponse({"secret": secret})

    @app.post("/desk/revoke")
    async def _revoke() -> JSONResponse:
        for record in kiosks.all():
            await auth.by_link.revoke(record.id)
        return JSONResponse({})

    @app.get("/desk/clicks")
    def _clicks() -> JSONResponse:
        return JSONResponse({"clicks": clicks, **button})

    @app.get("/healthz")
    @open_to(EVERYBODY)
    def _healthz() -> JSONResponse:
        return JSONResponse({"code": auth.first_run.code()})

    @app.get("/healthz/identity")
    @open_to(EVERYBODY)
    def _identity(url: str) -> JSONResponse:
        return JSONResponse({"query": identities.signs_in(url, preferred_username="eve", groups=["ops"])})

    @app.post("/desk/add-real-pool")
    def _real() -> JSONResponse:
        simulated["only"] = False
        return JSONResponse({})

    @app.post("/desk/new-password")
    async def _password() -> JSONResponse:
        user = users.by_name("bob")
        assert user
        await auth.set_password(user.id, "bob's newer password")
        return JSONResponse({})

    @app.websocket("/ws/echo")
    async def _echo(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text(f"{user_of(socket).name}: {await socket.receive_text()}")
        except WebSocketDisconnect:
            clicks.append("echo closed")

    @app.get("/desk/crowd")
    @open_to(EVERYBODY)
    def _crowd() -> JSONResponse:
        return JSONResponse({"connections": len(crowd), "sockets": len(core.sio.eio.sockets)})

    @app.post("/desk/slow")
    @open_to(EVERYBODY)
    async def _slow(request: Request) -> JSONResponse:
        return JSONResponse({"bytes": len(await request.body())})

    @app.get("/desk/large")
    @open_to(EVERYBODY)
    def _large() -> Response:
        return Response(b"x" * (32 << 20), media_type="application/octet-stream")

    tls = None
    if mode == "tls":
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(folder.parent / "cert.pem", folder.parent / "key.pem")
    ui.run(
        host="127.0.0.1", port=port, reload=False, show=False, show_welcome_message=False, gzip_middleware_factory=None,
        http=http_protocol(crowd, tls),
    )  # fmt: skip


main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], ConnectionLimits(**json.loads(sys.argv[4])))
