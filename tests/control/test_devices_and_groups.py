"""vApps, devices of hosts, firmware: what is sent, what is refused and why; and once all of it by the wire."""

from pathlib import Path
from typing import Any, TypeVar

import pytest

from data.devices import DeviceKind, devices_of
from data.objects import PCI, PGPU, PIF, PUSB, VGPU, VM, VTPM, VUSB, Appliance, GPUGroup, Host, Pool, PowerState, USBGroup, VGPUType
from data.types import NULL_REF, XapiObject
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import FakePool, user
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import RunState
from xo_dash.control.xe import xe_lines
from xo_dash.simulator.testing import simulated

T = TypeVar("T", bound=XapiObject)
RUNNING, HALTED = PowerState.RUNNING, PowerState.HALTED


def put(fake: FakePool, row: T) -> T:
    fake.put(row)
    return row


def reason(action_id: str, subject: XapiObject) -> str:
    return str(why_not(action(action_id), subject, user()) or "")


def offered(action_id: str, field: str, vm: VM) -> dict[str, str]:
    """{label: why not} of what a field may be"""
    return {choice.label: str(choice.refused or "") for choice in action(action_id).choices[field]([vm])}


def noted(action_id: str, vm: VM, **values: Any) -> str:
    row = action(action_id)
    return " ".join(map(str, row.notes(decode(row.request, values), vm)))


# ---- groups


@pytest.fixture
def group(fake: FakePool) -> Appliance:
    group = put(fake, Appliance(name_label="shop"))
    late, early = fake.vm("web", order=2, appliance=group.ref), fake.vm("db", RUNNING, order=1, appliance=group.ref)
    fake.change(group, VMs=[late.ref, early.ref])
    return group


def test_a_vapp_starts_and_stops_in_the_order_that_is_told(fake: FakePool, group: Appliance) -> None:
    assert calls_of("vm_appliance.start", group) == [("VM_appliance.start", (group.ref, False))]
    assert calls_of("vm_appliance.clean_shutdown", group) == [("VM_appliance.clean_shutdown", (group.ref,))]
    assert action("vm_appliance.start").consequences(group) == ["1. web"]
    assert action("vm_appliance.hard_shutdown").consequences(group) == ["1. db"]
    for vm in fake.home.all(VM).values():
        fake.change(vm, power_state=RUNNING)
    assert action("vm_appliance.clean_shutdown").consequences(group) == ["1. web", "2. db"]
    assert reason("vm_appliance.start", group) == "none of its VMs is halted"
    assert reason("vm_appliance.start", put(fake, Appliance(name_label="empty"))) == "it has no VMs; add some first"


def test_a_vm_joins_and_leaves_a_vapp(fake: FakePool, group: Appliance) -> None:
    vm, web = fake.vm("extra"), next(vm for vm in fake.home.all(VM).values() if vm.name_label == "web")
    assert calls_of("vm.appliance", vm, appliance=group.uuid) == [("VM.set_appliance", (vm.ref, group.ref))]
    assert calls_of("vm.appliance", web, appliance=group.uuid) == [] == calls_of("vm.appliance", vm, appliance="")
    assert calls_of("vm.appliance", web, appliance="") == [("VM.set_appliance", (web.ref, NULL_REF))]
    assert faults("vm.appliance", vm, appliance="00000000-0000-4000-8000-999999999999") == [
        "there is no such vApp in its pool; choose another"
    ]
    lines = xe_lines(steps_of("vm.appliance", web, appliance=""), fake.home)
    assert lines == [f"xe vm-param-set uuid={web.uuid} appliance="]


def test_a_new_vapp_with_its_vms(fake: FakePool) -> None:
    pool, vm = put(fake, Pool(name_label="lab")), fake.vm("web")
    methods = [method for method, _ in calls_of("pool.new_appliance", pool, name="shop", members=[vm.uuid, vm.uuid])]
    assert methods == ["VM_appliance.create", "VM.set_appliance"]
    assert faults("pool.new_appliance", pool, name="shop", members=["none"]) == ["there is no VM none in the pool; leave it out"]
    assert xe_lines(steps_of("pool.new_appliance", pool, name="<b> 'x'"), fake.home) == [
        """xe appliance-create name-label='<b> '"'"'x'"'"''"""
    ]


# ---- devices


class Hardware:
    """Two hosts; the first has a card for VMs, its own screen, a NIC that it is managed through, and a USB stick."""

    def __init__(self, fake: FakePool) -> None:
        self.fake = fake
        self.host, self.other = (put(fake, Host(name_label=name)) for name in ("host-1", "host-2"))
        self.card = put(fake, PCI(host=self.host.ref, pci_id="0000:81:00.0", vendor_name="NVIDIA", device_name="T4"))
        self.nic = put(fake, PCI(host=self.host.ref, pci_id="0000:01:00.0", vendor_name="Intel", device_name="X550"))
        fake.put(PIF(PCI=self.nic.ref, management=True, host=self.host.ref))
        self.whole = put(fake, VGPUType(model_name="passthrough"))
        self.group = put(fake, GPUGroup(name_label="Group of NVIDIA T4 GPUs", enabled_VGPU_types=[self.whole.ref]))
        gpu = fake.put(PGPU(PCI=self.card.ref, host=self.host.ref, GPU_group=self.group.ref))
        fake.change(self.group, PGPUs=[gpu])
        self.sockets = put(fake, USBGroup(name_label="Group of sticks"))
        self.stick = put(fake, PUSB(USB_group=self.sockets.ref, host=self.host.ref, path="1-2", product_desc="DataTraveler"))
        fake.change(self.sockets, PUSBs=[self.stick.ref])


@pytest.fixture
def hardware(fake: FakePool) -> Hardware:
    return Hardware(fake)


def test_a_gpu_comes_and_goes(fake: FakePool, hardware: Hardware) -> None:
    vm = fake.vm()
    assert action("vm.add_gpu").defaults([vm]) == {"group": hardware.group.uuid}
    assert offered("vm.add_gpu", "group", vm) == {"NVIDIA T4": ""}
    assert calls_of("vm.add_gpu", vm, group=hardware.group.uuid) == [("VGPU.create", (vm.ref, hardware.group.ref, "0", {}, NULL_REF))]
    assert "cannot be migrated or suspended" in noted("vm.add_gpu", vm, group=hardware.group.uuid)
    fake.change(hardware.group, enabled_VGPU_types=[])
    assert faults("vm.add_gpu", vm, group=hardware.group.uuid) == ["no VM may use it; enable a kind of vGPU on it first"]
    vgpu = put(fake, VGPU(VM=vm.ref, GPU_group=hardware.group.ref, type=hardware.whole.ref))
    fake.change(vm, VGPUs=[vgpu.ref])
    (device,) = devices_of(vm)
    assert (device.kind, device.name, device.hosts, device.row) == (DeviceKind.GPU, "NVIDIA T4", (hardware.host,), vgpu)
    assert calls_of("vgpu.remove", vgpu) == [("VGPU.destroy", (vgpu.ref,))]
    fake.change(vm, power_state=RUNNING)
    assert reason("vgpu.remove", vgpu) == reason("vm.add_gpu", vm) == "it is running and must be halted"


def test_a_usb_device_is_one_vm_s(fake: FakePool, hardware: Hardware) -> None:
    vm = fake.vm()
    sent = calls_of("vm.add_usb", vm, device=hardware.stick.uuid)
    assert sent == [
        ("PUSB.set_passthrough_enabled", (hardware.stick.ref, True)), ("VUSB.create", (vm.ref, hardware.sockets.ref, {})),
    ]  # fmt: skip
    assert noted("vm.add_usb", vm, device=hardware.stick.uuid).startswith("host-1 itself can no longer use the device")
    vusb = put(fake, VUSB(VM=vm.ref, USB_group=hardware.sockets.ref, currently_attached=True))
    fake.change(hardware.sockets, VUSBs=[vusb.ref])
    assert offered("vm.add_usb", "device", fake.vm("db")) == {"DataTraveler · host-1 · 1-2": "web-1 has it; remove it there first"}
    assert calls_of("vusb.remove", vusb) == [("VUSB.unplug", (vusb.ref,)), ("VUSB.destroy", (vusb.ref,))]
    assert reason("vm.add_usb", fake.vm("ha", ha_restart_priority="restart")).startswith("HA restarts it on any host")


def test_a_pci_device_is_written_where_other_tools_look(fake: FakePool, hardware: Hardware) -> None:
    vm = fake.vm(other_config={"pci": "0/0000:82:00.0", "xo:other": "kept"})
    assert calls_of("vm.add_pci", vm, device=hardware.card.uuid) == [
        ("PCI.get_dom0_access_status", (hardware.card.ref,)),
        ("VM.remove_from_other_config", (vm.ref, "pci")),
        ("VM.add_to_other_config", (vm.ref, "pci", "0/0000:82:00.0,0/0000:81:00.0")),
        ("VM.set_affinity", (vm.ref, hardware.host.ref)),
    ]
    assert offered("vm.add_pci", "device", vm)["Intel X550 · host-1 · 0000:01:00.0"] == "the host is managed through it"
    (question, *_rest) = steps_of("vm.add_pci", vm, device=hardware.card.uuid)
    assert "hide it from the host and restart the host first" in str(question.judge("enabled"))  # type: ignore[union-attr]
    assert question.judge("disabled") is None  # type: ignore[union-attr]
    assert calls_of("vm.remove_pci", vm, address="0000:82:00.0") == [("VM.remove_from_other_config", (vm.ref, "pci"))]
    assert faults("vm.remove_pci", vm, address="0000:99:00.0") == ["it does not have this device"]
    fake.change(vm, other_config={"pci": "0/0000:81:00.0"}, affinity=hardware.host.ref)
    assert faults("vm.add_pci", fake.vm("db"), device=hardware.card.uuid) == ["web-1 has it; remove it there first"]
    assert [(one.kind, one.name, one.address) for one in devices_of(vm)] == [(DeviceKind.PCI, "NVIDIA T4", "0000:81:00.0")]


# ---- firmware

HVM: dict[str, Any] = {"domain_type": "hvm", "HVM_boot_policy": "BIOS order"}


def test_firmware_changes_by_key_and_says_what_it_costs(fake: FakePool) -> None:
    vm = fake.vm(
        **HVM, HVM_boot_params={"firmware": "bios", "order": "cd"}, platform={"device-model": "qemu-upstream-compat", "nx": "true"}
    )
    assert [given[1:] for _method, given in calls_of("vm.firmware", vm, firmware="secure")] == [
        ("firmware",), ("firmware", "uefi"), ("device-model",), ("device-model", "qemu-upstream-uefi"), ("secureboot", "true"),
    ]  # fmt: skip
    assert calls_of("vm.firmware", vm, firmware="bios") == []
    assert faults("vm.firmware", vm, firmware="bios", vtpm=True) == ["a vTPM needs UEFI"]
    assert "usually no longer starts" in noted("vm.firmware", vm, firmware="uefi", vtpm=False)
    assert calls_of("vm.firmware", vm, firmware="uefi", vtpm=True)[-1] == ("VTPM.create", (vm.ref, False))
    assert reason("vm.firmware", fake.vm("up", RUNNING, **HVM)) == "it is running and must be halted"
    assert reason("vm.firmware", fake.vm("pv", domain_type="pv")).startswith("it is paravirtual")


def test_the_keys_of_a_vtpm_are_spoken_of_before_they_go(fake: FakePool) -> None:
    vm = fake.vm(**HVM, HVM_boot_params={"firmware": "uefi"})
    chip = put(fake, VTPM(VM=vm.ref))
    fake.change(vm, VTPMs=[chip.ref])
    assert action("vm.firmware").defaults([vm]) == {"firmware": "uefi", "vtpm": True}
    assert calls_of("vm.firmware", vm, firmware="uefi", vtpm=False) == [("VTPM.destroy", (chip.ref,))]
    assert "BitLocker" in noted("vm.firmware", vm, firmware="uefi", vtpm=False)


# ---- by the wire


async def do(bench: Wired, action_id: str, subject: XapiObject, **values: object) -> object:
    run = await bench.runner.run(bench.ann, action(action_id), [subject], values)
    (item,) = run.items
    assert item.state is RunState.DONE, f"{action_id}: {item.reason}"
    return item.result


async def test_a_group_and_devices_on_a_pool(tmp_path: Path) -> None:
    with simulated((3,), (8,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            home, (pool,) = bench.home, bench.home.all(Pool).values()
            vm = next(vm for vm in home.all(VM).values() if why_not(action("vm.firmware"), vm, bench.ann) is None)
            await do(bench, "pool.new_appliance", pool, name="shop", members=[vm.uuid])
            await bench.until(lambda: any(group.VMs == [vm.ref] for group in home.all(Appliance).values()))
            (group,) = home.all(Appliance).values()
            await do(bench, "vm.start_order", vm, order=3, start_delay=0)
            await do(bench, "vm_appliance.describe", group, description="in this order")
            await do(bench, "vm_appliance.rename", group, name="the shop")
            await do(bench, "vm_appliance.start", group)
            await bench.until(lambda: vm.power_state is RUNNING and not vm.current_operations and not group.current_operations)
            await do(bench, "vm_appliance.hard_shutdown", group)
            await bench.until(lambda: vm.power_state is HALTED and not vm.current_operations)
            await _devices(bench, vm)
            await do(bench, "vm.firmware", vm, firmware="secure", vtpm=True)
            await bench.until(lambda: bool(vm.VTPMs) and vm.platform.get("secureboot") == "true")
            await do(bench, "vm_appliance.delete", group)
            await bench.until(lambda: vm.appliance == NULL_REF)


async def _devices(bench: Wired, vm: VM) -> None:
    home = bench.home
    (group,), (stick,) = home.all(GPUGroup).values(), home.all(PUSB).values()
    await do(bench, "vm.add_gpu", vm, group=group.uuid)
    await do(bench, "vm.add_usb", vm, device=stick.uuid)
    await bench.until(lambda: len(devices_of(vm)) == 2 and stick.passthrough_enabled)
    for device in devices_of(vm):
        assert device.row is not None
        await do(bench, "vgpu.remove" if isinstance(device.row, VGPU) else "vusb.remove", device.row)
    await bench.until(lambda: not devices_of(vm))
