"""A VM's last days, by hand: a snapshot, what changed since, the trash and back, deleted; and its history tells all of it."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.e2e.person import Person, person
from tests.e2e.programs import Board, Pool, free_port, furnish, running


async def test_from_a_snapshot_to_the_trash_and_its_history(browser: Browser, data_dir: Path) -> None:
    pool = Pool(free_port(), "--hosts", "2", "--vms", "12", "--still")
    with running(pool):
        furnish(data_dir, pool.url)
        board = Board(data_dir)
        with running(board):
            board.live(1)
            async with person(browser, board.url) as someone:
                await someone.signs_in()
                await _story(someone)


async def _story(someone: Person) -> None:
    page = someone.page
    await someone.goes("/settings")
    await page.get_by_text("Keep deleted VMs in a trash").click()
    await page.locator("section", has_text="Keep deleted VMs").get_by_role("button", name="Save").click()
    await someone.sees("Saved")
    await someone.goes("/vms?state=halted")
    link = page.locator(".x-vms-name").first
    await expect(link).to_be_visible()
    path = str(await link.get_attribute("href"))
    await _snapshot(someone, path)
    await _trash(someone, path)


async def _snapshot(someone: Person, path: str) -> None:
    page = someone.page
    await someone.goes(f"{path}/snapshots")
    await page.get_by_label("Snapshot name").fill("before {date}")
    await someone.sees("Will be named before 20")
    await page.get_by_label("Snapshot name").press("Enter")
    rows = page.locator("[data-snapshot]")
    await expect(rows.filter(has_text="before 20")).to_have_count(1)
    await rows.filter(has_text="before 20").click()
    await expect(page.locator(".x-snap-compare")).to_contain_text("No setting, disk or NIC differs.")
    await rows.filter(has_text="before 20").get_by_role("checkbox").check()
    await someone.sees("1 selected")
    await someone.fits()


async def _trash(someone: Person, path: str) -> None:
    page = someone.page
    name = await page.locator("h1").first.inner_text()
    await _deletes(page, name)
    await expect(page.locator("main")).to_contain_text("It is in the trash")
    await someone.goes("/vms?state=trash")
    await expect(page.locator(".x-trash-row", has_text=name)).to_be_visible()
    await page.get_by_role("button", name="Restore").click()
    await someone.sees("The trash is empty")
    await someone.goes(f"{path}/history")
    for text in ("before 20", "Block of start", "Snapshot", "Move to trash", "ann"):
        await expect(page.locator(".x-journal")).to_contain_text(text)


async def _deletes(page: Page, name: str) -> None:
    await page.locator("main").get_by_role("button", name="More commands").first.click()
    await page.get_by_role("menuitem").filter(has_text="Delete").last.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 snapshot")
    yes = dialog.get_by_role("button", name="Move to trash")
    await expect(yes).to_have_attribute("aria-disabled", "true")
    await dialog.get_by_label("to confirm").fill(name)
    await expect(yes).to_have_attribute("aria-disabled", "false")
    await yes.click()
