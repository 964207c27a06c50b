"""NiceGUI's `User` comes through the door as everybody does; this is how the tests of pages sign somebody in."""

from pathlib import Path

import pytest
from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from data.stores.directory import DataDirectory
from data.stores.sessions import SessionStore
from data.stores.users import Role, UserStore
from pages.front import VIEWS
from tests.auth.services import service_of
from xo_dash.auth.current import current_user
from xo_dash.auth.install import install
from xo_dash.auth.refused import Refused
from xo_dash.auth.service import AuthService
from xo_dash.auth.sessions import SignedOut


def sign_in(user: User, auth: AuthService, name: str) -> None:
    account = auth.users.by_name(name)
    assert account
    token, _session = auth.sessions.start(account, "127.0.0.1")
    user.http_client.cookies.set("xo-dash", token)
    user.http_client.headers["accept"] = "text/html"


async def test_accounts_are_changed_through_the_door(data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    users = UserStore(directory)
    async with user_simulation(lambda: None):
        auth = service_of(directory, users)
        with pytest.raises(Refused, match="at least 8"):
            await auth.add_user("Ann", "short", Role.ADMIN)
        ann = await auth.add_user("Ann", "the first one", Role.ADMIN)
        with pytest.raises(Refused, match="The user ann already exists"):
            await auth.add_user("ann", "the first one", Role.VIEWER)
        bob = await auth.add_user("Bob", "bob's password", Role.VIEWER)

        _token, here = await auth.by_password.sign_in("ann", "the first one", "10.0.0.1")
        _token, elsewhere = await auth.by_password.sign_in("ANN", "the first one", "10.0.0.2")
        with pytest.raises(Refused, match="current password is wrong"):
            await auth.change_own_password(here, "not that", "the second one")
        with pytest.raises(Refused, match="at least 8"):
            await auth.change_own_password(here, "the first one", "2")
        await auth.change_own_password(here, "the first one", "the second one")
        assert here.is_open
        assert not elsewhere.is_open
        with pytest.raises(Refused, match="wrong"):
            await auth.by_password.sign_in("Ann", "the first one", "10.0.0.1")

        _token, bobs = await auth.by_password.sign_in("Bob", "bob's password", "10.0.0.3")
        await auth.remove_user(bob.id)
        assert not bobs.is_open
        with pytest.raises(Refused, match="last administrator"):
            await auth.remove_user(ann.id)
        assert here.is_open

        users.set_password_now(ann.id, auth.passwords.hash_now("by command"))
        assert not here.is_open
        await auth.tick()
        assert auth.sessions.all() == ()
        await auth.close()
        assert SessionStore(directory).all() == ()


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
        auth = service_of(directory, users)
        install(app, auth, VIEWS, "127.0.0.1")
        stranger = await user.http_client.get("/", headers={"accept": "text/html"})
        assert stranger.headers["location"] == "/login"
        sign_in(user, auth, "Ann")
        await user.open("/")
        await user.should_see("Hello Ann")
        user.find("role").click()
        await users.set_role(ann.id, Role.VIEWER)
        user.find("role").click()
        users.set_password_now(ann.id, "another")
        user.find("ask").click()
        assert seen == ["admin", "viewer", "refused"]
