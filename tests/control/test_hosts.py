"""What is done to hosts and their membership: what is sent, what is refused and why, and that a failure leaves them as they were."""

from __future__ import annotations

import asyncio
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from data.facts.host import booted_at
from data.hosts import has_multipathing
from data.maintenance import away_from
from data.methods import Methods
from data.objects import PBD, PIF, SR, Host, HostMetrics, Pool, PowerState, Task
from data.stores.users import Role
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import Desk, FakePool, user
from tests.control.ledger import Ledger
from tests.control.test_mending import why
from tests.control.wired import wired
from tests.migration.pools import House, host, machine
from xo_dash.control.actions import ACTIONS, action
from xo_dash.control.host.certificate import blocks
from xo_dash.control.host.departures import decided
from xo_dash.control.host.power import RebootHost
from xo_dash.control.lazy_text import each_of
from xo_dash.control.plan import Call, Parallel, Wait
from xo_dash.control.run import RunState
from xo_dash.control.xe import xe_lines
from xo_dash.simulator.testing import simulated

IQN = "iqn.2026-11.lan.example:one"
PEM = "-----BEGIN {0}-----" + "QUJD" * 40 + "-----END {0}-----"


def furnished(fake: FakePool) -> Host:
    one = host(fake, "one")
    sr = SR(name_label="vault", shared=True)
    fake.put(sr)
    paths = [fake.put(PBD(SR=sr.ref, host=one.ref, currently_attached=True))]
    fake.change(one, PBDs=paths, other_config={"iscsi_iqn": "iqn.old"}, ssh_enabled_timeout=0, ntp_mode="DHCP", timezone="UTC",
                logging={"syslog_destination": "log.old"}, tags=["rack-a", "old"], power_on_mode="", enabled=False)  # fmt: skip
    return one


SETTINGS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("host.tags", {"tags": ["rack-a", "new"]}, ["host.add_tags", "host.remove_tags"]),
    ("host.iscsi_name", {"name": IQN}, ["host.set_iscsi_iqn"]),
    ("host.syslog", {"server": "log.lan"}, ["host.remove_from_logging", "host.add_to_logging", "host.syslog_reconfigure"]),
    ("host.syslog", {"server": ""}, ["host.remove_from_logging", "host.syslog_reconfigure"]),
    ("host.multipathing", {"on": True}, ["PBD.unplug", "host.set_multipathing", "PBD.plug"]),
    ("host.ssh", {"on": False}, ["host.disable_ssh"]),
    ("host.time", {"source": "Custom", "servers": ["ntp.lan"], "timezone": "Europe/Berlin"},
     ["host.set_ntp_custom_servers", "host.set_ntp_mode", "host.set_timezone"]),
    ("host.power_on_mode", {"mode": "wake-on-lan"}, ["host.set_power_on_mode"]),
    ("host.power_on_mode", {"mode": "DRAC", "address": "10.0.0.9", "user": "root", "password": "calvin"},
     ["secret.create", "secret.get_uuid", "host.set_power_on_mode"]),
]  # fmt: skip


@pytest.mark.parametrize(("action_id", "values", "sent"), SETTINGS)
def test_only_what_differs_is_sent_and_no_password_is_shown(
    fake: FakePool, action_id: str, values: dict[str, Any], sent: list[str]
) -> None:
    one = furnished(fake)
    assert faults(action_id, one, **values) == []
    assert [method for method, _parameters in calls_of(action_id, one, **values)] == sent
    lines = xe_lines(steps_of(action_id, one, **values), fake.home)
    assert lines and "calvin" not in str(lines)


@pytest.mark.parametrize(("action_id", "values", "sent"), SETTINGS)
async def test_each_call_fails_once_and_the_host_is_as_it_was(
    tmp_path: Path, action_id: str, values: dict[str, Any], sent: list[str]
) -> None:  # fmt: skip
    for fails in range(len(sent)):
        fake = FakePool()
        one, desk, ledger = furnished(fake), Desk(tmp_path, fake), Ledger(fake, fails)
        ledger.expect([step for step in steps_of(action_id, one, **values) if isinstance(step, Call)])
        run = await desk.runner.run(desk.hire(Role.ADMIN), action(action_id), [one], values)
        await desk.runner.stop()
        assert run.items[0].state is RunState.FAILED and not run.items[0].left, f"call {fails}: {run.items[0].reason}"
        assert not +ledger.made
        kept = {key: value for key, value in ledger.changed.items() if value != getattr(one, key[1], None)}
        assert not {key for key in kept if key[1] in ("attached", "multipathing", "logging")}


@pytest.mark.parametrize(
    ("action_id", "values", "words"),
    [
        ("host.iscsi_name", {"name": "disk"}, "an iSCSI name looks like iqn.2026-11.lan.example:host-1"),
        ("host.syslog", {"server": "log lan"}, "it must be a name or an address"),
        ("host.time", {"source": "Custom"}, "enter at least one server"),
        ("host.time", {"source": "Custom", "servers": ["-"]}, "- is not a name or an address"),
        ("host.power_on_mode", {"mode": "DRAC", "address": "10.0.0.9", "user": "root"}, "the iDRAC needs it"),
        ("host.install_certificate", {"certificate": "x", "key": PEM.format("PRIVATE KEY")}, "it must be one certificate in PEM"),
        ("host.install_certificate", {"certificate": PEM.format("CERTIFICATE"), "key": PEM.format("ENCRYPTED PRIVATE KEY")},
         "the key has a password; remove it first"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(fake: FakePool, action_id: str, values: dict[str, Any], words: str) -> None:
    assert faults(action_id, furnished(fake), **values) == [words]


def test_two_hosts_of_one_iscsi_name_are_refused(fake: FakePool) -> None:
    one, two = furnished(fake), host(fake, "two")
    fake.change(two, other_config={"iscsi_iqn": IQN})
    assert faults("host.iscsi_name", one, name=IQN) == ["two has this name; each host needs its own"]


def test_what_an_older_xapi_does_not_have_is_not_offered(fake: FakePool) -> None:
    one = host(fake, "one")
    assert not action("host.ssh").applies_to(one) and not action("host.time").applies_to(one)


def test_before_7_6_the_iscsi_name_and_multipathing_are_keys(fake: FakePool) -> None:
    one = furnished(fake)
    fake.home.part(Methods).learn(["PBD.plug", "PBD.unplug", "host.add_to_other_config", "host.remove_from_other_config"])
    assert [call[0] for call in calls_of("host.iscsi_name", one, name=IQN)] == ["host.remove_from_other_config", "host.add_to_other_config"]
    keys = [parameters[1:] for method, parameters in calls_of("host.multipathing", one, on=True) if method == "host.add_to_other_config"]
    assert keys == [("multipathing", "true"), ("multipathhandle", "dmp")]
    fake.change(one, other_config={"multipathing": "true"})
    assert has_multipathing(one) and calls_of("host.multipathing", one, on=True) == []


def test_srs_are_only_detached_in_maintenance(fake: FakePool) -> None:
    assert why("host.multipathing", host(fake, "one")) == "put it into maintenance mode first"


def test_ends_of_lines_that_a_field_took_away_are_put_back() -> None:
    ((kind, pem),) = blocks(PEM.format("CERTIFICATE"))
    assert kind == "CERTIFICATE" and pem.startswith("-----BEGIN CERTIFICATE-----\nQUJD") and max(map(len, pem.splitlines())) == 64
    assert blocks("-----BEGIN CERTIFICATE-----<x>-----END CERTIFICATE-----") == []


def test_what_ends_with_a_toolstack_is_said_before(fake: FakePool) -> None:
    one = host(fake, "one")
    fake.put(Pool(master=one.ref))
    fake.put(Task(name_label="Async.VM.copy", resident_on=one.ref))
    assert list(action("host.restart_agent").consequences(one)) == [
        "one is the master: the whole pool does not respond for a minute",
        "the task “Async.VM.copy” is interrupted",
    ]


# ---- reboot


def test_a_reboot_empties_the_host_waits_for_it_and_brings_everybody_back() -> None:
    house = House()
    vm = machine(house.lab, house.one, house.shared, house.lan)
    house.lab.change(house.one, other_config={"boot_time": "100."})
    steps = steps_of("host.reboot", house.one)
    methods = [step.method for step in steps if isinstance(step, Call)]
    assert methods.index("host.disable") < methods.index("host.reboot")
    (wait,) = [step for step in steps if isinstance(step, Wait)]
    metrics = house.lab.home.one(HostMetrics, house.one.metrics)
    assert not wait.until() and metrics is not None
    house.lab.change(house.one, other_config={"boot_time": "200."})
    assert wait.until()
    house.lab.change(metrics, live=False)
    assert not wait.until()
    house.lab.change(house.one, other_config={}, enabled=False)
    house.lab.change(metrics, live=True)
    assert not wait.until()  # nobody tells that it has booted
    house.lab.change(house.one, enabled=True)
    assert wait.until()  # but it was away, and was enabled as it came up
    assert [step for step in steps if isinstance(step, Parallel)] and vm.resident_on == house.one.ref
    assert "host.reboot" not in [step.method for step in steps_of("host.shutdown", house.one) if isinstance(step, Call)]


def test_what_a_command_can_do_without_is_an_optional_field_of_it() -> None:
    for row in ACTIONS:
        needless = set(row.needless({}))
        assert needless <= {field.name for field in row.fields if not field.required}, row.id


# ---- pools


def joining(house: House) -> Host:
    """A host that has nothing against it."""
    fresh = FakePool("fresh", house.lab.mirror)
    one = host(fresh, "fresh")
    fresh.put(Pool(name_label="fresh", master=one.ref, uuid="pool-fresh"))
    (pool,) = house.lab.home.all(Pool).values()
    house.lab.change(pool, master=house.one.ref)
    house.lab.change(house.one, address="192.0.2.10", software_version={"product_version": "8.3.0"}, cpu_info={"vendor": "GenuineIntel"})
    fresh.change(one, software_version={"product_version": "8.3.0"}, cpu_info={"vendor": "GenuineIntel"})
    house.fresh = fresh  # type: ignore[attr-defined]
    return one


def test_what_keeps_a_host_from_a_pool_is_said_before_it_is_asked() -> None:
    house = House()
    one = joining(house)
    fresh: FakePool = house.fresh  # type: ignore[attr-defined]
    asked = {"pool": "pool-lab@pool-lab", "password": "secret"}
    assert faults("host.join", one, **asked) == []
    assert calls_of("host.join", one, **asked) == [("pool.join", ("192.0.2.10", "root", "secret"))]
    (line,) = xe_lines(steps_of("host.join", one, **asked), fresh.home)
    assert "secret" not in line
    fresh.change(one, software_version={"product_version": "8.2.1"}, cpu_info={"vendor": "AuthenticAMD"})
    fresh.put(SR(name_label="nas", shared=True))
    fresh.vm("web", PowerState.RUNNING)
    fresh.put(PIF(VLAN=20, host=one.ref))
    assert faults("host.join", one, **asked)[:2] == [
        "shared storage has to be forgotten first: nas",
        "running and suspended VMs have to be shut down first: web",
    ]
    lab = next(choice for choice in action("host.join").choices["pool"]([one]) if choice.label == "lab")
    assert lab.refused is not None and [str(each) for each in each_of(lab.refused)] == faults("host.join", one, **asked)
    assert "its version is 8.2.1, that of the pool 8.3.0; install the same on both first" in faults("host.join", one, **asked)
    assert any("vendor is not that of the pool; choose" in fault for fault in faults("host.join", one, **asked))
    assert not action("host.join").applies_to(house.one)
    house.lab.change(house.one, PIFs=[*house.one.PIFs, house.lab.put(PIF(host=house.one.ref, management=True))])
    fresh.change(one, PIFs=[fresh.put(PIF(host=one.ref, management=True, VLAN=20))])
    assert (
        faults("host.join", one, **asked)[-1] == "it is managed over VLAN 20, the pool over a network without VLAN; both must be the same"
    )


def test_a_master_is_not_ejected_nor_anybody_while_ha_is_on() -> None:
    house = House()
    (pool,) = house.lab.home.all(Pool).values()
    house.lab.change(pool, master=house.one.ref)
    assert why("host.eject", house.one) == "it is the pool master; make another host the master first"
    assert why("host.eject", house.two) == ""
    house.lab.change(pool, ha_enabled=True)
    assert why("host.eject", house.two) == "HA is on; turn it off first"
    vm = machine(house.lab, house.two, house.shared, house.lan)
    house.lab.change(house.two, resident_VMs=[vm.ref])
    told = "HA is on; turn it off first · VMs are still running on it (1); migrate or shut them down first"
    assert why("host.eject", house.two) == told


def test_a_dead_member_frees_its_vms_then_is_forgotten() -> None:
    house = House()
    (pool,) = house.lab.home.all(Pool).values()
    house.lab.change(pool, master=house.one.ref)
    vm = machine(house.lab, house.two, house.shared, house.lan)
    house.lab.change(house.two, resident_VMs=[vm.ref])
    for command in ("host.declare_dead", "host.forget"):
        assert why(command, house.one) == "it is the pool master; make another host the master first"
        assert why(command, house.two).startswith("the pool counts it as running")
        assert action(command).relevant(house.two) is False
    house.lab.change(house.lab.home.all(HostMetrics)[house.two.metrics], live=False)
    assert why("host.declare_dead", house.two) == ""
    assert why("host.forget", house.two) == "VMs count as running on it (1); declare it dead first"
    assert calls_of("host.declare_dead", house.two) == [("host.declare_dead", (house.two.ref,))]
    house.lab.change(house.two, resident_VMs=[])
    assert why("host.declare_dead", house.two) == "no VM is on it" and why("host.forget", house.two) == ""
    house.lab.change(pool, ha_enabled=True)
    assert why("host.forget", house.two) == "HA is on; turn it off first"
    assert calls_of("host.forget", house.two) == [("host.destroy", (house.two.ref,))]


# ---- emergency


def test_a_pool_ends_in_the_reverse_of_its_start_order_the_master_last() -> None:
    house = House()
    (pool,) = house.lab.home.all(Pool).values()
    house.lab.change(pool, master=house.one.ref)
    for name, order in (("db", 1), ("web", 2), ("app", 2)):
        vm = machine(house.lab, house.two, house.shared, house.lan)
        house.lab.change(vm, name_label=name, order=order, allowed_operations=frozenset({"clean_shutdown", "hard_shutdown"}))
    house.lab.change(house.two, resident_VMs=[vm.ref for vm in house.lab.home.all(type(vm)).values()])
    steps = steps_of("pool.stop", pool)
    stops = [step for step in steps if isinstance(step, Parallel)]
    assert [[str(branch.says) for branch in step.branches] for step in stops] == [["app", "web"], ["db"]]
    assert [str(step.says)[-1] for step in stops] == ["2", "1"]
    offs = [(step.method, step.parameters[0]) for step in steps if isinstance(step, Call)]
    assert offs == [("host.disable", house.two.ref), ("host.shutdown", house.two.ref),
                    ("host.disable", house.one.ref), ("host.shutdown", house.one.ref)]  # fmt: skip
    house.lab.change(vm, allowed_operations=frozenset({"hard_shutdown"}))
    assert faults("pool.stop", pool) == ["app cannot be shut down cleanly; choose to force it off"]
    house.lab.change(vm, power_state=PowerState.PAUSED)
    assert faults("pool.stop", pool) == ["app is paused; unpause it first, or choose to force it off"]
    assert faults("pool.stop", pool, force=True) == [] == faults("pool.stop", pool, hosts=False)


# ---- over the wire


async def test_settings_logs_and_a_reboot_of_a_simulated_host(tmp_path: Path) -> None:
    with simulated((2,), (4,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            ann = bench.hire(user(Role.ADMIN, "root"))
            (pool,) = bench.home.all(Pool).values()
            one = next(row for row in bench.home.all(Host).values() if row.ref != pool.master)

            async def done(action_id: str, **values: Any) -> None:
                run = await asyncio.wait_for(bench.runner.run(ann, action(action_id), [one], values), 60)
                assert run.items[0].state is RunState.DONE, f"{action_id}: {run.items[0].reason}"

            await done("host.tags", tags=["rack-a"])
            await done("host.iscsi_name", name=IQN)
            await done("host.syslog", server="log.lan")
            await done("host.power_on_mode", mode="DRAC", address="10.0.0.9", user="root", password="calvin")
            await bench.until(lambda: one.power_on_mode == "DRAC" and one.tags == ["rack-a"] and one.logging != {})
            assert "calvin" not in str(one.power_on_config)
            assert one.other_config["iscsi_iqn"] == IQN
            run = bench.runner.start(ann, action("host.logs"), [one])
            delivery: Any = await bench.until(lambda: next(iter(bench.runner.exchange.waiting(run)), None))
            content = b"".join([bytes(piece) async for piece in delivery.pieces()])
            await bench.runner.ended(run)
            assert run.items[0].state is RunState.DONE, run.items[0].reason
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                assert any(name.endswith("xensource.log") for name in archive.getnames())
            booted = booted_at(one) or 0.0
            wanted = decided(RebootHost(), one)
            run = await asyncio.wait_for(bench.runner.run(ann, action("host.reboot"), [one], wanted), 60)
            assert run.items[0].state is RunState.DONE, run.items[0].reason
            assert (booted_at(one) or 0.0) > booted and one.enabled and not away_from(one).total
