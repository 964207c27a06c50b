"""What a reading of xapi's source settled about VMs: what is checked, in which order, with which words, and what is written."""

from typing import Any

import pytest

from tests.simulator.client import Client
from tests.simulator.making import GIB, NULL, RECORD, Maker
from xo_dash.simulator.testing import SimulatedPool


@pytest.fixture
def make(client: Client) -> Maker:
    return Maker(client)


START_REFUSES: list[tuple[dict[str, Any], list[str]]] = [
    ({"platform": {"cores-per-socket": "3"}}, ["VCPU_MAX_NOT_CORES_PER_SOCKET_MULTIPLE", "2", "3"]),
    ({"platform": {"cores-per-socket": "many"}}, ["INVALID_VALUE", "platform:cores-per-socket", "many"]),
    ({"platform": {"nested-virt": "perhaps"}}, ["INVALID_VALUE", "platform:nested-virt", "perhaps"]),
    ({"platform": {"device-model": "qemu-upstream-uefi"}},
     ["INVALID_VALUE", "platform:device-model", "BIOS boot is not supported with qemu-upstream-uefi"]),
    ({"memory_dynamic_max": GIB // 2, "memory_dynamic_min": GIB}, ["MEMORY_CONSTRAINT_VIOLATION"]),
    ({"HVM_shadow_multiplier": 0.0}, ["INVALID_VALUE", "HVM_shadow_multiplier", "0."]),
    ({"actions_after_crash": "rename_restart"},
     ["VALUE_NOT_SUPPORTED", "VM.actions_after_crash", "rename_restart",
      "option would leak a domain; VMs and not domains are managed by this API"]),
    ({"actions_after_crash": "coredump_and_restart"},
     ["VALUE_NOT_SUPPORTED", "VM.actions_after_crash", "coredump_and_restart",
      "cannot invoke a coredump of an HVM, PVH or PV-in-PVH domain"]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "failure"), START_REFUSES)
def test_what_a_start_finds_out(make: Maker, fields: dict[str, Any], failure: list[str]) -> None:
    vm = make.vm(**fields)
    assert make.x.failure("VM.start_on", vm, make.master, False, False) == failure
    assert make.get(vm, "power_state") == "Halted"


def test_memory_target_follows_the_lowest(make: Maker) -> None:
    vm = make.vm()
    make.x.call("VM.set_memory_dynamic_range", vm, GIB // 2, GIB)
    assert make.get(vm, "memory_target") == GIB // 2


def test_a_lost_image_halts(make: Maker, pool: SimulatedPool) -> None:
    vm = make.vm()
    make.x.call("VM.start", vm, False, False)
    pool.do(lambda inside: inside.db.set(inside.db.get(vm, "metrics"), current_domain_type="pv"))  # which needs no tools
    make.x.call("VM.suspend", vm)
    make.x.call("VDI.destroy", make.get(vm, "suspend_VDI"))
    assert make.x.failure("VM.resume", vm, False, False) == ["VM_HAS_NO_SUSPEND_VDI", "VM", vm]
    assert make.get(vm, "power_state") == "Halted"


def test_another_image(make: Maker, pool: SimulatedPool) -> None:
    vm = make.vm()
    make.x.call("VM.start", vm, False, False)
    pool.do(lambda inside: inside.db.set(inside.db.get(vm, "metrics"), current_domain_type="pv"))
    make.x.call("VM.suspend", vm)
    image = make.get(vm, "suspend_VDI")
    make.x.call("VM.set_suspend_VDI", vm, make.x.call("VDI.copy", image, make.sr))
    assert make.get(vm, "suspend_VDI") != image
    failed = make.x.failure("VM.set_suspend_VDI", vm, make.disk())
    assert failed[0] == "SUSPEND_VDI_REPLACEMENT_IS_NOT_IDENTICAL" and " : " in failed[1]


def test_groups_are_for_vms_and_one_a_vm(make: Maker) -> None:
    one, two = (make.x.call("VM_group.create", {"name_label": name, "placement": "anti_affinity"}) for name in ("one", "two"))
    vm, template = make.vm(), make.vm(is_a_template=True)
    make.x.call("VM.set_groups", vm, [one])
    assert make.x.failure("VM.set_groups", vm, [one, two]) == ["TOO_MANY_GROUPS"]
    assert make.x.failure("VM.set_groups", template, [one])[0] == "OPERATION_NOT_ALLOWED"
    for group in (one, two):
        make.x.call("VM_group.destroy", group)
    assert make.get(vm, "groups") == []


def test_default_templates(make: Maker) -> None:
    vm = make.vm()
    make.x.call("VM.set_is_default_template", vm, True)
    assert make.get(vm, "is_a_template") and make.get(vm, "other_config")["default_template"] == "true"
    assert make.x.failure("VM.destroy", vm) == ["VM_IS_TEMPLATE", vm, "destroy"]
    make.x.call("VM.set_is_default_template", vm, False)
    make.x.call("VM.destroy", vm)


@pytest.mark.parametrize(
    ("strings", "failure"),
    [({"smell": "x"}, ["smell", "Unknown key"]), ({"oem-1": "x"}, ["oem-1", "Unknown key"]),
     ({"bios-vendor": ""}, ["bios-vendor", "Value provided is empty"]),
     ({"bios-vendor": "x" * 513}, ["bios-vendor", f"{'x' * 513} has length more than 512 characters"]),
     ({"bios-vendor": "é"}, ["bios-vendor", "é has non-printable ASCII characters"])],
)  # fmt: skip
def test_bios_strings(make: Maker, strings: dict[str, str], failure: list[str]) -> None:
    vm = make.vm()
    assert make.x.failure("VM.set_bios_strings", vm, strings) == ["INVALID_VALUE", *failure]
    make.x.call("VM.set_bios_strings", vm, {"bios-vendor": "ACME"})
    held = make.get(vm, "bios_strings")
    assert (held["bios-vendor"], held["system-product-name"]) == ("ACME", "HVM domU")
    assert make.x.failure("VM.set_bios_strings", vm, {}) == ["VM_BIOS_STRINGS_ALREADY_SET"]


def test_bios_strings_of_a_host_bind_to_it(make: Maker) -> None:
    vm = make.vm()
    make.x.call("VM.copy_bios_strings", vm, make.master)
    assert make.get(vm, "affinity") == make.master


def test_a_suspended_vm_needs_all_that_makes_it_so(make: Maker) -> None:
    record = {**RECORD, "name_label": "s", "power_state": "Suspended", "suspend_VDI": make.disk(type="suspend")}
    failed = make.x.failure("VM.create", record)
    assert (failed[0], failed[2:]) == ("VM_BAD_POWER_STATE", ["halted", "suspended"])
    vm = make.x.call("VM.create", {**record, "last_booted_record": "x", "last_boot_CPU_flags": {"vendor": ""}, "domain_type": "hvm"})
    assert make.get(vm, "power_state") == "Suspended"
    assert make.get(make.get(vm, "metrics"), "current_domain_type", "VM_metrics") == "hvm"


def test_a_checkpoint_of_what_does_not_run_says_nothing_of_it(make: Maker, pool: SimulatedPool) -> None:
    vm = make.vm()
    make.x.call("VM.start", vm, True, False)
    pool.do(lambda inside: inside.db.set(inside.db.get(vm, "metrics"), current_domain_type="pv"))
    shot = make.x.call("VM.checkpoint", vm, "paused")
    assert make.get(shot, "snapshot_info") == {}
    assert make.get(make.x.call("VM.snapshot", vm, "s"), "snapshot_info")["power-state-at-snapshot"] == "Paused"


def test_a_generation_that_nobody_wants_stays_away(make: Maker) -> None:
    assert make.get(make.x.call("VM.clone", make.vm(generation_id=""), "c"), "generation_id") == ""
    assert make.get(make.x.call("VM.clone", make.vm(), "c"), "generation_id") != "0:0"


def test_a_tpm_goes_along(make: Maker) -> None:
    vm = make.vm()
    make.x.call("VTPM.create", vm, False)
    (copied,) = make.get(make.x.call("VM.clone", vm, "c"), "VTPMs")
    assert make.get(copied, "VM", "VTPM") != vm
    assert make.x.failure("VTPM.create", make.get(copied, "VM", "VTPM"), False) == ["VTPM_MAX_AMOUNT_REACHED", "1"]


def test_states_as_records_write_them(make: Maker) -> None:
    vm = make.vm()
    bad = ["VM_BAD_POWER_STATE", vm, "Running", "Halted"]
    assert make.x.failure("VM.restart_device_models", vm) == bad
    assert make.x.failure("VM.call_host_plugin", vm, "p", "f", {}) == bad


def test_scripts_in_guests_are_switched_on_for_a_pool(make: Maker, pool: SimulatedPool) -> None:
    vm = make.vm()
    make.x.call("VM.start", vm, False, False)
    assert make.x.failure("VM.call_plugin", vm, "guest-agent-operation", "run-script", {}) == ["FEATURE_RESTRICTED"]


def test_no_domain_type_is_no_choice(make: Maker) -> None:
    assert make.x.failure("VM.set_domain_type", make.vm(), "unspecified") == ["INVALID_VALUE", "domain_type", "unspecified"]


def test_a_disk_that_resets_stops_its_own_snapshot(make: Maker) -> None:
    """The VM's operations go by what the driver noted in sm_config; it is the disk that refuses."""
    vm = make.vm()
    make.x.call("VDI.set_on_boot", make.disk_of(vm), "reset")
    assert "snapshot" in make.get(vm, "allowed_operations")
    assert make.x.failure("VM.snapshot", vm, "s") == ["VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION"]
    assert make.get(vm, "snapshots") == []
    assert make.x.failure("VM.snapshot", NULL, "s") == ["HANDLE_INVALID", "VM", NULL]


def test_an_appliance_tries_all_that_are_not_there_yet(make: Maker, pool: SimulatedPool) -> None:
    appliance = make.x.call("VM_appliance.create", {"name_label": "shop", "name_description": ""})
    halted, paused = make.vm("a"), make.vm("b")
    make.x.call("VM.start", paused, True, False)
    for vm in (halted, paused):
        make.x.call("VM.set_appliance", vm, appliance)
    assert make.x.failure("VM_appliance.start", appliance, False) == ["OPERATION_PARTIALLY_FAILED", "VM_appliance.start", paused]
    assert make.get(halted, "power_state") == "Running"
    make.x.call("VM_appliance.hard_shutdown", appliance)
    assert make.get(paused, "power_state") == "Halted"


def test_what_a_control_domain_has_open_is_shared(make: Maker, pool: SimulatedPool) -> None:
    """xapi's own domains know what they do: a guest may have the same disk."""
    dom0, vm = make.get(make.master, "control_domain", "host"), make.vm()
    disk = make.disk_of(vm)
    drive = make.drive(dom0, disk, "autodetect")
    make.x.call("VBD.plug", drive)
    make.x.call("VM.start", vm, False, False)
    make.x.call("VBD.unplug", drive)
    make.x.call("VBD.plug", drive)
    make.x.call("VBD.unplug", drive)


def test_floppies(make: Maker) -> None:
    vm, pv = make.vm(), make.vm(HVM_boot_policy="")
    drive = make.drive(vm, make.disk(), "autodetect", type="Floppy")
    assert make.get(drive, "userdevice", "VBD") == "fda"
    record = {"VM": pv, "VDI": make.disk(), "userdevice": "fda", "bootable": False, "mode": "RW", "type": "Floppy", "empty": False,
              "other_config": {}, "qos_algorithm_type": "", "qos_algorithm_params": {}}  # fmt: skip
    assert make.x.failure("VBD.create", record) == ["NOT_IMPLEMENTED", "VBD of type 'floppy' is not supported on PV domain"]


def test_a_client_that_ends_its_task_says_nothing_of_the_time(pool: SimulatedPool) -> None:
    async def ended() -> tuple[str, list[str]]:
        """In one go: a task that ended at no time is swept away soon."""
        run = pool.inside.run
        task = await run("task.create", "mine", "")
        await run("task.set_status", task, "success")
        told = await run("task.get_finished", task)
        await run("task.cancel", task)
        return str(told), list((await run("task.get_current_operations", task)).values())

    assert pool.simulation.wait(ended()) == ("19700101T00:00:00Z", ["cancel"])


def test_schedules_check_before_they_look(make: Maker) -> None:
    schedule = make.x.call("VMSS.create", {"name_label": "s", "name_description": "", "enabled": False, "type": "snapshot",
                                           "retained_snapshots": 7, "frequency": "daily", "schedule": {"hour": "1"}})  # fmt: skip
    assert make.x.failure("VMSS.add_to_schedule", schedule, "hour", "25") == ["INVALID_VALUE", "schedule:hour", "25"]
    make.x.call("VM.set_snapshot_schedule", vm := make.vm(), schedule)
    failed = ["VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", vm]
    assert make.x.failure("VMSS.set_type", schedule, "snapshot_with_quiesce") == failed


def test_references_that_lead_nowhere(make: Maker) -> None:
    """What is only written is taken as it comes; what is looked up is named with its class."""
    vm, nowhere = make.vm(), "OpaqueRef:nothing"
    make.x.call("VM.set_affinity", vm, nowhere)
    make.x.call("VM.set_appliance", vm, nowhere)
    assert (make.get(vm, "affinity"), make.get(vm, "appliance")) == (nowhere, nowhere)
    assert make.x.failure("VM.set_snapshot_schedule", vm, nowhere) == ["INVALID_VALUE", nowhere]
    assert make.x.failure("VM.start_on", vm, NULL, False, False) == ["HANDLE_INVALID", "host", NULL]
    assert make.x.failure("VM.assert_can_boot_here", vm, NULL) == ["HANDLE_INVALID", "host", NULL]
    assert make.get(make.x.call("VM.copy", vm, "c", nowhere), "VBDs")
    assert make.x.failure("VDI.copy", make.disk_of(vm), nowhere) == ["HANDLE_INVALID", "SR", nowhere]
    make.x.call("VM.start", vm, False, False)
    make.x.call("VM.hard_shutdown", vm)


def test_a_revert_brings_the_tpm_and_leaves_the_appliance(make: Maker) -> None:
    vm = make.vm(generation_id="")
    make.x.call("VTPM.create", vm, False)
    shot = make.x.call("VM.snapshot", vm, "s")
    make.x.call("VTPM.destroy", make.get(vm, "VTPMs")[0])
    make.x.call("VM.set_appliance", vm, make.x.call("VM_appliance.create", {"name_label": "later", "name_description": ""}))
    make.x.call("VM.revert", shot)
    assert (make.get(vm, "appliance"), make.get(vm, "generation_id"), len(make.get(vm, "VTPMs"))) == (NULL, "", 1)
    assert make.get(vm, "VTPMs") != make.get(shot, "VTPMs")


def test_what_only_drivers_may_set(make: Maker) -> None:
    disk = make.disk()
    pbd = make.x.call("SR.get_PBDs", make.sr)[0]
    of_disks = {"sharable": True, "read_only": True, "managed": False, "missing": True, "virtual_size": 5, "physical_utilisation": 5,
                "snapshot_of": NULL}  # fmt: skip
    calls: list[tuple[str, str, Any]] = [(f"VDI.set_{field}", disk, value) for field, value in of_disks.items()]
    calls += [(f"SR.set_{field}", make.sr, 5) for field in ("physical_size", "physical_utilisation", "virtual_allocation")]
    calls += [("SR.set_physical_size", "OpaqueRef:nobody", 5), ("PBD.set_device_config", pbd, {"SRmaster": "true"})]
    for method, ref, value in calls:
        assert make.x.failure(method, ref, value) == ["PERMISSION_DENIED", ""], method
    assert make.x.failure("VDI.db_forget", disk) == ["PERMISSION_DENIED", ""]
    assert make.x.failure("VDI.set_managed", "OpaqueRef:nothing", True) == ["HANDLE_INVALID", "VDI", "OpaqueRef:nothing"]
    assert make.x.failure("PBD.set_device_config", "OpaqueRef:nothing", {}) == ["HANDLE_INVALID", "PBD", "OpaqueRef:nothing"]


def test_drives_are_paused_by_drivers_alone(make: Maker) -> None:
    vm = make.vm()
    make.x.call("VM.start", vm, False, False)
    disk, cd = make.get(vm, "VBDs")
    assert make.x.failure("VBD.pause", disk) == ["SR_OPERATION_NOT_SUPPORTED", make.sr]
    assert make.x.failure("VBD.unpause", disk, "token") == ["SR_OPERATION_NOT_SUPPORTED", make.sr]
    assert make.x.failure("VBD.pause", "OpaqueRef:nothing") == ["HANDLE_INVALID", "VBD", "OpaqueRef:nothing"]
    assert make.get(disk, "current_operations", "VBD") == {} and cd


def test_members_show_each_other_a_secret(make: Maker) -> None:
    assert make.x.raw("session.slave_login", make.master, "guess")["error"] == {
        "code": 1, "message": "SESSION_AUTHENTICATION_FAILED", "data": [make.master, "Pool credentials invalid"],
    }  # fmt: skip
    assert make.x.raw("session.slave_local_login", "guess")["error"]["data"] == ["localhost", "Pool credentials invalid"]


def test_what_is_looked_at_first(make: Maker) -> None:
    """Of several reasons xapi names the one that it comes to first."""
    nothing = "OpaqueRef:nothing"
    vm = make.vm()
    make.x.call("VM.start", vm, False, False)
    assert make.x.failure("VM.set_suspend_VDI", vm, nothing) == ["VM_BAD_POWER_STATE", vm, "suspended", "running"]
    assert make.x.failure("host.enable_local_storage_caching", make.master, nothing) == ["HOST_NOT_DISABLED"]
    create = ("SR.create", nothing, {}, 0, "n", "", "nosuch", "user")
    assert make.x.failure(*create, False, {}) == ["HANDLE_INVALID", "host", nothing]
    assert make.x.failure(*create, True, {}) == ["SR_UNKNOWN_DRIVER", "nosuch"]


def test_a_redo_log_needs_an_sr_that_takes_it(make: Maker) -> None:
    refused = ["CANNOT_ENABLE_REDO_LOG", "failed to create a VDI for the redo log on the SR with the given UUID."]
    for sr in ("OpaqueRef:nothing", next(ref for ref, sr in make.x.call("SR.get_all_records").items() if sr["type"] == "udev")):
        assert make.x.failure("pool.enable_redo_log", sr) == refused
    make.x.call("pool.enable_redo_log", make.sr)
    log = make.get(make.pool, "redo_log_vdi", "pool")
    assert make.get(log, "sm_config", "VDI")["type"] == "raw" and make.get(log, "type", "VDI") == "redo_log"
    make.x.call("pool.disable_redo_log")


def test_a_template_that_was_one_before(make: Maker) -> None:
    """Its metrics went with the first time, and xapi does not look whether there are any."""
    vm = make.vm()
    make.x.call("VM.set_is_a_template", vm, True)
    assert make.get(vm, "metrics") == NULL
    make.x.call("VM.set_is_a_template", vm, False)
    assert make.x.failure("VM.set_is_a_template", vm, True) == ["HANDLE_INVALID", "VM_metrics", NULL]
    assert not make.get(vm, "is_a_template")


def test_a_tpm_goes_while_nothing_runs(make: Maker) -> None:
    vm = make.vm()
    tpm = make.x.call("VTPM.create", vm, False)
    assert make.get(tpm, "allowed_operations", "VTPM") == ["destroy"]
    make.x.call("VM.start", vm, False, False)
    assert make.get(tpm, "allowed_operations", "VTPM") == []
    assert make.x.failure("VTPM.destroy", tpm) == ["VM_BAD_POWER_STATE", vm, "halted;suspended", "running"]
