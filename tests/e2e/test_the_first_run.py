"""Nobody, nothing; then an administrator, a server, a map; and out again."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from tests.e2e.person import Person, person
from tests.e2e.programs import Board, Pool, running
from tests.running import free_port

QUICK = ("--pools", "1", "--hosts", "2", "--vms", "6", "--seed", "e2e", "--speed", "10")
TLS = ("--pools", "1", "--hosts", "1", "--vms", "2", "--seed", "tls", "--tls")
FINGERPRINT = re.compile(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}")


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def makes_the_first_administrator(someone: Person, board: Board) -> None:
    page = someone.page
    await page.goto(board.url)
    await expect(page).to_have_url(f"{board.url}/first-run")
    await page.get_by_label("Code").fill(board.code)
    await page.get_by_label("Name").fill("ann")
    await page.get_by_label("Password, at least").fill("ann's own password")
    await page.get_by_label("Repeat password").fill("ann's own password")
    await page.get_by_role("button", name="Create and sign in").click()
    await someone.sees("No pool yet")


async def asks_for(someone: Person, address: str, password: str) -> Locator:
    """The dialog, after Connect was pressed."""
    dialog = someone.page.get_by_role("dialog")
    await someone.page.get_by_role("button", name="Add server").first.click()
    await dialog.get_by_label("Address").fill(address)
    await dialog.get_by_label("Password").fill(password)
    await dialog.get_by_role("button", name="Connect").click()
    return dialog


async def test_from_the_printed_code_to_a_pool_on_the_map(browser: Browser, data_dir: Path) -> None:
    pool, board = Pool(free_port(), *QUICK), Board(data_dir)
    with running(pool), running(board):
        async with person(browser, board.url) as someone:
            await makes_the_first_administrator(someone, board)
            map_page = await someone.context.new_page()
            await map_page.goto(board.url)
            await expect(map_page.get_by_text("No pool yet")).to_be_visible()

            dialog = await asks_for(someone, pool.url, "not the password")
            await expect(dialog.get_by_text("The pool rejected this user name or password.")).to_be_visible()
            assert board.health["servers"]["all"] == 0
            await dialog.get_by_label("Password").fill("secret")
            await dialog.get_by_role("button", name="Connect").click()
            await expect(dialog).to_have_count(0)
            await someone.goes("/settings")
            await expect(someone.page.locator(".x-server")).to_contain_text("live")
            await map_page.wait_for_function("document.querySelector('.xo-map')?.map?.plan?.pools.length === 1")  # without a reload
            await expect(map_page.locator(".xo-summary")).to_contain_text(re.compile(r"2 hosts\s*6 VMs"))

            # out in one tab is out in all, and nothing of what one saw is left
            await someone.page.get_by_role("button", name="Account: ann").click()
            await someone.page.get_by_role("menuitem", name="Sign out").click()
            door = re.compile(re.escape(board.url) + "/login")
            await expect(someone.page).to_have_url(door)
            await expect(map_page).to_have_url(door)  # it may be sent there by the server and by its lost socket: one way is then cut short
            await map_page.goto(f"{board.url}/vms")
            await expect(map_page).to_have_url(f"{board.url}/login?next=/vms")
            # a page that lost its socket asks for itself before it loads anew
            someone.complaints = [text for text in someone.complaints if "401" not in text]
        assert b'"secret"' not in everything_in(data_dir)


async def test_an_unknown_certificate_is_shown_and_a_changed_one_refused(browser: Browser, data_dir: Path) -> None:
    port = free_port()
    pool, board = Pool(port, *TLS), Board(data_dir)
    with running(board), running(pool):
        async with person(browser, board.url) as someone:
            await makes_the_first_administrator(someone, board)
            await someone.goes("/settings")
            dialog = await asks_for(someone, pool.address, "secret")
            shown = dialog.locator(".x-fingerprint")
            await expect(shown).to_have_count(1)
            (first,) = FINGERPRINT.findall(await shown.inner_text())
            assert board.health["servers"]["all"] == 0
            await dialog.get_by_role("button", name="Trust this certificate").click()
            await expect(dialog).to_have_count(0)
            server = someone.page.locator(".x-server")
            await expect(server).to_contain_text("live")

            pool.kill()
            pool = Pool(port, *TLS)  # which makes itself a new one
            with running(pool):
                await expect(server).to_contain_text("certificate not trusted")
                said = FINGERPRINT.findall(await server.inner_text())
                assert len(said) == 2 and said[0] == first and said[1] != first, said
                await server.get_by_role("button", name="Edit").click()
                await dialog.get_by_role("button", name="Save").click()
                await expect(dialog.locator(".x-fingerprint")).to_have_count(2)
                assert sorted(FINGERPRINT.findall(await dialog.inner_text())) == sorted(said)
                await dialog.get_by_role("button", name="Trust this certificate").click()
                await expect(dialog).to_have_count(0)
                await expect(server).to_contain_text("live")
