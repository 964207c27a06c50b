"""kill -9 while a pool carries out a command: the next start says what was under way, and how it is by now."""

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.asking import until
from tests.e2e.person import person
from tests.e2e.programs import Board, Pool, free_port, furnish, running


async def test_what_was_under_way_is_told_until_it_is_dismissed(browser: Browser, data_dir: Path) -> None:
    pool = Pool(free_port())
    with running(pool):
        furnish(data_dir, pool.url)
        name = (await pool.vms("Running"))[0]
        vm = await pool.vm(name)
        uuid = await pool.call("VM.get_uuid", vm)

        async def under_way() -> bool:
            operations: dict[str, str] = await pool.call("VM.get_current_operations", vm)
            return "clean_shutdown" in operations.values()

        async def halted() -> bool:
            return name in await pool.vms("Halted")

        first = Board(data_dir)
        with running(first):
            first.live(1)
            async with person(browser, first.url) as ann:
                await ann.signs_in()
                await ann.goes(f"/vm/{uuid}")
                await ann.verb("Shut down").click()
                await ann.page.locator(".q-dialog").get_by_role("button", name="Shut down", exact=True).click()
                await until(under_way, "the pool shuts it down")
                ann.expects_trouble = True
                first.kill()
        assert [line["event"] for line in first.audit() if line["action"] == "vm.clean_shutdown"] == ["begin"]
        came = next(line for line in first.audit() if line["action"] == "session.start")
        assert (came["user"], came["address"], came["result"]) == ("ann", "127.0.0.1", "done")

        second = Board(data_dir)
        with running(second):
            second.live(1)
            async with person(browser, second.url) as ann:
                await ann.signs_in()
                card = ann.page.locator(".x-run")
                await expect(card).to_contain_text("xo-dash was stopped during the operation")
                await until(halted, "the pool goes on without us")
                await expect(card).to_contain_text(f"but it was done: {name} is halted now")
                await ann.goes("/tasks")
                await ann.sees(f"but it was done: {name} is halted now")
                await card.get_by_role("button", name="Dismiss").click()
                await expect(card).to_have_count(0)
        last = [line for line in second.audit() if line["action"] == "vm.clean_shutdown"][-1]
        assert (last["event"], last["result"]) == ("end", "lost") and "it was done" in last["reason"]
