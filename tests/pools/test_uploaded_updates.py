"""A rolling update of XenServer 7: what is installed in which order, what restarts for it, over the wire host after host."""

from __future__ import annotations

from pathlib import Path

from data.facts.host import booted_at
from data.hosts import toolstack_started_at
from data.objects import VDI, Host, PoolUpdate, PowerState
from data.stores.users import Role
from tests.control.asked import calls_of
from tests.control.fake_pool import user
from tests.control.wired import wired
from tests.networks.place import Place
from tests.pools.rolling_checks import checks, refused
from tests.pools.test_rolling import begun, rolling_in, until
from xo_dash.control.rolling.check import Gravity
from xo_dash.control.rolling.phases import INSTALL
from xo_dash.control.rolling.request import RollHosts, action_of, hosts_in, pinned, request_for
from xo_dash.control.rolling.state import HostTurn, Rolling, RollingFiles, TurnState
from xo_dash.control.rolling.uploaded import prechecked
from xo_dash.simulator.pool import Pool as Inside
from xo_dash.simulator.testing import SimulatedPool, simulated
from xo_dash.xapi.errors import Unreachable, XapiFailure

EVE = user(Role.ADMIN, "eve")
ASKED = RollHosts(update=True)


class Seven(Place):
    """Three hosts of XenServer 7."""

    def __init__(self) -> None:
        super().__init__()
        for host in self.hosts:
            self.fake.change(host, software_version={"product_brand": "XenServer", "product_version": "7.1.2"})

    def upload(self, name: str, *guidance: str, on: tuple[Host, ...] = (), **fields: object) -> PoolUpdate:
        file = self.put(VDI(name_label=name))
        installed = [host.ref for host in on]
        return self.put(PoolUpdate(name_label=name, vdi=file.ref, hosts=installed, after_apply_guidance=[*guidance], **fields))  # type: ignore[arg-type]

    def told(self, request: RollHosts = ASKED) -> list[str]:
        return [f"{one.what}: {one.why}" for one in checks(request, self.pool) if "version" not in str(one.what)]


def test_what_uploaded_updates_restart_decides_what_is_done_to_a_host() -> None:
    seven = Seven()
    first, second, third = seven.hosts
    late = seven.upload("XS71E002", "restartXAPI", "restartHVM", on=(second,), enforce_homogeneity=True)
    assert action_of(ASKED, first).id == "host.apply_pool_updates"
    assert [one for one, _given in calls_of("host.apply_pool_updates", first)] == [
        "pool_update.precheck", "pool_update.apply", "host.restart_agent",
    ]  # fmt: skip
    assert seven.told() == [
        "VMs have to be restarted afterwards: for XS71E002; it is left to you", "Updates are installed in this order: XS71E002",
        "Toolstacks restart: VMs keep running where they are", "host-2 has all updates: it is left alone",
    ]  # fmt: skip
    assert "host-3 is left out: XS71E002 has to be on all hosts of a pool; install it there soon" in seven.told(
        RollHosts(update=True, left_out=(third.uuid,))
    )
    assert hosts_in(ASKED, seven.pool) == [first, third]
    early = seven.upload("XS71E001", "restartHost")
    calls = [(one, given[:1]) for one, given in calls_of("host.apply_pool_updates", first)]
    applied = [given for one, given in calls if one == "pool_update.apply"]
    assert (applied == [(early.ref,), (late.ref,)] and calls[-1][0] == "host.enable") or ("host.reboot", (first.ref,)) in calls
    assert "host.restart_agent" not in dict(calls)
    assert "Hosts reboot: for XS71E001" in seven.told() and hosts_in(ASKED, seven.pool) == [first, second, third]


def test_a_vm_that_cannot_leave_is_in_the_way_of_a_reboot_alone_and_every_host_gets_the_same() -> None:
    seven = Seven()
    vm = seven.fake.vm("web-1", PowerState.RUNNING, resident_on=seven.hosts[0].ref, allowed_operations=frozenset())
    seven.fake.change(seven.hosts[0], resident_VMs=[vm.ref])
    for host in seven.hosts[1:]:
        seven.fake.change(host, enabled=False)
    asked = RollHosts(update=True, left_out=tuple(host.uuid for host in seven.hosts[1:]))
    seven.upload("XS71E002", "restartXAPI")
    assert refused(asked, seven.pool) is None
    seven.upload("XS71E001", "restartHost")
    assert [str(one.what) for one in checks(asked, seven.pool) if one.gravity is Gravity.BLOCKS] == ["web-1 cannot leave host-1"]
    fixed = pinned(asked, seven.pool)
    seven.upload("XS71E003", "restartHost")
    assert request_for(fixed, seven.hosts[0]).updates == fixed.updates and len(fixed.updates) == 2  # type: ignore[attr-defined]


async def test_what_a_host_says_against_an_update_is_said_of_that_host() -> None:
    seven = Seven()
    for name in ("XS71E001", "XS71E002"):
        seven.upload(name)

    def precheck(update: str, host: str) -> str:
        if seven.fake.home.all(PoolUpdate)[update].name_label == "XS71E002":  # type: ignore[index]  # the first may be what it needs
            raise XapiFailure("UPDATE_PRECHECK_FAILED_PREREQUISITE_MISSING", [update, "XS71E001"])
        if host == seven.hosts[1].ref:
            raise Unreachable("timed out")
        if host == seven.hosts[2].ref:
            raise XapiFailure("UPDATE_PRECHECK_FAILED_OUT_OF_SPACE", [update, "1048576", "2147483648"])
        return "ok"

    seven.fake.answers["pool_update.precheck"] = precheck
    told = await prechecked(lambda _server: seven.fake, ASKED, seven.pool)
    (one,) = (one for one in checks(ASKED, seven.pool, told) if one.gravity is Gravity.BLOCKS)
    assert str(one.what) == "host-3 is not ready for updates" and one.host is seven.hosts[2]
    assert str(one.why).replace("\u202f", " ").startswith("XS71E001 needs 2 GiB on the host's disk, and 1 MiB are free")


def uploaded(pool: SimulatedPool, name: str, *guidance: str) -> None:
    def create(inside: Inside) -> None:
        for host in inside.db.rows("host"):
            version = {**inside.db.get(host, "software_version"), "product_brand": "XenServer", "product_version": "7.1.2"}
            inside.db.set(host, software_version=version)
        shared = {"name_label": name, "name_description": "", "version": "1.0", "after_apply_guidance": [*guidance]}
        update = inside.db.create("pool_update", {**shared, "vdi": next(iter(inside.db.rows("VDI"))), "installation_size": 1})
        inside.db.create("pool_patch", {**shared, "size": 1, "pool_update": update})

    pool.do(create)


async def test_without_a_reboot_vms_stay_and_toolstacks_restart_the_masters_too(tmp_path: Path) -> None:
    with simulated(hosts=(2,), vms=(2,), speed=600, dialect="xcpng-8.2") as simulation:
        uploaded(simulation.pool, "XS71E002", "restartXAPI")
        async with wired(simulation.pool, tmp_path) as bench, rolling_in(bench) as engine:
            hosts, vms = list(bench.home.all(Host).values()), bench.machines
            booted, started, where = [*map(booted_at, hosts)], [*map(toolstack_started_at, hosts)], [vm.resident_on for vm in vms]
            made = await begun(engine, bench, update=True, pause_first=False)
            await until(engine, lambda: bool(made.paused or made.ended))
            assert [turn.state for turn in made.turns] == [TurnState.DONE] * 2, [turn.reason for turn in made.turns]
            assert {phase.kind for turn in made.turns for phase in turn.phases} == {INSTALL}
            assert [*map(booted_at, hosts)] == booted and [vm.resident_on for vm in vms] == where
            assert all(new > old for new, old in zip(map(toolstack_started_at, hosts), started, strict=True))  # type: ignore[operator]
            await bench.until(lambda: all(len(one.hosts) == 2 for one in bench.home.all(PoolUpdate).values()))
            assert str(engine.why_not(EVE, ASKED, bench.pool, await engine.assess(ASKED, bench.pool))) == "every host has all updates"
            await bench.connection.call("host.disable", hosts[1].ref)
            await bench.until(lambda: not hosts[1].enabled)
        turn = HostTurn(host=hosts[1].uuid, name="", state=TurnState.FAILED, booted=booted[1] or 0.0)
        left = Rolling(id="1-a", pool=bench.home.id, pool_uuid=bench.pool.uuid, user_id=EVE.id, user_name="eve", request=made.request,
                       turns=[turn], began=1.0, prepared=True)  # fmt: skip
        RollingFiles(tmp_path).write(left)
        async with wired(simulation.pool, tmp_path) as bench, rolling_in(bench) as engine:
            engine.recall()
            again = next(one for one in engine.runs if one.id == "1-a")
            await until(engine, lambda: bool(again.paused))
            assert engine.answer(EVE, again, "look") is None
            await until(engine, lambda: bool(again.ended))
            assert again.turns[0].state is TurnState.DONE, "what it lacks is no reboot, but to be enabled"
            await bench.until(lambda: bench.home.one(Host, hosts[1].ref).enabled)
