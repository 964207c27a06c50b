"""What is wrong with a request for a new VM: one clear sentence at its field."""

from typing import Any

import pytest

from data.objects import PBD, SR, VBD, VDI, VIF, VM, PowerState
from data.types import GIB
from tests.creation.world import World
from xo_dash.control.actions import action
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.vm.creation.blueprint import blueprint, described_disks
from xo_dash.control.vm.creation.hosts import seats, suggested, why
from xo_dash.control.vm.creation.request import CreateVM

NB = "\u202f"


def wrong(world: World, **values: object) -> dict[str, str]:
    row = action("vm.create")
    given = {"name": "web-1", "template": world.golden.uuid} | values
    try:
        faults = row.faults(decode(CreateVM, given), world.pool)
    except BadRequest as error:
        faults = list(error.faults)
    return {fault.field: str(fault.reason) for fault in faults}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\U0001f642", "x" * 255, "\u0645\u0631\u062d\u0628\u0627", "'; $(reboot)"])
def test_names_may_be_anything_that_can_be_seen(world: World, name: str) -> None:
    assert wrong(world, name=name) == {}


MALFORMED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"name": ""}, {"name": "“Name” is missing"}),
    ({"name": "x" * 256}, {"name": "it has at most 255 characters"}),
    ({"name": "a\u202eb\x00"}, {"name": "only visible characters are allowed"}),
    ({"name": "web", "count": 3}, {"name": "for several, the name needs {n} in it, like web-{n}"}),
    ({"name": "x" * 253 + "{n}", "count": 2, "first": 99_999}, {"name": "it has at most 255 characters"}),
    ({"name": "a{n}", "count": 0}, {"count": "it must be at least 1"}),
    ({"name": "a{n}", "count": 51}, {"count": "it must be at most 50"}),
    ({"memory": "0"}, {"memory": "it must be more than 0 and at most 1 PiB"}),
    ({"memory": "-1"}, {"memory": "it must be more than 0 and at most 1 PiB"}),
    ({"memory": str(1 << 60)}, {"memory": "it must be more than 0 and at most 1 PiB"}),
    ({"memory": "1 MiB"}, {"memory": f"it must be at least 16{NB}MiB"}),
    ({"memory": "1 TiB"}, {"memory": f"no host in the pool has that much; the largest has 64{NB}GiB"}),
    ({"memory": "2 GiB", "memory_min": "3 GiB", "memory_max": "4 GiB"}, {"memory_min": f"it must be at most the memory, 2{NB}GiB"}),
    ({"memory": "2 GiB", "memory_max": "1 GiB"}, {"memory_max": f"it must be at least the memory, 2{NB}GiB"}),
    ({"vcpus": 0}, {"vcpus": "it must be at least 1"}),
    ({"vcpus": 3, "cores_per_socket": 2}, {"cores_per_socket": "3 is not a multiple of 2, the cores per socket"}),
    ({"firmware": "coreboot"}, {"firmware": "it must be one of these: bios, uefi"}),
    ({"firmware": "bios", "vtpm": True, "secure_boot": True}, {"secure_boot": "it needs UEFI", "vtpm": "it needs UEFI"}),
    ({"disks": [{"size": "0"}]}, {"disks.0.size": "it must be more than 0 and at most 1 PiB"}),
    ({"disks": [{"size": "much"}]}, {"disks.0.size": "it must be a size, like 20 GiB"}),
    ({"disks": [{}]}, {"disks.0.size": "“Size” is missing"}),
    ({"disks": [{"size": "3 TiB"}]}, {"disks.0.size": f"a disk on vault has at most 1.99{NB}TiB"}),
    ({"disks": [{"position": "0", "size": "5 GiB"}]}, {"disks.0.size": f"the template's disk has 10{NB}GiB; it can only grow"}),
    ({"tags": ["a\nb"]}, {"tags": "only visible characters are allowed"}),
    ({"vcpus": 17}, {"vcpus": "no host in the pool has that many CPUs; the largest has 16"}),
    ({"ha": "restart"}, {"ha": "HA is off in this pool; turn HA on first"}),
    ({"cloud_init": {"user": "Ann"}},
     {"cloud_init.user": "a user name has 1 to 32 lowercase letters, digits, - and _, and begins with a letter"}),
    ({"nics": [{"network": "none"}]}, {"nics.0.network": "this network is no longer in the pool; choose another"}),
    ({"template": "none"}, {"template": "this template is no longer in the pool; choose another"}),
    ({"host": "none"}, {"host": "this host is no longer in the pool; choose another"}),
]  # fmt: skip


@pytest.mark.parametrize(("values", "said"), MALFORMED)
def test_what_is_wrong_is_said_at_its_field(world: World, values: dict[str, Any], said: dict[str, str]) -> None:
    assert wrong(world, **values) == said


def test_a_size_may_have_a_comma(world: World) -> None:
    assert wrong(world, memory="1,5 GiB", disks=[{"size": "0,5 GiB"}]) == {}
    assert wrong(world, memory="4", disks=[{"position": "0", "size": "20"}]) == {}, "GiB, as in all fields for memory and disks"


def test_a_mac_is_of_one_nic_and_of_no_other_vm(world: World) -> None:
    taken = "02:aa:bb:cc:dd:ee"
    other = world.fake.vm("db-1")
    world.fake.change(other, VIFs=[world.fake.put(VIF(VM=other.ref, network=world.lan.ref, device="0", MAC=taken.upper()))])

    def said(*macs: str, **more: object) -> dict[str, str]:
        return wrong(world, nics=[{"network": world.lan.uuid, "mac": mac} for mac in macs], **more)

    assert said("02:AA-bb:cc:dd:00") == {}
    assert said(taken) == {"nics.0.mac": "db-1 uses this MAC address"}
    for bad in ("01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "x", "00:00:00:00:00:00", "02:aa:bb:cc:dd"):
        assert said(bad) == {"nics.0.mac": "it must be a unicast MAC address, like 02:1a:2b:3c:4d:5e"}
    assert said("02:aa:bb:cc:dd:01", "02:aa:bb:cc:dd:01") == {"nics.1.mac": "another NIC of this VM uses it"}
    assert said("02:aa:bb:cc:dd:01", name="a{n}", count=2) == {"nics.0.mac": "several VMs cannot share a MAC address; leave it empty"}


def test_an_sr_that_is_full_or_cut_off(world: World) -> None:
    assert wrong(world, disks=[{"size": "30 GiB", "sr": world.fast.uuid}, {"size": "30 GiB", "sr": world.fast.uuid}]) == {
        "disks.1.size": f"60{NB}GiB needed: fast has 50{NB}GiB free"
    }
    assert "disks.0.size" in wrong(world, name="a{n}", count=3, disks=[{"size": "20 GiB", "sr": world.fast.uuid}])
    for pbd in world.fast.all_of(PBD, world.fast.PBDs):
        world.fake.change(pbd, currently_attached=False)
    assert wrong(world, disks=[{"size": "1 GiB", "sr": world.fast.uuid}]) == {
        "disks.0.sr": "fast is not attached on any host; attach it first"
    }
    assert wrong(world, disks=[{"size": "1 GiB", "sr": world.images.uuid}]) == {"disks.0.sr": "not used for VM disks"}
    world.fake.remove(world.fast)
    said = wrong(world, disks=[{"size": "1 GiB", "sr": world.fast.uuid}])
    assert said == {"disks.0.sr": "this SR is no longer in the pool; choose another"}


def test_a_disk_that_somebody_has_is_not_attached(world: World) -> None:
    vm, disk = world.fake.vm("db-1"), VDI(name_label="data", SR=world.vault.ref, virtual_size=GIB)
    world.fake.put(disk)
    world.fake.change(disk, VBDs=[world.fake.put(VBD(VM=vm.ref, VDI=disk.ref))])
    assert wrong(world, disks=[{"vdi": disk.uuid}]) == {"disks.0.vdi": "db-1 uses this disk"}


def test_a_template_that_vanishes_or_runs(world: World) -> None:
    vm = world.fake.vm("db-1", PowerState.RUNNING)
    assert wrong(world, template=vm.uuid, nics=[])["template"] == "db-1 is running; shut it down to copy it, or choose another"
    world.fake.remove(world.golden)
    assert wrong(world) == {"template": "this template is no longer in the pool; choose another"}


def test_each_host_is_suggested_or_says_why_not(world: World) -> None:
    def found(**values: object) -> tuple[dict[str, str], str, list[str]]:
        request = decode(CreateVM, {"name": "web-3", "template": world.golden.uuid} | values)
        plan = blueprint(request, world.fake.home)
        assert plan is not None
        all_of_them = seats(plan)
        best = suggested(all_of_them)
        said = {seat.host.name_label: str(seat.refused or "") for seat in all_of_them}
        return said, best.host.name_label if best else "", [str(one) for one in why(best, plan, all_of_them)] if best else []

    said, best, _reasons = found(memory="16 GiB")
    assert said == {"host-1": "", "host-2": f"not enough memory: needs 16{NB}GiB, 8{NB}GiB free"} and best == "host-1"
    assert found(disks=[{"size": "1 GiB", "sr": world.fast.uuid}])[0]["host-2"] == "it has no access to fast"
    names = ("web-1", "1" * 200_000 + "x")  # of the second a regular expression would begin at each digit
    up = [world.fake.vm(name, PowerState.RUNNING, resident_on=world.hosts[0].ref).ref for name in names]
    world.fake.change(world.hosts[0], resident_VMs=up)
    _said, best, reasons = found()
    assert best == "host-2" and reasons[-1] == "Similar VMs run on host-1"
    world.fake.change(world.hosts[1], enabled=False)
    assert found()[0]["host-2"] == "it is in maintenance mode"
    assert wrong(world, host=world.hosts[1].uuid) == {"host": "host-2 cannot run it: it is in maintenance mode"}


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("", []), ("<provision>", []), ('<disk device="0" size="-1"/>', []), ('<disk device="x" size="1"/>', []),
        ('<disk device="1" size="5"/><disk size="7" device="0" sr=""/>', [7, 5]), ("<disk " + "a" * 100_000, []),
        ('<disk device="0" size="' + "9" * 15 + '"/>', [999_999_999_999_999]), ("<disk " * 50_000, []),
    ],
)  # fmt: skip
def test_what_a_template_describes_is_read_with_care(text: str, sizes: list[int]) -> None:
    assert described_disks(text) == sizes


def test_a_disk_for_the_first_boot_takes_space_too(world: World) -> None:
    world.fake.change(world.vault, physical_utilisation=world.vault.physical_size)
    said = wrong(world, cloud_init={"user": "ann"})
    assert list(said.values()) == [f"4{NB}MiB needed: vault has 0{NB}B free"]
    assert isinstance(world.vault, SR) and isinstance(world.golden, VM)
