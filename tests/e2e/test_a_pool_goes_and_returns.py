"""A pool that is not there: its picture stays and says how old it is; and back again in the same open page."""

import asyncio
import re
import time
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.person import MAP, RUNNING, Person, person
from tests.e2e.programs import Board, Pool, furnish, running
from tests.running import free_port

STANDINGS = f"() => [...{MAP}.model.pools.keys()].map((id) => {MAP}.model.things.get(id).standing)"


async def look(someone: Person, path: str) -> None:
    await someone.signs_in()
    await someone.goes(path)


async def test_the_picture_stays_and_lives_again(browser: Browser, data_dir: Path) -> None:
    port = free_port()
    pool = Pool(port)
    with running(pool):
        furnish(data_dir, pool.url)
        board = Board(data_dir)
        with running(board):
            board.live(1)
            async with person(browser, board.url) as one, person(browser, board.url) as two, person(browser, board.url) as three:
                await look(one, "/")
                await one.sees_pools(1)
                name = (await pool.vms("Running"))[0]
                uuid = await pool.call("VM.get_uuid", await pool.vm(name))
                await look(two, f"/vm/{uuid}")
                await look(three, "/vms")
                await expect(two.page.locator(".x-head .x-state")).to_contain_text("Running")
                (standing,) = await one.page.evaluate(STANDINGS)
                running_before = await one.page.evaluate(RUNNING)
                for someone in (one, two, three):
                    await someone.page.evaluate("window.same = true")

                pool.kill()
                for someone in (one, two, three):
                    await expect(someone.page.locator(".x-status[data-state=critical]")).to_contain_text("1 pool not responding")
                await one.page.wait_for_function(f"(standing) => ({STANDINGS})()[0] !== standing", arg=standing)
                assert await one.page.evaluate(RUNNING) == running_before
                for someone in (two, three):
                    band = someone.page.locator(".x-notice-stale")
                    await expect(band).to_contain_text("is not responding; its last known state is shown")
                    await expect(band.locator("time, .x-age")).to_have_count(1)
                await expect(two.page.locator(".x-vm-body.x-old")).to_be_visible()
                await expect(three.page.locator(".x-vms-row.x-old").first).to_be_visible()
                shut_down = two.verb("Shut down").or_(two.verb("Snapshot")).first
                await expect(shut_down).to_have_attribute("aria-disabled", "true")
                await expect(shut_down).to_have_attribute("data-tip", re.compile("pool"))
                await shut_down.click(force=True)
                await expect(two.page.locator(".x-toast, .q-notification").first).to_contain_text(
                    str(await shut_down.get_attribute("data-tip"))
                )

                pool = Pool(port)
                with running(pool):
                    await asyncio.gather(
                        *(expect(someone.page.locator(".x-status[data-state=live]")).to_be_visible() for someone in (one, two, three)),
                        expect(two.page.locator(".x-notice-stale")).to_have_count(0),
                        expect(three.page.locator(".x-vms-row.x-old")).to_have_count(0),
                    )
                    assert await one.page.evaluate(STANDINGS) == [standing]
                    for someone in (one, two, three):
                        assert await someone.page.evaluate("window.same")

                    # and it lives: what changes now is seen
                    await pool.call("VM.set_name_label", await pool.vm(name), "renamed")
                    await expect(two.page.get_by_role("heading", level=1)).to_have_text("renamed")
                    await one.page.wait_for_function(f"() => ({RUNNING})().includes('renamed')")

                    for someone in (one, two, three):
                        assert someone.complaints == []
                        someone.expects_trouble = True  # their sockets end
                    began = time.monotonic()
                    assert board.end() == 0  # with three pages open
                    assert time.monotonic() - began < 2 * board.took
