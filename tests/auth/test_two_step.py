"""The second step: a code of an app or a recovery code, each once; what is not set up counts for nothing."""

import re
from pathlib import Path

import pytest
from httpx import Response
from passlib.totp import TOTP

from data.stores.directory import DataDirectory
from data.stores.users import Role, UserStore
from tests.auth.conftest import Build
from tests.auth.house import Browser
from tests.auth.services import service_of
from tests.auth.two_step import two_step_of
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.refused import Refused, TooLate
from xo_dash.auth.two_step import PERIOD, CodeNeeded, Enrolment, TwoStep

ADDRESS = "192.0.2.7"
PASSWORD = "correct horse"


class Desk:
    """One account, and a clock that is turned by hand."""

    def __init__(self, folder: Path, required: bool = False) -> None:
        self.directory = DataDirectory(folder)
        self.users = UserStore(self.directory)
        self.passwords = Passwords(memory=1024)
        self.user = self.users.add_now("Ann", self.passwords.hash_now(PASSWORD), Role.ADMIN)
        self.now = 1_800_000_000.0
        self.two_step = TwoStep(two_step_of(self.directory).store, lambda: required, lambda: self.now)
        self.auth = service_of(self.directory, self.users, passwords=self.passwords, two_step=self.two_step)

    def code(self, enrolment: Enrolment, off: float = 0.0) -> str:
        return str(TOTP(key=enrolment.key).generate(time=int(self.now + off)).token)

    async def set_up(self) -> tuple[Enrolment, tuple[str, ...]]:
        enrolment = self.two_step.begin(self.user)
        return enrolment, await self.two_step.confirm(self.user, enrolment, self.code(enrolment))

    async def ticket(self) -> str:
        with pytest.raises(CodeNeeded) as needed:
            await self.auth.by_password.sign_in("ann", PASSWORD, ADDRESS)
        return needed.value.ticket

    async def finish(self, code: str) -> str:
        _token, session, _codes = await self.auth.by_password.finish(await self.ticket(), code, ADDRESS)
        return session.user_id


pytestmark = pytest.mark.usefixtures("programs_loop")


@pytest.fixture
def desk(data_dir: Path) -> Desk:
    return Desk(data_dir)


async def test_a_key_counts_for_nothing_until_a_code_of_it_was_typed(desk: Desk) -> None:
    enrolment = desk.two_step.begin(desk.user)
    with pytest.raises(Refused, match="The code is wrong"):
        await desk.two_step.confirm(desk.user, enrolment, desk.code(desk.two_step.begin(desk.user)))
    await desk.auth.by_password.sign_in("ann", PASSWORD, ADDRESS)
    assert len(await desk.two_step.confirm(desk.user, enrolment, desk.code(enrolment))) == 10
    await desk.ticket()


async def test_a_code_is_taken_once_and_so_is_a_recovery_code(desk: Desk, data_dir: Path) -> None:
    enrolment, recovery = await desk.set_up()
    with pytest.raises(Refused, match="was used already"):
        await desk.finish(desk.code(enrolment))  # the one it was set up with
    desk.now += PERIOD
    assert await desk.finish(f" {desk.code(enrolment)[:3]} {desk.code(enrolment)[3:]} ") == desk.user.id
    with pytest.raises(Refused, match="was used already"):
        await desk.finish(desk.code(enrolment))
    assert await desk.finish(recovery[0].upper()) == desk.user.id
    with pytest.raises(Refused, match="not one of your recovery codes"):
        await desk.finish(recovery[0])
    assert desk.two_step.recovery_left(desk.user.id) == 9
    written = (data_dir / "second_factors.json").read_text()
    assert enrolment.key not in written and not any(code in written for code in recovery)


@pytest.mark.parametrize("code", ["", "12", "1234567", "abcdefghjk", "１２３４５６", "x" * 100_000, "\x00"])
async def test_what_is_no_code_is_refused_in_a_sentence(desk: Desk, code: str) -> None:
    await desk.set_up()
    with pytest.raises(Refused, match=r"\.$"):
        await desk.finish(code)


async def test_a_clock_that_is_off_is_told(desk: Desk) -> None:
    enrolment = desk.two_step.begin(desk.user)
    with pytest.raises(Refused, match=r"differ by about 5\smin"):
        await desk.two_step.confirm(desk.user, enrolment, desk.code(enrolment, off=300))
    enrolment, _recovery = await desk.set_up()
    for off, said in ((300, r"differ by about 5\smin"), (-60, "The code is wrong"), (3600, "The code is wrong")):
        with pytest.raises(Refused, match=said):
            await desk.finish(desk.code(enrolment, off=off))


async def test_codes_are_not_to_be_guessed(desk: Desk) -> None:
    await desk.set_up()
    ticket = await desk.ticket()
    for _try in range(4):
        with pytest.raises(Refused, match="The code is wrong"):
            await desk.auth.by_password.finish(ticket, "000000", ADDRESS)
    with pytest.raises(Refused, match="Too many failed attempts"):
        await desk.auth.by_password.finish(ticket, "000000", ADDRESS)
    with pytest.raises(Refused, match="Too many failed attempts"):  # nor after the password once more
        await desk.auth.by_password.finish(await desk.ticket(), "000000", ADDRESS)


async def test_a_ticket_opens_once_and_not_after_a_new_password(desk: Desk) -> None:
    _enrolment, recovery = await desk.set_up()
    ticket = await desk.ticket()
    await desk.auth.by_password.finish(ticket, recovery[0], ADDRESS)
    with pytest.raises(TooLate):
        await desk.auth.by_password.finish(ticket, recovery[1], ADDRESS)
    ticket = await desk.ticket()
    await desk.auth.set_password(desk.user.id, "another password")
    with pytest.raises(TooLate):
        await desk.auth.by_password.finish(ticket, recovery[2], ADDRESS)


async def test_who_needs_it_sets_it_up_at_the_sign_in(data_dir: Path) -> None:
    desk = Desk(data_dir, required=True)
    with pytest.raises(CodeNeeded) as needed:
        await desk.auth.by_password.sign_in("ann", PASSWORD, ADDRESS)
    enrolment = needed.value.enrolment
    assert enrolment is not None
    with pytest.raises(CodeNeeded) as elsewhere:
        await desk.auth.by_password.sign_in("ann", PASSWORD, ADDRESS)
    _token, session, recovery = await desk.auth.by_password.finish(needed.value.ticket, desk.code(enrolment), ADDRESS)
    assert session.user_id == desk.user.id and len(recovery) == 10
    with pytest.raises(TooLate):  # a key that somebody else was shown before has no say
        assert elsewhere.value.enrolment
        await desk.auth.by_password.finish(elsewhere.value.ticket, desk.code(elsewhere.value.enrolment), ADDRESS)
    with pytest.raises(Refused, match="Two-step sign-in is required"):
        await desk.auth.turn_off_two_step(session, PASSWORD)


async def test_turning_it_off_and_new_recovery_codes_take_the_password(desk: Desk) -> None:
    _token, session = await desk.auth.by_password.sign_in("ann", PASSWORD, ADDRESS)
    _enrolment, recovery = await desk.set_up()
    for change in (desk.auth.renew_recovery_codes, desk.auth.turn_off_two_step):
        with pytest.raises(Refused, match="password is wrong"):
            await change(session, "guessed")
    renewed = await desk.auth.renew_recovery_codes(session, PASSWORD)
    assert not set(renewed) & set(recovery)
    await desk.auth.turn_off_two_step(session, PASSWORD)
    await desk.auth.by_password.sign_in("ann", PASSWORD, ADDRESS)


async def test_the_pages_of_the_second_step(build: Build) -> None:
    house = build("two-step")
    async with house.browser() as ann:
        page = await ann.sign_in("ann", way_back="/deep/x")
        assert page.status_code == 200 and "set-cookie" not in page.headers and "<svg" in page.text
        key = "".join(re.search(r'class="key">([^<]*)<', page.text)[1].split())  # type: ignore[index]
        refused = await second_step(ann, page.text, "000000")
        assert (refused.status_code, "set-cookie" in refused.headers) == (401, False) and key[:4] in refused.text
        shown = await second_step(ann, refused.text, str(TOTP(key=key).generate().token))
        codes = re.findall(r"<li>([a-z]+)</li>", shown.text)
        assert len(codes) == 10 and 'href="/deep/x"' in shown.text and (await ann.http.get("/deep/x")).status_code == 200
    async with house.browser() as ann:
        page = await ann.sign_in("ann", way_back="/deep/x")
        assert "<svg class" not in page.text and (await ann.http.get("/")).status_code == 303
        answer = await second_step(ann, page.text, codes[0])
        assert (answer.status_code, answer.headers["location"]) == (303, "/deep/x")
    async with house.browser() as ann:
        asked = await ann.http.post("/login", json={"name": "ann", "password": "ann's password"})
        assert asked.status_code == 401 and asked.json()["needs"] == "code"
        answer = await ann.http.post("/login", json={"ticket": asked.json()["ticket"], "code": codes[1]})
        assert (answer.status_code, answer.json()) == (200, {"next": "/"})
        stale = await ann.http.post("/login", data={"ticket": asked.json()["ticket"], "code": codes[2]})
        assert stale.status_code == 401 and "Sign in again" in stale.text and 'name="password"' in stale.text


async def second_step(browser: Browser, page: str, code: str) -> Response:
    ticket, target = (re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("ticket", "next"))  # type: ignore[index]
    return await browser.http.post("/login", data={"ticket": ticket, "code": code, "next": target})
