"""NiceGUI's `User` comes through the door as everybody does; this is how the tests of pages sign somebody in."""

from pathlib import Path

import pytest
from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from data.stores.directory import DataDirectory
from data.stores.sessions import SessionStore
from data.stores.users import Role, UserStore
from pages import first_run, login
from xo_dash.door.current import current_user
from xo_dash.door.door import Door
from xo_dash.door.forms import Views
from xo_dash.door.install import install
from xo_dash.door.passwords import Passwords
from xo_dash.door.sessions import SignedOut


def sign_in(user: User, door: Door, name: str) -> None:
    account = door.users.by_name(name)
    assert account
    token, _session = door.sessions.start(account, "127.0.0.1")
    user.http_client.cookies.set("xo-dash", token)
    user.http_client.headers["accept"] = "text/html"


async def test_a_page_knows_who_looks_for_as_long_as_they_may(data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    users = UserStore(directory)
    ann = users.add_now("Ann", "h", Role.ADMIN)
    users.add_now("Eve", "h", Role.ADMIN)
    seen: list[str] = []

    def root() -> None:
        ui.label(f"Hello {current_user().name}")
        ui.button("role", on_click=lambda: seen.append(current_user().role.value))

        def ask() -> None:
            with pytest.raises(SignedOut):
                current_user()
            seen.append("refused")

        ui.button("ask", on_click=ask)

    async with user_simulation(root) as user:
        door = Door(users, SessionStore(directory), Passwords(memory=1024))
        install(app, door, Views(login.page, first_run.page, login.CONTENT_SECURITY_POLICY), "127.0.0.1")
        stranger = await user.http_client.get("/", headers={"accept": "text/html"})
        assert stranger.headers["location"] == "/login"
        sign_in(user, door, "Ann")
        await user.open("/")
        await user.should_see("Hello Ann")
        user.find("role").click()
        await users.set_role(ann.id, Role.VIEWER)
        user.find("role").click()
        users.set_password_now(ann.id, "another")
        user.find("ask").click()
        assert seen == ["admin", "viewer", "refused"]
