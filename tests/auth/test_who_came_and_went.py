"""Sign-ins, refusals, sign-outs and changes of accounts reach the audit, whoever calls the door."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from data.stores.directory import DataDirectory
from data.stores.kiosks import KioskStore
from data.stores.tokens import TokenStore
from data.stores.trace import Actor, Deed, Result
from data.stores.users import Role, User, UserStore
from tests.auth.services import service_of
from xo_dash.auth.by_invitation import InvitationSignIn
from xo_dash.auth.by_link import KioskSignIn
from xo_dash.auth.by_password import PasswordSignIn
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.refused import Refused
from xo_dash.auth.service import AuthService
from xo_dash.auth.session_keeper import SessionKeeper
from xo_dash.auth.sessions import Session
from xo_dash.auth.two_step import CodeNeeded
from xo_dash.control.audit import Audit

PASSWORD = "a long enough password"
WHERE = "192.0.2.7"
pytestmark = pytest.mark.usefixtures("programs_loop")


@dataclass
class House:
    """A door with Ann, who is signed in, Bob, and a link for a screen."""

    folder: Path
    deeds: list[tuple[Actor, Deed]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory = DataDirectory(self.folder)
        self.users, self.kiosks = UserStore(self.directory), KioskStore(self.directory)
        self.tokens = TokenStore(self.directory)
        self.auth = service_of(self.directory, self.users, kiosks=self.kiosks, tell=self.tell, tokens=self.tokens)
        self.directory.tell = self.tell
        hashed = Passwords(memory=1024).hash_now(PASSWORD)
        self.ann = self.users.add_now("ann", hashed, Role.ADMIN)
        self.bob = self.users.add_now("bob", hashed, Role.OPERATOR)
        self.secret, self.kiosk = self.kiosks.add_now("hall", "ann", None)
        _text, self.token = self.tokens.add_now(self.bob.id, "backup", Role.VIEWER, None)
        self.deeds.clear()

    def tell(self, actor: Actor, deed: Deed) -> None:
        self.deeds.append((actor, deed))

    def lines(self) -> list[tuple[str, str, str, str, str]]:
        """(who, from where, what, on what, with which result)"""
        return [(actor.user, actor.address, deed.action, deed.name, deed.result) for actor, deed in self.deeds]


@pytest.fixture
async def house(data_dir: Path) -> AsyncIterator[House]:
    house = House(data_dir)
    yield house
    await house.auth.save()


async def session_of(house: House, name: str = "ann") -> Session:
    _token, session = await house.auth.by_password.sign_in(name, PASSWORD, WHERE)
    house.deeds.clear()
    return session


async def with_two_steps(house: House, user: User, change: Callable[[], Awaitable[object]]) -> None:
    house.auth.two_step.store.set_now(user.id, user.name, "A" * 32, 0, ["xyz"])
    house.deeds.clear()
    await change()


async def finish(house: House) -> None:
    with pytest.raises(CodeNeeded) as needed:
        await house.auth.by_password.sign_in("bob", PASSWORD, WHERE)
    await house.auth.by_password.finish(needed.value.ticket, "xyz", WHERE)


async def disabled(house: House) -> None:
    await house.auth.disable(house.bob.id)
    await house.auth.enable(house.bob.id)


async def accept(house: House) -> None:
    secret = await house.auth.by_invitation.renew(house.bob.id, "ann")
    await house.auth.by_invitation.choose_password(secret, "quite another password", WHERE)
    assert secret not in f"{house.deeds}"


def cases(house: House, mine: Session) -> dict[str, tuple[tuple[str, str], Callable[[], Awaitable[object] | None]]]:
    """{method of the door: ((action, on whom), a call of it)}"""
    auth = house.auth
    new = "quite another password"

    def two_steps(user: User, change: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        return lambda: with_two_steps(house, user, change)

    return {
        "PasswordSignIn.sign_in": (("session.start", "bob"), lambda: auth.by_password.sign_in("bob", PASSWORD, WHERE)),
        "KioskSignIn.enter": (("session.start", "a screen"), lambda: auth.by_link.enter(house.secret, WHERE)),
        "KioskSignIn.revoke": (("kiosk.remove", "hall"), lambda: auth.by_link.revoke(house.kiosk.id)),
        "SessionKeeper.end": (("session.end", "ann"), lambda: auth.end(mine)),
        "SessionKeeper.end_all_of": (("session.end", "ann"), lambda: auth.end_all_of(house.ann.id)),
        "AuthService.add_user": (("user.add", "eve"), lambda: auth.add_user("eve", PASSWORD, Role.VIEWER)),
        "SessionKeeper.let_in": (("session.start", "bob"), lambda: auth.let_in(house.bob, WHERE)),
        "PasswordSignIn.confirm": (("user.password", "ann"), lambda: auth.by_password.confirm(mine, "wrong", "user.password")),
        "InvitationSignIn.invite": (("invitation.add", "eve"), lambda: auth.by_invitation.invite("eve", Role.VIEWER, "ann")),
        "InvitationSignIn.renew": (("invitation.add", "bob"), lambda: auth.by_invitation.renew(house.bob.id, "ann")),
        "InvitationSignIn.choose_password": (("invitation.use", "bob"), lambda: accept(house)),
        "AuthService.disable": (("user.disable", "bob"), lambda: auth.disable(house.bob.id)),
        "AuthService.enable": (("user.enable", "bob"), lambda: disabled(house)),
        "AuthService.set_password": (("user.password", "bob"), lambda: auth.set_password(house.bob.id, new)),
        "AuthService.change_own_password": (("user.password", "ann"), lambda: auth.change_own_password(mine, PASSWORD, new)),
        "PasswordSignIn.finish": (("session.start", "bob"), two_steps(house.bob, lambda: finish(house))),
        "AuthService.renew_recovery_codes": (
            ("second_factor.recovery", "ann"),
            two_steps(house.ann, lambda: auth.renew_recovery_codes(mine, PASSWORD)),
        ),
        "AuthService.turn_off_two_step": (
            ("second_factor.remove", "ann"),
            two_steps(house.ann, lambda: auth.turn_off_two_step(mine, PASSWORD)),
        ),
        "AuthService.reset_two_step": (("second_factor.remove", "bob"), two_steps(house.bob, lambda: auth.reset_two_step(house.bob.id))),
        "AuthService.revoke_tokens_of": (("token.remove", "backup"), lambda: auth.revoke_tokens_of(house.bob.id)),
        "AuthService.revoke_token": (("token.remove", "backup"), lambda: auth.revoke_token(house.token.id)),
        "AuthService.remove_user": (("user.remove", "bob"), lambda: auth.remove_user(house.bob.id)),
    }


ELSEWHERE = {
    "SessionKeeper.start",  # who asks for it tells
    "SessionKeeper.save",
    "PasswordSignIn.enrolment_of",
    "AuthService.prepare_demo",
    "AuthService.demo_is_open",
    "AuthService.can_sign_in",
    "AuthService.is_demo_user",
    "AuthService.origin_of",
    "SessionKeeper.observe",
    "SessionKeeper.stir",
    "InvitationSignIn.look",
    "InvitationSignIn.ask_passkey",
    "InvitationSignIn.choose_passkey",  # with a soft authenticator in test_passkeys
    "AuthService.tick",
    "AuthService.close",
}
"""What changes nothing, or tells nothing."""
PARTS = (SessionKeeper, AuthService, PasswordSignIn, KioskSignIn, InvitationSignIn)
"""ProviderSignIn is in test_single_sign_on, PasskeySignIn in test_passkeys, FirstRun below."""
METHODS = [
    name
    for part in PARTS
    for method, _one in inspect.getmembers(part, inspect.isfunction)
    if method in vars(part) and not method.startswith("_") and (name := f"{part.__name__}.{method}") not in ELSEWHERE
]


@pytest.mark.parametrize("name", METHODS)
async def test_whatever_the_door_does_is_told(house: House, name: str) -> None:
    mine = await session_of(house)
    expected, do = cases(house, mine)[name]
    outcome = do()
    if outcome is not None:
        with suppress(Refused):
            await outcome
    assert expected in [(deed.action, deed.name) for _actor, deed in house.deeds]
    assert PASSWORD not in f"{house.deeds}" and house.secret not in f"{house.deeds}"
    await asyncio.sleep(0)  # pages are closed in the background


async def test_a_refused_sign_in_is_told_with_the_name_and_the_address(house: House) -> None:
    with pytest.raises(Refused):
        await house.auth.by_password.sign_in("mallory" * 30, "wrong", WHERE)
    with pytest.raises(Refused):
        await house.auth.by_link.enter("wrong", WHERE)
    assert [(who[:7], *rest) for who, *rest in house.lines()] == [
        ("mallory", WHERE, "session.start", ("mallory" * 30)[:64], "refused"),
        ("a scree", WHERE, "session.start", "a screen", "refused"),
    ]
    assert "wrong" not in f"{[deed.arguments for _actor, deed in house.deeds]}"


async def test_a_flood_of_tries_does_not_fill_the_audit(house: House) -> None:
    for _number in range(100):
        with pytest.raises(Refused):
            await house.auth.by_password.sign_in("ann", "wrong", WHERE)
    assert len(house.deeds) < 10


async def test_who_signs_out_is_who_was_signed_in(house: House) -> None:
    mine = await session_of(house)
    house.auth.end(mine)
    house.auth.end(mine)
    assert house.lines() == [("ann", WHERE, "session.end", "ann", "done")]
    await asyncio.sleep(0)


async def test_a_session_that_ran_out_ended_by_itself(house: House) -> None:
    await session_of(house, "bob")
    house.users.remove_now(house.bob.id)
    house.deeds.clear()
    await house.auth.tick()
    ((actor, deed),) = house.deeds
    assert (actor.user, deed.action, deed.reason != "") == ("xo-dash", "session.end", True)
    await asyncio.sleep(0)


async def test_the_first_administrator_is_told(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    deeds: list[tuple[Actor, Deed]] = []
    directory.tell = lambda actor, deed: deeds.append((actor, deed))
    auth = service_of(directory, tell=directory.tell)
    with pytest.raises(Refused):
        await auth.first_run.make_administrator("wrong", "ann", PASSWORD, WHERE)
    await auth.first_run.make_administrator(str(auth.first_run.code()), "ann", PASSWORD, WHERE)
    assert [(actor.user, actor.address, deed.action, deed.result) for actor, deed in deeds] == [
        ("ann", WHERE, "user.first", Result.REFUSED),
        ("ann", WHERE, "user.add", Result.DONE),
        ("ann", WHERE, "session.start", Result.DONE),
    ]
    await auth.save()


async def test_it_is_in_the_file_as_commands_are(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.post(Actor("ann", "id-ann", WHERE), Deed(action="session.end", kind="sessions", name="ann"))
    await asyncio.to_thread(
        audit.tell, Actor("ann", "id-ann", WHERE), Deed(action="user.role", kind="users", name="bob", arguments={"role": "admin"})
    )
    await audit.settle()
    audit.close()
    lines = [orjson.loads(line) for line in (tmp_path / "audit.jsonl").read_bytes().splitlines()]
    assert sorted(line["action"] for line in lines) == ["session.end", "user.role"]
    told = next(line for line in lines if line["action"] == "user.role")
    assert {name: told[name] for name in ("event", "user", "address", "name", "arguments", "result")} == {
        "event": "change", "user": "ann", "address": WHERE, "name": "bob", "arguments": {"role": "admin"}, "result": "done",
    }  # fmt: skip
