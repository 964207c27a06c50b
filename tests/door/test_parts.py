"""The door's parts alone."""

import asyncio
import logging
from pathlib import Path

import pytest

from data.stores.directory import DataDirectory
from data.stores.sessions import SessionStore
from data.stores.users import Role, UserStore
from xo_dash.door.first_run import FirstRun
from xo_dash.door.passwords import Overloaded, Passwords, complaint
from xo_dash.door.sessions import IDLE, LIFETIME, SessionTable, SignedOut
from xo_dash.door.throttle import FORGET, MOST, Throttle, address_key

FREE = 4


def written(folder: Path) -> str:
    return "".join(file.read_text() for file in folder.glob("*.json"))


class Clock:
    """Turned by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_delays_grow_up_to_a_limit_and_are_forgotten() -> None:
    clock = Clock()
    throttle = Throttle(FREE, 60, clock)
    delays = []
    for _ in range(FREE + 10):
        throttle.begin("ann")
        delays.append(throttle.wait("ann"))
        clock.now += delays[-1]
        assert throttle.wait("ann") == 0
    assert delays[FREE - 2 : FREE + 3] == [0, 1, 2, 4, 8]
    assert delays[-1] == 60
    assert throttle.wait("bob") == 0
    clock.now += FORGET + 1
    throttle.begin("ann")
    assert throttle.wait("ann") == 0


def test_many_guesses_at_once_are_as_slow_as_one_after_another() -> None:
    throttle = Throttle(FREE, 60, Clock())
    for _ in range(FREE):
        assert throttle.wait("ann") == 0
        throttle.begin("ann")  # none of them has failed yet
    assert throttle.wait("ann") > 0


def test_a_success_forgives_the_account_but_not_the_address() -> None:
    throttle = Throttle(FREE, 60, Clock())
    for _ in range(FREE):
        throttle.begin("ann")
        throttle.begin("address")
    throttle.succeeded("ann")
    throttle.undo("address")
    throttle.begin("address")
    assert throttle.wait("ann") == 0
    assert throttle.wait("address") > 0


def test_the_throttle_does_not_grow_for_ever() -> None:
    throttle = Throttle(FREE, 60, Clock())
    for number in range(MOST + 100):
        throttle.begin(str(number))
    assert len(throttle._tries) == MOST


def test_an_ipv6_host_cannot_hide_in_its_network() -> None:
    assert address_key("2001:db8:1:2:3::4") == address_key("2001:db8:1:2:ffff::9") != address_key("2001:db8:1:3::4")
    assert address_key("::ffff:10.0.0.1") == address_key("10.0.0.1")
    assert address_key("") == ""


def test_the_code_of_the_first_run() -> None:
    code = FirstRun()
    assert code.fits(code.code)
    assert code.fits(f" {code.code.lower()} ")
    assert code.code not in repr(code)
    for wrong in ("", code.code[:-1], code.code + "A", "é", FirstRun().code):
        assert not code.fits(wrong)


async def test_a_hash_fits_its_password_alone() -> None:
    passwords = Passwords(memory=1024)
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert await passwords.verify("correct horse", hashed) == (True, None)
    assert (await passwords.verify("wrong", hashed))[0] is False
    for nothing in ("", "!", "plain", "$argon2id$v=19$m=1"):
        assert (await passwords.verify("", nothing))[0] is False
        assert (await passwords.verify("nobody's", nothing))[0] is False
    passwords.close()


async def test_a_weaker_hash_is_replaced() -> None:
    weak, strong = Passwords(memory=1024), Passwords(memory=2048)
    fits, better = await strong.verify("x", await weak.hash("x"))
    assert fits
    assert better
    assert strong.verify_now("x", better) == (True, None)


async def test_a_crowd_is_asked_to_come_back() -> None:
    passwords = Passwords(memory=1024, threads=1, queue=3)
    results = await asyncio.gather(*(passwords.hash("x") for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(result, Overloaded) for result in results) == 5
    assert await passwords.hash("x")  # and is let in later


@pytest.mark.parametrize(("password", "ok"), [("short", False), ("ann ann ann", False), ("x" * 2000, False), ("long enough", True)])
def test_which_passwords_are_taken(password: str, ok: bool) -> None:
    assert (complaint("Ann Ann Ann", password) == "") is ok


async def test_a_session_ends_by_time_by_hand_and_with_its_user(data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    users, clock = UserStore(directory), Clock()
    ann, bob = users.add_now("Ann", "h", Role.ADMIN), users.add_now("Bob", "h", Role.VIEWER)
    table = SessionTable(users, SessionStore(directory), lambda user: True, clock)
    token, session = table.start(ann, "::1")
    assert session.user() == ann
    assert table.find("other") is None
    clock.now += IDLE - 1
    assert table.find(token) is session  # and is seen by that
    clock.now += IDLE - 1
    assert session.is_open
    clock.now += 2
    assert table.closed() == [session]
    table.end(session)

    token, session = table.start(bob, "::1")
    await users.set_role(bob.id, Role.OPERATOR)
    assert session.user().role is Role.OPERATOR  # at once
    await users.remove(bob.id)
    assert table.find(token) is None
    with pytest.raises(SignedOut):
        session.user()

    token, session = table.start(ann, "::1")
    for _ in range(int(LIFETIME / IDLE) + 1):
        clock.now += IDLE - 1
        table.touch(session)
    assert table.find(token) is None  # however busy it was


async def test_sessions_outlive_a_restart_but_tokens_are_not_written_down(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    directory = DataDirectory(data_dir)
    users, store = UserStore(directory), SessionStore(directory)
    ann = users.add_now("Ann", "h", Role.ADMIN)
    table = SessionTable(users, store, lambda user: True)
    token, session = table.start(ann, "::1")
    await table.save()
    everything = written(data_dir) + repr(session) + caplog.text
    assert token not in everything
    again = SessionTable(users, SessionStore(directory), lambda user: True).find(token)
    assert again
    assert again.user() == ann
