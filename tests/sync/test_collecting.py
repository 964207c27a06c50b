"""Measurements on their way into the history."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from data.changes import Event, Operation
from data.history import LENGTH, STEP
from data.mirror import Mirror, PoolMirror
from data.objects import VM, Host, HostMetrics, PowerState
from data.server import Server, ServerState
from data.types import Ref
from tests.sync.house import House
from tests.waiting import until
from xo_dash.simulator.testing import SimulatedPool
from xo_dash.sync.metrics import Collector
from xo_dash.sync.rounds import IDLE_ROUND, IN_LINE, Rounds
from xo_dash.xapi.errors import BadReply, BadStatus, Unreachable
from xo_dash.xapi.wire import Reply

AHEAD = 3600.0  # seconds: the hosts' clock is an hour ahead of ours


class Hosts:
    """The connection to two hosts which measure the VMs that stand beside their addresses."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], str]] = []
        self.now = (time.time() + AHEAD) // STEP * STEP
        self.vms = {"10.0.0.1": "vm-1", "10.0.0.2": "vm-2"}
        self.names_known = 100  # of those in one question
        self.problem: Exception | None = None
        self.samples_ahead = 0.0
        self.hold = asyncio.Event()
        self.hold.set()

    async def text(self, method: str, ref: str, within: float) -> str:
        assert method == "host.get_servertime"
        return time.strftime("%Y%m%dT%H:%M:%SZ", time.gmtime(self.now))

    async def get(self, host: str, path: str, params: Mapping[str, Any], use: Callable[[Reply], Any], *, accept: str) -> Any:
        self.asked.append((host, dict(params), accept))
        await self.hold.wait()
        if self.problem is not None:
            raise self.problem
        first = max(int(params["start"]), int(self.now - (LENGTH - 1) * STEP))
        times = range(int(self.now), 0, -int(STEP))[:LENGTH]
        there, named = self.vms[host].split(), params.get("vm_uuid")
        measured = {f"AVERAGE:vm:{vm}:cpu0": "0.5" for vm in there if named is None or vm in named[: self.names_known]}
        if "host" in params and self.vms[host]:
            measured[f"AVERAGE:host:host-{host[-1]}:cpu0"] = "0.25"
        data = [{"t": str(t + self.samples_ahead), "values": [*measured.values()]} for t in times if t >= first and measured]
        body = json.dumps({"meta": {"legend": [*measured]}, "data": data}).encode()
        return use(Reply(200, "application/json", body))


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    yield Hosts()


@pytest.fixture
async def mirror() -> AsyncIterator[PoolMirror]:
    pool = Mirror().add(Server(id="1", label="", address="", state=ServerState.LIVE))
    rows: list[Event] = []
    for number in (1, 2):
        metrics, host, vm = (Ref(f"{kind}-{number}") for kind in ("m", "h", "v"))
        rows.append(Event(HostMetrics, Operation.ADD, metrics, HostMetrics(uuid=f"metrics-{number}", live=True)))
        rows.append(Event(Host, Operation.ADD, host, Host(uuid=f"host-{number}", address=f"10.0.0.{number}", metrics=metrics)))
        rows.append(Event(VM, Operation.ADD, vm, VM(uuid=f"vm-{number}", resident_on=host)))
    pool.apply(rows)
    yield pool


def collector_of(mirror: PoolMirror, hosts: Hosts) -> Collector:
    return Collector(mirror, hosts)  # type: ignore[arg-type]  # as much of a connection as it needs


async def test_ten_minutes_are_fetched_by_the_hosts_own_clock(mirror: PoolMirror, hosts: Hosts) -> None:
    collector = collector_of(mirror, hosts)
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 4)
    for _host, params, accept in hosts.asked:
        assert abs(int(params["start"]) - (hosts.now - (LENGTH - 1) * STEP)) < 2 * STEP
        assert (params["interval"], params["cf"], params["host"], params["json"]) == ("5", "AVERAGE", "true", "true")
        assert accept == "application/json"
    points = mirror.history.series("vm-1")["cpu"].points()
    assert len(points) >= LENGTH - 2 and points[-1] == (hosts.now, 0.5)
    assert mirror.history.loads["host-2"].cpu == 0.25
    collector.stop()


def ago(collector: Collector, seconds: float = 100.0) -> None:
    """Its hosts were asked so many seconds before now."""
    for asked in collector._hosts.values():
        asked.began -= seconds


async def test_the_next_round_asks_for_the_rest_only(mirror: PoolMirror, hosts: Hosts) -> None:
    collector = collector_of(mirror, hosts)
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 4)
    end = hosts.now
    hosts.now += 2 * STEP
    ago(collector)
    hosts.asked.clear()
    await collector.tick()
    await until(lambda: mirror.history.series("vm-2")["cpu"].end == end + 2 * STEP)
    assert {params["start"] for _host, params, _accept in hosts.asked} == {str(int(end) + 1)}
    assert len(mirror.history.series("vm-2")["cpu"].points()) <= LENGTH
    collector.stop()


async def test_the_first_ten_minutes_of_many_hosts_are_asked_for_in_line(mirror: PoolMirror, hosts: Hosts) -> None:
    rounds = Rounds()
    for _host in range(IN_LINE - 1):
        await rounds.line.acquire()  # hosts of other pools
    hosts.hold.clear()
    collector = Collector(mirror, hosts, rounds=rounds)  # type: ignore[arg-type]  # as above
    await collector.tick()
    await until(lambda: hosts.asked)
    await collector.tick()
    assert len(hosts.asked) == 1
    hosts.hold.set()
    await until(lambda: len(mirror.history.loads) == 4)
    assert len(hosts.asked) == 2
    collector.stop()


async def test_rounds_are_slow_until_somebody_looks(mirror: PoolMirror, hosts: Hosts) -> None:
    collector = collector_of(mirror, hosts)
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 4)
    ago(collector, STEP)
    await collector.tick()
    await asyncio.sleep(0.05)
    assert len(hosts.asked) == 2
    told: list[frozenset[str]] = []
    hosts.now += STEP
    unsubscribe = mirror.history.observe(told.append)
    await until(lambda: told)
    assert told == [{"vm-1", "vm-2", "host-1", "host-2"}]  # both hosts in one
    unsubscribe()
    assert not mirror.history.is_watched
    collector.stop()


async def test_only_where_somebody_looks_rounds_are_short(mirror: PoolMirror, hosts: Hosts) -> None:
    collector = collector_of(mirror, hosts)
    first: list[frozenset[str]] = []
    mirror.history.judge(first.append)
    await collector.tick()
    await until(lambda: first)
    ago(collector, STEP)
    hosts.now += STEP
    hosts.asked.clear()
    told: list[frozenset[str]] = []
    unsubscribe = mirror.history.observe(told.append, frozenset({"vm-1"}))
    await until(lambda: told)
    assert [host for host, _params, _accept in hosts.asked] == ["10.0.0.1"] and told == [{"vm-1", "host-1"}]
    mirror.history.publish(frozenset({"vm-2"}))
    assert len(told) == 1, "others are not heard of"
    unsubscribe()
    collector.stop()


async def test_what_nobody_looks_at_waits_for_a_slow_round_and_lacks_nothing_then(mirror: PoolMirror, hosts: Hosts) -> None:
    collector = collector_of(mirror, hosts)
    unsubscribe = mirror.history.observe(lambda _fresh: None, frozenset({"vm-1"}))
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 4)
    end = hosts.now
    for _round in range(2):
        hosts.now += STEP
        ago(collector, STEP)
        hosts.asked.clear()
        await collector.tick()
        await until(lambda: mirror.history.series("vm-1")["cpu"].end == hosts.now)
        assert mirror.history.series("host-1")["cpu"].end == end
        assert [params["start"] for _host, params, _accept in hosts.asked] == [str(int(hosts.now - STEP) + 1)]
    hosts.now += STEP
    collector._hosts[Ref("h-1")].all_at -= IDLE_ROUND
    ago(collector, STEP)
    await collector.tick()
    await until(lambda: mirror.history.series("host-1")["cpu"].end == hosts.now)
    moments = [[t for t, _value in mirror.history.series(uuid)["cpu"].points()] for uuid in ("host-1", "vm-1")]
    assert moments[0] == moments[1]
    unsubscribe()
    collector.stop()


@pytest.mark.parametrize("names_known", [100, 1])
async def test_what_somebody_looks_at_is_asked_for_by_name(mirror: PoolMirror, hosts: Hosts, names_known: int) -> None:
    """Of a host that knows one name alone everything is asked for."""
    host = Ref("h-1")
    for number in (3, 4):
        mirror.apply([Event(VM, Operation.ADD, Ref(f"v-{number}"), VM(uuid=f"vm-{number}", resident_on=host))])
    hosts.vms["10.0.0.1"] = "vm-1 vm-3 vm-4"
    collector = collector_of(mirror, hosts)
    unsubscribe = mirror.history.observe(lambda _fresh: None, frozenset({"vm-1", "vm-3"}))
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 6)
    hosts.names_known = names_known
    asked_for = []
    for _round in range(2):
        hosts.now += STEP
        ago(collector, STEP)
        hosts.asked.clear()
        await collector.tick()
        await until(lambda: all(mirror.history.series(vm)["cpu"].end == hosts.now for vm in ("vm-1", "vm-3")))
        asked_for.append([params.get("vm_uuid", "all") for _host, params, _accept in hosts.asked])
    named = ["vm-1", "vm-3"]
    assert asked_for == ([[named], [named]] if names_known > 1 else [[named, "all"], ["all"]])
    unsubscribe()
    collector.stop()


async def test_a_vm_that_is_not_measured_yet_costs_one_question_more_and_is_seen_when_it_is(mirror: PoolMirror, hosts: Hosts) -> None:
    mirror.apply([Event(VM, Operation.ADD, Ref("v-3"), VM(uuid="vm-3", resident_on=Ref("h-1")))])  # it is starting
    collector = collector_of(mirror, hosts)
    unsubscribe = mirror.history.observe(lambda _fresh: None, frozenset({"vm-1", "vm-3"}))
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 4)
    asked_for = []
    for there in ("vm-1", "vm-1", "vm-1 vm-3", "vm-1", "vm-1"):
        hosts.vms["10.0.0.1"] = there
        hosts.now += STEP
        ago(collector, STEP)
        hosts.asked.clear()
        await collector.tick()
        await until(lambda: mirror.history.series("vm-1")["cpu"].end == hosts.now)
        assert ("vm-3" in mirror.history.loads) == ("vm-3" in there)
        asked_for.append([params.get("vm_uuid", "all") for _host, params, _accept in hosts.asked])
    named = ["vm-1", "vm-3"]
    assert asked_for == [[named, "all"], [named], [named], [named, "all"], [named]]
    unsubscribe()
    collector.stop()


async def test_a_slow_host_is_asked_once(mirror: PoolMirror, hosts: Hosts) -> None:
    collector = collector_of(mirror, hosts)
    hosts.hold.clear()
    for _number in range(3):
        ago(collector)
        await collector.tick()
        await asyncio.sleep(0)
    await asyncio.sleep(0.02)
    assert len(hosts.asked) == 2
    hosts.hold.set()
    await until(lambda: mirror.history.loads)
    collector.stop()


async def test_what_stopped_has_no_load_and_what_moved_keeps_one(mirror: PoolMirror, hosts: Hosts) -> None:
    collector = collector_of(mirror, hosts)
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 4)
    hosts.vms = {"10.0.0.1": "vm-2", "10.0.0.2": ""}  # vm-1 was shut down, vm-2 moved
    hosts.now += STEP
    ago(collector)
    await collector.tick()
    await until(lambda: "vm-1" not in mirror.history.loads)
    assert "vm-2" in mirror.history.loads
    assert mirror.history.series("vm-1")["cpu"].points()
    collector.stop()


async def test_a_host_that_is_dead_or_a_pool_that_is_gone_is_not_asked(mirror: PoolMirror, hosts: Hosts) -> None:
    next(iter(mirror.all(HostMetrics).values())).live = False
    mirror.all(Host)[Ref("h-2")].metrics = Ref("gone")  # no row says that it is
    collector = collector_of(mirror, hosts)
    await collector.tick()
    await until(lambda: mirror.history.loads)
    assert [host for host, _params, _accept in hosts.asked] == ["10.0.0.2"]
    mirror.server.state = ServerState.UNREACHABLE
    ago(collector)
    await collector.tick()
    await asyncio.sleep(0.02)
    assert len(hosts.asked) == 1
    collector.stop()


async def test_json_that_cannot_be_read_is_asked_for_in_xml(mirror: PoolMirror, hosts: Hosts) -> None:
    collector = collector_of(mirror, hosts)
    for problem in (BadStatus(401), BadReply("no JSON"), Unreachable("gone")):
        hosts.problem = problem
        ago(collector)
        for asked in collector._hosts.values():
            asked.rest_until = 0.0
        await collector.tick()
        await until(lambda: all(not asked.busy for asked in collector._hosts.values()))
    assert [(accept, "json" in params) for _host, params, accept in hosts.asked] == [("application/json", True)] * 4 + [
        ("text/xml", False)
    ] * 2
    collector.stop()


async def test_samples_of_what_is_destroyed_are_forgotten(mirror: PoolMirror, hosts: Hosts) -> None:
    mirror.history.put("gone", "cpu", time.time(), 0.5)
    collector = collector_of(mirror, hosts)
    collector._last_clearing = -100.0
    await collector.tick()
    await until(lambda: not mirror.history.series("gone"))
    collector.stop()


async def test_a_simulated_pool_is_measured(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool))
    unsubscribe = mirror.history.observe(lambda _uuids: None)
    running = [vm for vm in mirror.all(VM).values() if vm.power_state is PowerState.RUNNING]
    await until(lambda: all(vm.uuid in mirror.history.loads for vm in running))
    for host in mirror.all(Host).values():
        load = mirror.history.loads[host.uuid]
        assert 0 <= load.cpu <= 1 and load.memory_used > 0
    for vm in running:
        assert 0 <= mirror.history.loads[vm.uuid].cpu <= 1
        assert mirror.history.series(vm.uuid)["memory_used"].points()
    unsubscribe()


async def test_a_host_that_fails_again_and_again_is_left_alone_for_longer(mirror: PoolMirror, hosts: Hosts) -> None:
    collector = collector_of(mirror, hosts)
    hosts.problem = Unreachable("gone")
    for _number in range(6):
        ago(collector)
        await collector.tick()
        await until(lambda: not any(asked.busy for asked in collector._hosts.values()))
    assert len(hosts.asked) == 4, "each twice: the first failure is forgiven"
    hosts.problem = None
    for asked in collector._hosts.values():
        asked.rest_until = 0.0
    ago(collector)
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 4)
    assert all(asked.failures == 0 for asked in collector._hosts.values())
    collector.stop()


async def test_the_clock_of_each_host_is_compared_with_ours(mirror: PoolMirror, hosts: Hosts) -> None:
    collector = collector_of(mirror, hosts)
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 4)
    clocks = mirror.history.clocks.values()
    assert len(clocks) == 2 and all(abs(clock.ahead - AHEAD) < 2 * STEP and 0.5 <= clock.doubt < STEP for clock in clocks)
    collector.stop()


YEAR = 365 * 86400.0


async def test_samples_of_the_future_are_not_believed_and_do_not_hide_the_others(mirror: PoolMirror, hosts: Hosts) -> None:
    hosts.samples_ahead = YEAR
    collector = collector_of(mirror, hosts)
    await collector.tick()
    await until(lambda: collector._hosts and all(asked.failures for asked in collector._hosts.values()))
    assert not mirror.history.loads
    hosts.samples_ahead = 0.0
    ago(collector)
    for asked in collector._hosts.values():
        asked.rest_until = 0.0
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 4)
    collector.stop()


async def test_a_clock_that_was_set_back_is_followed(mirror: PoolMirror, hosts: Hosts) -> None:
    right, hosts.now = hosts.now, hosts.now + YEAR // STEP * STEP
    collector = collector_of(mirror, hosts)
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 4)
    hosts.now = right
    ago(collector)
    for asked in collector._hosts.values():
        asked.clock_at = -1e6
    await collector.tick()
    await until(lambda: mirror.history.series("vm-1").get("cpu") and mirror.history.series("vm-1")["cpu"].end == right)
    collector.stop()


async def test_measurements_of_what_is_not_in_the_pool_are_not_kept(mirror: PoolMirror, hosts: Hosts) -> None:
    hosts.vms["10.0.0.1"] = "made-up"
    collector = collector_of(mirror, hosts)
    await collector.tick()
    await until(lambda: len(mirror.history.loads) == 3)
    assert not mirror.history.series("made-up")
    collector.stop()
