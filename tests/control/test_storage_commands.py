"""Attaching, detaching, forgetting and destroying SRs: what is sent, why it cannot be, and that a failure leaves all as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.objects import PBD, SM, SR, VBD, VDI, Host, HostMetrics, Pool, PowerState
from data.stores.users import Role
from data.types import GIB, XapiObject
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import Desk, FakePool, user
from tests.control.ledger import Ledger
from xo_dash.control.actions import action, actions_for
from xo_dash.control.eligibility import why_not
from xo_dash.control.orders import Order, OrderRefused, accept
from xo_dash.control.plan import Call, Hidden
from xo_dash.control.run import RunState
from xo_dash.control.steps import revealed
from xo_dash.control.xe import xe_lines


class Shelf:
    """A pool of two hosts, the first its master, with a shared SR that both have."""

    def __init__(self, fake: FakePool, *attached: bool) -> None:
        self.fake = fake
        self.hosts = [self._host(name) for name in ("xcp-1", "xcp-2")]
        self.pool = Pool(name_label="lab", master=self.hosts[0].ref)
        self.sr = SR(name_label="vault", type="lvmoiscsi", shared=True, physical_size=100 * GIB, physical_utilisation=10 * GIB)
        for row in (self.pool, self.sr, SM(type="lvmoiscsi", features={"SR_TRIM": 1, "VDI_CONFIG_CBT": 1})):
            fake.put(row)
        self.paths = [PBD(host=host.ref, SR=self.sr.ref, currently_attached=on) for host, on in zip(self.hosts, attached, strict=True)]
        fake.change(self.sr, PBDs=[fake.put(path) for path in self.paths])
        self.path = self.paths[0]

    def _host(self, name: str) -> Host:
        host = Host(name_label=name, enabled=True, metrics=self.fake.put(HostMetrics(live=True)))
        self.fake.put(host)
        return host

    def disk(self, state: PowerState | None = None, **fields: Any) -> VDI:
        """A disk on it; of a VM in that state, on the second host."""
        disk = VDI(**{"name_label": "root", "virtual_size": GIB, "SR": self.sr.ref} | fields)
        self.fake.put(disk)
        self.fake.change(self.sr, VDIs=[*self.sr.VDIs, disk.ref])
        if state is not None:
            vm = self.fake.vm("web-1", state, resident_on=self.hosts[1].ref)
            drive = VBD(VM=vm.ref, VDI=disk.ref, currently_attached=state is PowerState.RUNNING)
            self.fake.change(disk, VBDs=[self.fake.put(drive)])
        return disk


@pytest.fixture
def shelf(fake: FakePool) -> Shelf:
    return Shelf(fake, True, True)


def why(action_id: str, subject: XapiObject) -> str:
    return str(why_not(action(action_id), subject, user(Role.ADMIN)) or "")


def test_the_master_is_detached_last(shelf: Shelf) -> None:
    one, other = shelf.paths
    detached = [("PBD.unplug", (other.ref,)), ("PBD.unplug", (one.ref,))]
    assert calls_of("sr.detach", shelf.sr) == detached
    assert calls_of("sr.forget", shelf.sr) == [*detached, ("SR.forget", (shelf.sr.ref,))]
    assert calls_of("sr.destroy", shelf.sr) == [*detached, ("SR.destroy", (shelf.sr.ref,))]


@pytest.mark.parametrize("action_id", ["sr.detach", "sr.forget", "sr.destroy"])
def test_running_vms_are_named(shelf: Shelf, action_id: str) -> None:
    shelf.disk(PowerState.RUNNING, type="metadata")
    assert why(action_id, shelf.sr) == "in use by web-1; shut them down, or move their disks first"


def test_a_halted_vm_does_not_keep_it_and_is_told_of(shelf: Shelf) -> None:
    shelf.disk(PowerState.HALTED)
    shelf.fake.change(shelf.pool, default_SR=shelf.sr.ref)
    assert why("sr.detach", shelf.sr) == why("sr.forget", shelf.sr) == ""
    assert action("sr.detach").consequences(shelf.sr) == [
        "Cannot start until it is attached again: web-1", "It is the default SR: choose another one for new disks",
    ]  # fmt: skip
    assert action("sr.forget").consequences(shelf.sr) == [
        "Without their disks: web-1", "1 disk stays on the storage", "It is the default SR: choose another one for new disks",
    ]  # fmt: skip
    assert why("sr.destroy", shelf.sr) == "disks still on it: 1; move or delete them first"


def test_what_cannot_leave_says_why(shelf: Shelf) -> None:
    shelf.disk(type="ha_statefile")
    assert why("sr.destroy", shelf.sr) == "", "what the pool keeps there goes with it"
    shelf.fake.change(shelf.pool, ha_enabled=True)
    assert why("sr.detach", shelf.sr) == "it is the heartbeat SR of HA; turn HA off first"
    shelf.fake.change(shelf.sr, other_config={"indestructible": "true"})
    assert why("sr.destroy", shelf.sr) == "it is marked as indestructible"
    for path in shelf.paths:
        shelf.fake.change(path, currently_attached=False)
    assert why("sr.detach", shelf.sr) == "it is not attached on any host"


def test_one_path_is_repaired_or_taken_away(shelf: Shelf) -> None:
    one, other = shelf.paths
    shelf.disk(PowerState.RUNNING)
    assert why("pbd.unplug", other) == "in use by web-1; shut them down, or move their disks first"
    assert (why("pbd.unplug", one), why("pbd.plug", one)) == ("", "it is already attached")
    shelf.fake.change(one, currently_attached=False)
    assert calls_of("pbd.plug", one) == [("PBD.plug", (one.ref,))] and why("pbd.plug", one) == ""


def test_a_trim_that_did_nothing_says_so(shelf: Shelf) -> None:
    (step,) = steps_of("sr.trim", shelf.sr)
    assert isinstance(step, Call) and step.judge is not None
    assert step.parameters == (shelf.hosts[0].ref, "trim", "do_trim", {"sr_uuid": shelf.sr.uuid})
    assert step.judge("True") is None
    full = "<trim_response><key_value_pair><key>errmsg</key><value>No space to claim</value></key_value_pair></trim_response>"
    assert str(step.judge(full)) == "the SR could not be trimmed (No space to claim)"
    assert xe_lines([step], shelf.fake.home) == [
        f"xe host-call-plugin host-uuid={shelf.hosts[0].uuid} plugin=trim fn=do_trim args:sr_uuid={shelf.sr.uuid}"
    ]
    shelf.fake.change(shelf.sr, type="nfs")
    assert "sr.trim" not in [row.id for row in actions_for(shelf.sr)]


def test_settings_of_an_sr_and_its_disks(shelf: Shelf) -> None:
    disk = shelf.disk()
    assert calls_of("sr.auto_scan", shelf.sr, on=True) == [("SR.add_to_other_config", (shelf.sr.ref, "auto-scan", "true"))]
    assert calls_of("sr.tags", shelf.sr, tags="fast") == [("SR.add_tags", (shelf.sr.ref, "fast"))]
    assert calls_of("vdi.enable_cbt", disk) == [("VDI.enable_cbt", (disk.ref,))]
    assert why("vdi.disable_cbt", disk) == "changed block tracking is already off"
    shelf.fake.change(disk, cbt_enabled=True)
    assert (why("vdi.enable_cbt", disk), why("vdi.disable_cbt", disk)) == ("changed block tracking is already on", "")
    shelf.fake.change(disk, cbt_enabled=False)
    shelf.fake.change(shelf.sr, type="other")
    assert why("vdi.enable_cbt", disk) == "the driver of its SR does not support changed block tracking"
    assert faults("sr.new_disk", shelf.sr, name="data", size="2") == []
    shelf.fake.change(shelf.sr, type="lvmoiscsi")
    assert faults("sr.new_disk", shelf.sr, name="data", size="200") == ["200\u202fGiB needed, 90\u202fGiB free"]


def test_of_several_of_one_name_the_one_is_meant_that_takes_the_command(shelf: Shelf) -> None:
    disk = shelf.disk(name_label="data")
    shelf.disk(name_label="data", is_a_snapshot=True, snapshot_of=disk.ref)
    for name in ("data", "data@lab"):
        assert accept(Order(action="vdi.enable_cbt", on=[name]), shelf.fake.mirror)[1] == [disk]
    with pytest.raises(OrderRefused, match="there is no VDI"):
        accept(Order(action="vdi.enable_cbt", on=["data@home"]), shelf.fake.mirror)


def test_a_secret_is_sent_and_not_shown(shelf: Shelf) -> None:
    call = Call("SR.probe", shelf.hosts[0].ref, {"target": "nas", "chappassword": Hidden("hunter2")}, "iscsi", {}, says=action_text())
    assert [revealed(one) for one in call.parameters][1] == {"target": "nas", "chappassword": "hunter2"}
    assert "hunter2" not in f"{call.parameters}{xe_lines([call], shelf.fake.home)}"


def action_text() -> Any:
    return steps_of("sr.scan", SR())[0].says


FAILING = [
    ("sr.detach", "sr"),
    ("sr.forget", "sr"),
    ("sr.destroy", "sr"),
    ("sr.auto_scan", "sr"),
    ("pbd.unplug", "path"),
]
VALUES: dict[str, dict[str, object]] = {"sr.auto_scan": {"on": False}}


@pytest.mark.parametrize(("action_id", "what"), FAILING)
async def test_each_call_fails_once_and_everything_is_as_it_was(tmp_path: Path, action_id: str, what: str) -> None:
    values = VALUES.get(action_id, {})
    count = len(steps_of(action_id, getattr(Shelf(FakePool(), True, True), what), **values))
    for fails in range(count):
        fake = FakePool()
        shelf, desk, ledger = Shelf(fake, True, True), Desk(tmp_path, fake), Ledger(fake, fails)
        subject = getattr(shelf, what)
        ledger.expect([step for step in steps_of(action_id, subject, **values) if isinstance(step, Call)])
        run = await desk.runner.run(desk.hire(Role.ADMIN), action(action_id), [subject], values)
        await desk.runner.stop()
        (item,) = run.items
        assert item.state is RunState.FAILED and not item.left, f"call {fails}: {item.reason}"
        assert ledger.changed == {} and not -ledger.made, f"call {fails}"
