"""The door's parts alone."""

import asyncio
import logging
import time
from dataclasses import replace
from pathlib import Path

import pytest
from nicegui.testing.user_simulation import user_simulation

from data.stores.directory import DataDirectory
from data.stores.sessions import SessionRecord, SessionStore
from data.stores.users import Role, User, UserStore
from tests.auth.services import service_of
from xo_dash.auth.first_run import FirstRunCode
from xo_dash.auth.passwords import Overloaded, Passwords, complaint
from xo_dash.auth.sessions import IDLE, KIOSK, LIFETIME, OF_ADDRESS, OF_KIOSK, OF_USER, Session, SessionTable, SignedOut
from xo_dash.auth.throttle import FORGET, MOST, Throttle, address_key

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
    code = FirstRunCode()
    assert code.fits(code.code)
    assert code.fits(f" {code.code.lower()} ")
    assert code.code not in repr(code)
    for wrong in ("", code.code[:-1], code.code + "A", "é", FirstRunCode().code):
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


async def test_of_too_many_sessions_the_longest_unused_ends(data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    users, clock = UserStore(directory), Clock()
    ann, bob = users.add_now("Ann", "h", Role.ADMIN), users.add_now("Bob", "h", Role.VIEWER)
    table = SessionTable(users, SessionStore(directory), lambda user: True, clock)

    def start(user: User, address: str) -> Session:
        clock.now += 1
        for session in table.surplus(user.id, address):
            table.end(session)
        return table.start(user, address)[1]

    first, second = start(ann, "10.0.0.1"), start(ann, "10.0.0.2")
    bobs = start(bob, "10.0.0.1")
    for number in range(OF_USER - 2):
        start(ann, f"10.0.1.{number}")
    table.touch(first)
    start(ann, "10.0.0.3")
    assert first.is_open and bobs.is_open and not second.is_open
    assert len(table.all()) == OF_USER + 1
    for number in range(OF_ADDRESS + 5):
        start(replace(bob, id=str(number)), "10.0.0.1")
    assert sum(session.address == "10.0.0.1" for session in table.all()) == OF_ADDRESS
    for number in range(OF_KIOSK + 5):
        start(replace(bob, id=f"{KIOSK}hall"), f"10.0.2.{number}")
    assert sum(session.kiosk_id == "hall" for session in table.all()) == OF_KIOSK


def processor_time(count: int, folder: Path) -> float:
    """Seconds of work that so many sessions cost: written, seen and written again, and read."""
    directory = DataDirectory(folder)
    store = SessionStore(directory)
    started = time.thread_time()
    for seen in (1.0, 2.0):
        records = {
            str(number): SessionRecord(id=str(number), user_id="ann", epoch="1", created=1.0, last_seen=seen, address="::1")
            for number in range(count)
        }
        store._change(None, lambda table, records=records: table.update(records))  # type: ignore[misc]
    assert len(SessionStore(directory).all()) == count
    directory.close()
    return time.thread_time() - started


def test_ten_times_the_sessions_are_ten_times_the_work(data_dir: Path) -> None:
    few, many = processor_time(400, data_dir / "few"), processor_time(4000, data_dir / "many")
    assert many < 40 * few  # it was a hundred times


async def test_many_sign_ins_at_once_share_their_writes(data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    users = UserStore(directory)
    async with user_simulation(lambda: None):
        auth = service_of(directory, users)
        ann = users.add_now("Ann", "h", Role.ADMIN)
        written: list[int | None] = [None]

        async def sign_in() -> None:
            await auth.start(ann, "::1")
            signature = (data_dir / "sessions.json").stat().st_ino
            assert len(SessionStore(directory).all()) == 50  # all of them are on the disk, as each was told
            if written[-1] != signature:
                written.append(signature)

        await asyncio.gather(*(sign_in() for _number in range(50)))
        assert len(written) <= 3
        await auth.close()
