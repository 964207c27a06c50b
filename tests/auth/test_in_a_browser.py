"""What a person sees of the door, in Chromium."""

from playwright.async_api import Browser, Page, expect

from tests.auth.conftest import Build
from tests.auth.house import House


async def sign_in(page: Page, house: House, path: str = "/") -> None:
    await page.goto(house.url + path)
    await page.fill("[name=name]", "ann")
    await page.fill("[name=password]", "ann's password")
    await page.click("button")


async def test_signing_out_in_one_tab_leads_all_to_the_sign_in(build: Build, browser: Browser) -> None:
    house = build("people")
    context = await browser.new_context()
    wrong: list[str] = []
    first, second = await context.new_page(), await context.new_page()
    for page in (first, second):
        page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith((house.url, "data:")) else None)
        page.on("console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None)
    await sign_in(first, house, "/deep/x?n=1")
    await expect(first.get_by_text("x of ann")).to_be_visible()
    assert first.url == f"{house.url}/deep/x?n=1"
    await second.goto(house.url)
    await expect(second.get_by_text("home of ann")).to_be_visible()
    await second.get_by_role("button", name="out").click()
    await expect(first).to_have_url(f"{house.url}/login?next=/deep/x%3Fn%3D1")
    await expect(second).to_have_url(f"{house.url}/login")
    assert wrong == []


async def test_who_is_invited_makes_a_passkey_and_comes_in_again_by_it_alone(build: Build, browser: Browser) -> None:
    house = build("people")
    async with house.browser() as desk:
        secret = (await desk.http.post("/desk/invite")).json()["secret"]
    page = await (await browser.new_context()).new_page()
    wrong: list[str] = []
    page.on("request", lambda request: wrong.append(request.url) if secret in request.url else None)
    page.on("console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None)
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }})  # fmt: skip
    await page.goto(f"{house.url}/invitation#{secret}")
    await expect(page.get_by_text("You can sign in as carol.")).to_be_visible()
    await expect(page.get_by_label("Password, at least")).to_be_focused()
    for width in (320, 390, 899, 1280):
        await page.set_viewport_size({"width": width, "height": 700})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name="Use a passkey").click()
    await expect(page.get_by_text("home of carol")).to_be_visible()
    await page.get_by_role("button", name="out").click()
    await expect(page).to_have_url(f"{house.url}/login")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_text("home of carol")).to_be_visible()
    assert wrong == []
