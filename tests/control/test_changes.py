"""Changing a VM, its disks and its NICs: what is sent, what is wrong with a request, and that a failure leaves everything as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import pytest

from data.objects import PBD, SM, SR, VBD, VDI, VIF, Host, HostMetrics, Network, Pool, PowerState, VMGuestMetrics, VMMetrics
from data.pending import MEMORY, VCPUS, pending_of
from data.types import GIB, NULL_REF, XapiObject
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import Desk, FakePool, user
from tests.control.ledger import Ledger
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.plan import Call
from xo_dash.control.run import RunState
from xo_dash.control.vdi.grow import new_size
from xo_dash.control.xe import xe_lines

T = TypeVar("T", bound=XapiObject)
RUNNING, HALTED = PowerState.RUNNING, PowerState.HALTED
LIVE = frozenset({"changing_dynamic_range", "changing_VCPUs_live", "clean_shutdown", "migrate_send"})


class Place:
    """A pool with a host, two SRs, two networks, and a VM with a disk, a CD drive and a NIC."""

    def __init__(self, fake: FakePool, state: PowerState = HALTED) -> None:
        self.fake = fake
        self.pool = self.put(Pool(name_label="lab"))
        metrics = fake.put(HostMetrics(live=True, memory_total=64 * GIB))
        self.host = self.put(Host(name_label="host-1", enabled=True, metrics=metrics))
        self.vault, self.fast = (self._sr(name) for name in ("vault", "fast"))
        self.lan, self.dmz = (self.put(Network(name_label=name)) for name in ("lan", "dmz"))
        self.vm = fake.vm(
            "web-1", state, resident_on=self.host.ref if state is RUNNING else NULL_REF,
            memory_static_min=GIB, memory_static_max=8 * GIB, memory_dynamic_min=4 * GIB, memory_dynamic_max=4 * GIB,
            VCPUs_max=4, VCPUs_at_startup=2, HVM_boot_policy="BIOS order", HVM_boot_params={"order": "cd"}, domain_type="hvm",
            allowed_operations=LIVE if state is RUNNING else frozenset({"start", "migrate_send"}), tags=["old"],
            guest_metrics=fake.put(VMGuestMetrics(PV_drivers_version={"major": "8"}, live=True)),
            metrics=fake.put(VMMetrics(VCPUs_number=2)), other_config={"xo:notes": "before", "xo:other": "kept"},
        )  # fmt: skip
        up = state is RUNNING
        self.disk = self.put(VDI(name_label="root", virtual_size=10 * GIB, SR=self.vault.ref))
        self.drive = self.put(VBD(VM=self.vm.ref, VDI=self.disk.ref, userdevice="0", currently_attached=up,
                                  allowed_operations=frozenset({"unplug"})))  # fmt: skip
        self.cd = self.put(VBD(VM=self.vm.ref, type="CD", mode="RO", empty=True, userdevice="3"))
        self.nic = self.put(VIF(VM=self.vm.ref, network=self.lan.ref, device="0", MAC="52:54:00:00:00:01", currently_attached=up))
        fake.change(self.disk, VBDs=[self.drive.ref])
        fake.change(self.vm, VBDs=[self.drive.ref, self.cd.ref], VIFs=[self.nic.ref])

    def _sr(self, name: str) -> SR:
        sr = self.put(SR(name_label=name, type="lvmoiscsi", shared=True, physical_size=100 * GIB, physical_utilisation=40 * GIB))
        pbd = self.put(PBD(host=self.host.ref, SR=sr.ref, currently_attached=True))
        self.fake.change(sr, PBDs=[pbd.ref])
        return sr

    def iso(self, name: str) -> VDI:
        sr = self._sr(f"{name} library")
        self.fake.change(sr, content_type="iso")
        return self.put(VDI(name_label=name, SR=sr.ref))

    def put(self, row: T) -> T:
        self.fake.put(row)
        return row


@pytest.fixture
def halted(fake: FakePool) -> Place:
    return Place(fake)


@pytest.fixture
def running(fake: FakePool) -> Place:
    return Place(fake, RUNNING)


def of(place: Place, what: str) -> XapiObject:
    return getattr(place, what)  # type: ignore[no-any-return]


SENT: list[tuple[str, str, str, dict[str, Any], list[tuple[Any, ...]]]] = [
    ("halted", "vm.memory", "vm", {"memory": "6"}, [("VM.set_memory_limits", GIB, 6 * GIB, 6 * GIB, 6 * GIB)]),
    ("halted", "vm.memory", "vm", {"memory": "6", "minimum": "2 GiB", "limit": "8"},
     [("VM.set_memory_limits", GIB, 8 * GIB, 2 * GIB, 6 * GIB)]),
    ("running", "vm.memory", "vm", {"memory": "6"}, [("VM.set_memory_dynamic_range", 6 * GIB, 6 * GIB)]),
    ("running", "vm.memory", "vm", {"memory": "4"}, []),
    ("halted", "vm.vcpus", "vm", {"vcpus": 8}, [("VM.set_VCPUs_max", 8), ("VM.set_VCPUs_at_startup", 8)]),
    ("halted", "vm.vcpus", "vm", {"vcpus": 1}, [("VM.set_VCPUs_at_startup", 1)]),
    ("halted", "vm.vcpus", "vm", {"vcpus": 1, "most": 1}, [("VM.set_VCPUs_at_startup", 1), ("VM.set_VCPUs_max", 1)]),
    ("halted", "vm.vcpus", "vm", {"vcpus": 2, "most": 4, "cores": 2}, [("VM.add_to_platform", "cores-per-socket", "2")]),
    ("running", "vm.vcpus", "vm", {"vcpus": 4}, [("VM.set_VCPUs_number_live", 4)]),
    ("halted", "vm.cpu_share", "vm", {"weight": 512, "cap": 0}, [("VM.add_to_VCPUs_params", "weight", "512")]),
    ("halted", "vm.boot_order", "vm", {"order": "dcn"},
     [("VM.remove_from_HVM_boot_params", "order"), ("VM.add_to_HVM_boot_params", "order", "dcn")]),
    ("halted", "vm.auto_start", "vm", {"on": True},
     [("VM.add_to_other_config", "auto_poweron", "true"), ("pool.add_to_other_config", "auto_poweron", "true")]),
    ("halted", "vm.auto_start", "vm", {"on": False}, []),
    ("halted", "vm.protect", "vm", {"deletion": True}, [("VM.add_to_blocked_operations", "destroy", "true")]),
    ("halted", "vm.start_order", "vm", {"order": 10, "start_delay": 30}, [("VM.set_order", 10), ("VM.set_start_delay", 30)]),
    ("halted", "vm.ha", "vm", {"priority": "restart"}, [("VM.set_ha_restart_priority", "restart")]),
    ("halted", "vm.notes", "vm", {"notes": "after"},
     [("VM.remove_from_other_config", "xo:notes"), ("VM.add_to_other_config", "xo:notes", "after")]),
    ("halted", "vm.notes", "vm", {"notes": ""}, [("VM.remove_from_other_config", "xo:notes")]),
    ("halted", "vm.custom_field", "vm", {"field": "owner", "value": "ann"},
     [("VM.add_to_other_config", "XenCenter.CustomFields.owner", "ann")]),
    ("halted", "vm.folder", "vm", {"folder": "/servers/"}, [("VM.add_to_other_config", "folder", "/servers")]),
    ("halted", "vm.add_tag", "vm", {"tag": "new"}, [("VM.add_tags", "new")]),
    ("halted", "vm.remove_tag", "vm", {"tag": "old"}, [("VM.remove_tags", "old")]),
    ("halted", "vm.remove_tag", "vm", {"tag": "none"}, []),
    ("halted", "vdi.grow", "disk", {"size": "+10"}, [("VDI.resize", 20 * GIB)]),
    ("halted", "vbd.bootable", "drive", {"bootable": True}, [("VBD.set_bootable", True)]),
    ("halted", "vbd.detach", "drive", {}, [("VBD.destroy",)]),
    ("running", "vbd.detach", "drive", {}, [("VBD.unplug",), ("VBD.destroy",)]),
    ("running", "vif.disconnect", "nic", {}, [("VIF.unplug",)]),
    ("running", "vif.remove", "nic", {}, [("VIF.unplug",), ("VIF.destroy",)]),
    ("halted", "vif.limit", "nic", {"rate": 1000},
     [("VIF.set_qos_algorithm_type", "ratelimit"), ("VIF.add_to_qos_algorithm_params", "kbps", "1000")]),
    ("halted", "vif.lock", "nic", {"mode": "locked", "ipv4": "10.0.0.1, 10.0.0.2"},
     [("VIF.set_ipv4_allowed", ["10.0.0.1", "10.0.0.2"]), ("VIF.set_locking_mode", "locked")]),
]  # fmt: skip


@pytest.mark.parametrize(("state", "action_id", "what", "values", "sent"), SENT, ids=[f"{row[0]} {row[1]} {row[3]}" for row in SENT])
def test_only_what_differs_is_sent(request: pytest.FixtureRequest, state: str, action_id: str, what: str, values: Any, sent: Any) -> None:
    place: Place = request.getfixturevalue(state)
    assert faults(action_id, of(place, what), **values) == []
    calls = calls_of(action_id, of(place, what), **values)
    assert [(method, *parameters[1:]) for method, parameters in calls] == sent


FAULTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("vm.memory", "vm", {"memory": "0"}, "it must be more than 0 and at most 1 PiB"),
    ("vm.memory", "vm", {"memory": "-1"}, "it must be more than 0 and at most 1 PiB"),
    ("vm.memory", "vm", {"memory": str(1 << 60)}, "it must be more than 0 and at most 1 PiB"),
    ("vm.memory", "vm", {"memory": "1 MiB"}, "it must be at least 16\u202fMiB"),
    ("vm.memory", "vm", {"memory": "4", "minimum": "5"}, "it must be at most the memory, 4\u202fGiB"),
    ("vm.memory", "vm", {"memory": "4", "limit": "3"}, "it must be at least the memory, 4\u202fGiB"),
    ("vm.memory", "vm", {"memory": "65"}, "no host of the pool has more than 64\u202fGiB"),
    ("vm.vcpus", "vm", {"vcpus": 0}, "it must be at least 1"),
    ("vm.vcpus", "vm", {"vcpus": "many"}, "it must be a whole number"),
    ("vm.vcpus", "vm", {"vcpus": 4, "most": 2}, "it must be at least the number of vCPUs, 4"),
    ("vm.vcpus", "vm", {"vcpus": 4, "most": 4, "cores": 3}, "4 is not a multiple of 3, the cores per socket"),
    ("vm.boot_order", "vm", {"order": "cc"}, "each of the letters c, d and n is allowed once"),
    ("vm.folder", "vm", {"folder": "servers"}, "a folder begins with a slash, like /servers/web"),
    ("vm.add_tag", "vm", {"tag": "a\nb"}, "only visible characters are allowed"),
    ("vdi.grow", "disk", {"size": "10"}, "it already has 10 GiB, and disks cannot shrink"),
    ("vdi.grow", "disk", {"size": "much"}, "it must be a size, like 300, 300 GiB, +100"),
    ("vdi.grow", "disk", {"size": "2 PiB"}, "it must be more than 0 and at most 1 PiB"),
    ("vdi.grow", "disk", {"size": "+61"}, "vault cannot be used: 61 GiB needed, 60 GiB free"),
    ("vif.mac", "nic", {"mac": "00-00-00-00-00-00"}, "it must be a unicast MAC address, like 02:1a:2b:3c:4d:5e"),
    ("vif.mac", "nic", {"mac": "01:00:00:00:00:00"}, "its first byte must be even; odd ones are multicast"),
    ("vif.mac", "nic", {"mac": "52:54"}, "a MAC address has six bytes, like 52:54:00:12:34:56"),
    ("vif.lock", "nic", {"mode": "locked"}, "without an address nothing can be sent; enter one, or select “No traffic”"),
    ("vif.lock", "nic", {"mode": "locked", "ipv4": "fe80::1"}, "“fe80::1” is not a valid address"),
    ("vif.lock", "nic", {"mode": "off"}, "it must be one of these: network_default, unlocked, locked, disabled"),
]  # fmt: skip


@pytest.mark.parametrize(("action_id", "what", "values", "words"), FAULTS, ids=[f"{row[0]} {row[2]}" for row in FAULTS])
def test_what_cannot_be_is_said_at_its_field(halted: Place, action_id: str, what: str, values: Any, words: str) -> None:
    assert faults(action_id, of(halted, what), **values) == [words]


@pytest.mark.parametrize(
    ("text", "size"),
    [("300", 300 * GIB), ("300 GiB", 300 * GIB), ("+100", 110 * GIB), ("+512 MiB", 10 * GIB + (512 << 20)), ("+50%", 15 * GIB),
     ("1,5 TiB", 1536 * GIB), ("", None), ("+", None), ("+-1", None), ("1e9", None)],
)  # fmt: skip
def test_a_size_is_a_size_or_so_much_more(text: str, size: int | None) -> None:
    assert new_size(text, 10 * GIB) == size


def test_a_mac_that_another_vm_has_is_refused(halted: Place) -> None:
    other = halted.fake.vm("db-1")
    halted.put(VIF(VM=other.ref, MAC="52:54:00:aa:00:02"))
    assert faults("vif.mac", halted.nic, mac="52-54-00-AA-00-02") == ["db-1 already has it"]
    assert faults("vm.add_nic", halted.vm, network=halted.lan.uuid, mac="52:54:00:AA:00:02") == ["db-1 already has it"]


def test_what_is_possible_only_halted_is_noted_and_applied_by_a_restart(running: Place) -> None:
    vm, fake = running.vm, running.fake
    assert not pending_of(vm)
    for action_id, values in (("vm.memory", {"memory": "16"}), ("vm.vcpus", {"vcpus": 6, "cores": 2}), ("vdi.grow", {"size": "20"})):
        subject = running.disk if action_id.startswith("vdi") else vm
        ((method, (_ref, key, value)),) = calls_of(action_id, subject, **values)
        assert method == "VM.add_to_other_config"
        fake.change(vm, other_config={**vm.other_config, str(key): value})
    waiting = pending_of(vm)
    assert waiting.memory and waiting.memory.static_max == 16 * GIB and waiting.vcpus and waiting.vcpus.most == 6 and waiting.count == 3
    assert why_not(action("vm.apply_pending"), vm, user()) is None
    assert [(method, *parameters[1:]) for method, parameters in calls_of("vm.apply_pending", vm)] == [
        ("VM.clean_shutdown",),
        ("VM.set_memory_limits", GIB, 16 * GIB, 16 * GIB, 16 * GIB),
        ("VM.set_VCPUs_max", 6), ("VM.set_VCPUs_at_startup", 6), ("VM.add_to_platform", "cores-per-socket", "2"),
        ("VDI.resize", 20 * GIB),
        *[("VM.remove_from_other_config", key) for key in waiting.keys],
        ("VM.start", False, False),
    ]  # fmt: skip
    assert [parameters[1] for _method, parameters in calls_of("vm.discard_pending", vm)] == waiting.keys
    ((method, (_ref, key)),) = [call for call in calls_of("vm.memory", vm, memory="6") if "other_config" in call[0]]
    assert (method, key) == ("VM.remove_from_other_config", MEMORY), "what is set at once overtakes what waited"


@pytest.mark.parametrize(
    "value", ["", "{", "[]", '{"vm":"other","at_startup":1,"most":1,"cores":1}', '{"vm":"{vm}","at_startup":9,"most":1,"cores":1}',
              '{"vm":"{vm}","at_startup":-1,"most":1,"cores":1}', "\ud800", "[" * 10_000],
)  # fmt: skip
def test_what_waits_is_read_with_care(running: Place, value: str) -> None:
    running.fake.change(running.vm, other_config={VCPUS: value.replace("{vm}", running.vm.uuid[:8])})
    assert not pending_of(running.vm)
    assert str(why_not(action("vm.apply_pending"), running.vm, user())) == "no changes are waiting for a restart"


def test_a_guest_without_tools_gets_devices_at_its_next_start(running: Place) -> None:
    assert [method for method, _ in calls_of("vm.add_nic", running.vm, network=running.dmz.uuid)] == ["VIF.create", "VIF.plug"]
    running.fake.change(running.vm, guest_metrics=NULL_REF)
    assert [method for method, _ in calls_of("vm.add_nic", running.vm, network=running.dmz.uuid)] == ["VIF.create"]
    assert [method for method, _ in calls_of("vm.add_disk", running.vm, name="x", size="1", sr=running.fast.uuid)] == [
        "VDI.create", "VBD.create",
    ]  # fmt: skip
    words = "a guest without guest tools does not release it while running; shut down web-1 first"
    assert str(why_not(action("vif.remove"), running.nic, user())) == words


def test_a_disk_grows_in_use_where_the_driver_can(running: Place) -> None:
    running.put(SM(type="lvmoiscsi", features={"VDI_RESIZE_ONLINE": 1}))
    assert calls_of("vdi.grow", running.disk, size="20") == [("VDI.resize_online", (running.disk.ref, 20 * GIB))]


def test_a_disk_moves_with_its_vm_or_is_copied(running: Place, fake: FakePool) -> None:
    assert calls_of("vdi.move", running.disk, sr=running.fast.uuid) == [("VDI.pool_migrate", (running.disk.ref, running.fast.ref, {}))]
    assert faults("vdi.move", running.disk, sr=running.vault.uuid) == ["it is already there"]
    choices = action("vdi.move").choices["sr"]([running.disk])
    assert [(choice.value, choice.refused) for choice in choices] == [(running.fast.uuid, None)]
    fake.change(running.vm, allowed_operations=frozenset())
    assert str(why_not(action("vdi.move"), running.disk, user())) == "web-1 cannot be moved while it runs; shut it down first"
    fake.change(running.vm, power_state=HALTED)
    fake.change(running.drive, currently_attached=False)
    methods = [method for method, _parameters in calls_of("vdi.move", running.disk, sr=running.fast.uuid)]
    assert methods == ["VDI.copy", "VBD.destroy", "VBD.create", "VDI.destroy"]


def test_a_cd_is_swapped_and_a_drive_made_where_there_is_none(halted: Place, fake: FakePool) -> None:
    one, other = halted.iso("debian.iso"), halted.iso("tools.iso")
    assert [method for method, _ in calls_of("vm.insert_cd", halted.vm, image=one.uuid)] == ["VBD.insert"]
    assert faults("vm.insert_cd", halted.vm, image=halted.disk.uuid) == ["it is not an ISO image"]
    fake.change(halted.cd, VDI=other.ref, empty=False, allowed_operations=frozenset({"eject"}))
    assert [method for method, _ in calls_of("vm.insert_cd", halted.vm, image=one.uuid)] == ["VBD.eject", "VBD.insert"]
    fake.change(halted.vm, VBDs=[halted.drive.ref])
    create, insert = steps_of("vm.insert_cd", halted.vm, image=one.uuid)
    assert isinstance(create, Call) and isinstance(create.parameters[0], dict) and create.parameters[0]["userdevice"] == "3"
    assert xe_lines([create, insert], fake.home) == [
        f"vbd_1=$(xe vbd-create vm-uuid={halted.vm.uuid} device=3 type=CD mode=RO bootable=false)",
        f"xe vbd-insert uuid=$vbd_1 vdi-uuid={one.uuid}",
    ]


def test_a_disk_that_a_running_vm_has_is_not_deleted(running: Place, fake: FakePool) -> None:
    assert str(why_not(action("vdi.delete"), running.disk, user())) == "it is attached to web-1; detach it first"
    assert action("vdi.delete").consequences(running.disk) == ["root is removed from web-1"]
    fake.change(running.drive, currently_attached=False)
    fake.change(running.vm, power_state=HALTED)
    assert why_not(action("vdi.delete"), running.disk, user()) is None
    fake.change(running.disk, managed=False)
    assert not action("vdi.delete").applies_to(running.disk)


FAILING: list[tuple[str, str, str, dict[str, Any]]] = [
    ("halted", "vm.vcpus", "vm", {"vcpus": 8, "cores": 4}),
    ("halted", "vm.boot_order", "vm", {"order": "dcn"}),
    ("halted", "vm.notes", "vm", {"notes": "after"}),
    ("halted", "vm.auto_start", "vm", {"on": True}),
    ("halted", "vm.protect", "vm", {"shutdown": True}),
    ("halted", "vm.start_order", "vm", {"order": 1, "start_delay": 2, "shutdown_delay": 3}),
    ("running", "vm.add_disk", "vm", {"name": "data", "size": "10", "sr": "fast"}),
    ("running", "vm.add_nic", "vm", {"network": "dmz"}),
    ("running", "vbd.detach", "drive", {}),
    ("running", "vif.remove", "nic", {}),
    ("halted", "vif.mac", "nic", {"mac": "52:54:00:00:00:09"}),
    ("halted", "vif.limit", "nic", {"rate": 100}),
    ("halted", "vif.lock", "nic", {"mode": "locked", "ipv4": "10.0.0.1", "ipv6": "fe80::1"}),
    ("copying", "vdi.move", "disk", {"sr": "fast"}),
    ("pending", "vm.apply_pending", "vm", {}),
]  # fmt: skip


def prepared(fake: FakePool, state: str) -> Place:
    place = Place(fake, RUNNING if state in ("running", "pending") else HALTED)
    if state == "copying":
        fake.change(place.vm, allowed_operations=frozenset())
    if state == "pending":
        short = place.vm.uuid[:8]
        waiting = {
            MEMORY: f'{{"vm":"{short}","static_max":{16 * GIB},"dynamic_min":{GIB},"dynamic_max":{16 * GIB}}}',
            VCPUS: f'{{"vm":"{short}","at_startup":6,"most":6,"cores":2}}',
        }
        fake.change(place.vm, other_config={**place.vm.other_config, **waiting})
    return place


@pytest.mark.parametrize(("state", "action_id", "what", "values"), FAILING, ids=[f"{row[0]} {row[1]}" for row in FAILING])
async def test_each_call_fails_once_and_everything_is_as_it_was(tmp_path: Path, state: str, action_id: str, what: str, values: Any) -> None:
    steps = steps_of(action_id, of(probe := prepared(FakePool(), state), what), **filled(probe, values))
    for fails in range(len(steps)):
        fake = FakePool()
        place, desk, ledger = prepared(fake, state), Desk(tmp_path, fake), Ledger(fake, fails)
        calls = [step for step in steps_of(action_id, of(place, what), **filled(place, values)) if isinstance(step, Call)]
        ledger.expect(calls)
        run = await desk.runner.run(desk.hire(), action(action_id), [of(place, what)], filled(place, values))
        await desk.runner.stop()
        (item,) = run.items
        if calls[fails].alone:
            continue  # what is left is told
        assert item.state is RunState.FAILED and not item.left, f"call {fails}: {item.reason}"
        assert ledger.changed == {}, f"call {fails} of {[call.method for call in calls]}"
        assert not +ledger.made and not -ledger.made, f"call {fails}"


def filled(place: Place, values: dict[str, Any]) -> dict[str, Any]:
    return {key: of(place, value).uuid if key in ("sr", "network") else value for key, value in values.items()}


def test_no_more_vcpus_than_a_host_has_and_what_the_template_says(fake: FakePool) -> None:
    place = Place(fake)
    row = action("vm.vcpus")
    advice = '<restrictions><restriction max="8" property="x"/><restriction min="1" max="16" field="vcpus-max"/></restrictions>'
    fake.change(place.vm, recommendations=advice)
    assert faults("vm.vcpus", place.vm, vcpus=200) == [], "nobody knows how many CPUs the host has"
    fake.change(place.host, cpu_info={"cpu_count": "32"})
    assert faults("vm.vcpus", place.vm, vcpus=32) == []
    refused = "no host in the pool has that many CPUs; the largest has 32"
    assert faults("vm.vcpus", place.vm, vcpus=33) == [refused]
    assert faults("vm.vcpus", place.vm, vcpus=4, most=40) == [refused]
    said = [str(note) for note in row.notes(row.request(vcpus=17), place.vm)]
    assert len(said) == 1 and "recommends 16 vCPUs" in said[0]
    assert not [*row.notes(row.request(vcpus=16), place.vm)]
    fake.change(place.vm, VCPUs_max=64, VCPUs_at_startup=64)
    assert faults("vm.vcpus", place.vm, vcpus=40) == [], "fewer than it has is a way out"
    for yes in ("true", "1", "True"):
        fake.change(place.vm, platform={"vcpu-unrestricted": yes})
        assert faults("vm.vcpus", place.vm, vcpus=80) == []
    fake.change(place.vm, platform={"vcpu-unrestricted": "0"})
    assert faults("vm.vcpus", place.vm, vcpus=80) == [refused]
    fake.put(Host(name_label="says nothing"))
    assert faults("vm.vcpus", place.vm, vcpus=80) == []
