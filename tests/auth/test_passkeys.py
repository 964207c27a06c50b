"""Passkeys and invitations: what lets in, and everything near it that does not."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.stores.directory import DataDirectory
from data.stores.errors import RecordRefused
from data.stores.trace import Actor, Deed
from data.stores.users import Role
from tests.auth.services import service_of
from tests.auth.soft_authenticator import Authenticator, data, text
from tests.auth.two_step import two_step_of
from xo_dash.auth.passkeys import PATIENCE, Passkeys
from xo_dash.auth.refused import Refused
from xo_dash.auth.sessions import Session
from xo_dash.config_sign_in import PasskeySite, passkey_site

PASSWORD = "a long enough password"
ADDRESS = "192.0.2.7"
UNKNOWN = "This passkey is not registered here"
SPENT = "has been used or has expired"
pytestmark = pytest.mark.usefixtures("programs_loop")


class Desk:
    """Ann, who has a password and is signed in."""

    def __init__(self, folder: Path) -> None:
        self.now, self.required = 1_000_000.0, False
        self.deeds: list[Deed] = []
        self.stores = DataDirectory(folder)
        self.stores.tell = self.tell
        self.auth = service_of(self.stores, two_step=two_step_of(self.stores, lambda: self.required), tell=self.tell)
        self.auth.passkeys._clock = lambda: self.now
        self.passkeys, self.users = self.auth.passkeys, self.auth.users

    def tell(self, _actor: Actor, deed: Deed) -> None:
        self.deeds.append(deed)

    async def begin(self) -> None:
        await self.auth.add_user("ann", PASSWORD, Role.ADMIN)
        _token, self.session = await self.auth.by_password.sign_in("ann", PASSWORD, ADDRESS)

    async def registers(self, authenticator: Authenticator, name: str = "phone") -> None:
        question = await self.auth.by_passkey.ask_new(self.session, PASSWORD)
        await self.auth.by_passkey.add(self.session, question.ticket, name, authenticator.makes(question))

    async def guesses(self) -> float:
        """Seconds to wait after a guess at a link."""
        with pytest.raises(Refused) as refused:
            await self.auth.by_invitation.look("guessed", "198.51.100.1")
        return refused.value.wait

    async def enters(self, authenticator: Authenticator) -> Session:
        question = await self.passkeys.ask_who()
        _token, session = await self.auth.by_passkey.sign_in(question.ticket, authenticator.signs(question), ADDRESS)
        return session


def written(folder: Path) -> str:
    return "".join(file.read_text() for file in folder.glob("*.json"))


@pytest.fixture
async def desk(data_dir: Path) -> AsyncIterator[Desk]:
    desk = Desk(data_dir)
    await desk.begin()
    yield desk
    await desk.auth.close()


async def test_a_passkey_lets_in_without_a_name_and_is_both_steps(desk: Desk) -> None:
    phone = Authenticator(counter=1)
    await desk.registers(phone)
    desk.required = True  # of passwords a code would be asked
    assert (await desk.enters(phone)).user_id == desk.session.user_id
    (known,) = desk.passkeys.store.all()
    assert (known.name, known.domain, known.counter) == ("phone", "localhost", 2) and known.used > 0
    assert "passkey.add" in [deed.action for deed in desk.deeds]


async def test_each_question_is_answered_once_soon_and_by_whom_it_was_for(desk: Desk) -> None:
    phone = Authenticator()
    question = await desk.auth.by_passkey.ask_new(desk.session, PASSWORD)
    bob = await desk.auth.add_user("bob", PASSWORD, Role.VIEWER)
    _token, others = await desk.auth.start(bob, ADDRESS)
    with pytest.raises(Refused, match="Too much time"):
        await desk.auth.by_passkey.add(others, question.ticket, "phone", phone.makes(question))
    await desk.registers(phone)
    question = await desk.passkeys.ask_who()
    answer = phone.signs(question)
    await desk.auth.by_passkey.sign_in(question.ticket, answer, ADDRESS)
    with pytest.raises(Refused, match="Too much time"):
        await desk.auth.by_passkey.sign_in(question.ticket, answer, ADDRESS)
    again = await desk.passkeys.ask_who()
    with pytest.raises(Refused, match=UNKNOWN):
        await desk.auth.by_passkey.sign_in(again.ticket, answer, ADDRESS)  # the answer to another question
    late = await desk.passkeys.ask_who()
    desk.now += PATIENCE + 1
    with pytest.raises(Refused, match="Too much time"):
        await desk.auth.by_passkey.sign_in(late.ticket, phone.signs(late), ADDRESS)


@pytest.mark.parametrize("change", ["origin", "unverified", "key", "unknown", "garbage", "a list", "too long", "other domain"])
async def test_what_is_not_that_passkey_at_this_address_lets_nobody_in(desk: Desk, change: str) -> None:
    phone = Authenticator()
    await desk.registers(phone)
    question = await desk.passkeys.ask_who()
    if change == "origin":
        phone.origin = "https://evil.example"
    elif change == "unverified":
        phone.verifies = False
    elif change == "key":
        phone = Authenticator(id=phone.id)
    elif change == "unknown":
        phone = Authenticator()
    elif change == "other domain":
        question.options["rpId"] = "evil.example"
    answer = {"garbage": "{", "a list": "[]", "too long": " " * 20_000}.get(change) or phone.signs(question)
    with pytest.raises(Refused, match=UNKNOWN):
        await desk.auth.by_passkey.sign_in(question.ticket, answer, ADDRESS)


async def test_a_copied_one_is_noticed_by_its_counter(desk: Desk) -> None:
    phone = Authenticator(counter=5)
    await desk.registers(phone)
    copy = replace(phone, counter=3)
    assert await desk.enters(phone)
    with pytest.raises(Refused, match=UNKNOWN):
        await desk.enters(copy)
    with pytest.raises(RecordRefused, match="copied"):
        desk.passkeys.store.note_use_now(text(phone.id), 4)
    assert data(desk.passkeys.store.all()[0].id) == phone.id


async def test_adding_one_takes_the_password_and_removing_the_last_way_in_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="The current password is wrong"):
        await desk.auth.by_passkey.ask_new(desk.session, "wrong")
    unverified = Authenticator(verifies=False)
    with pytest.raises(Refused, match="could not be used"):
        await desk.registers(unverified)
    phone = Authenticator()
    await desk.registers(phone)
    for name, again, why in (("phone", Authenticator(), "already exists"), ("other", phone, "registered already")):
        with pytest.raises(Refused, match=why):
            await desk.registers(again, name)
    secret, bob = await desk.auth.by_invitation.invite("bob", Role.VIEWER, "ann")
    question = await desk.auth.by_invitation.ask_passkey(secret, ADDRESS)
    _token, bobs = await desk.auth.by_invitation.choose_passkey(secret, question.ticket, Authenticator().makes(question), ADDRESS)
    (only,) = desk.passkeys.store.of_user(bob.id)
    with pytest.raises(Refused, match="only way to sign in"):
        await desk.auth.by_passkey.remove(bobs, only.id)
    bobs.created = time.time() - 3600
    with pytest.raises(Refused, match="Sign out and in again first"):
        await desk.auth.by_passkey.ask_new(bobs, "")


async def test_who_is_disabled_or_removed_does_not_come_in(desk: Desk) -> None:
    phone = Authenticator()
    await desk.registers(phone)
    await desk.auth.add_user("bob", PASSWORD, Role.ADMIN)
    await desk.auth.disable(desk.session.user_id)
    assert not desk.session.is_open
    with pytest.raises(Refused, match="This account is disabled"):
        await desk.enters(phone)
    with pytest.raises(Refused, match="This account is disabled"):
        await desk.auth.by_password.sign_in("ann", PASSWORD, ADDRESS)
    with pytest.raises(Refused, match="The name or the password is wrong"):
        await desk.auth.by_password.sign_in("ann", "wrong", ADDRESS)  # which is all that a stranger learns
    await desk.auth.remove_user(desk.session.user_id)
    assert desk.passkeys.store.all() == ()


async def test_an_invitation_is_good_once_until_its_end_and_no_file_knows_it(desk: Desk, data_dir: Path) -> None:
    secret, bob = await desk.auth.by_invitation.invite("bob", Role.OPERATOR, "ann")
    assert not desk.auth.can_sign_in(bob)
    with pytest.raises(Refused, match="easy to guess"):
        await desk.auth.by_invitation.choose_password(secret, "password1", ADDRESS)  # which does not use it up
    entered = await desk.auth.by_invitation.choose_password(secret, "bob's own password", ADDRESS)
    assert entered and entered[1].user_id == bob.id
    for spent in (secret, "", "x" * 5000):
        with pytest.raises(Refused, match=SPENT):
            await desk.auth.by_invitation.choose_password(spent, "another good password", ADDRESS)
    assert secret not in written(data_dir) + f"{desk.deeds}"
    first = await desk.auth.by_invitation.renew(bob.id, "ann")
    second, store = await desk.auth.by_invitation.renew(bob.id, "ann"), desk.auth.by_invitation.store
    store._update(None, store.all()[0].id, lambda link: replace(link, until=time.time() - 1))
    for gone in (first, second):
        with pytest.raises(Refused, match=SPENT):
            await desk.auth.by_invitation.look(gone, "192.0.2.8")
    with pytest.raises(Refused, match="valid for at most 90 days"):
        await desk.auth.by_invitation.renew(bob.id, "ann", time.time() + 1e9)


async def test_a_reset_ends_all_sessions_and_does_not_leave_out_the_second_step(desk: Desk) -> None:
    ann = desk.users.need(desk.session.user_id)
    secret = await desk.auth.by_invitation.renew(ann.id, "bob")
    assert desk.session.is_open, "the link alone changes nothing"
    desk.required = True
    assert await desk.auth.by_invitation.choose_password(secret, "a wholly new password", ADDRESS) is None
    assert not desk.session.is_open
    waits = [await desk.guesses() for _try in range(8)]
    assert waits[0] == 0 and waits[-1] > 0, "guessing links is not slowed down"


async def test_a_link_that_is_used_for_a_passkey_ends_older_sessions_and_leaves_the_password(desk: Desk) -> None:
    secret = await desk.auth.by_invitation.renew(desk.session.user_id, "bob")
    question = await desk.auth.by_invitation.ask_passkey(secret, ADDRESS)
    _token, new = await desk.auth.by_invitation.choose_passkey(secret, question.ticket, Authenticator().makes(question), ADDRESS)
    assert new.is_open and not desk.session.is_open
    assert await desk.auth.by_password.sign_in("ann", PASSWORD, ADDRESS)


async def test_a_link_and_a_passkey_do_not_stand_for_the_code_of_who_has_set_that_up(desk: Desk) -> None:
    secret = await desk.auth.by_invitation.renew(desk.session.user_id, "bob")
    question = await desk.auth.by_invitation.ask_passkey(secret, ADDRESS)
    await desk.auth.two_step.store.set(desk.session.user_id, "ann", "JBSWY3DPEHPK3PXP", 0, ())
    with pytest.raises(Refused, match="two-step sign-in"):
        await desk.auth.by_invitation.choose_passkey(secret, question.ticket, Authenticator().makes(question), ADDRESS)
    with pytest.raises(Refused, match="two-step sign-in"):
        await desk.auth.by_invitation.ask_passkey(secret, ADDRESS)
    assert await desk.auth.by_invitation.choose_password(secret, "a wholly new password", ADDRESS) is None


@pytest.mark.parametrize(
    ("url", "site"),
    [("https://xo.lan", PasskeySite("xo.lan", "https://xo.lan")), ("https://XO.lan:8443", PasskeySite("xo.lan", "https://xo.lan:8443")),
     ("http://localhost:80", PasskeySite("localhost", "http://localhost")), ("http://xo.lan", None), ("https://192.0.2.1", None),
     ("https://[::1]:8080", None)],
)  # fmt: skip
def test_where_passkeys_work(url: str, site: PasskeySite | None) -> None:
    assert passkey_site(url) == site


async def test_without_an_address_for_them_a_sentence_says_what_is_missing(desk: Desk) -> None:
    nowhere = Passkeys(desk.passkeys.store, None)
    with pytest.raises(Refused, match="public_url"):
        await nowhere.ask_who()
    assert json.loads(Authenticator().makes(await desk.passkeys.ask_new(desk.users.need(desk.session.user_id))))
