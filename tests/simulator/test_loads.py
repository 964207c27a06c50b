"""What guests and hosts are busy with: the same whoever asks, and when."""

import math
import time

import pytest

from tests.simulator.inside import NOON, built, vm_named
from xo_dash.simulator import loads, rrd, rrd_guest, rrd_host
from xo_dash.simulator.rrd_text import MODERN


async def test_a_host_is_as_busy_as_its_guests() -> None:
    pool = await built()
    for host in pool.hosts.values():
        view = rrd_host.view(pool, host.ref, NOON)
        moment = rrd.Moment(int(NOON), 5, view.guests)
        values = dict(zip(view.names, view.values(moment.time, moment.all()), strict=True))
        work = sum(load.cpu * guest.vcpus for guest, load in moment.all())
        assert values["cpu_avg"] == pytest.approx(min(0.995, work / view.cpus))
        assert values["cpu_avg"] == pytest.approx(sum(values[f"cpu{n}"] for n in range(view.cpus)) / view.cpus)
        assert 0 < values["memory_free_kib"] < values["memory_total_kib"]


async def test_one_vm_is_at_97_percent_for_ever() -> None:
    pool = await built()
    uuid = pool.db.get(vm_named(pool, "ci-runner-1"), "uuid")
    profile = loads.profile_of(pool, uuid)
    for day in range(0, 300, 7):
        assert 0.93 <= loads.load(profile, loads.seed_of(uuid), NOON - day * 86_000).cpu <= 1


@pytest.mark.parametrize("name", loads.PROFILES)
def test_an_average_is_about_the_mean_of_its_parts(name: str) -> None:
    profile = loads.PROFILES[name]
    for seed in (1, 2**40 + 7):
        fine = [loads.load(profile, seed, NOON + 5 * n).cpu for n in range(1, 721)]
        minutes = [loads.load(profile, seed, NOON + 60 * n, 60).cpu for n in range(1, 61)]
        assert all(0 <= value <= 1 for value in fine)
        assert sum(minutes) / 60 == pytest.approx(sum(fine) / 720, abs=0.03)


def test_days_differ_from_nights() -> None:
    web = loads.PROFILES["web"]
    night = [loads.load(web, 5, NOON - 10 * 3600 + n, 60).cpu for n in range(0, 3600, 60)]
    day = [loads.load(web, 5, NOON + n, 60).cpu for n in range(0, 3600, 60)]
    assert sum(day) > 1.5 * sum(night)


async def test_vcpus_that_are_not_online_are_measured_and_do_nothing() -> None:
    pool = await built(1, 4)
    vm = next(ref for ref, vm in pool.db.records("VM") if vm["power_state"] == "Running" and not vm["is_control_domain"])
    pool.db.set(vm, VCPUs_max=4)
    pool.db.set(pool.db.get(vm, "metrics"), VCPUs_number=1)
    guest = rrd_guest.guest(pool, vm, NOON)
    load = loads.load(guest.profile, guest.seed, NOON, 5)
    measured = dict(zip(guest.names, guest.values(load), strict=True))
    assert [measured[f"cpu{n}"] for n in range(4)] == [load.cpu, 0.0, 0.0, 0.0] and measured["cpu_usage"] == load.cpu
    assert "cpu4" not in measured
    await pool.close()


async def test_a_poll_of_a_hundred_vms_is_cheap() -> None:
    """Measured: 5 ms of processor time; what is asked of it: 20."""
    pool = await built(1, 115)
    host = pool.master
    best = math.inf
    for _ in range(5):
        began = time.thread_time()
        view = rrd_host.view(pool, host.ref, NOON)
        chosen = [rrd.of_host(view), *(rrd.of_guest(guest) for guest in view.guests)]
        rows = [row async for _, row in rrd.written(MODERN, chosen, view.guests, range(int(NOON), int(NOON) - 6, -5), 5)]
        best = min(best, time.thread_time() - began)
    assert len(view.guests) > 90 and len(rows) == 2
    assert best < 0.02
