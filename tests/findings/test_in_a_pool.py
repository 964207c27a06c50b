"""What really goes wrong in a simulated pool is found, said, and mended by the verb that the finding offers."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from components.findings.fixes import fix_of
from components.findings.words import sentence
from data.findings.finding import Finding
from data.level import Level
from data.objects import SR, Host, Message, Pool
from data.stores.users import Role
from data.views.finding import finding_view
from tests.control.fake_pool import user
from tests.control.wired import Wired, wired
from tests.waiting import PATIENCE
from xo_dash.control.actions import BY_ID
from xo_dash.control.eligibility import why_not
from xo_dash.control.run import RunState
from xo_dash.simulator import admin_api
from xo_dash.simulator.testing import SimulatedPool, simulated
from xo_dash.sync.evaluator import Evaluator


class Ward:
    """A pool that is watched."""

    def __init__(self, pool: SimulatedPool, bench: Wired) -> None:
        self.pool, self.bench = pool, bench
        self.watch = Evaluator(bench.mirror)
        bench.ann = bench.hire(user(Role.ADMIN, "root"))

    def do(self, verb: str, **arguments: object) -> None:
        self.pool.do(lambda inside: admin_api.perform(inside, verb, arguments))

    def told(self, key: str) -> list[Finding]:
        return [finding for finding in self.bench.mirror.findings.all(0.0) if finding.rule.key == key]

    async def until(self, true: Callable[[], object]) -> None:
        """Of findings nobody else tells here."""
        async with asyncio.timeout(PATIENCE):
            while not true():
                await self.watch.tick()
                await asyncio.sleep(0.05)

    async def finds(self, key: str, words: str, level: Level) -> Finding:
        await self.until(lambda: self.told(key))
        (finding,) = self.told(key)
        assert (sentence(finding, self.bench.mirror)[0], finding.level) == (words, level)
        return finding

    async def mends(self, finding: Finding) -> None:
        """By the first verb that can be given."""
        subjects = finding_view(finding, self.bench.mirror).rows
        rows = [BY_ID[key] for key in fix_of(finding).actions]
        row = next(row for row in rows if why_not(row, subjects[0], self.bench.ann) is None)
        run = await asyncio.wait_for(self.bench.runner.run(self.bench.ann, row, subjects, row.defaults(subjects)), 30)
        assert [(item.state, str(item.reason or "")) for item in run.items] == [(RunState.DONE, "")] * len(subjects)
        await self.until(lambda: not self.told(finding.rule.key))


async def test_a_bad_day(tmp_path: Path) -> None:
    with simulated((3,), (8,), (3,)) as simulation:
        async with wired(simulation.pool, tmp_path) as bench:
            ward = Ward(simulation.pool, bench)
            try:
                await _bad_day(ward, bench)
            finally:
                await ward.watch.stop()


async def _bad_day(ward: Ward, bench: Wired) -> None:
    home = bench.home
    await ward.until(lambda: home.all(Pool) and home.all(SR) and home.all(Host))
    (pool,) = home.all(Pool).values()
    hosts = sorted(home.all(Host).values(), key=lambda host: host.ref != pool.master)
    sr = next(sr for sr in home.all(SR).values() if sr.shared and sr.content_type != "iso" and len(sr.PBDs) == 3)

    ward.do("sr.unplug", sr=sr.uuid, host=hosts[1].uuid)
    finding = await ward.finds("sr.unplugged", f"{sr.name_label} is not attached on {hosts[1].name_label}", Level.CRITICAL)
    await ward.mends(finding)

    ward.do("change", ref=pool.ref, fields={"default_SR": "OpaqueRef:NULL"})
    await ward.mends(await ward.finds("pool.no_default_sr", f"{pool.name_label} has no default SR", Level.INFORMATION))
    assert home.one(SR, pool.default_SR)

    ward.do("change", ref=hosts[2].ref, fields={"pending_guidances": ["restart_toolstack"]})
    words = f"{hosts[2].name_label}: toolstack restart required to finish an update"
    await ward.mends(await ward.finds("host.toolstack", words, Level.INFORMATION))

    ward.do("vm.crash", vm=next(vm.uuid for vm in bench.machines if vm.power_state == "Running"))
    await ward.until(lambda: any(message.name == "VM_CRASHED" for message in home.all(Message).values()))
    await ward.until(lambda: any("VM_CRASHED" in finding.reading.detail for finding in ward.told("xapi.alarm")))
    finding = next(finding for finding in ward.told("xapi.alarm") if "VM_CRASHED" in finding.reading.detail)
    assert sentence(finding, bench.mirror)[0].startswith("VM crashed: ")
    await asyncio.wait_for(bench.runner.run(bench.ann, BY_ID["message.dismiss"], finding_view(finding, bench.mirror).rows), 30)
    await ward.until(lambda: not any("VM_CRASHED" in finding.reading.detail for finding in ward.told("xapi.alarm")))

    ward.do("sr.fill", sr=sr.uuid)
    await ward.finds("sr.full", f"{sr.name_label} is 100% full", Level.CRITICAL)

    ward.do("host.carrier", host=hosts[1].uuid, device="eth0", present=False)
    await ward.until(lambda: ward.told("network.no_link"))
    assert any(hosts[1] in finding.reading.where for finding in ward.told("network.no_link"))
