"""Rolling runs: what stands against one, what it decides, host after host over the wire, a host that does not return, our restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from data.facts.host import needs_reboot
from data.facts.pool import is_master
from data.failover import HostRoom, Survey
from data.mirror import Mirror
from data.objects import PBD, VM, Host, HostMetrics, Pool, Repository
from data.server import ServerState
from data.stores.directory import DataDirectory
from data.stores.users import Role
from data.stores.vault import Vault
from data.types import Ref
from tests import fakes
from tests.control.fake_pool import Users, ends_at_once, user
from tests.control.wired import Wired, wired
from tests.migration.pools import House, machine
from tests.networks.place import Place
from tests.pools.rolling_checks import checks, refused
from xo_dash.control.audit import Audit
from xo_dash.control.host.apply_updates import ApplyUpdates
from xo_dash.control.host.departures import LeavingVM
from xo_dash.control.host.power import BOOTS_WITHIN
from xo_dash.control.resume.files import RunFiles
from xo_dash.control.rolling.check import Gravity
from xo_dash.control.rolling.checks import assessing
from xo_dash.control.rolling.engine import RollingRuns
from xo_dash.control.rolling.found import BACK
from xo_dash.control.rolling.pauses import FIRST_DONE, NOBODY, NOT_DONE, PAUSED, answers_to, reason_of
from xo_dash.control.rolling.phases import INSTALL, REBOOT
from xo_dash.control.rolling.readiness import obstacles_of
from xo_dash.control.rolling.request import RollHosts, action_of, hosts_in, pinned, request_for
from xo_dash.control.rolling.state import HostTurn, Rolling, RollingFiles, TurnState
from xo_dash.control.runner import Runner
from xo_dash.control.task_waiter import Connections
from xo_dash.simulator.testing import simulated
from xo_dash.xapi.errors import XapiFailure

EVE = user(Role.ADMIN, "eve")


def house() -> tuple[House, Pool]:
    made = House()
    pool = next(iter(made.lab.home.all(Pool).values()))
    made.lab.change(pool, master=made.one.ref)
    return made, pool


# ---- before it starts


def test_the_master_is_first_and_hosts_can_be_left_out() -> None:
    made, pool = house()
    assert [host.name_label for host in hosts_in(RollHosts(), pool)] == ["one", "two"]
    assert [host.name_label for host in hosts_in(RollHosts(left_out=(made.one.uuid,)), pool)] == ["two"]
    assert str(refused(RollHosts(left_out=(made.one.uuid, made.two.uuid)), pool)) == "all hosts are left out"


def test_what_has_to_be_resolved_comes_first_then_what_is_decided_then_what_is_automatic() -> None:
    made, pool = house()
    vm = machine(made.lab, made.one, made.local, made.lan)
    made.lab.change(vm, allowed_operations=vm.allowed_operations | {"suspend", "clean_shutdown"})
    metrics = made.lab.home.one(HostMetrics, made.two.metrics)
    assert metrics is not None
    made.lab.change(pool, other_config={"auto_poweron": "true"})
    found = checks(RollHosts(), pool)
    assert [(one.gravity, str(one.what)) for one in found if one.gravity is not Gravity.FINE] == [
        (Gravity.DECIDED, "web-1 cannot leave one"), (Gravity.AUTOMATIC, "Auto-start of the pool is on"),
    ]  # fmt: skip
    assert (found[0].how, found[0].ways) == ("suspend", ["suspend", "shut_down"])
    assert [one.how for one in request_for(RollHosts(), made.one).vms] == ["suspend"]
    assert refused(RollHosts(), pool) is None
    made.lab.change(metrics, live=False)
    assert str(refused(RollHosts(), pool)) == "two does not respond"
    assert str(refused(RollHosts(update=True, left_out=(made.two.uuid,)), pool)) == "one has no updater plugin"


def test_a_vm_that_nothing_can_be_done_to_blocks_it() -> None:
    made, pool = house()
    machine(made.lab, made.one, made.local, made.lan)
    assert str(refused(RollHosts(), pool)) == "web-1 cannot leave one"


async def test_what_the_pool_itself_says_comes_besides_unless_it_is_decided() -> None:
    made, pool = house()
    vm = machine(made.lab, made.one, made.shared, made.lan)
    for host in (made.one, made.two):
        made.lab.change(host, software_version={"product_brand": "XCP-ng"})
    made.lab.answers["pool.check_update_readiness"] = [
        ["HA_IS_ENABLED"], ["LICENCE_RESTRICTION", "updates"], ["VM_LACKS_FEATURE", vm.ref], ["VM_LACKS_FEATURE", vm.ref], [],
        ["HOST_HAS_NO_MANAGEMENT_IP", made.two.ref],
    ]  # fmt: skip
    asked = RollHosts(update=True)
    told = await obstacles_of(lambda _server: made.lab, asked, pool)

    def blocks(request: RollHosts) -> list[str]:
        return [str(one.what) for one in checks(request, pool, told) if one.gravity is Gravity.BLOCKS]

    assert refused(asked, pool) is None and blocks(asked) == [
        "The pool is not ready for updates", "web-1 cannot leave one", "two is not ready for updates",
    ]  # fmt: skip
    decided = msgspec.structs.replace(asked, vms=(LeavingVM(vm=vm.uuid, how="shut_down"),), left_out=(made.two.uuid,))
    assert blocks(decided) == ["The pool is not ready for updates"]
    made.lab.answers["pool.check_update_readiness"] = XapiFailure("MESSAGE_METHOD_UNKNOWN", ["pool.check_update_readiness"])
    for answer in (made.lab.answers["pool.check_update_readiness"], "ready", [[1]]):
        made.lab.answers["pool.check_update_readiness"] = answer
        assert await obstacles_of(lambda _server: made.lab, asked, pool) == ()
    assert await obstacles_of(lambda _server: made.lab, RollHosts(), pool) == ()


def test_many_hosts_are_judged_one_after_the_other_each_looked_up_once() -> None:
    (home,) = fakes.fleet(hosts=20, vms=200)
    (pool,) = home.all(Pool).values()
    survey = Survey()
    room = HostRoom(home.all(Host).values(), survey)
    assert HostRoom(home.all(Host).values(), survey).free == room.free == HostRoom(home.all(Host).values()).free
    room.put(next(iter(home.all(VM).values())), next(iter(room.free)))
    assert room.free != HostRoom(home.all(Host).values(), survey).free, "what is put into one is in no other"
    steps = assessing(RollHosts(), pool)
    assert sum(1 for _step in steps) == 20 + 2 * 20


def test_how_far_it_is_comes_back_from_the_disk(tmp_path: Path) -> None:
    files = RollingFiles(tmp_path)
    made = Rolling(id="1-a", pool="lab", pool_uuid="u", user_id="x", user_name="eve", request=RollHosts(update=True), turns=[], began=1.0)
    files.write(made)
    assert list(files.read()) == [made]
    files.forget(made)
    assert list(files.read()) == []


def test_what_a_xenserver_pool_lacks_is_said_with_what_mends_it() -> None:
    place = Place()
    for host in place.hosts:
        place.fake.change(host, software_version={"product_brand": "XenServer"}, latest_synced_updates_applied="no")
    asked = RollHosts(update=True)

    def worst() -> list[tuple[str, str]]:
        found = checks(asked, place.pool)
        assert refused(asked, place.pool) is None or found[0].gravity is Gravity.BLOCKS
        return [(str(one.what), one.fix[0].id if one.fix is not None else "") for one in found if one.gravity is not Gravity.FINE]

    assert worst() == [("The pool has no update repository", "pool.set_repositories")]
    used = place.put(Repository(name_label="normal", update=True))
    place.fake.change(place.pool, repositories=[used.ref])
    assert worst() == [("The pool has not synchronized its updates", "pool.sync_updates")]
    place.fake.change(used, hash="abc")
    place.fake.change(place.pool, update_sync_enabled=True)
    place.fake.change(place.hosts[1], pending_guidances=["restart_toolstack"])
    assert worst() == [("host-2 has not finished earlier updates", "host.restart_agent"), ("Updates are synchronized automatically", "")]
    place.fake.change(place.hosts[1], pending_guidances=["reboot_host"], latest_synced_updates_applied="yes")
    place.fake.change(place.hosts[2], latest_synced_updates_applied="yes")
    assert worst() == [("Updates are synchronized automatically", "")]
    ways = [(host.name_label, action_of(asked, host).id) for host in hosts_in(asked, place.pool)]
    assert sorted(ways) == [("host-1", "host.apply_updates"), ("host-2", "host.reboot")]  # the third has all of them
    asked = pinned(asked, place.pool)
    place.fake.change(used, hash="another, meanwhile")
    wish = request_for(asked, place.hosts[0])
    assert isinstance(wish, ApplyUpdates) and wish.checksum == "abc"
    for host in place.hosts:
        place.fake.change(host, latest_synced_updates_applied="")
    assert worst()[0] == ("host-1 has no updater plugin", "")


# ---- on a simulated pool


@asynccontextmanager
async def rolling_in(bench: Wired) -> AsyncIterator[RollingRuns]:
    users = Users({EVE.id: bench.hire(EVE)})
    engine = RollingRuns(bench.mirror, bench.runner, bench.connections, users, bench.folder)
    try:
        yield engine
    finally:
        await engine.stop()


async def until(engine: RollingRuns, true: Callable[[], bool], seconds: float = 60.0) -> None:
    stirred = asyncio.Event()
    unsubscribe = engine.observe(lambda _rolling: stirred.set())
    try:
        async with asyncio.timeout(seconds):
            while not true():
                stirred.clear()
                await stirred.wait()
    finally:
        unsubscribe()


def at_rest(rolling: Rolling) -> bool:
    """Whether it waits for a person, or has ended: what it waits for, or how it ended, is looked at then."""
    return bool(rolling.paused or rolling.ended)


async def answered(engine: RollingRuns, rolling: Rolling, what: str) -> None:
    """Return when it has come to rest after this answer."""
    so_far = len(rolling.log)
    assert engine.answer(EVE, rolling, what) is None
    await until(engine, lambda: bool(rolling.ended) or any(line.what == PAUSED for line in rolling.log[so_far:]))


async def begun(engine: RollingRuns, bench: Wired, **values: bool) -> Rolling:
    started = await engine.start(EVE, RollHosts(**values), bench.pool)  # type: ignore[arg-type]
    assert isinstance(started, Rolling), str(started)
    return started


async def test_hosts_are_updated_one_after_the_other_and_auto_start_is_as_before(tmp_path: Path) -> None:
    with simulated(hosts=(3,), vms=(2,), speed=600) as simulation:
        async with wired(simulation.pool, tmp_path) as bench, rolling_in(bench) as engine:
            pool, members = bench.pool, [host for host in bench.home.all(Host).values() if not is_master(host)]
            master = tuple(host.uuid for host in bench.home.all(Host).values() if is_master(host))
            assert pool.other_config.get("auto_poweron") == "true"
            made = await engine.start(EVE, RollHosts(update=True, left_out=master), pool)
            assert isinstance(made, Rolling), str(made)
            assert (
                str(engine.why_not(EVE, made.request, pool, await engine.assess(made.request, pool)))
                == "a rolling run of this pool is in progress"
            )
            await until(engine, lambda: made.paused == FIRST_DONE)
            assert [turn.state for turn in made.turns] == [TurnState.DONE, TurnState.WAITING]
            await bench.until(lambda: "auto_poweron" not in pool.other_config)
            assert engine.answer(EVE, made, "go_on") is None
            await until(engine, lambda: made.ended > 0)
            assert [turn.state for turn in made.turns] == [TurnState.DONE] * 2 and not made.left
            assert {"install", "reboot"} <= {phase.kind for phase in made.turns[0].phases}
            await bench.until(lambda: pool.other_config.get("auto_poweron") == "true")
            assert all(host.enabled for host in members)
            for host in members:
                assert await bench.connection.call("host.call_plugin", host.ref, "updater.py", "check_update", {}) == "[]"


@asynccontextmanager
async def one_life(mirror: Mirror, connections: Connections, users: Users, folder: Path) -> AsyncIterator[tuple[RollingRuns, Runner]]:
    """A program with what the last one left on the disk, until it ends."""
    runner = Runner(mirror, connections, users, Audit(folder), files=RunFiles(folder, Vault(DataDirectory(folder))))
    engine = RollingRuns(mirror, runner, connections, users, folder)
    try:
        await runner.recall()
        engine.recall()
        yield engine, runner
    finally:
        await engine.stop()
        await runner.stop()


async def test_a_xenserver_host_that_does_not_return_and_our_restarts_in_the_middle(tmp_path: Path) -> None:
    with simulated(hosts=(2,), vms=(2,), speed=600, dialect="xenserver-8") as simulation:
        lab = simulation.pool
        async with wired(lab, tmp_path) as bench:
            bench.hire(EVE)
            pool, member = bench.pool, next(host for host in bench.home.all(Host).values() if not is_master(host))
            lab.call("pool.set_update_sync_enabled", pool.ref, True)
            await bench.until(lambda: pool.update_sync_enabled)
            request = RollHosts(update=True, left_out=tuple(host.uuid for host in bench.home.all(Host).values() if is_master(host)))
            lab.fault("host.reboot", error=["HOST_OFFLINE", member.ref], count=1)
            async with one_life(bench.mirror, bench.connections, bench.users, bench.folder) as (engine, _runner):
                made = await engine.start(EVE, request, pool)
                assert isinstance(made, Rolling), str(made)
                await until(engine, lambda: any(phase.kind == INSTALL for phase in made.turns[0].phases))
                assert "auto_poweron" not in pool.other_config and not pool.update_sync_enabled
            async with one_life(bench.mirror, bench.connections, bench.users, bench.folder) as (
                engine,
                _runner,
            ):  # it goes on where it was, without installing anything twice
                (again,) = engine.runs
                await until(engine, lambda: at_rest(again))
                (turn,) = again.turns
                assert again.paused == NOT_DONE and turn.state is TurnState.FAILED and "is not responding" in turn.reason
            async with one_life(bench.mirror, bench.connections, bench.users, bench.folder) as (engine, runner):
                (again,) = engine.runs
                await until(engine, lambda: again.log[-1].what == PAUSED)
                assert len(again.restarts) == 2 and again.turns[0].state is TurnState.FAILED
                await answered(engine, again, "look")
                assert again.paused == NOT_DONE and again.turns[0].reason == "it has not rebooted since"
                await answered(engine, again, "again")
                assert again.ended and again.turns[0].state is TurnState.DONE and again.restored and not again.left, again.turns[0].reason
                assert [run.action.id for run in runner.runs if run.key == again.turns[0].run] == ["host.reboot"]
                await bench.until(lambda: pool.other_config.get("auto_poweron") == "true" and pool.update_sync_enabled)
                await bench.until(lambda: member.latest_synced_updates_applied == "yes" and not needs_reboot(member) and member.enabled)
                assert str(engine.why_not(EVE, request, pool, await engine.assess(request, pool))) == "every host has all updates"
                bench.home.server.state = ServerState.UNREACHABLE
                assert "is not responding" in str(engine.why_not(EVE, request, pool, await engine.assess(request, pool)))


class AheadLoop(asyncio.SelectorEventLoop):
    """Its clock can be put forward: what has waited long enough by that is over at once."""

    ahead = 0.0  # seconds

    def time(self) -> float:
        return super().time() + self.ahead

    async def passes(self, seconds: float, true: Callable[[], bool]) -> None:
        """So much time goes by, again and again, until this is so: what is waited for may not have begun to wait yet."""
        while not true():
            self.ahead += seconds
            await asyncio.sleep(0)


def rebooting(place: Place, *, returns: Callable[[Host], bool]) -> None:
    """Hosts go down when they are told so, and come back unless they do not."""
    fake = place.fake

    def reboot(ref: Ref) -> Ref:
        host = fake.home.all(Host)[ref]
        fake.change(fake.home.all(HostMetrics)[host.metrics], live=False)
        if returns(host):
            up(place, host)
        return ends_at_once(fake)()

    def sets(*, enabled: bool) -> Callable[[Ref], Ref]:
        def change(ref: Ref) -> Ref:
            fake.change(fake.home.all(Host)[ref], enabled=enabled)
            return ends_at_once(fake)()

        return change

    fake.answers |= {"Async.host.reboot": reboot, "Async.host.disable": sets(enabled=False), "Async.host.enable": sets(enabled=True)}


def up(place: Place, host: Host) -> None:
    place.fake.change(host, other_config={**host.other_config, "boot_time": "99"})
    place.fake.change(place.fake.home.all(HostMetrics)[host.metrics], live=True)


def test_a_host_that_stays_down_for_half_an_hour_is_asked_about_and_the_run_goes_on_when_it_is_back(tmp_path: Path) -> None:
    loop = AheadLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as program:
        program.run(a_host_stays_down(loop, tmp_path))


async def a_host_stays_down(loop: AheadLoop, folder: Path) -> None:
    place = Place()
    gone, pool = place.hosts[0], place.pool
    place.fake.change(pool, other_config={"auto_poweron": "true"})
    place.fake.answers["pool.remove_from_other_config"] = lambda *_given: place.fake.change(pool, other_config={}) or ""  # type: ignore[func-returns-value]
    rebooting(place, returns=lambda host: host is not gone)
    life = (place.fake.mirror, lambda _server: place.fake, Users({EVE.id: EVE}), folder)
    async with one_life(*life) as (engine, _runner):
        made = await engine.start(EVE, RollHosts(pause_first=False), pool)
        assert isinstance(made, Rolling)
        await until(engine, lambda: any(phase.kind == REBOOT for phase in made.turns[0].phases))
        loop.ahead += 60 * BOOTS_WITHIN / 2
        await asyncio.sleep(0)
        assert not made.paused
    async with one_life(*life) as (engine, _runner):  # in the middle of the wait
        (again,) = engine.runs
        await loop.passes(60 * BOOTS_WITHIN + 1, lambda: at_rest(again))
        assert reason_of(again) == "host-1 is not back after its reboot"
        assert "it does not respond after 30 min; look at its console" in again.turns[0].reason
        assert [turn.state for turn in again.turns] == [TurnState.FAILED, TurnState.WAITING, TurnState.WAITING]
        assert place.fake.sent.count("Async.host.reboot") == place.fake.sent.count("pool.remove_from_other_config") == 1
        assert answers_to(again)[0] == "wait" and engine.answer(EVE, again, "wait") is None
        await until(engine, lambda: again.turns[0].state is TurnState.RUNNING and not again.paused)
        assert str(engine.answer(EVE, again, "skip")) == "the run is no longer waiting for this answer"
        await loop.passes(60 * BOOTS_WITHIN + 1, lambda: at_rest(again))
        assert again.turns[0].reason == "it does not respond"
    async with one_life(*life) as (engine, _runner):  # while it is waited for once more
        (again,) = engine.runs
        await until(engine, lambda: again.log[-1].what == PAUSED)
        assert engine.answer(EVE, again, "wait") is None
        await until(engine, lambda: any("Pauses.said" in str(task) for task in asyncio.all_tasks()))
    assert asyncio.all_tasks() == {asyncio.current_task()}
    async with one_life(*life) as (engine, _runner):  # while it waits for somebody
        (again,) = engine.runs
        await until(engine, lambda: again.log[-1].what == PAUSED)
        path = place.put(PBD(host=gone.ref, currently_attached=False))
        again.turns[0].paths = [path.uuid]
        up(place, gone)
        assert engine.answer(EVE, again, "look") is None
        await until(engine, lambda: again.turns[0].reason.startswith("it is still starting"))
        assert "Async.host.enable" not in place.fake.sent[-3:], "no VM can come before its storage"
        await until(engine, lambda: again.log[-1].what == PAUSED)
        place.fake.change(path, currently_attached=True)
        await until(engine, lambda: again.turns[0].reason == BACK)
        assert again.paused and place.fake.sent.count("Async.host.reboot") == 1, "nothing goes on by itself"
        assert answers_to(again) == ("look", "again", "skip", "stop")
        await answered(engine, again, "look")
        assert [turn.state for turn in again.turns] == [TurnState.DONE] * 3 and again.restored and not again.left
        assert all(host.enabled for host in place.hosts) and "pool.add_to_other_config" in place.fake.sent


async def test_what_is_answered_right_after_a_restart_of_ours_counts_and_a_stop_is_kept(tmp_path: Path) -> None:
    with simulated(hosts=(2,), vms=(2,)) as simulation:
        async with wired(simulation.pool, tmp_path) as bench:
            pool, host = bench.pool, next(iter(bench.home.all(Host).values())).uuid
            for run, answer, paused, before, after in (
                ("1-a", "skip", NOT_DONE, TurnState.FAILED, TurnState.SKIPPED),
                ("2-a", "", FIRST_DONE, TurnState.WAITING, TurnState.WAITING),
            ):  # fmt: skip
                left = Rolling(id=run, pool=pool.home.id, pool_uuid=pool.uuid, user_id=EVE.id, user_name="eve", request=RollHosts(),
                               turns=[HostTurn(host=host, name="one", state=before)], began=1.0, prepared=True, paused=paused,
                               stopping=not answer)  # fmt: skip
                RollingFiles(bench.folder).write(left)
                async with rolling_in(bench) as engine:
                    engine.recall()
                    again = engine.runs[-1]
                    assert not answer or engine.answer(EVE, again, answer) is None
                    await until(engine, lambda again=again: again.ended > 0, 20.0)  # type: ignore[misc]
                    assert again.turns[0].state is after and not again.paused


async def test_who_may_no_longer_is_replaced_and_only_a_host_that_is_done_pauses_as_the_first(tmp_path: Path) -> None:
    with simulated(hosts=(2,), vms=(2,), speed=600) as simulation:
        async with wired(simulation.pool, tmp_path) as bench:
            engine = RollingRuns(bench.mirror, bench.runner, bench.connections, Users({}), bench.folder)
            pool = bench.pool
            turns = [HostTurn(host=host.uuid, name=host.name_label) for host in bench.home.all(Host).values()]
            left = Rolling(id="1-a", pool=pool.home.id, pool_uuid=pool.uuid, user_id=EVE.id, user_name="eve", request=RollHosts(),
                           turns=turns, began=1.0, prepared=True)  # fmt: skip
            RollingFiles(bench.folder).write(left)
            try:
                engine.recall()
                (again,) = engine.runs
                await until(engine, lambda: again.paused == NOBODY, 20.0)
                reasons: list[str] = []
                engine.observe(lambda one: reasons.append(one.paused))
                engine.answer(EVE, again, "go_on")
                await until(engine, lambda: reasons.count("") > 0 and again.paused != "", 20.0)
                assert again.paused == NOBODY
            finally:
                await engine.stop()


async def test_stopping_restores_and_leaves_the_rest(tmp_path: Path) -> None:
    with simulated(hosts=(2,), vms=(2,), speed=600) as simulation:
        async with wired(simulation.pool, tmp_path) as bench, rolling_in(bench) as engine:
            simulation.pool.fault("host.disable", error=["OTHER_OPERATION_IN_PROGRESS", "host", "x"])
            made = await begun(engine, bench)
            await until(engine, lambda: made.paused == NOT_DONE)
            assert str(engine.answer(user(Role.OPERATOR), made, "stop")).startswith("this needs the role administrator")
            engine.answer(EVE, made, "stop")
            await until(engine, lambda: made.ended > 0)
            assert [turn.state for turn in made.turns] == [TurnState.FAILED, TurnState.WAITING] and made.restored
            await bench.until(lambda: bench.pool.other_config.get("auto_poweron") == "true")
            bench.mirror.set_server(bench.home.server, state=ServerState.UNREACHABLE)
            refused = await engine.start(EVE, RollHosts(), bench.pool)
            assert not isinstance(refused, Rolling) and "is not responding" in str(refused.reason)
