"""A link that shows the map, and nothing else, for as long as it is good."""

import asyncio
import re
import time
from pathlib import Path

import pytest

from data.stores.directory import DataDirectory
from data.stores.kiosks import KioskStore
from tests.auth.house import Browser, House, PageSocket
from tests.waiting import PATIENCE


async def made(house: House) -> str:
    """The secret of a new link."""
    async with house.browser() as ann:
        await ann.sign_in("ann")
        return str((await ann.http.post("/desk/kiosk")).json()["secret"])


async def enter(screen: Browser, secret: str) -> int:
    answer = await screen.http.post("/kiosk", json={"secret": secret})
    if answer.status_code == 200:
        assert answer.json() == {"next": "/kiosk/map"}
    return answer.status_code


def client_of(html: str) -> str:
    found = re.search(r"'client_id': '([0-9a-f-]+)'", html)
    assert found
    return found[1]


async def test_a_screen_sees_the_map_and_nothing_else(house: House) -> None:
    secret = await made(house)
    async with house.browser() as screen, house.browser() as ann:
        entry = await screen.http.get("/kiosk")
        assert entry.status_code == 200
        assert secret not in entry.text
        assert "script-src 'sha256-" in entry.headers["content-security-policy"]
        assert await enter(screen, secret) == 200
        page = await screen.http.get("/kiosk/map")
        assert page.status_code == 200
        assert "map of hall" in page.text
        for path in ("/", "/deep/x", "/desk/clicks"):
            assert (await screen.http.get(path)).status_code == 403, path
        for path in ("/settings", "/nothing-here", "/kiosk/map/x", "/KIOSK/map", "//kiosk/map", "/theme/x.css", "/_nicegui/x"):
            missing = await screen.http.get(path)
            assert (missing.status_code, missing.text) == (404, "There is nothing at this address"), path
        for path in ("/", "/kiosk/map", "/desk/kiosk", "/desk/revoke", f"/_nicegui/client/{client_of(page.text)}/upload/1"):
            assert (await screen.http.post(path, content=b"x")).status_code in (403, 404), path
        asset = page.text.split('@import url("')[1].split('"')[0]
        assert (await screen.http.get(asset)).status_code == 200
        async with PageSocket(house, client_of(page.text), screen.cookies) as socket:
            assert socket.refused == ""
        await ann.sign_in("ann")
        theirs = await ann.open()
        async with PageSocket(house, theirs.client_id, screen.cookies) as socket:
            assert "403" in socket.refused, "a page of somebody else is not the screen's"


async def test_a_revoked_link_goes_dark_after_a_farewell(house: House) -> None:
    secret = await made(house)
    async with house.browser() as screen, house.browser() as ann:
        await enter(screen, secret)
        page = await screen.http.get("/kiosk/map")
        async with PageSocket(house, client_of(page.text), screen.cookies) as socket:
            await ann.sign_in("ann")
            await ann.http.post("/desk/revoke")
            async with asyncio.timeout(PATIENCE):
                await socket.until_closed()
        lost = await screen.http.get("/kiosk/map")
        assert (lost.status_code, lost.headers["location"]) == (303, "/kiosk")
        assert await enter(screen, secret) == 401


@pytest.mark.parametrize("secret", ["", "x", "a" * 43, "é"])
async def test_a_made_up_link_opens_nothing(house: House, secret: str) -> None:
    async with house.browser() as screen:
        assert await enter(screen, secret) in (401, 429)
        assert (await screen.http.get("/kiosk/map")).status_code == 303


async def test_somebody_who_is_signed_in_stays_who_he_is(house: House) -> None:
    secret = await made(house)
    async with house.browser() as bob:
        await bob.sign_in("bob")
        before = bob.cookies
        assert await enter(bob, secret) == 200
        assert bob.cookies == before
        assert "map of bob" in (await bob.http.get("/kiosk/map")).text


def test_the_file_does_not_open_the_door(tmp_path: Path) -> None:
    store = KioskStore(DataDirectory(tmp_path))
    secret, kiosk = store.add_now("hall", "ann", None)
    assert secret not in (tmp_path / "kiosks.json").read_text()
    assert secret not in repr(kiosk)
    again = KioskStore(DataDirectory(tmp_path))
    assert again.of(secret) == kiosk
    assert again.of(kiosk.id) is None
    old, _record = again.add_now("old", "ann", time.time() - 1)
    assert again.of(old) is None
