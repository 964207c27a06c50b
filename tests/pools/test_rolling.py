"""Rolling runs: host after host over the wire, a host that does not return, our restart, who may go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

from data.facts.host import needs_reboot
from data.facts.pool import is_master
from data.objects import PBD, Host
from data.server import ServerState
from data.stores.users import Role
from tests.control.fake_pool import Users, user
from tests.control.wired import wired
from tests.networks.place import Place
from tests.pools.rolling_runs import EVE, AheadLoop, answered, at_rest, begun, one_life, rebooting, rolling_in, until, up
from xo_dash.control.host.power import BOOTS_WITHIN
from xo_dash.control.rolling.engine import RollingRuns
from xo_dash.control.rolling.found import BACK
from xo_dash.control.rolling.pauses import FIRST_DONE, NOBODY, NOT_DONE, PAUSED, answers_to, reason_of
from xo_dash.control.rolling.phases import INSTALL, REBOOT
from xo_dash.control.rolling.request import RollHosts
from xo_dash.control.rolling.state import HostTurn, Rolling, RollingFiles, TurnState
from xo_dash.simulator.testing import simulated


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
                await bench.until(lambda: "auto_poweron" not in pool.other_config and not pool.update_sync_enabled)
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
                    await until(engine, lambda again=again: again.ended > 0)  # type: ignore[misc]
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
                await until(engine, lambda: reasons.count("") > 0 and again.paused != "")
                assert again.paused == NOBODY
            finally:
                await engine.stop()


async def test_stopping_restores_and_leaves_the_rest(tmp_path: Path) -> None:
    with simulated(hosts=(2,), vms=(2,), speed=600) as simulation:
        async with wired(simulation.pool, tmp_path) as bench, rolling_in(bench) as engine:
            simulation.pool.fault("host.disable", error=["OPERATION_NOT_ALLOWED", "not now"])
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
