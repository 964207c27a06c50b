"""The story of the first minute: sign in, look at the map, start a VM, and see it start everywhere."""

import re

from playwright.async_api import Browser, Page, expect

from tests.asking import until
from tests.e2e.person import MAP, RUNNING, Person, person
from tests.e2e.programs import Board

COUNTS = f"""() => [...{MAP}.model.pools.values()].map((pool) => [pool.hosts.size, pool.vms.size]).sort((a, b) => b[0] - a[0])"""
HALTED = f"""() => [...{MAP}.model.things.values()]
  .filter((thing) => thing.kind === "vm" && thing.state === 0).map((vm) => [vm.name, vm.uuid])"""
STATES = """() => {
  const seen = (window.seen = []);
  const state = document.querySelector(".x-head .x-state");
  const look = () => {
    const now = (document.querySelector(".x-operation .x-strong") ?? state).textContent.trim();
    if (now && now !== seen.at(-1)) seen.push(now);
  };
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document.querySelector("main"), all);
  look();
}"""
"""From now on, keep what the head of a VM's page says."""


CLICKS = """addEventListener("click", () => sessionStorage.setItem("clicks", 1 + Number(sessionStorage.getItem("clicks"))), true)"""
"""Counted over pages."""


async def says_running(page: Page) -> None:
    await expect(page.locator(".x-head .x-state")).to_contain_text("Running")


async def test_a_vm_started_here_is_seen_to_start_everywhere(browser: Browser, demo: Board) -> None:
    async with person(browser, demo.url) as one, person(browser, demo.url) as two:
        for someone in (one, two):
            await someone.signs_in("demo", "demo")
            await someone.sees_pools(2)
        assert await one.page.evaluate(COUNTS) == [[3, 40], [1, 6]]
        await expect(one.page.locator(".xo-summary")).to_have_text(re.compile(r"4 hosts\s*46 VMs\s*\d+ running"))
        halted = dict(await one.page.evaluate(HALTED))
        name = next(name for name in ("db-clone", "pbx", "forge", "test-a") if name in halted)

        await one.goes(f"/vm/{halted[name]}")
        await expect(one.page.locator(".x-head .x-state")).to_contain_text("Halted")
        watcher = await two.context.new_page()
        await watcher.goto(f"{demo.url}/vm/{halted[name]}")
        await expect(watcher.locator(".x-head .x-state")).to_contain_text("Halted")
        for page in (one.page, watcher):
            await page.evaluate(STATES)
        await one.verb("Start").click()
        for page in (one.page, watcher):
            await says_running(page)
            await page.wait_for_function("seen.at(-1) === 'Running'")
            seen = await page.evaluate("seen")
            assert seen[0] == "Halted" and "Starting" in seen and "Halted" not in seen[seen.index("Starting") :], seen
        await two.page.wait_for_function(f"(name) => ({RUNNING})().includes(name)", arg=name)
        await one.sees(f"{name} ")  # the notice of the end

        async def is_written() -> bool:
            lines = [line for line in demo.audit() if line.get("uuid") == halted[name]]
            return [line.get("result", "") for line in lines] == ["", "done"]

        await until(is_written, "the audit of the start")
        begin, end = (line for line in demo.audit() if line.get("uuid") == halted[name])
        assert (begin["user"], begin["action"], begin["name"], begin["run"]) == ("demo", "vm.start", name, end["run"])
        await _moves_to_the_other_pool(one, demo, next((other, halted[other]) for other in ("template-try", "forge") if other in halted))


async def _moves_to_the_other_pool(someone: Person, demo: Board, vm: tuple[str, str]) -> None:
    """Three clicks and no field: with all disks and NICs filled in, and the plan on the same page."""
    name, uuid = vm
    page = someone.page
    await page.add_init_script(CLICKS)
    await someone.goes(f"/vm/{uuid}")
    await someone.verb("Migrate").click()
    await page.locator(".x-move-target", has_text="home").click()
    await expect(page.locator(".x-move-aside")).to_contain_text(f"{name} to attic")
    await page.locator(".x-move-aside").get_by_role("button", name="Migrate").click()

    async def begins() -> bool:
        return any(line.get("uuid") == uuid and line["action"] == "vm.migrate" for line in demo.audit())

    await until(begins, "the audit of the migration")
    assert await page.evaluate("sessionStorage.getItem('clicks')") == "3"
    await page.get_by_role("button", name="Cancel").click()
