"""The people pages, as an administrator sees them; and one's own account."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from nicegui import ui

from components.people.listing import PeopleList
from components.ui import Button
from data.grants.grant import GrantKind
from data.stores.users import Role
from tests.settings.house import PASSWORD, Settings, looking
from tests.waiting import until


def choose(at: Settings, label: str, value: object) -> None:
    """In a field of choices."""
    found = [one for one in at.user.find(ui.select).elements if one.props.get("label") == label]
    max(found, key=lambda one: one.id).set_value(value)  # of the dialog on top


async def test_somebody_is_invited_by_a_link_and_their_password_is_typed_by_nobody_else(tmp_path: Path) -> None:
    async with looking(tmp_path, path="/people") as at:
        group = await at.context.grants.groups.add("ops")
        await at.user.open("/people")
        at.type(Name="bob")
        choose(at, "Role", Role.OPERATOR)
        choose(at, "Groups", [group.id])
        at.press("Create link")
        await at.user.should_see(marker="invitation-link")
        bob = at.context.users.by_name("bob")
        assert bob and bob.role is Role.OPERATOR and not bob.password_hash and not at.context.auth.can_sign_in(bob)
        assert at.context.grants.groups.need(group.id).users == (bob.id,)
        link = next(iter(at.user.find(marker="invitation-link").elements)).value  # type: ignore[attr-defined]
        assert "/invitation#" in link
        await at.user.should_see("invited")
        await at.context.audit.settle()
        text = (tmp_path / "data" / "audit.jsonl").read_text("utf-8")
        told = [line for line in map(orjson.loads, text.splitlines()) if line["user"] == "ann"]
        assert [(line["action"], line["name"], line["address"]) for line in told[:2]] == [
            ("user.add", "bob", "127.0.0.1"),
            ("invitation.add", "bob", "127.0.0.1"),
        ]
        assert link.partition("#")[2] not in text + (tmp_path / "data" / "invitations.json").read_text("utf-8")


@pytest.mark.parametrize("name", ["", "ann", "b" * 200])
async def test_a_bad_name_is_refused_in_place(tmp_path: Path, name: str) -> None:
    async with looking(tmp_path, path="/people") as at:
        at.type(Name=name)
        at.press("Create link")
        await until(lambda: at.field("Name").error)
        assert at.field("Name").value == name and len(list(at.context.users.all())) == 1


async def test_a_person_s_page_changes_the_role_disables_and_removes(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        bob = await at.context.auth.add_user("bob smith", PASSWORD, Role.VIEWER)
        await at.user.open("/people/Bob%20Smith")
        choose(at, "Role", Role.OPERATOR)
        await until(lambda: at.context.users.need(bob.id).role is Role.OPERATOR)
        _token, session = at.context.auth.sessions.start(bob, "192.0.2.9")
        at.press("Disable…")
        await at.user.should_see("cannot sign in until you enable the account")
        at.press("Disable")
        await until(lambda: not session.is_open)
        assert not at.context.auth.can_sign_in(at.context.users.need(bob.id))
        await at.user.should_see("disabled")
        at.press("Enable")
        await until(lambda: at.context.auth.can_sign_in(at.context.users.need(bob.id)))
        at.press("Remove…")
        await at.user.should_see("is signed out at once")
        at.press("Remove")
        await until(lambda: at.context.users.by_name("bob smith") is None)
        await at.user.should_see("Who may sign in, and who may do what")  # the page of nobody leads there


async def test_sessions_are_ended_one_by_one_and_all(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        bob = await at.context.auth.add_user("bob", PASSWORD, Role.VIEWER)
        sessions = [at.context.auth.sessions.start(bob, f"192.0.2.{number}")[1] for number in range(3)]
        sessions[0].device, sessions[0].last_seen = "Firefox, Linux", sessions[0].last_seen + 60
        await at.user.open("/people/bob")
        await at.user.should_see("Firefox, Linux")
        at.press_first("End")
        await until(lambda: not sessions[0].is_open)
        assert sessions[1].is_open
        at.press("End all")
        await until(lambda: not any(session.is_open for session in sessions))
        await at.user.should_see("No open sessions.")


async def test_the_last_administrator_stays_one(tmp_path: Path) -> None:
    async with looking(tmp_path, path="/people/ann") as at:
        choose(at, "Role", Role.VIEWER)
        await at.user.should_see("last administrator")
        for verb, text in (("Disable", "until you enable the account"), ("Remove", "can no longer sign in")):
            at.press(f"{verb}…")
            await at.user.should_see(text)
            at.press(verb)
        await at.context.auth.add_user("bob", PASSWORD, Role.ADMIN)
        at.press("Remove…")
        await at.user.should_see("can no longer sign in")
        at.press("Remove")
        await at.user.should_see("his is your own account; ask another administrator")
        assert at.context.users.need(at.me.id).role is Role.ADMIN and at.session().is_open


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_others_do_not_see_who_there_is(tmp_path: Path, role: Role) -> None:
    async with looking(tmp_path, role, "/people") as at:
        await at.user.should_see("Only an administrator can see the users.")
        assert not [one for one in at.user.client.elements.values() if isinstance(one, PeopleList)]  # type: ignore[union-attr]
        await at.user.open("/people/ann")
        await at.user.should_see("Only an administrator can see the users.")
        await at.user.should_not_see("Two-step")


async def test_who_was_demoted_may_not_even_by_its_handlers(tmp_path: Path) -> None:
    async with looking(tmp_path, path="/people") as at:
        await at.context.auth.add_user("bob", PASSWORD, Role.ADMIN)
        at.type(Name="eve")
        await at.context.users.set_role(at.me.id, Role.VIEWER)
        at.press("Create link")
        assert await at.fault("Name") == "Only an administrator can change users."
        assert at.context.users.by_name("eve") is None


async def test_groups_are_nested_and_a_loop_is_refused_in_a_sentence(tmp_path: Path) -> None:
    async with looking(tmp_path, path="/people?tab=groups") as at:
        groups = at.context.grants.groups
        at.press("Add group")
        at.type(Name="ops")
        choose(at, "Users", [at.me.id])
        at.press("Add")
        await until(lambda: groups.by_name("ops"))
        ops = groups.by_name("ops")
        assert ops and ops.users == (at.me.id,)
        everybody = await groups.add("everybody", [], [ops.id])
        await at.context.grants.refresh()
        at.press_item("Members…", last=True)  # of ops: in the order of names
        choose(at, "Groups", [everybody.id])
        at.press("Save")
        await at.user.should_see("would contain itself through another group")
        assert groups.need(ops.id).groups == ()


async def test_a_role_of_one_s_own_is_made_of_actions(tmp_path: Path) -> None:
    async with looking(tmp_path, path="/people?tab=roles") as at:
        at.press("Add role")
        at.type(Name="Power")
        at.press("Add")
        await at.user.should_see("needs at least one action")
        choose(at, "Actions", ["vm.start", "vm.console"])
        at.press("Add")
        await until(lambda: at.context.grants.roles.by_name("Power"))
        power = at.context.grants.roles.by_name("Power")
        assert power and power.verbs == ("vm.start", "vm.console")
        await at.context.grants.grants.add(power.id, GrantKind.TAG, "web", user_id=at.me.id)
        await at.context.grants.refresh()
        await at.user.open("/people/ann")
        await at.user.should_see("tag web")


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
        await at.user.should_see("The password is changed.")
        assert not other.is_open and at.session().is_open
        assert [at.field(name).value for name in ("Current password", "New password", "Repeat new password")] == ["", "", ""]


async def test_signing_out_everywhere_else_keeps_this_session(tmp_path: Path) -> None:
    async with looking(tmp_path, Role.VIEWER) as at:
        _token, other = at.context.auth.sessions.start(at.me, "127.0.0.1")
        await at.user.open("/account")
        assert at.user.find(Button).elements
        at.press("Sign out other sessions")
        await until(lambda: not other.is_open)
        assert at.session().is_open


async def test_preferences_are_kept(tmp_path: Path) -> None:
    async with looking(tmp_path, Role.VIEWER, "/account") as at:
        for label, value in (("Theme", "dark"), ("Density", "roomy"), ("Start page", "/vms")):
            choose(at, label, value)
        await until(lambda: len(at.context.users.need(at.me.id).preferences) == 3)
        assert at.context.users.need(at.me.id).preferences == {"theme": "dark", "density": "roomy", "start": "/vms"}


async def test_a_token_is_shown_once_and_revoked(tmp_path: Path) -> None:
    async with looking(tmp_path, path="/people?tab=tokens") as at:
        at.press("Create token")
        at.type(Name="home assistant")
        at.press("Create token")
        await until(at.context.tokens.all)
        (token,) = at.context.tokens.all()
        await at.user.should_see(marker="token-text")
        assert (token.user_id, token.name) == (at.me.id, "home assistant") and token.until is not None


async def test_a_grant_is_given_on_what_is_there(tmp_path: Path) -> None:
    async with looking(tmp_path, path="/people?tab=grants") as at:
        at.press("Add grant")
        at.type(**{"Name or UUID": "nothing like it"})
        at.press("Add")
        await until(lambda: at.field("Name or UUID").error)
        assert at.context.grants.grants.all() == ()


async def test_a_quota_is_set_with_its_faults_in_place_and_changed_from_what_it_is(tmp_path: Path) -> None:
    async with looking(tmp_path, path="/people?tab=grants") as at:
        table = at.context.grants.table
        at.press("Set quota")
        at.type(VMs="many", Memory="32")
        at.press("Set quota")
        assert "is not a number" in await at.fault("VMs") and at.field("Memory").value == "32"
        at.type(VMs="2", Memory="lots")
        at.press("Set quota")
        assert "is not a size" in await at.fault("Memory") and not at.field("VMs").error
        at.type(Memory="1.5")
        at.press("Set quota")
        await until(lambda: table.quotas)
        await at.user.open("/people?tab=grants")
        at.press("Set quota")
        assert at.field("Memory").value == "1536 MiB"
        at.type(VMs="3")
        at.press("Set quota")
        await until(lambda: [(one.vms, one.memory) for one in table.quotas] == [(3, 3 << 29)])
