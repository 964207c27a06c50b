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
from xo_dash.door.current import current_user
from xo_dash.door.door import Door, Refused
from xo_dash.door.install import install
from xo_dash.door.passwords import Passwords
from xo_dash.door.sessions import SignedOut


def sign_in(user: User, door: Door, name: str) -> None:
    account = door.users.by_name(name)
    assert account
    token, _session = door.sessions.start(account, "127.0.0.1")
    user.http_client.cookies.set("xo-dash", token)
    user.http_client.headers["accept"] = "text/html"


async def test_accounts_are_changed_through_the_door(data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    users = UserStore(directory)
    async with user_simulation(lambda: None):
        door = Door(users, SessionStore(directory), Passwords(memory=1024))
        with pytest.raises(Refused, match="at least 8"):
            await door.add_user("Ann", "short", Role.ADMIN)
        ann = await door.add_user("Ann", "the first one", Role.ADMIN)
        with pytest.raises(Refused, match="The user ann already exists"):
            await door.add_user("ann", "the first one", Role.VIEWER)
        bob = await door.add_user("Bob", "bob's password", Role.VIEWER)

        _token, here = await door.sign_in("ann", "the first one", "10.0.0.1")
        _token, elsewhere = await door.sign_in("ANN", "the first one", "10.0.0.2")
        with pytest.raises(Refused, match="current password is wrong"):
            await door.change_own_password(here, "not that", "the second one")
        with pytest.raises(Refused, match="at least 8"):
            await door.change_own_password(here, "the first one", "2")
        await door.change_own_password(here, "the first one", "the second one")
        assert here.is_open
        assert not elsewhere.is_open
        with pytest.raises(Refused, match="wrong"):
            await door.sign_in("Ann", "the first one", "10.0.0.1")

        _token, bobs = await door.sign_in("Bob", "bob's password", "10.0.0.3")
        await door.remove_user(bob.id)
        assert not bobs.is_open
        with pytest.raises(Refused, match="last administrator"):
            await door.remove_user(ann.id)
        assert here.is_open

        users.set_password_now(ann.id, door.passwords.hash_now("by command"))
        assert not here.is_open
        await door.tick()
        assert door.sessions.all() == ()
        await door.close()
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
        door = Door(users, SessionStore(directory), Passwords(memory=1024))
        install(app, door, VIEWS, "127.0.0.1")
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
