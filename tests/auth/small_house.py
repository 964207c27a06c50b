"""A program with one button behind the door, for the attacks to be tried on.

`python -m tests.auth.small_house PORT DATA_DIR MODE LIMITS`
"""

import json
import ssl
import sys
from dataclasses import dataclass, field
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
from xo_dash.auth.service import AuthService
from xo_dash.auth.single_sign_on import SingleSignOn
from xo_dash.auth.wire import http_protocol
from xo_dash.config_sign_in import PasskeySite, Provider


@dataclass
class Rooms:
    """What the routes share."""

    users: UserStore
    kiosks: KioskStore
    identities: IdentityProvider
    simulated: dict[str, bool] = field(default_factory=lambda: {"only": True})  # whether all pools are, which a demo needs
    clicks: list[str] = field(default_factory=list)  # who did it
    button: dict[str, object] = field(default_factory=dict)  # what a burglar has to know of the one shown last

    def show_button(self, b: ui.button) -> None:
        self.button.update(id=b.id, listener=next(iter(b._event_listeners)))


def main(port: int, folder: Path, mode: str, limits: ConnectionLimits) -> None:
    crowd = ConnectionCounter(limits)
    directory = DataDirectory(folder)
    rooms = Rooms(UserStore(directory), KioskStore(directory), IdentityProvider())
    auth = who_may_come_in(directory, rooms, mode, port)
    install(app, auth, VIEWS, "127.0.0.1")
    add_pages(rooms, auth)
    add_desk(rooms, auth)
    add_sign_in_probes(rooms, auth)
    add_traffic(rooms, crowd)
    tls = None
    if mode == "tls":
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(folder.parent / "cert.pem", folder.parent / "key.pem")
    ui.run(
        host="127.0.0.1", port=port, reload=False, show=False, show_welcome_message=False, gzip_middleware_factory=None,
        http=http_protocol(crowd, tls),
    )  # fmt: skip


def who_may_come_in(directory: DataDirectory, rooms: Rooms, mode: str, port: int) -> AuthService:
    passwords = Passwords(memory=1024)
    if mode in ("people", "tls", "two-step", "sso") and not rooms.users.all():
        for name, role in (("ann", Role.ADMIN), ("bob", Role.OPERATOR)):
            rooms.users.add_now(name, passwords.hash_now(f"{name}'s password"), role)
    known = Provider(ISSUER, CLIENT, name="Home ID", roles={"ops": "operator"})
    return service_of(
        directory, rooms.users, passwords=passwords, kiosks=rooms.kiosks,
        two_step=two_step_of(directory, lambda: mode == "two-step"),
        demo_while=(lambda: rooms.simulated["only"]) if mode == "demo" else None,
        sso=SingleSignOn(known, rooms.identities.transport) if mode == "sso" else None,
        passkeys=Passkeys(PasskeyStore(directory), PasskeySite("localhost", f"http://localhost:{port}")),
    )  # fmt: skip


def add_pages(rooms: Rooms, auth: AuthService) -> None:
    @ui.page("/")
    @ui.page("/deep/{place}")
    def page(place: str = "home") -> None:
        ui.label(f"{place} of {current_user().name}")
        b = ui.button("click", on_click=lambda: rooms.clicks.append(current_user().name))
        ui.button("out", on_click=lambda: auth.end(current_session())).mark("out")
        ui.upload(on_upload=lambda: rooms.clicks.append("upload"))
        rooms.show_button(b)

    @ui.page(OF_A_KIOSK)
    @open_to(SIGNED_IN)
    def kiosk() -> None:
        name = current_user(SIGNED_IN).name
        rooms.show_button(ui.button(f"map of {name}", on_click=lambda: rooms.clicks.append(current_user(SIGNED_IN).name)))


def add_desk(rooms: Rooms, auth: AuthService) -> None:
    """What somebody does who is in, or at the command line."""

    @app.post("/desk/kiosk")
    async def _make() -> JSONResponse:
        secret, record = await rooms.kiosks.add("hall", "ann")
        return JSONResponse({"secret": secret, "id": record.id})

    @app.post("/desk/invite")
    @open_to(EVERYBODY)
    async def _invite() -> JSONResponse:
        secret, _user = await auth.by_invitation.invite("carol", Role.VIEWER, "ann")
        return JSONResponse({"secret": secret})

    @app.post("/desk/revoke")
    async def _revoke() -> JSONResponse:
        for record in rooms.kiosks.all():
            await auth.by_link.revoke(record.id)
        return JSONResponse({})

    @app.post("/desk/add-real-pool")
    def _real() -> JSONResponse:
        rooms.simulated["only"] = False
        return JSONResponse({})

    @app.post("/desk/new-password")
    async def _password() -> JSONResponse:
        user = rooms.users.by_name("bob")
        assert user
        await auth.set_password(user.id, "bob's newer password")
        return JSONResponse({})

    @app.get("/desk/clicks")
    def _clicks() -> JSONResponse:
        return JSONResponse({"clicks": rooms.clicks, **rooms.button})


def add_sign_in_probes(rooms: Rooms, auth: AuthService) -> None:
    """What a test has to know before anybody is in."""

    @app.get("/healthz")
    @open_to(EVERYBODY)
    def _healthz() -> JSONResponse:
        return JSONResponse({"code": auth.first_run.code()})

    @app.get("/healthz/identity")
    @open_to(EVERYBODY)
    def _identity(url: str) -> JSONResponse:
        return JSONResponse({"query": rooms.identities.signs_in(url, preferred_username="eve", groups=["ops"])})


def add_traffic(rooms: Rooms, crowd: ConnectionCounter) -> None:
    """Connections of every kind, and how many there are."""

    @app.websocket("/ws/echo")
    async def _echo(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text(f"{user_of(socket).name}: {await socket.receive_text()}")
        except WebSocketDisconnect:
            rooms.clicks.append("echo closed")

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


main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], ConnectionLimits(**json.loads(sys.argv[4])))
