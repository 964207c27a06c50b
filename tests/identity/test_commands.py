"""Commands for one of two objects that have the same uuid."""

from __future__ import annotations

import asyncio
from pathlib import Path

from data.objects import VM, Pool
from tests.control.fake_pool import Desk, FakePool, ends_at_once
from xo_dash.control.actions import action
from xo_dash.control.run import RunState

SAME = "0d3f6a1e-0000-4000-8000-000000000001"


def two(folder: Path) -> tuple[Desk, list[FakePool], list[VM]]:
    here = FakePool("here")
    pools = [here, FakePool("there", here.mirror)]
    for pool in pools:
        pool.put(Pool(uuid=f"pool-{pool.server.id}"))
        pool.answers["Async.VM.start"] = ends_at_once(pool)
    return Desk(folder, *pools), pools, [pool.vm(uuid=SAME) for pool in pools]


async def test_what_is_done_to_one_is_not_done_to_the_other(tmp_path: Path) -> None:
    desk, (here, there), (_first, second) = two(tmp_path)
    await desk.runner.run(desk.hire(), action("vm.start"), [second])
    await desk.runner.stop()
    assert not here.sent and there.sent == ["Async.VM.start"]
    assert {(line["server"], line["pool_uuid"], line["uuid"]) for line in desk.audit()} == {("there", "pool-there", SAME)}


async def test_one_command_for_both_reaches_both(tmp_path: Path) -> None:
    desk, pools, vms = two(tmp_path)
    run = await desk.runner.run(desk.hire(), action("vm.start"), vms)
    await desk.runner.stop()
    assert [pool.sent for pool in pools] == [["Async.VM.start"]] * 2
    assert len(run.items) == 2 and len({(item.pool, item.uuid) for item in run.items}) == 2


async def test_a_server_that_leads_elsewhere_meanwhile_is_sent_nothing(tmp_path: Path) -> None:
    desk, (here, _there), (first, _second) = two(tmp_path)
    run = desk.runner.start(desk.hire(), action("vm.start"), [first])
    here.change(next(iter(here.home.all(Pool).values())), uuid="another pool, from the same backup")
    over = asyncio.Event()
    desk.runner.observe(lambda run: over.set() if run.ended else None)
    await asyncio.wait_for(over.wait(), 30)
    await desk.runner.stop()
    assert run.items[0].state is RunState.REFUSED and not here.sent
