"""An SR's life by hand: found by its server alone, created, looked at, forgotten, found again and attached."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.person import Person, person
from tests.e2e.programs import over_a_pool

SERVER, EXPORT = "10.10.0.10", "/mnt/tank/vms"


async def test_from_its_server_to_its_second_life(browser: Browser, data_dir: Path) -> None:
    with over_a_pool(data_dir, "--hosts", "2", "--vms", "4", "--still", "--pace", "40") as (_pool, board):
        async with person(browser, board.url) as someone:
            await someone.signs_in()
            await _creates(someone)
            await _looks(someone)
            await _forgets(someone)
            await _attaches(someone)


async def _finds(someone: Person) -> None:
    page = someone.page
    await someone.goes("/storage")
    await page.get_by_role("link", name="New SR").click()
    await page.get_by_label("Server").fill(SERVER)
    await page.get_by_role("radio", name=EXPORT).click()
    await expect(page.get_by_text("reaches it")).to_have_count(2)
    await expect(page.get_by_label("Name", exact=True)).to_have_value("vms")


async def _creates(someone: Person) -> None:
    """One field and three clicks."""
    await _finds(someone)
    await someone.verb("Create").click()
    await someone.page.get_by_role("link", name="Open vms").click()
    await expect(someone.page.get_by_role("heading", level=1)).to_have_text("vms")


async def _looks(someone: Person) -> None:
    page = someone.page
    await expect(page.get_by_role("heading", name="Usage")).to_be_visible()
    await someone.verb("New disk").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("data")
    await dialog.get_by_label("Size").fill("2")
    await dialog.get_by_role("button", name="New disk").click()
    row = page.locator(".x-list-row", has_text="data")
    await expect(row).to_be_visible()
    await row.click(button="right")
    await page.get_by_role("menuitem", name="Enable CBT").click()
    await someone.sees("Changed block tracking of data is on")


async def _forgets(someone: Person) -> None:
    page = someone.page
    await someone.verb("More commands").click()
    await page.get_by_role("menuitem", name="Forget").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("1 disk stays on the storage")).to_be_visible()
    await dialog.get_by_label("Type vms to confirm").fill("vms")
    await dialog.get_by_role("button", name="Forget").click()
    await someone.sees("This SR was removed. Its last known state is shown.")


async def _attaches(someone: Person) -> None:
    page = someone.page
    await _finds(someone)
    await someone.sees("There is an SR already: attach it?")
    await someone.verb("Attach").click()
    await page.get_by_role("link", name="Open vms").click()
    await expect(page.locator(".x-list-row", has_text="data")).to_be_visible()
