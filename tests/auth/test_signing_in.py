"""The sign-in page: who gets in, with which cookie, and where it leads."""

import re
from html import unescape

import pytest

from tests.auth.conftest import Build
from tests.auth.house import House


async def test_a_deep_link_comes_back_after_the_sign_in(house: House) -> None:
    async with house.browser() as ann:
        asked = await ann.http.get("/deep/x?tab=disks&n=1")
        page = await ann.http.get(asked.headers["location"])
        hidden = re.search(r'name="next" value="([^"]*)"', page.text)
        assert hidden
        answer = await ann.sign_in("ann", way_back=unescape(hidden[1]))
        assert (answer.status_code, answer.headers["location"]) == (303, "/deep/x?tab=disks&n=1")
        assert "x of ann" in (await ann.http.get(answer.headers["location"])).text
        assert (await ann.http.get("/login?next=/deep/y")).headers["location"] == "/deep/y"  # is in already


EVIL_TARGETS = [
    "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/%0d%0aset-cookie:x=y\r\nx: y",
    "/\t/evil.example", "evil.example", "/login?next=/login", "/sign-out", "//[", "/a\\..\\b",
]  # fmt: skip


@pytest.mark.parametrize("target", EVIL_TARGETS)
async def test_the_sign_in_leads_nowhere_else(house: House, target: str) -> None:
    async with house.browser() as ann:
        answer = await ann.sign_in("ann", way_back=target)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await ann.http.get("/login", params={"next": target})).headers["location"] == "/"


async def test_a_wrong_password_is_one_sentence_and_the_name_stays(build: Build) -> None:
    house = build("people")
    async with house.browser() as ann:
        answer = await ann.sign_in("ann", "wrong <b>", way_back="/deep/x")
        assert answer.status_code == 401
        assert "The name or the password is wrong." in answer.text
        assert 'value="ann"' in answer.text
        assert 'value="/deep/x"' in answer.text
        assert "set-cookie" not in answer.headers
        unknown = await ann.sign_in("nobody", "wrong <b>", way_back="/deep/x")
        assert unknown.text.replace("nobody", "ann") == answer.text  # does not tell who has an account


async def test_what_was_typed_is_shown_as_text(house: House) -> None:
    async with house.browser() as burglar:
        answer = await burglar.sign_in('"><script>alert(1)</script>', "x", way_back='/"><script>')
        assert "<script" not in answer.text


async def test_the_page_speaks_the_browsers_language(house: House) -> None:
    async with house.browser(**{"accept-language": "ru-RU,ru;q=0.9"}) as ann:
        assert '<html lang="ru">' in (await ann.http.get("/login")).text
        assert '<html lang="ru">' in (await ann.sign_in("ann", "wrong")).text


async def test_a_program_may_sign_in_with_json(build: Build) -> None:
    house = build("people")
    async with house.browser() as ann:
        refused = await ann.http.post("/login", json={"name": "ann", "password": "wrong"})
        assert (refused.status_code, refused.json()["detail"]) == (401, "The name or the password is wrong.")
        let_in = await ann.http.post("/login", json={"name": "ann", "password": "ann's password", "next": "/deep/x"})
        assert (let_in.status_code, let_in.json()) == (200, {"next": "/deep/x"})
        assert (await ann.http.get("/")).status_code == 200


NONSENSE = [b"", b"{", b"[]", b"\xff\xfe", b"name=" + b"x" * 100_000, b"&" * 5000, b'{"name": 1, "password": {}}']


async def test_nonsense_is_not_let_in(build: Build) -> None:
    house = build("people")
    async with house.browser() as burglar:
        for content in NONSENSE:
            for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
                answer = await burglar.http.post("/login", content=content, headers={"content-type": kind})
                assert answer.status_code in (401, 429)
                assert "set-cookie" not in answer.headers
    assert "Traceback" not in house.log()


async def test_the_cookie_is_for_the_browser_alone(house: House) -> None:
    async with house.browser() as ann:
        cookie = (await ann.sign_in("ann")).headers["set-cookie"]
        assert cookie.startswith(f"xo-dash-{house.port}=")
        for part in ("HttpOnly", "SameSite=lax", "Path=/"):
            assert part in cookie
        assert "Secure" not in cookie
        assert "Domain" not in cookie


async def test_under_tls_the_cookie_is_secure(house: House) -> None:
    async with house.browser(**{"x-forwarded-proto": "https", "origin": f"https://{house.host}"}) as ann:
        cookie = (await ann.sign_in("ann")).headers["set-cookie"]
        assert cookie.startswith(f"__Host-xo-dash-{house.port}=")
        assert "Secure" in cookie
        token = cookie.split("=", 1)[1].split(";")[0]
        headers = {"cookie": f"__Host-xo-dash-{house.port}={token}"}
        assert (await ann.http.get("/", headers=headers)).status_code == 200
        headers = {"cookie": f"xo-dash-{house.port}={token}"}  # one that a page without TLS could have set
        assert (await ann.http.get("/", headers=headers)).status_code == 303


async def test_a_session_given_before_the_sign_in_is_not_the_one_after(house: House) -> None:
    """Fixation: the burglar puts his own cookie into the victim's browser and waits."""
    async with house.browser() as burglar, house.browser() as ann:
        await burglar.sign_in("bob")
        planted = burglar.cookies
        ann.http.cookies.set(planted.split("=")[0], planted.split("=")[1], domain="localhost.local", path="/")
        answer = await ann.sign_in("ann")
        token = answer.headers["set-cookie"].split(";")[0]
        assert token != planted
        assert (await burglar.http.get("/", headers={"cookie": planted})).status_code == 303  # and the planted one is over
        ann.http.cookies.clear()
        ann.http.cookies.set("xo-dash-1", "made-up")
        again = (await ann.sign_in("ann")).headers["set-cookie"].split(";")[0]
        assert again not in (token, "made-up")


async def test_signing_out_takes_the_cookie_back(house: House) -> None:
    async with house.browser() as ann:
        await ann.sign_in("ann")
        assert (await ann.http.get("/sign-out")).status_code == 405  # a link must not sign anybody out
        answer = await ann.http.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert (await ann.http.post("/sign-out")).status_code == 303  # twice is no error


@pytest.mark.parametrize("path", ["/", "/login", "/nothing", "/healthz", "/_nicegui/x", "/deep/x"])
async def test_every_answer_carries_the_security_headers(house: House, path: str) -> None:
    async with house.browser() as ann, house.browser() as stranger:
        await ann.sign_in("ann")
        for browser in (ann, stranger):
            headers = (await browser.http.get(path)).headers
            policy = headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy
            assert "default-src 'self'" in policy or "default-src 'none'" in policy
            assert not re.search(r"https?:|\*", policy)
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "same-origin"
            assert headers["cache-control"] == "no-store"


async def test_a_restart_signs_nobody_out(build: Build) -> None:
    house = build("people")
    async with house.browser() as ann:
        await ann.sign_in("ann")
        token = ann.cookies.split("=")[1]
        house.__exit__()
        assert token not in (house.folder / "data" / "sessions.json").read_text()
        house.__enter__()
        assert (await ann.http.get("/")).status_code == 200
        await ann.http.post("/sign-out")
        house.__exit__()
        house.__enter__()
        assert (await ann.http.get("/")).status_code == 303


async def test_after_a_power_cut_who_was_in_is_in_and_who_was_out_is_out(build: Build) -> None:
    house = build("people")
    async with house.browser() as ann:
        await ann.sign_in("ann")
        house.kill()
        house.__enter__()
        assert (await ann.http.get("/")).status_code == 200
        cookies = ann.cookies
        await ann.http.post("/sign-out")
        house.kill()
        house.__enter__()
        assert (await ann.http.get("/", headers={"cookie": cookies})).status_code == 303


async def test_guessing_gets_slower_and_says_for_how_long(build: Build) -> None:
    house = build("people")
    async with house.browser() as burglar:
        answers = [await burglar.sign_in("ann", f"guess {number}") for number in range(7)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[:4] == [401] * 4
        assert statuses[-1] == 429
        assert "Too many failed attempts. Try again in" in answers[-1].text
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert (await burglar.sign_in("ann")).status_code == 429  # the right one, too: else it could be guessed on
        assert (await burglar.sign_in("bob")).status_code == 303
        for number in range(10):
            await burglar.sign_in(f"somebody {number}", "the password everybody has")
        assert (await burglar.sign_in("bob")).status_code == 429  # the address is slowed, whatever the account
