"""Doors that anybody could walk through if they were left open: the first run and the demo."""

import pytest

from data.stores.directory import DataDirectory
from data.stores.users import Role, UserStore
from tests.auth.conftest import Build
from tests.auth.house import Browser, House
from tests.auth.services import service_of
from xo_dash.auth.csrf import host_is_loopback
from xo_dash.auth.refused import Refused


def form(code: str, name: str = "Ann", password: str = "long enough", again: str = "") -> dict[str, str]:
    return {"code": code, "name": name, "password": password, "again": again or password}


async def test_the_code_makes_one_administrator(build: Build) -> None:
    house = build("empty")
    code = house.first_run_code
    async with house.browser() as ann, house.browser() as late:
        assert (await ann.http.get("/")).headers["location"] == "/first-run"
        assert (await ann.http.get("/login")).headers["location"] == "/first-run"
        assert "Repeat password" in (await ann.http.get("/first-run")).text
        typed = code.lower().replace("-", " ")  # as people type
        answer = await ann.http.post("/first-run", data=form(typed))
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "home of Ann" in (await ann.http.get("/")).text
        assert (await late.http.get("/first-run")).headers["location"] == "/login"
        replay = await late.http.post("/first-run", data=form(code, "Mallory"))
        assert replay.status_code == 401
        assert (await late.http.get("/")).headers["location"] == "/login"
    users = UserStore(DataDirectory(house.folder / "data"))
    assert [(user.name, user.role) for user in users.all()] == [("Ann", Role.ADMIN)]
    assert code not in house.log()


MISTAKES = [
    ({"again": "another one"}, "The passwords do not match."),
    ({"password": "short"}, "The password needs at least 8 characters."),
    ({"name": "long enough"}, "The password must not be the name."),
    ({"name": " "}, "A name has 1 to 64 visible characters."),
]


async def test_a_mistake_is_one_sentence_and_nothing_is_lost(build: Build) -> None:
    house = build("empty")
    async with house.browser() as ann:
        for changes, sentence in MISTAKES:
            answer = await ann.http.post("/first-run", data=form(house.first_run_code, **changes))
            assert sentence in answer.text
            assert house.first_run_code in answer.text
        assert (await ann.http.post("/first-run", data=form(house.first_run_code))).status_code == 303


async def test_the_code_cannot_be_guessed(build: Build) -> None:
    house = build("empty")
    async with house.browser() as burglar:
        answers = [await burglar.http.post("/first-run", data=form("AAAA-AAAA-AAAA")) for _ in range(7)]
        assert "This is not the code" in answers[0].text
        assert answers[-1].status_code == 429
        assert (await burglar.http.post("/first-run", data=form(house.first_run_code))).status_code == 429


async def test_an_administrator_made_by_command_closes_the_first_run(build: Build) -> None:
    house = build("empty")
    UserStore(DataDirectory(house.folder / "data")).add_now("Ann", "h", Role.ADMIN)
    async with house.browser() as ann:
        answer = await ann.http.post("/first-run", data=form(house.first_run_code, "Mallory"))
        assert "already" in answer.text
        assert answer.status_code == 401


async def sign_in_demo(browser: Browser) -> int:
    return (await browser.sign_in("demo", "demo")).status_code


async def test_demo_opens_only_a_demo(build: Build) -> None:
    house = build("demo")
    async with house.browser() as guest:
        assert "This is a demo with simulated pools" in (await guest.http.get("/login")).text
        assert await sign_in_demo(guest) == 303
        assert "home of demo" in (await guest.http.get("/")).text
        house.__exit__()
        real = House(house.folder, "people")
        real.port, real.host, real.url = house.port, house.host, house.url  # the same cookie, the same data directory
        with real:
            assert (await guest.http.get("/")).status_code == 303  # the session of the demo is not worth anything here
            assert await sign_in_demo(guest) == 401
            assert real.first_run_code  # and nobody can sign in yet
        house.__enter__()


async def test_demo_closes_when_a_pool_is_real(build: Build) -> None:
    house = build("demo")
    async with house.browser() as guest:
        assert (await guest.sign_in("Demo ", "demo")).status_code == 303  # as a phone's keyboard likes to have it
        await guest.http.post("/desk/add-real-pool")
        assert (await guest.http.get("/")).status_code == 303
        assert await sign_in_demo(guest) == 401


async def test_the_demo_answers_to_no_other_name(build: Build) -> None:
    """A name in somebody else's DNS can point here: the browser then takes their page and us for one site."""
    house = build("demo")
    async with house.browser(host="evil.example", origin="http://evil.example") as rebound:
        assert (await rebound.http.get("/login")).status_code == 421
        assert await sign_in_demo(rebound) == 421


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost:8080", True), ("127.0.0.1:8080", True), ("[::1]:8080", True), ("demo.localhost", True),
        ("localhost.evil.example", False),        ("10.0.0.1", False), ("", False), ("[", False), ("127.0.0.1.evil.example", False),
    ],
)  # fmt: skip
def test_what_is_this_machine(host: str, ours: bool) -> None:
    assert host_is_loopback({"host": host}) is ours


async def test_no_demo_for_the_network(data_dir: "object") -> None:
    from nicegui import app

    from pages.front import VIEWS
    from xo_dash.auth.install import install

    directory = DataDirectory(data_dir)  # type: ignore[arg-type]
    auth = service_of(directory, demo_while=lambda: True)
    for host in ("0.0.0.0", "::", "10.0.0.1", "example.org"):
        with pytest.raises(Refused, match=r"127\.0\.0\.1"):
            install(app, auth, VIEWS, host)
