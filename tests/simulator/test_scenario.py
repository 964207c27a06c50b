"""A day as data: what it does, who reads it, and what is said of one that makes no sense."""

import itertools
import logging
from pathlib import Path

import pytest

from tests.simulator.inside import built, vm_named
from xo_dash.simulator import admin_api, life, rrd_guest, scenario
from xo_dash.simulator.database import Interest
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.scenario import Scenario

MINUTE = 60.0


def written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "day.toml"
    file.write_text(text)
    return str(file)


async def played(pool: Pool, day: Scenario, seconds: float) -> None:
    pool.spawn(scenario.play(day, pool))
    for _ in range(int(seconds / 10)):
        await pool.clock.advance(10)


async def test_steps_happen_at_their_time_and_again(tmp_path: Path) -> None:
    day = scenario.read(written(tmp_path, """
        lasts = "2:00"
        [[step]]
        at = "0:20"
        do = "sr.fill"
        sr = "nfs-vault"
        [[step]]
        at = 60
        do = "sr.drain"
        sr = "nfs-vault"
    """))  # fmt: skip
    pool = await built()
    (sr,) = pool.db.find("SR", name_label="nfs-vault")
    before, size = pool.db.get(sr, "physical_utilisation"), pool.db.get(sr, "physical_size")
    pool.spawn(scenario.play(day, pool))
    for _round in range(2):
        await pool.clock.advance(30)
        assert pool.db.get(sr, "physical_utilisation") == size
        await pool.clock.advance(90)
        assert pool.db.get(sr, "physical_utilisation") == before
    await pool.close()


async def test_a_list_of_vms_is_one_after_the_other(tmp_path: Path) -> None:
    text = '[[step]]\nat = 5\ndo = "vm.power_off"\nvm = ["web-1", "git"]\napart = 30'
    pool = await built()
    pool.spawn(scenario.play(scenario.read(written(tmp_path, text)), pool))
    await pool.clock.advance(10)
    assert [pool.db.get(vm_named(pool, name), "power_state") for name in ("web-1", "git")] == ["Halted", "Running"]
    await pool.clock.advance(30)
    assert pool.db.get(vm_named(pool, "git"), "power_state") == "Halted"
    await pool.close()


@pytest.mark.parametrize(("text", "said"), [
    ("[[step]", "Expected"), ("colour = 1", "no colour"), ('[[step]]\nat = 1', "a verb, do"),
    ('[[step]]\nat = "noon"\ndo = "vm.crash"\nvm = "x"', "is no time"),
    ('[[step]]\nat = 1\ndo = "vm.fly"\nvm = "x"', "there is no 'vm.fly'"),
    ('[[step]]\nat = 1\ndo = "vm.crash"', "needs vm"), ('[[step]]\nat = 1\ndo = "vm.crash"\nvm = 7', "is a text, not 7"),
    ('[[step]]\nat = 1\ndo = "vm.crash"\nvm = "x"\nhow = "loud"', "takes no how"),
    ('lasts = 5\n[[step]]\nat = 10\ndo = "vm.crash"\nvm = "x"', "but a step is at 10 s"),
])  # fmt: skip
def test_what_makes_no_sense_is_said_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        scenario.read(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_names_the_scenarios() -> None:
    with pytest.raises(ValueError, match="there are a-day"):
        scenario.read("/nowhere/day.toml")


async def test_a_name_that_nobody_has_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pool = await built(vms=3)
    day = scenario.read(written(tmp_path, '[[step]]\nat = 1\ndo = "vm.crash"\nvm = "nobody"'))
    with caplog.at_level(logging.WARNING):
        await played(pool, day, 60)
    assert [record.getMessage() for record in caplog.records] == ["day: vm.crash: there is no VM 'nobody' in lab-pool"]
    caplog.clear()
    await pool.close()


async def test_traffic_and_memory_of_a_busy_vm_are_measured_and_its_past_is_not(tmp_path: Path) -> None:
    pool = await built()
    vm = vm_named(pool, "vault")
    before = pool.clock.now()
    admin_api.perform(pool, "vm.busy", {"vm": "vault", "memory": 0.6, "rise": 60, "written": 100, "seconds": 120})
    await pool.clock.advance(90)
    guest = rrd_guest.guest(pool, vm, pool.clock.now())
    usual, high = guest.load(before, 5), guest.load(pool.clock.now(), 5)
    assert usual and high and high.written > usual.written + 80e6 and high.memory > usual.memory + 0.4
    await pool.clock.advance(60)
    later = rrd_guest.guest(pool, vm, pool.clock.now()).load(pool.clock.now(), 5)
    assert later and later.written < 80e6
    await pool.close()


async def test_the_demos_day_has_always_something_to_tell() -> None:
    """Nothing of it is refused for a name, something happens within any two minutes, and a second round finds the pool as the first did."""
    day = scenario.read("a-day")
    assert day.life
    pool = await built(seed="0/0")
    pool.start()
    pool.spawn(life.live(pool))
    pool.spawn(scenario.play(day, pool))
    token, moments, disabled = pool.db.generation, [0.0], 0
    down = silent = 0
    for second in range(0, int(day.lasts), 10):
        await pool.clock.advance(10)
        seen = pool.db.changes(token, Interest(frozenset({"vm", "sr", "host", "pif_metrics"})))
        token = seen.last
        if seen.modified:
            moments.append(second)
        disabled += any(not host["enabled"] for _, host in pool.db.records("host"))
        down += any(pif["device"] == "eth1" and not pool.db.get(pif["metrics"], "carrier") for _, pif in pool.db.records("PIF"))
        vm = next(vm for _, vm in pool.db.records("VM") if vm["name_label"] == "prometheus")
        silent += vm["power_state"] == "Running" and not pool.db.get(vm["guest_metrics"], "PV_drivers_version")
    assert max(b - a for a, b in itertools.pairwise(moments)) <= 2 * MINUTE
    assert disabled and down and silent
    names = {record["name"] for _, record in pool.messages.items()}
    assert {"VM_CRASHED", "ALARM"} <= names
    assert all(host["enabled"] for _, host in pool.db.records("host"))
    assert not [vm["name_label"] for _, vm in pool.db.records("VM") if vm["is_a_snapshot"] and vm["name_label"].startswith("backup ")]
    await pool.close()
