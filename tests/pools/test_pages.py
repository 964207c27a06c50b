"""The pages of a pool's high availability, of its updates, and of a rolling run."""

from __future__ import annotations

import json
import logging

import pytest
from nicegui import ui
from nicegui.testing import User

from components.rolling.timeline import Timeline
from components.rolling.xe_preview import lines_after, lines_before
from components.ui import Field
from data.identity import key_of
from data.objects import SR, VDI, PoolUpdate, PowerState, Repository
from data.stores.users import Role
from data.views.host import HostView
from tests.control.asked import calls_of
from tests.networks.place import Place
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.control.patches import PatchBook
from xo_dash.control.pool.ha import SetPriorities
from xo_dash.control.rolling.estimate import MOST, TurnTime
from xo_dash.control.rolling.request import RollHosts, hosts_in
from xo_dash.control.rolling.state import HostTurn, Phase, Rolling, RollingState, TurnState


async def test_priorities_are_changed_in_a_table_and_saved_as_one(user: User, place: Place, context: Context) -> None:
    one, two = place.fake.vm("web-1"), place.fake.vm("web-2", ha_restart_priority="restart")
    await user.open(f"/pool/{key_of(place.pool)}/ha")
    box = next(iter(user.find(marker=f"priority-{one.uuid}").elements))
    assert isinstance(box, ui.select)
    box.value = "best-effort"
    user.find(marker=f"order-{two.uuid}").clear().type("x")
    await user.should_see("web-2: it must be a whole number")
    user.find(marker="save").click()
    assert not context.runner.runs
    place.fake.change(one, name_label="web-3", ha_restart_priority="restart", start_delay=30)
    await user.should_see("web-3")
    assert user.find(marker=f"priority-{one.uuid}").elements == {box} and box.value == "best-effort"
    assert {field.value for field in user.find(kind=ui.input, marker=f"delay-{one.uuid}").elements} == {"30"}
    user.find(marker=f"order-{two.uuid}").clear().type("5")
    await user.should_not_see("web-2: it must be a whole number")
    user.find(marker="save").click()
    await user.should_see("there is no connection to the pool")
    (run,) = context.runner.runs
    assert isinstance(run.request, SetPriorities)
    assert [(vm.vm, vm.priority, vm.order) for vm in run.request.vms] == [(one.uuid, "best-effort", 0), (two.uuid, "restart", 5)]


@pytest.mark.parametrize("role", [Role.OPERATOR])
async def test_who_may_not_save_priorities_reads_them_and_why(user: User, place: Place) -> None:
    vm = place.fake.vm("web-1")
    await user.open(f"/pool/{key_of(place.pool)}/ha")
    await user.should_see("this needs the role administrator; yours is operator")
    for field in ("priority", "order", "delay"):
        (box,) = user.find(marker=f"{field}-{vm.uuid}").elements
        assert box.props["readonly"]


async def test_a_dialog_asks_only_for_what_the_chosen_mode_needs(user: User, place: Place) -> None:
    await user.open(f"/host/{key_of(place.hosts[0])}")
    user.find(marker="more-commands").click()
    user.find(marker="host.power_on_mode").click()
    await user.should_see(marker="dialog")

    def asked() -> dict[str, Field]:
        return {str(box.props["label"]): box for box in boxes if isinstance(box, Field) and box.visible and "label" in box.props}

    assert user.client is not None
    boxes = list(user.client.elements.values())
    (mode,) = (box for box in boxes if isinstance(box, ui.select) and box.props.get("label") == "Power on by")
    assert not asked()
    mode.set_value("DRAC")
    assert list(asked()) == ["Address", "User name", "Password"]
    asked()["Address"].set_value("no address")
    await user.should_see("it must be a name or an address")
    mode.set_value("")
    assert not asked()


async def test_what_hosts_lack_is_asked_once_and_a_host_that_does_not_tell_says_so(place: Place) -> None:
    for host in place.hosts:
        place.fake.change(host, software_version={"product_brand": "XCP-ng"})
    package = {"name": "xen", "version": "4.17", "release": "2", "description": None, "size": 10, "new": 1}
    package["changelog"] = {"date": 1, "author": "x", "description": "- XSA-480: a guest could crash its host"}
    plain = {"name": "nano", "version": "1", "release": "1", "changelog": None}
    answers = {place.hosts[0].ref: json.dumps([plain, package]), place.hosts[1].ref: "no JSON", place.hosts[2].ref: "[]"}
    place.fake.answers["host.call_plugin"] = lambda ref, *_given: answers[ref]
    book = PatchBook(place.fake.mirror, lambda _server: place.fake)
    await book.run()
    await book.run()
    assert place.fake.sent.count("host.call_plugin") == 3
    assert [book.count(host) for host in place.hosts] == [2, None, 0]
    found = book.of(place.hosts[0])
    assert found is not None and [(one.name, one.version, one.security) for one in found.missing] == [
        ("xen", "4.17-2", True), ("nano", "1-1", False),
    ]  # fmt: skip
    place.fake.change(place.hosts[0], other_config={"boot_time": "5"})
    await book.run()
    assert place.fake.sent.count("host.call_plugin") == 4


async def test_before_a_rolling_run_hosts_can_be_left_out_until_nothing_stands_against_it(user: User, place: Place) -> None:
    place.fake.change(place.hosts[1], enabled=False)
    await user.open(f"/pool/{key_of(place.pool)}/rolling?way=reboot")
    for text in ("host-2 is in maintenance mode", "one host at a time, the master first"):
        await user.should_see(text)
    user.find(marker=f"leave-out-{place.hosts[1].uuid}").click()
    for text in ("host-2 is left out", "Ready: 2 hosts", "All hosts on one version"):
        await user.should_see(text)
    user.find(marker="segment-update").click()
    await user.should_see("host-1 has no updater plugin")
    for host in place.hosts:
        place.fake.change(host, software_version={"product_brand": "XenServer"}, latest_synced_updates_applied="no")
    await user.should_see("The pool has no update repository")
    await user.should_see(marker="fix-pool.set_repositories")
    used = place.put(Repository(name_label="normal", update=True, hash="abc"))
    place.fake.change(place.pool, repositories=[used.ref], update_sync_enabled=True, update_sync_frequency="weekly", update_sync_day=2)
    for text in ("Ready: 2 hosts", "Updates are synchronized automatically", "from normal"):
        await user.should_see(text)
    await user.open(f"/pool/{key_of(place.pool)}?tab=updates")
    for text in ("weekly, Tuesday", "normal"):
        await user.should_see(text)


async def test_a_rolling_run_is_set_for_later_in_another_order(user: User, place: Place, context: Context) -> None:
    master, two, three = hosts_in(RollHosts(), place.pool)
    await user.open(f"/pool/{key_of(place.pool)}/rolling?way=reboot")
    await user.should_see("Ready: 3 hosts")
    assert not any(button.enabled for button in user.find(marker=f"down-{master.uuid}").elements)  # type: ignore[attr-defined]
    user.find(marker=f"up-{three.uuid}").click()
    await user.should_see(marker=f"down-{three.uuid}")
    user.find(marker="begins").type("2027")
    await user.should_see("“2027” is not a time")
    user.find(marker="begins").clear().type("2001-01-31T22:00")
    await user.should_see("Begins Jan 31, 2001, 22:00")
    user.find(marker="start").click()
    await user.should_see("the time at which it should begin is over")
    user.find(marker="begins").clear().type("2099-01-31T22:00")
    await user.should_see("Begins Jan 31, 2099, 22:00")
    user.find(marker="start").click()
    await until(lambda: context.rolling.runs)
    (rolling,) = context.rolling.runs
    assert [turn.host for turn in rolling.turns] == [master.uuid, three.uuid, two.uuid] and rolling.state is RollingState.SCHEDULED
    await user.should_see("Begins Jan 31, 2099, 22:00.")
    user.find(marker="answer-stop").click()
    await user.should_see("Not rebooted: host-1")
    user.find("Stop the run").click()
    await until(lambda: rolling.ended)
    await context.rolling.stop()


def test_the_commands_turn_off_before_the_first_host_what_they_turn_on_after_the_last(place: Place) -> None:
    nas = place.put(SR(name_label="nas", shared=True))
    state = place.put(VDI(SR=nas.ref, type="ha_statefile"))
    place.fake.change(place.pool, other_config={"auto_poweron": "true"}, ha_enabled=True, ha_statefiles=[state.ref])
    pool = place.pool.uuid
    assert lines_before(place.pool) == [
        "# Before the first host", "xe pool-ha-disable", f"xe pool-param-remove uuid={pool} param-name=other-config param-key=auto_poweron",
    ]  # fmt: skip
    after = lines_after(place.pool)
    assert after[:2] == ["# After the last host", f"xe pool-param-set uuid={pool} other-config:auto_poweron=true"]
    assert f"xe pool-ha-enable heartbeat-sr-uuids={nas.uuid}" in after
    place.fake.change(place.pool, other_config={}, ha_enabled=False)
    assert lines_before(place.pool) == lines_after(place.pool) == []


async def test_checks_that_fail_inside_are_said(user: User, place: Place, context: Context, error_log: list[logging.LogRecord]) -> None:
    spoilt = HostTurn(host="x", name="x", state=TurnState.DONE, phases=[Phase(kind="reboot", began="x", ended=1.0)])  # type: ignore[arg-type]
    context.rolling._book.runs["1"] = Rolling(
        id="1",
        pool=place.fake.home.id,
        pool_uuid="x",
        user_id="x",
        user_name="x",
        request=RollHosts(),
        turns=[spoilt],
        began=1.0,
        ended=2.0,
    )
    await user.open(f"/pool/{key_of(place.pool)}/rolling?way=reboot")
    await user.should_see("The checks failed; load the page again, or see the log of xo-dash")
    assert error_log
    error_log.clear()
    spoilt.phases.clear()
    place.fake.change(place.hosts[1], enabled=False)
    await user.should_see("host-2 is in maintenance mode")


async def test_a_rolling_run_says_what_it_waits_for(user: User, place: Place, context: Context) -> None:
    await user.open(f"/pool/{key_of(place.pool)}/rolling?way=reboot")
    await user.should_see("a reboot is assumed to take")
    user.find(marker="start").click()
    await user.should_see("Paused: host-1 is not done")
    for text in (
        "Nothing happens until you choose.",
        "Meanwhile",
        "Check again",
        "Retry this host",
        "Skip this host and continue",
        "0 of 3 hosts done",
    ):
        await user.should_see(text)
    (rolling,) = context.rolling.runs
    await user.open("/tasks")
    await user.should_see("lab: Rolling reboot is paused: host-1 is not done")
    user.find(marker="answer-stop").click()
    await user.should_see("Not rebooted: host-1, host-2, host-3.")
    user.find("Stop the run").click()
    await user.open(f"/rolling/{rolling.id}")
    await user.should_see("Ended, not all hosts done")
    assert rolling.restored and rolling.ended
    await context.rolling.stop()


async def test_what_updates_want_restarted_is_said_where_it_can_be_done(user: User, place: Place) -> None:
    vms = [place.fake.vm(name, PowerState.RUNNING, resident_on=place.hosts[0].ref, pending_guidances=["restart_vm"])
           for name in ("web-1", "web-2")]  # fmt: skip
    place.fake.change(place.hosts[0], resident_VMs=[vm.ref for vm in vms], pending_guidances_recommended=["reboot_host"])
    await user.open(f"/host/{key_of(place.hosts[0])}")
    await user.should_see("A reboot is recommended to finish installing updates.")
    await user.should_see("2 running VMs have to be restarted to finish installing updates.")
    place.fake.change(vms[1], pending_guidances=[], pending_guidances_full=["restart_device_model"])
    await user.open(f"/pool/{key_of(place.pool)}")
    await user.should_see("The device model of 1 running VM has to be restarted to finish installing updates.")
    user.find(marker="do-vm.clean_reboot").click()
    await user.should_see("Users are disconnected until it is back.")


async def test_an_update_that_was_uploaded_is_installed_on_one_host(user: User, place: Place, context: Context) -> None:
    first, second, _third = place.hosts
    place.put(PoolUpdate(name_label="XS76E001", version="1.0", hosts=[host.ref for host in place.hosts]))
    await user.open(f"/host/{key_of(first)}")
    await user.should_see("All updates that were uploaded to the pool are installed.")
    await user.should_see("XS76E001 1.0")
    file = place.put(VDI(name_label="XS76E002"))
    late = place.put(
        PoolUpdate(name_label="XS76E002", version="1.1", vdi=file.ref, hosts=[second.ref], after_apply_guidance=["restartXAPI"])
    )
    await user.should_see("XS76E002 1.1 · needs: toolstack restart")
    assert [one.name for one in context.scope.view(HostView, second).updates_applied] == ["XS76E001", "XS76E002"]
    calls = [method for method, _given in calls_of("host.apply_pool_update", first, update=late.uuid)]
    assert calls == ["pool_update.precheck", "pool_update.apply", "host.restart_agent"]
    user.find(marker="install-uploaded").click()
    await user.should_see("VMs keep running. If the host has to be rebooted")
    await user.open(f"/pool/{key_of(place.pool)}")
    await user.should_see("all uploaded updates installed")
    await user.should_see("1 update")


async def test_of_sixty_hosts_on_the_axis_that_which_changes_is_drawn_anew(user: User) -> None:
    states = (*[TurnState.DONE] * 9, TurnState.RUNNING, *[TurnState.WAITING] * 50)
    phases = [Phase(kind="move", began=0.0, ended=100.0), Phase(kind="reboot", began=100.0)]
    turns = [HostTurn(host=f"{n}", name=f"h{n}", state=one, about=300.0, began=1.0, phases=phases if n < 10 else [])
             for n, one in enumerate(states)]  # fmt: skip
    rolling = Rolling(id="1-a", pool="x", pool_uuid="x", user_id="x", user_name="x", request=RollHosts(), turns=turns, began=0.0)
    drawn: list[set[int]] = []

    @ui.page("/axis")
    def axis() -> None:
        line = Timeline()
        for now in (3000.0, 3005.0, 3010.0):
            line.show(rolling, now)
            drawn.append({one.id for one in line.descendants()})

    await user.open("/axis")
    first, second, third = drawn
    assert len(first) > 400 and len(second - first) < 100 and len(third - second) < 100


def test_a_pool_of_any_figures_fits_on_an_axis_of_time() -> None:
    assert TurnTime(move=1e18, reboot=300.0).total == MOST
