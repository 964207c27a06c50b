"""A command for many: one question, one card with an outcome each. In a pool that is still, so that all of them can."""

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.person import person
from tests.e2e.programs import Board, over_a_pool


async def test_many_at_once_each_say_how_it_went(browser: Browser, data_dir: Path) -> None:
    with over_a_pool(data_dir, "--hosts", "3", "--vms", "40", "--still") as (_pool, board):
        await _snapshot_three(browser, board)


async def _snapshot_three(browser: Browser, board: Board) -> None:
    async with person(browser, board.url) as someone:
        await someone.signs_in()
        await someone.goes("/vms?q=k8s-worker")
        page = someone.page
        await expect(page.locator(".x-vms-row")).to_have_count(3)
        before = len(board.audit())
        await page.get_by_role("checkbox", name="Select all").check()
        await page.locator(".x-vms-verbs").get_by_role("button", name="Snapshot").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("k8s-worker-2")
        await dialog.locator("button").last.click()
        card = page.locator(".x-run")
        await expect(card.locator(".x-run-sum")).to_have_text("3 done")
        await card.get_by_role("button", name="Dismiss").click()
        await expect(card).to_have_count(0)
        lines = [line for line in board.audit()[before:] if line["name"].startswith("k8s-worker")]
        assert len({line["run"] for line in lines}) == 1
        assert sorted((line["name"], line["result"]) for line in lines if line["event"] == "end") == [
            (f"k8s-worker-{number}", "done") for number in (1, 2, 3)
        ]
