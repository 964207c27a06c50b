"""The story of the first minute: sign in, look at the map, start a VM, and see it start everywhere."""

import re

from playwright.async_api import Browser, Page, expect

from tests.e2e.person import MAP, RUNNING, person
from tests.e2e.programs import Board, until

COUNTS = f"""() => [...{MAP}.model.pools.values()].map((pool) => [pool.hosts.size, pool.vms.size]).sort((a, b) => b[0] - a[0])"""
HALTED = f"""() => [...{MAP}.model.things.values()]
  .filter((thing) => thing.kind === "vm" && thing.state === 0).map((vm) => [vm.name, vm.uuid])"""
STATES = """() => {
  const seen = (window.seen = []);
  const state = document.querySelector(".x-head .x-state"), doing = document.querySelector(".x-operation");
  const look = () => {
    const now = (doing.checkVisibility() ? doing.querySelector(".x-strong").textContent : state.textContent).trim();
    if (now !== seen.at(-1)) seen.push(now);
  };
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document.querySelector("main"), all);
  look();
}"""
"""From now on, keep what the head of a VM's page says."""


async def says_running(page: Page) -> None:
    await expect(page.locator(".x-head .x-state")).to_contain_text("Running", timeout=30_000)


async def test_a_vm_started_here_is_seen_to_start_everywhere(browser: Browser, demo: Board) -> None:
    async with person(browser, demo.url) as one, person(browser, demo.url) as two:
        for someone in (one, two):
            await someone.signs_in("demo", "demo")
            await someone.sees_pools(2)
        assert await one.page.evaluate(COUNTS) == [[3, 40], [1, 6]]
        assert re.match(r"2 pools · 4 hosts · 46 VMs, \d+ running", await one.page.inner_text(".xo-home-counts"))
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
            lines = [line for line in demo.audit() if line["uuid"] == halted[name]]
            return [line.get("result", "") for line in lines] == ["", "done"]

        await until(is_written, "the audit of the start")
        begin, end = (line for line in demo.audit() if line["uuid"] == halted[name])
        assert (begin["user"], begin["action"], begin["name"], begin["run"]) == ("demo", "vm.start", name, end["run"])


async def test_many_at_once_each_say_how_it_went(browser: Browser, demo: Board) -> None:
    async with person(browser, demo.url) as someone:
        await someone.signs_in("demo", "demo")
        await someone.goes("/vms?q=k8s-worker")
        page = someone.page
        await expect(page.locator(".x-vms-row")).to_have_count(3)
        before = len(demo.audit())
        # the demo lives: one of the three may be in the middle of something else, and is then left out and not offered
        await page.get_by_role("checkbox", name="Choose all").check()
        await page.locator(".x-vms-verbs").get_by_role("button", name="Snapshot").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("k8s-worker-")
        await dialog.locator("button").last.click()
        card = page.locator(".x-run")
        await expect(card.locator(".x-run-sum")).to_have_text(re.compile(r"^[123] done$"), timeout=30_000)
        done = int((await card.locator(".x-run-sum").inner_text()).split()[0])
        await card.get_by_role("button", name="Dismiss").click()
        await expect(card).to_have_count(0)
        lines = [line for line in demo.audit()[before:] if line["name"].startswith("k8s-worker")]
        assert len({line["run"] for line in lines}) == 1
        ended = {line["name"]: line["result"] for line in lines if line["event"] == "end"}
        assert set(ended) <= {f"k8s-worker-{number}" for number in (1, 2, 3)}
        assert list(ended.values()) == ["done"] * done
