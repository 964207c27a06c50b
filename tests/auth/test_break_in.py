"""Attacks on a NiceGUI program whose pages need a sign-in. Every one of them works on NiceGUI's documented guard or a part of it."""

import asyncio
from urllib.parse import urlencode

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from tests import asking
from tests.auth.house import House, PageSocket, event
from tests.waiting import PATIENCE

EVIL = "http://evil.example"
NOBODYS_PAGE = "00000000-0000-4000-8000-000000000000"


async def test_the_owner_can_click(house: House) -> None:
    """Otherwise the rest would prove nothing."""
    async with house.browser() as ann:
        await ann.sign_in("ann")
        page, before = await ann.open(), len(await ann.clicks())
        async with PageSocket(house, page.client_id, ann.cookies) as socket:
            assert socket.refused == ""
            await socket.send(page.click())
            assert (await ann.clicks(before + 1))[before:] == ["ann"]


@pytest.mark.parametrize("path", ["/", "/deep/x", "/desk/clicks", "/nothing-here", "/_nicegui/auto/static/x", "/login/../", "//", "/LOGIN"])
async def test_nothing_is_shown_to_a_stranger(house: House, path: str) -> None:
    async with house.browser() as stranger:
        page = await stranger.http.get(path)
        assert page.status_code == 303
        assert page.headers["location"].startswith("/login")
        assert (await stranger.http.get(path, headers={"accept": "*/*"})).status_code == 401
        assert (await stranger.http.post(path, content=b"x")).status_code == 401


async def test_assets_and_health_are_for_everybody(house: House) -> None:
    async with house.browser() as ann, house.browser() as stranger:
        await ann.sign_in("ann")
        page = await ann.open()
        asset = page.html.split('@import url("')[1].split('"')[0]
        for path in (asset, "/healthz", "/favicon.ico"):
            assert (await stranger.http.get(path)).status_code == 200


async def test_other_programs_cookies_do_not_matter(house: House) -> None:
    async with house.browser() as ann:
        await ann.sign_in("ann")
        for odd in ('x={"a": "b, c"}', "bare", "=", "a=b=c", 'q="', "xo-dash=x"):
            headers = {"cookie": f"{odd}; {ann.cookies}"}
            ann.http.cookies.clear()
            assert (await ann.http.get("/", headers=headers)).status_code == 200
            ann.http.cookies.set(*headers["cookie"].split("; ")[-1].split("=", 1))


async def test_a_made_up_cookie_opens_nothing(house: House) -> None:
    async with house.browser() as stranger:
        for value in ("x", "", '"', "a" * 5000, "é"):
            cookie = f"xo-dash-{house.port}={value}".encode()
            assert (await stranger.http.get("/", headers=[(b"cookie", cookie)])).status_code == 303


@pytest.mark.parametrize("origin", ["", EVIL, None])
async def test_a_websocket_of_our_own_needs_a_session(house: House, origin: str | None) -> None:
    own = Origin(house.url if origin == "" else origin) if origin is not None else None
    with pytest.raises(InvalidStatus, match="403"):
        await connect(f"ws://{house.host}/ws/echo", origin=own)


@pytest.mark.parametrize("origin", [EVIL, "null", "http://localhost:1", "http://localhost.evil.example"])
async def test_a_foreign_page_gets_no_websocket_with_the_users_cookie(house: House, origin: str) -> None:
    async with house.browser() as ann:
        await ann.sign_in("ann")
        page = await ann.open()
        with pytest.raises(InvalidStatus, match="403"):
            await connect(f"ws://{house.host}/ws/echo", origin=Origin(origin), additional_headers={"cookie": ann.cookies})
        async with PageSocket(house, page.client_id, ann.cookies, origin=origin) as socket:
            assert "403" in socket.refused


async def test_a_foreign_page_cannot_post_or_poll_with_the_users_cookie(house: House) -> None:
    async with house.browser() as ann:
        await ann.sign_in("ann")
        page = await ann.open()
        for headers in ({"origin": EVIL}, {"origin": "null"}, {"origin": "http://["}):
            assert (await ann.http.post("/sign-out", headers=headers)).status_code == 403
            assert (await ann.http.post("/login", headers=headers, data={"name": "bob", "password": "bob's password"})).status_code == 403
            polling = f"/_nicegui_ws/socket.io/?EIO=4&transport=polling&client_id={page.client_id}&implicit_handshake=true"
            assert (await ann.http.get(polling, headers=headers)).status_code == 403
        async with asking.client(base_url=house.url, headers={"cookie": ann.cookies}) as bare:
            assert (await bare.post("/sign-out", headers={"sec-fetch-site": "cross-site"})).status_code == 403
            assert (await bare.post("/sign-out", headers={"sec-fetch-site": "same-site"})).status_code == 403
            assert (await bare.post("/sign-out")).status_code == 403  # does not say where it comes from
        assert (await ann.http.get("/")).status_code == 200


async def test_an_origin_differs_by_its_scheme_and_the_log_says_once_what_a_proxy_has_to_say(house: House) -> None:
    async with house.browser() as ann:
        await ann.sign_in("ann")
        page = await ann.open()
        origin = f"https://{house.host}"
        for _twice in range(2):
            assert (await ann.http.post("/sign-out", headers={"origin": origin})).status_code == 403
        async with PageSocket(house, page.client_id, ann.cookies, origin=origin) as socket:
            assert "403" in socket.refused
        renamed = {"origin": "http://dash.example", "sec-fetch-site": "same-origin"}  # a proxy that does not pass on Host
        assert "reverse proxy" in (await ann.http.post("/sign-out", headers=renamed)).text
        assert (await ann.http.get("/")).status_code == 200
    assert house.log().count("X-Forwarded-Proto") == 1


@pytest.mark.parametrize("implicit", ["true", "false"])
async def test_a_stolen_page_id_opens_no_socket(house: House, implicit: str) -> None:
    """Before and after its owner's socket is there, as nobody and as another user."""
    async with house.browser() as ann, house.browser() as bob:
        await ann.sign_in("ann")
        await bob.sign_in("bob")
        page = await ann.open()
        for cookies in ("", bob.cookies):
            async with PageSocket(house, page.client_id, cookies, implicit=implicit) as socket:
                assert "403" in socket.refused
        async with PageSocket(house, page.client_id, ann.cookies) as owners:
            assert owners.refused == ""
            for cookies in ("", bob.cookies):
                thief = PageSocket(house, page.client_id, cookies, implicit=implicit)
                thief.query["tab_id"] = owners.tab_id
                async with thief:
                    assert "403" in thief.refused


async def test_a_socket_without_its_page_speaks_for_no_other(house: House) -> None:
    """NiceGUI runs the handler for any socket that names the page."""
    async with house.browser() as ann, house.browser() as bob:
        await ann.sign_in("ann")
        await bob.sign_in("bob")
        page, bobs = await ann.open(), await bob.open("/deep/b")
        async with PageSocket(house, page.client_id, ann.cookies), PageSocket(house, bobs.client_id, bob.cookies) as socket:
            before = await ann.clicks()
            await socket.send(page.click())
            await socket.send(event("handshake", {**socket.query, "client_id": page.client_id}))
            await socket.send(page.click())
            for name in ("ack", "log", "javascript_response"):
                await socket.send(event(name, {"client_id": page.client_id, "next_message_id": 9, "level": "error", "message": "forged"}))
            assert await ann.clicks() == before
            assert "forged" not in house.log()


async def test_an_unknown_page_is_refused_by_the_answer_that_makes_it_reload(house: House) -> None:
    """After a restart of the program; with or without a session."""
    async with house.browser() as ann:
        await ann.sign_in("ann")
        for cookies in ("", ann.cookies):
            async with PageSocket(house, NOBODYS_PAGE, cookies) as socket:
                assert "Implicit handshake failed" in socket.refused
            async with PageSocket(house, NOBODYS_PAGE, cookies, implicit="false") as socket:
                assert "403" in socket.refused


async def test_an_unknown_page_that_polls_is_refused_in_the_same_words(house: House) -> None:
    path = f"/_nicegui_ws/socket.io/?EIO=4&transport=polling&client_id={NOBODYS_PAGE}&implicit_handshake=true"
    async with house.browser() as stranger:
        opened = await stranger.http.get(path)
        sid = orjson.loads(opened.text.removeprefix("0"))["sid"]
        assert (await stranger.http.post(f"{path}&sid={sid}", content="40")).text == "ok"
        refused, closed = (await stranger.http.get(f"{path}&sid={sid}")).text.split("\x1e")
        assert refused.startswith("44") and "Implicit handshake failed" in refused
        assert closed == "1"


async def test_a_strangers_socket_does_not_stay(house: House) -> None:
    """Whether it asks for something, says anything else, or nothing at all."""
    for word in ("40", "2", ""):
        query = urlencode({"client_id": NOBODYS_PAGE, "implicit_handshake": "true", "EIO": "4", "transport": "websocket"})
        async with connect(f"ws://{house.host}/_nicegui_ws/socket.io/?{query}", origin=Origin(house.url)) as socket:
            assert str(await socket.recv()).startswith("0")
            if word:
                await socket.send(word)
            async with asyncio.timeout(30):
                await socket.wait_closed()


async def test_a_socket_that_was_refused_can_do_nothing(house: House) -> None:
    async with house.browser() as ann:
        await ann.sign_in("ann")
        page, before = await ann.open(), await ann.clicks()
        async with (
            PageSocket(house, page.client_id, ann.cookies),
            PageSocket(house, NOBODYS_PAGE) as socket,
        ):
            await socket.send(page.click())
            await socket.send("40")
            await socket.send(event("handshake", {**socket.query, "client_id": page.client_id}))
            await socket.send(page.click())
            assert await ann.clicks() == before


async def test_malformed_messages_are_dropped(house: House) -> None:
    async with house.browser() as ann:
        await ann.sign_in("ann")
        page, before = await ann.open(), await ann.clicks()
        async with PageSocket(house, page.client_id, ann.cookies) as socket:
            own = {"client_id": page.client_id}
            for name in ("event", "ack", "log", "javascript_response", "handshake"):
                for data in ({}, own, {**own, "id": "x", "listener_id": 1}, {**own, "level": "shout"}):
                    await socket.send(event(name, data))
                await socket.send(f'42["{name}"]')
                await socket.send(f'42["{name}",[1]]')
            await socket.send(event("log", {**own, "level": "warning", "message": "one\ntwo"}))
            await socket.send(page.click())
            assert len(await ann.clicks(len(before) + 1)) == len(before) + 1
        assert "browser: one two" in house.log()


async def test_uploads_to_anothers_page_are_refused(house: House) -> None:
    async with house.browser() as ann, house.browser() as bob:
        await ann.sign_in("ann")
        await bob.sign_in("bob")
        page = await ann.open()
        path = page.html.split("/_nicegui/client/")[1].split('"')[0].split("&")[0]
        files = {"file": ("x.txt", b"x")}
        assert (await bob.http.post(f"/_nicegui/client/{path}", files=files)).status_code == 403
        assert (await ann.http.post(f"/_nicegui/client/{path}", files=files)).status_code == 200


async def test_signing_out_ends_every_page_at_once(house: House) -> None:
    async with house.browser() as ann, house.browser() as elsewhere:
        await ann.sign_in("ann")
        await elsewhere.sign_in("ann")
        first, second, other = await ann.open(), await ann.open("/deep/x"), await elsewhere.open()
        cookies = ann.cookies
        async with (
            PageSocket(house, first.client_id, cookies) as one,
            PageSocket(house, second.client_id, cookies) as two,
            PageSocket(house, other.client_id, elsewhere.cookies) as three,
            connect(f"ws://{house.host}/ws/echo", origin=Origin(house.url), additional_headers={"cookie": cookies}) as echo,
        ):
            await echo.send("hello")
            assert await echo.recv() == "ann: hello"
            before = await elsewhere.clicks()
            await ann.http.post("/sign-out")
            async with asyncio.timeout(PATIENCE):
                for socket in (one, two):
                    assert any("try_reconnect" in message for message in await socket.until_closed())
                with pytest.raises(ConnectionClosed):
                    await echo.recv()
            so_far = await elsewhere.clicks()
            assert [click for click in so_far[len(before) :] if click != "echo closed"] == []
            await three.send(other.click())
            assert "ann" in (await elsewhere.clicks(len(so_far) + 1))[len(so_far) :]  # the other browser goes on
        for path in ("/", "/desk/clicks"):
            response = await ann.http.get(path, headers={"cookie": cookies})
            assert response.status_code == 303


async def test_a_click_that_races_the_sign_out_is_not_run(house: House) -> None:
    async with house.browser() as ann, house.browser() as watcher:
        await ann.sign_in("ann")
        await watcher.sign_in("bob")
        page = await ann.open()
        async with PageSocket(house, page.client_id, ann.cookies) as socket:
            before = await watcher.clicks()
            await asyncio.gather(ann.http.post("/sign-out"))
            await socket.send(page.click())
            assert await watcher.clicks() == before


async def test_a_new_password_ends_the_sessions_of_the_old(house: House) -> None:
    async with house.browser() as ann, house.browser() as bob:
        await ann.sign_in("ann")
        assert (await bob.sign_in("bob")).status_code == 303
        page = await bob.open()
        async with PageSocket(house, page.client_id, bob.cookies) as socket:
            await ann.http.post("/desk/new-password")
            async with asyncio.timeout(PATIENCE):
                await socket.until_closed()
        assert (await bob.http.get("/")).status_code == 303
        assert (await bob.sign_in("bob")).status_code == 401
        assert (await bob.sign_in("bob", "bob's newer password")).status_code == 303
