"""The plan of a new VM: what is sent, in which order; and whichever call fails, nothing stays behind."""

from pathlib import Path
from typing import Any

from data.objects import VBD, VDI, VIF, VM
from data.types import GIB, NULL_REF
from tests.control.asked import calls_of, steps_of
from tests.control.fake_pool import Users, user
from tests.creation.world import World
from xo_dash.control.actions import action
from xo_dash.control.audit import Audit
from xo_dash.control.journal import Journal
from xo_dash.control.rehearsal import rehearse, rehearse_all
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import RunItem, RunState
from xo_dash.control.runner import Runner
from xo_dash.control.vm.creation.blueprint import disks_of
from xo_dash.control.xe import xe_lines


def methods(world: World, **values: object) -> list[str]:
    return [method for method, _parameters in calls_of("vm.create", world.pool, **values)]


def test_a_template_that_comes_with_the_pool(world: World) -> None:
    calls = calls_of("vm.create", world.pool, name="web-1", template=world.debian.uuid)
    assert [method for method, _given in calls] == [
        "VM.clone", "VM.remove_from_other_config", "VM.provision", "VDI.create", "VBD.create", "VBD.create", "VIF.create", "VM.start",
    ]  # fmt: skip
    disk, first, drive, nic = (given[0] for _method, given in calls[3:7])
    assert (disk["name_label"], disk["virtual_size"], disk["SR"]) == ("web-1 root", 10 * GIB, world.vault.ref)
    assert (first["userdevice"], first["bootable"], first["mode"]) == ("0", True, "RW")
    assert (drive["type"], drive["VDI"], drive["empty"], drive["mode"], drive["userdevice"]) == ("CD", NULL_REF, True, "RO", "3")
    assert (nic["network"], nic["device"], nic["MAC"]) == (world.lan.ref, "0", "")


def test_the_lines_for_xe_can_be_run_by_hand(world: World) -> None:
    lines = xe_lines(steps_of("vm.create", world.pool, name="web-1", template=world.golden.uuid, vcpus=2,
                              disks=[{"position": "0", "size": "20 GiB"}], iso=world.iso.uuid), world.fake.home)  # fmt: skip
    assert lines == [
        f"vm_1=$(xe vm-clone uuid={world.golden.uuid} new-name-label=web-1)",
        "xe vm-param-set uuid=$vm_1 is-a-template=false",
        "xe vm-param-set uuid=$vm_1 VCPUs-max=2",
        "xe vm-param-set uuid=$vm_1 VCPUs-at-startup=2",
        "vdi_5=$(xe vbd-list vm-uuid=$vm_1 userdevice=0 params=vdi-uuid --minimal)",
        "xe vdi-param-set uuid=$vdi_5 name-label='web-1 root'",
        "xe vdi-resize uuid=$vdi_5 disk-size=21474836480",
        f"xe vbd-create vm-uuid=$vm_1 vdi-uuid={world.iso.uuid} device=3 type=CD mode=RO bootable=false",
        "xe vm-start uuid=$vm_1",
    ]


def test_a_disk_that_goes_elsewhere_makes_it_a_full_copy(world: World) -> None:
    calls = calls_of("vm.create", world.pool, name="a", template=world.golden.uuid, disks=[{"position": "0", "sr": world.fast.uuid}])
    assert calls[0] == ("VM.copy", (world.golden.ref, "a", world.fast.ref))


def test_the_cloud_init_disk_of_a_template_is_no_disk_to_choose_and_gives_way_to_a_new_one(world: World) -> None:
    seed = VDI(name_label="cidata", SR=world.vault.ref, virtual_size=4 << 20)
    world.fake.put(seed)
    drive = VBD(VM=world.golden.ref, VDI=seed.ref, userdevice="1", type="Disk", other_config={"xodash:config-drive": "keep"})
    world.fake.change(world.golden, VBDs=[*world.golden.VBDs, world.fake.put(drive)])
    assert [disk.position for disk in disks_of(world.golden)] == ["0"]
    more = {"name": "a", "template": world.golden.uuid, "disks": [{"position": "0"}, {"size": "5 GiB"}]}
    records = [given[0] for method, given in calls_of("vm.create", world.pool, **more) if method == "VBD.create"]
    assert [record["userdevice"] for record in records] == ["2", "3"]  # the template's stays in its place
    assert "VBD.destroy" not in methods(world, **more)
    sent = methods(world, **more, cloud_init={"user": "ann"})
    at = sent.index("VBD.destroy")
    assert sent[at : at + 4] == ["VBD.destroy", "VDI.destroy", "VDI.create", "VBD.create"]


def test_fewer_cpus_are_set_at_the_start_first(world: World) -> None:
    world.fake.change(world.golden, VCPUs_max=4, VCPUs_at_startup=4)
    sent = [m for m in methods(world, name="a", template=world.golden.uuid, vcpus=2) if "VCPUs" in m]
    assert sent == ["VM.set_VCPUs_at_startup", "VM.set_VCPUs_max"]


def test_a_nic_of_the_template_is_kept_replaced_or_dropped(world: World) -> None:
    def sent(*nics: dict[str, str]) -> list[str]:
        return [m for m in methods(world, name="a", template=world.golden.uuid, nics=list(nics)) if m.startswith("VIF")]

    assert sent({"network": world.lan.uuid}) == []
    assert sent({"network": world.vlan.uuid}) == ["VIF.destroy", "VIF.create"]
    assert sent({"network": world.lan.uuid, "mac": "02:00:00:00:00:01"}) == ["VIF.destroy", "VIF.create"]
    assert sent({"network": world.lan.uuid}, {"network": world.vlan.uuid}) == ["VIF.create"]
    assert sent() == ["VIF.destroy"]


def test_a_copy_of_a_vm_is_no_template_before(world: World) -> None:
    vm = world.fake.vm("web-1", VCPUs_max=1, VCPUs_at_startup=1)
    assert methods(world, name="b", template=vm.uuid, nics=[], start=False) == ["VM.clone", "VBD.create"]


def test_what_is_copied_keeps_its_firmware_and_boot_order(world: World) -> None:
    """The copy has them from XAPI: network boot comes first only where somebody asks for it."""
    params = {"firmware": "uefi", "order": "cd"}
    world.fake.change(world.golden, HVM_boot_params=params, platform={"secureboot": "auto"})
    made = methods(world, name="b", template=world.golden.uuid, vcpus=3, nics=[], start=False)
    assert "VM.clone" in made and not [call for call in made if "boot" in call or "NVRAM" in call or "platform" in call]
    vm = world.fake.vm("web-1", HVM_boot_params=params, VCPUs_max=1, VCPUs_at_startup=1)
    assert [method for method, _given in calls_of("vm.clone", vm, name="c")] == ["VM.clone"]


def test_several_stand_for_themselves(world: World) -> None:
    steps = steps_of("vm.create", world.pool, name="web-{n}", count=3, first=4, template=world.debian.uuid)
    assert [str(step.says) for step in steps] == ["Creating 3 VMs"]
    row = action("vm.create")
    request = decode(row.request, {"name": "web-{n}", "count": 3, "template": world.debian.uuid, "auto_start": True})
    assert len(rehearse(row.plan(request, world.pool))) == 2 < len(rehearse_all(row.plan(request, world.pool)))


EVERYTHING: dict[str, Any] = {
    "name": "web-1", "memory": "4 GiB", "vcpus": 4, "cores_per_socket": 2, "firmware": "uefi", "secure_boot": True, "vtpm": True,
    "description": "a", "tags": ["b"], "auto_start": True, "protect": True, "network_boot": True,
    "cloud_init": {"user": "ann", "password": "hunter2"},
}  # fmt: skip


def everything(world: World) -> dict[str, Any]:
    spare = VDI(name_label="spare", SR=world.vault.ref, virtual_size=GIB)
    world.fake.put(spare)
    disks = [{"position": "0", "size": "20 GiB"}, {"size": "5 GiB"}, {"vdi": spare.uuid}]
    nics = [{"network": world.vlan.uuid}, {"network": world.lan.uuid}]
    host = world.hosts[0].uuid
    return EVERYTHING | {"template": world.golden.uuid, "disks": disks, "nics": nics, "host": host, "iso": world.iso.uuid}


async def created(world: World, folder: Path, values: dict[str, Any]) -> RunItem:
    ann, users = user(), Users()
    users[ann.id] = ann
    runner = Runner(world.fake.mirror, lambda _server: world, users, Audit(folder))
    try:
        return (await runner.run(ann, action("vm.create"), [world.pool], values)).items[0]
    finally:
        await runner.stop()


async def test_all_of_it_is_made(world: World, tmp_path: Path) -> None:
    item = await created(world, tmp_path, everything(world))
    assert item.state is RunState.DONE, str(item.reason)
    vm = world.fake.home.one(VM, item.result)  # type: ignore[arg-type]
    assert isinstance(vm, VM) and vm.name_label == "web-1" and len(vm.VBDs) == 5 and len(vm.all_of(VIF, vm.VIFs)) == 2
    assert b"ann" in world.written and b"hunter2" not in world.written + (tmp_path / "audit.jsonl").read_bytes()
    assert world.fake.sent[-1] == "Async.VM.start_on"


async def test_their_history_says_who_made_them(world: World, tmp_path: Path) -> None:
    ann, users = user(), Users()
    users[ann.id] = ann
    runner = Runner(world.fake.mirror, lambda _server: world, users, Audit(tmp_path))
    journal = Journal(world.fake.mirror, runner, tmp_path)
    journal.start()
    try:
        await runner.run(ann, action("vm.create"), [world.pool], {"name": "web-{n}", "count": 2, "template": world.golden.uuid})
        await journal.flush()
        for name in ("web-1", "web-2"):
            (vm,) = (vm for vm in world.fake.home.all(VM).values() if vm.name_label == name)
            lines = await journal.lines(vm, 0, 9e12)
            assert {line.who for line in lines} == {"ann"} and "created" in {line.key for line in lines}, lines
    finally:
        await journal.stop()
        await runner.stop()


async def test_whichever_call_fails_nothing_stays(tmp_path: Path) -> None:
    """One after the other, until there is no call of that number."""
    number = 0
    while True:
        world = World()
        values = everything(world)
        before = world.rows()
        world.fails_at = number
        item = await created(world, tmp_path, values)
        if item.state is RunState.DONE:
            break
        assert item.state is RunState.FAILED and not item.left, f"{number}: {item.reason}"
        assert world.rows() == before, f"{number}: {world.fake.sent}"
        number += 1
    assert number > 28
