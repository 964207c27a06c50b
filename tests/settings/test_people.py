"""The accounts, as an administrator sees them; and one's own."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from components.people.listing import PeopleList
from components.ui import Button
from data.stores.users import Role
from tests.settings.house import PASSWORD, looking
from tests.sync.house import until


async def test_a_user_is_added_with_a_role(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        at.press("Add user")
        at.type(Name="bob", Password=PASSWORD)
        at.press("Add")
        await until(lambda: at.context.users.by_name("bob"))
        bob = at.context.users.by_name("bob")
        assert bob and bob.role is Role.VIEWER and PASSWORD not in bob.password_hash
        await at.user.should_see("bob")
        await at.user.should_see("viewer")


async def test_what_a_page_changes_is_in_the_audit_with_who_looked_at_it(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        at.press("Add user")
        at.type(Name="bob", Password=PASSWORD)
        at.press("Add")
        await until(lambda: at.context.users.by_name("bob"))
        at.press_item("operator", last=True)
        await until(lambda: any(user.role is Role.OPERATOR for user in at.context.users.all()))
        text = (tmp_path / "data" / "audit.jsonl").read_text("utf-8")
        told = [line for line in map(orjson.loads, text.splitlines()) if line["user"] == "ann"]
        assert [(line["action"], line["name"], line["address"], line["user_id"]) for line in told] == [
            ("user.add", "bob", "127.0.0.1", at.me.id),
            ("user.role", "bob", "127.0.0.1", at.me.id),
        ]
        assert told[1]["arguments"] == {"role": "operator"} and PASSWORD not in text


@pytest.mark.parametrize(("name", "password"), [("", PASSWORD), ("bob", "short"), ("ann", PASSWORD), ("b" * 200, PASSWORD)])
async def test_a_bad_one_is_refused_in_place(tmp_path: Path, name: str, password: str) -> None:
    async with looking(tmp_path) as at:
        at.press("Add user")
        at.type(Name=name, Password=password)
        at.press("Add")
        await until(lambda: at.field("Name").error)
        assert at.field("Name").value == name and len(list(at.context.users.all())) == 1


async def test_a_role_is_changed_and_a_user_removed_after_a_yes(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        bob = await at.context.auth.add_user("bob", PASSWORD, Role.VIEWER)
        await at.user.open("/settings")
        at.press_item("operator", last=True)
        await until(lambda: at.context.users.need(bob.id).role is Role.OPERATOR)
        _token, session = at.context.auth.sessions.start(bob, "127.0.0.1")
        at.press_item("Remove", last=True)
        await at.user.should_see("bob is signed out at once and can no longer sign in.")
        at.press("Remove")
        await until(lambda: at.context.users.by_name("bob") is None)
        assert not session.is_open
        await at.user.should_not_see("bob")


async def test_a_new_password_ends_the_sessions_of_that_user(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        bob = await at.context.auth.add_user("bob", PASSWORD, Role.VIEWER)
        _token, session = at.context.auth.sessions.start(bob, "127.0.0.1")
        await at.user.open("/settings")
        at.press_item("New password", last=True)
        at.type(Password="short")
        at.press("Set password")
        await at.fault("Password")
        assert session.is_open
        at.type(Password=PASSWORD + "er")
        at.press("Set password")
        await until(lambda: not session.is_open)


async def test_the_last_administrator_stays_one(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        at.press_item("viewer")
        await at.user.should_see("administrator")
        at.press_item("Remove")
        await at.user.should_see("ann is signed out at once and can no longer sign in.")
        at.press("Remove")
        await at.user.should_see("last administrator")
        assert at.context.users.need(at.me.id).role is Role.ADMIN


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_others_do_not_see_who_there_is(tmp_path: Path, role: Role) -> None:
    async with looking(tmp_path, role) as at:
        assert not [one for one in at.user.client.elements.values() if isinstance(one, PeopleList)]  # type: ignore[union-attr]


async def test_who_was_demoted_may_not_even_by_its_handlers(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        await at.context.auth.add_user("bob", PASSWORD, Role.ADMIN)
        at.press("Add user")
        at.type(Name="eve", Password=PASSWORD)
        await at.context.users.set_role(at.me.id, Role.VIEWER)
        at.press("Add")
        assert await at.fault("Name") == "Only an administrator can change users."
        assert at.context.users.by_name("eve") is None
        at.press_item("administrator")
        await at.user.should_see("Only an administrator can change users.")
        assert at.context.users.need(at.me.id).role is Role.VIEWER


async def test_ones_own_password_needs_the_old_one_and_twice_the_new(tmp_path: Path) -> None:
    async with looking(tmp_path, Role.VIEWER, "/account") as at:
        await at.context.auth.set_password(at.me.id, PASSWORD, here=at.session())
        _token, other = at.context.auth.sessions.start(at.context.users.need(at.me.id), "127.0.0.1")
        at.type(Current_password="wrong", New_password=PASSWORD + "er", Repeat_new_password=PASSWORD)
        at.press("Change password")
        assert await at.fault("Repeat new password") == "The passwords do not match."
        at.type(Repeat_new_password=PASSWORD + "er")
        at.press("Change password")
        assert await at.fault("Current password") == "The current password is wrong."
        assert other.is_open
        at.type(Current_password=PASSWORD)
        at.press("Change password")
        await at.user.should_see("The password is changed.", retries=30)
        assert not other.is_open and at.session().is_open
        assert [at.field(name).value for name in ("Current password", "New password", "Repeat new password")] == ["", "", ""]


async def test_signing_out_everywhere_else_keeps_this_session(tmp_path: Path) -> None:
    async with looking(tmp_path, Role.VIEWER, "/account") as at:
        _token, other = at.context.auth.sessions.start(at.me, "127.0.0.1")
        assert at.user.find(Button).elements
        at.press("Sign out other sessions")
        await until(lambda: not other.is_open)
        assert at.session().is_open


async def test_a_token_is_shown_once_and_revoked(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        at.press("Create token")
        at.type(Name="home assistant")
        at.press("Create token")
        await until(at.context.tokens.all)
        (token,) = at.context.tokens.all()
        await at.user.should_see(marker="token-text")
        assert (token.user_id, token.name) == (at.me.id, "home assistant") and token.until is not None


async def test_a_grant_is_given_on_what_is_there(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        at.press("Add grant")
        at.type(**{"Name or UUID": "nothing like it"})
        at.press("Add")
        await until(lambda: at.field("Name or UUID").error)
        assert at.context.grants.grants.all() == ()
