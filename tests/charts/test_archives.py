"""The past as hosts keep it: in the forms that xapi has had, asked for once, and what is made of it."""

import asyncio
import json
import math
from array import array

import pytest

from data.archives import ArchiveData, ArchiveRange, aligned, of_host, of_pool, of_vm
from data.mirror import PoolMirror
from data.objects import SR, VM, Host, HostMetrics
from tests import fakes
from tests.sync.conftest import home, interpreter, pools, simulation, thawed
from tests.sync.house import House
from tests.waiting import until
from xo_dash.simulator.testing import SimulatedPool, Simulation
from xo_dash.sync.archives import Kept, Missing, NoDataReason
from xo_dash.xapi import archives
from xo_dash.xapi.errors import BadReply
from xo_dash.xapi.wire import Reply

__all__ = ["home", "interpreter", "pools", "simulation", "thawed"]

DAY = ArchiveRange(3600, 26)
VM_UUID = "760905a6-346e-c3ae-b488-3abb0de44377"
NAMES = ["cpu0", "memory", "runstate_blocked"]


def whole(*, text: bool) -> str:
    """A small RRD: three samples an hour apart by average and by the most, and one archive that nobody asked for."""
    rows = {
        "AVERAGE": [[0.1, 1.0, 1.0], [math.nan, 2.0, 1.0], [0.3, -1.0, 1.0]],
        "MAX": [[0.5, 1.0, 1.0], [math.nan, 2.0, 1.0], [0.6, 4.0, 1.0]],
    }
    rra = [{"cf": cf, "pdp_per_row": 720, "params": {"xff": 0.5}, "cdp_prep": {}, "database": data} for cf, data in rows.items()]
    rra.append({"cf": "AVERAGE", "pdp_per_row": 1, "params": {}, "cdp_prep": {}, "database": [[9.0, 9.0, 9.0]]})
    found = {"version": "0003", "step": 5, "lastupdate": 7300.0, "ds": [{"name": name} for name in NAMES], "rra": rra}
    bare = json.dumps(found)
    return json.dumps(json.loads(bare, parse_float=str, parse_int=str, parse_constant=str)) if text else bare


def xml() -> str:
    ds = "".join(f"<ds><name>{name}</name></ds>" for name in NAMES)
    rows = "".join(
        f"<row>{''.join(f'<v>{value}</v>' for value in row)}</row>" for row in ((0.1, 1.0, 1.0), ("NaN", 2.0, 1.0), (0.3, -1.0, 1.0))
    )
    rra = f"<rra><cf>AVERAGE</cf><pdp_per_row>720</pdp_per_row><database>{rows}</database></rra>"
    return f"<rrd><version>0003</version><step>5</step><lastupdate>7300</lastupdate>{ds}{rra}</rrd>"


def reply(body: str, status: int = 200) -> Reply:
    return Reply(status, "application/json", body.encode())


@pytest.mark.parametrize("body", [whole(text=True), whole(text=False), xml()], ids=["numbers as strings", "bare NaN", "XML"])
def test_a_whole_archive_gives_columns_with_gaps(body: str) -> None:
    past = archives.parse_whole(reply(body), 3600)
    assert past is not None and (past.step, past.first, past.length) == (3600, 0, 3)
    average = past.columns["AVERAGE"]
    assert set(average) == {"cpu0", "memory"}  # of what nobody draws nothing is kept
    assert average["cpu0"].tolist()[::2] == pytest.approx([0.1, 0.3]) and math.isnan(average["cpu0"][1])
    assert math.isnan(average["memory"][2])  # less than nothing was not measured


@pytest.mark.parametrize("body", ["{", "[]", "<rrd>", "<html/>", whole(text=True).replace('"0.1", ', "", 1)])
def test_what_is_no_archive_is_a_bad_reply(body: str) -> None:
    with pytest.raises(BadReply):
        archives.parse_whole(reply(body), 3600)


def test_a_missing_archive_is_nothing() -> None:
    assert archives.parse_whole(reply("", 404), 3600) is None
    assert archives.parse_whole(reply(xml()), 86400) is None


def test_updates_keep_least_and_most_and_fill_gaps() -> None:
    legend = [f"{cf}:vm:{VM_UUID}:cpu0" for cf in ("AVERAGE", "MIN", "MAX")] + ["AVERAGE:vm:other:cpu0"]
    data = [{"t": t, "values": [t / 1e5, 0.0, 1.0, 0.5]} for t in (14400, 7200, 3600)]
    past = archives.parse_updates(reply(json.dumps({"meta": {"legend": legend}, "data": data})), (VM_UUID,), 3600)
    assert past is not None and (past.first, past.length) == (3600, 4)
    (whole,) = of_vm(past)["cpu"][""]
    assert math.isnan(whole.values[2]) and whole.high is not None and whole.high[0] == 1.0


def past(first: int, **columns: list[float]) -> ArchiveData:
    return ArchiveData(60, first, {"AVERAGE": {name: array("f", values) for name, values in columns.items()}})


def test_vcpus_that_are_not_online_do_not_dilute_an_archive() -> None:
    told = past(60, cpu0=[1.0, math.nan], cpu1=[0.0, math.nan], cpu_usage=[1.0, math.nan])
    older = past(60, cpu0=[1.0, math.nan], cpu1=[0.0, math.nan])
    for busy, least in ((of_vm(told, 1)["cpu"][""][0], None), (of_vm(older, 1)["cpu"][""][0], None)):
        assert list(busy.values) == pytest.approx([1.0, math.nan], nan_ok=True) and busy.low is least
    assert of_vm(older)["cpu"][""][0].values[0] == 0.5


def test_hosts_are_added_up_over_the_same_times() -> None:
    one = past(60, cpu0=[0.0, 0.5], memory_total_kib=[4.0, 4.0], memory_free_kib=[2.0, 1.0])
    other = past(120, cpu0=[1.0, 1.0], cpu1=[1.0, 0.0], memory_total_kib=[8.0, 8.0], memory_free_kib=[8.0, math.nan])
    assert [each.first for each in aligned([one, other])] == [60, 60]
    panels = of_pool([one, other])
    assert panels["cpu"][""][0].values.tolist() == pytest.approx([0.0, 2.5 / 3, 0.5])  # by CPUs, not by hosts
    used, size = panels["memory"][""]
    assert used.values.tolist()[:2] == [2 * 1024, 3 * 1024] and size.values.tolist() == [4096, 12 * 1024, 8192]


def test_the_same_bytes_are_not_counted_twice() -> None:
    host = past(60, pif_eth0_rx=[1.0], pif_eth1_rx=[2.0], pif_bond0_rx=[3.0])
    panels = of_host(host)["net"]
    assert panels[""][0].values.tolist() == [3.0] and set(panels) == {"", "eth0", "eth1", "bond0"}


async def test_who_asks_for_the_same_waits_for_one_request() -> None:
    kept: Kept[int] = Kept()
    asked, go = [], asyncio.Event()

    async def make() -> int:
        asked.append(1)
        await go.wait()
        return 7

    waiting = [asyncio.create_task(kept.get("x", lambda: math.inf, make)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # one who leaves takes it from nobody
    go.set()
    assert await asyncio.gather(*waiting[1:]) == [7, 7]
    assert await kept.get("x", lambda: math.inf, make) == 7 and asked == [1]


async def test_a_day_of_a_vm_comes_from_its_host_and_that_of_a_halted_one_from_the_master(home: House, pools: list[SimulatedPool]) -> None:
    pool = await home.live(await home.add(pools[0]))
    await until(lambda: pool.all(VM) and pool.all(Host))
    vms = [vm for vm in pool.all(VM).values() if not (vm.is_a_template or vm.is_control_domain or vm.is_a_snapshot)]
    running = [vm for vm in vms if vm.power_state == "Running"]
    for vm in running:
        found = await home.servers.archives.of_vm(vm, DAY)
        panels = of_vm(found.pasts[0])
        assert {"cpu", "memory", "disk", "net", "iops", "latency"} <= panels.keys()
    for vm in vms:
        if vm.power_state == "Halted":
            try:
                await home.servers.archives.of_vm(vm, DAY)
            except Missing as missing:
                assert missing.why is NoDataReason.NOTHING


async def test_a_pool_is_the_sum_of_its_hosts_and_an_sr_what_they_do_with_it(home: House, pools: list[SimulatedPool]) -> None:
    pool = await home.live(await home.add(pools[0]))
    await until(lambda: len(pool.all(Host)) == 2 and pool.all(SR))
    found = await home.servers.archives.of_pool(pool, DAY)
    assert len(found.pasts) == 2 and not found.away
    assert {"cpu", "memory", "net", "disk"} <= of_pool(found.pasts).keys()
    shared = next(sr for sr in pool.all(SR).values() if sr.shared and sr.content_type != "iso")
    assert len((await home.servers.archives.of_sr(shared, DAY)).pasts) >= 2


async def test_a_host_that_is_away_is_named(home: House, pools: list[SimulatedPool]) -> None:
    pool = await home.live(await home.add(pools[0]))
    await until(lambda: len(pool.all(Host)) == 2)
    host = next(iter(pool.all(Host).values()))
    metrics = pool.one(HostMetrics, host.metrics)
    assert metrics is not None
    fakes.change(home.mirror, metrics, live=False)
    with pytest.raises(Missing) as missing:
        await home.servers.archives.of_host(host, DAY)
    assert (missing.value.why, missing.value.name) == (NoDataReason.HOST, host.name_label)
    found = await home.servers.archives.of_pool(pool, DAY)
    assert list(found.away) == [host.name_label] and len(found.pasts) == 1


async def test_a_pool_that_is_away_is_named(home: House, simulation: Simulation) -> None:
    pool: PoolMirror = await home.live(await home.add(simulation.pool))
    await until(lambda: pool.all(Host))
    host = next(iter(pool.all(Host).values()))
    await home.servers.enable(pool.id, False)
    with pytest.raises(Missing) as missing:
        await home.servers.archives.of_host(host, DAY)
    assert missing.value.why is NoDataReason.POOL
