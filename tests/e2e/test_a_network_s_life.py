"""A VLAN from the form to every host, its settings, and gone again; what is wrong is said at its field. One whole story."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.e2e.person import person
from tests.e2e.programs import over_a_pool


async def test_a_network_s_life(browser: Browser, data_dir: Path) -> None:
    with over_a_pool(data_dir, "--hosts", "2", "--vms", "4", "--still") as (_pool, board):
        async with person(browser, board.url) as someone:
            await someone.signs_in()
            await someone.goes("/networks")
            await _made(someone.page)
            await _changed_and_deleted(someone.page)
        ends = [(line["action"], line["result"]) for line in board.audit() if line["event"] == "end"]
        assert ends == [("pool.new_network", "done"), ("network.tags", "done"), ("network.delete", "done")]


async def _made(page: Page) -> None:
    await page.get_by_role("button", name="New network").click()
    number = page.get_by_label("VLAN number")
    await number.fill("5000")
    await expect(page.get_by_text("it must be at most 4094").first).to_be_visible()
    await number.fill("77")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("VLAN 77")
    await expect(page.locator(".x-net-hosts tbody tr")).to_have_count(2)
    await expect(page.locator(".x-net-hosts")).to_contain_text("eth0.77")
    await page.get_by_role("button", name="Create VLAN").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("VLAN 77")
    await expect(page.get_by_text("All links up")).to_be_visible()


async def _changed_and_deleted(page: Page) -> None:
    await page.get_by_role("button", name="More commands").click()
    await page.get_by_text("Edit tags…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Tags").fill("lab, guests")
    await dialog.get_by_role("button", name="Edit tags").click()
    await expect(page.locator(".x-head .x-chip")).to_have_text(["guests", "lab"])
    await page.get_by_role("button", name="More commands").click()
    await page.get_by_text("Delete network", exact=True).click()
    await dialog.get_by_role("button", name="Delete network").click()
    await expect(page.get_by_text("This network was removed. Its last known state is shown.")).to_be_visible()
