"""Devices that a VM has for itself, and the classes at the edge of the model."""

from collections.abc import Iterator

import pytest

from tests.simulator.client import Client, sign_in
from tests.simulator.making import NULL, Maker
from xo_dash.simulator.testing import SimulatedPool, simulated


@pytest.fixture(scope="module")
def fresh() -> Iterator[SimulatedPool]:
    with simulated(hosts=(3,), vms=(4,), speed=500) as simulation:
        yield simulation.pool


@pytest.fixture
def client(fresh: SimulatedPool) -> Client:
    return sign_in(fresh)


@pytest.fixture
def vm(client: Client) -> Iterator[str]:
    ref = Maker(client).vm("guest")
    yield ref
    if client.call("VM.get_power_state", ref) != "Halted":
        client.call("VM.hard_shutdown", ref)
    client.call("VM.destroy", ref)


def test_a_vm_has_the_gpu_while_it_runs(client: Client, vm: str) -> None:
    x = client.call
    (gpu,), (group,), (kind,) = x("PGPU.get_all"), x("GPU_group.get_all"), x("VGPU_type.get_all")
    assert x("PGPU.get_remaining_capacity", gpu, kind) == 1
    vgpu = x("VGPU.create", vm, group)
    assert client.failure("VGPU.create", vm, group) == ["VGPU_TYPE_NOT_COMPATIBLE", kind]
    wrong = next(host for host in x("host.get_all") if host != x("PGPU.get_host", gpu))
    assert client.failure("VM.start_on", vm, wrong, False, False) == ["VM_REQUIRES_GPU", vm, group]
    x("VM.start", vm, False, False)
    assert x("VM.get_resident_on", vm) == x("PGPU.get_host", gpu)
    assert (x("VGPU.get_resident_on", vgpu), x("VGPU.get_currently_attached", vgpu)) == (gpu, True)
    assert x("VM.get_attached_PCIs", vm) == [x("PGPU.get_PCI", gpu)] and x("GPU_group.get_remaining_capacity", group, kind) == 0
    assert client.failure("PGPU.set_GPU_group", gpu, group) == ["PGPU_IN_USE_BY_VM", vm]
    assert client.failure("PGPU.remove_enabled_VGPU_types", gpu, kind) == ["PGPU_IN_USE_BY_VM", vm]
    assert client.failure("VGPU.destroy", vgpu) == ["OPERATION_NOT_ALLOWED", "vGPU currently attached to a running VM"]
    x("VM.hard_shutdown", vm)
    assert x("PGPU.get_resident_VGPUs", gpu) == [] and x("VM.get_attached_PCIs", vm) == []
    x("VGPU.destroy", vgpu)


def test_a_group_has_the_types_of_its_gpus(client: Client) -> None:
    x = client.call
    (gpu,), (group,), (kind,) = x("PGPU.get_all"), x("GPU_group.get_all"), x("VGPU_type.get_all")
    assert client.failure("GPU_group.destroy", group) == ["GPU_GROUP_CONTAINS_PGPU", gpu]
    x("PGPU.remove_enabled_VGPU_types", gpu, kind)
    assert x("GPU_group.get_enabled_VGPU_types", group) == [] and x("PGPU.get_remaining_capacity", gpu, kind) == 0
    x("PGPU.add_enabled_VGPU_types", gpu, kind)
    other = x("GPU_group.create", "other")
    x("PGPU.set_GPU_group", gpu, other)
    assert x("GPU_group.get_GPU_types", other) == ["10de/1eb8"] and x("GPU_group.get_supported_VGPU_types", group) == []
    x("PGPU.set_GPU_group", gpu, group)
    x("GPU_group.destroy", other)
    pci = x("PGPU.get_PCI", gpu)
    assert x("PCI.get_dom0_access_status", pci) == "enabled" and x("PCI.disable_dom0_access", pci) == "disable_on_reboot"
    assert x("PGPU.get_dom0_access", gpu) == "disable_on_reboot" and x("PGPU.enable_dom0_access", gpu) == "enabled"


def test_a_vm_has_the_usb_stick(client: Client, vm: str) -> None:
    x = client.call
    (pusb,), (group,) = x("PUSB.get_all"), x("USB_group.get_all")
    x("PUSB.scan", x("PUSB.get_host", pusb))
    x("PUSB.set_passthrough_enabled", pusb, True)
    vusb = x("VUSB.create", vm, group, {})
    assert client.failure("VUSB.create", vm, group, {}) == ["USB_GROUP_CONFLICT", group]
    assert client.failure("VUSB.unplug", vusb) == ["VM_BAD_POWER_STATE", vm, "running", "halted"]
    x("VM.start", vm, False, False)
    assert x("VM.get_resident_on", vm) == x("PUSB.get_host", pusb) and x("VUSB.get_allowed_operations", vusb) == ["attach", "unplug"]
    assert client.failure("PUSB.set_passthrough_enabled", pusb, False) == ["USB_ALREADY_ATTACHED", pusb, vm]
    assert client.failure("VUSB.destroy", vusb)[0] == "OPERATION_NOT_ALLOWED"
    assert client.failure("USB_group.destroy", group) == ["USB_GROUP_CONTAINS_VUSB", vusb]
    x("VUSB.unplug", vusb)
    assert client.failure("VUSB.unplug", vusb) == ["DEVICE_ALREADY_DETACHED", vusb]
    x("PUSB.set_passthrough_enabled", pusb, False)
    assert x("VM.get_VUSBs", vm) == []


def test_pvs(client: Client, vm: str) -> None:
    x = client.call
    site = x("PVS_site.introduce", "branch", "", "")
    server = x("PVS_server.introduce", ["10.0.0.9"], 6910, 6930, site)
    assert client.failure("PVS_server.introduce", ["10.0.0.9"], 1, 2, site) == ["PVS_SERVER_ADDRESS_IN_USE", "10.0.0.9"]
    assert client.failure("PVS_server.introduce", ["10.0.0.8"], 9, 2, site)[:2] == ["VALUE_NOT_SUPPORTED", "last_port"]
    maker = Maker(client)
    second = maker.nic(vm, "3")
    assert client.failure("PVS_proxy.create", site, second) == ["PVS_VIF_MUST_BE_FIRST_DEVICE"]
    x("VIF.destroy", x("VM.get_VIFs", vm)[0])
    proxy = x("PVS_proxy.create", site, second)
    lower = {**x("VIF.get_record", second), "device": "1", "MAC": ""}
    assert client.failure("VIF.create", lower) == ["PVS_PROXY_PRESENT_ON_HIGHER_VIF_DEVICE", "3"]
    cache = x("PVS_cache_storage.create", {"host": maker.master, "SR": maker.sr, "site": site, "size": 1 << 30})
    assert x("VDI.get_type", x("PVS_cache_storage.get_VDI", cache)) == "pvs_cache"
    assert client.failure("PVS_site.forget", site) == ["PVS_SITE_CONTAINS_SERVERS", server]
    x("PVS_proxy.destroy", proxy)
    x("PVS_server.forget", server)
    x("PVS_site.forget", site)
    assert x("PVS_cache_storage.get_all") == []


def test_the_controller_of_the_switches(client: Client, vm: str) -> None:
    x = client.call
    assert client.failure("SDN_controller.introduce", "ssl", "", 0) == ["INVALID_VALUE", "address", ""]
    assert client.failure("SDN_controller.introduce", "pssl", "10.0.0.1", 0) == ["INVALID_VALUE", "address", "10.0.0.1"]
    controller = x("SDN_controller.introduce", "ssl", "10.0.0.1", 0)
    assert x("SDN_controller.get_port", controller) == 6632
    assert client.failure("SDN_controller.introduce", "pssl", "", 0)[0] == "OPERATION_NOT_ALLOWED"
    vif = x("VM.get_VIFs", vm)[0]
    assert client.failure("VIF.set_locking_mode", vif, "locked") == ["OPERATION_NOT_ALLOWED", "A vswitch controller is active"]
    x("SDN_controller.forget", controller)


def test_what_this_product_has_not(client: Client) -> None:
    network = client.call("network.get_all")[0]
    assert client.failure("Cluster.pool_create", network, "other", 20.0, 1.0) == ["INVALID_CLUSTER_STACK", "other"]
    assert client.failure("Cluster.pool_create", network, "corosync", 20.0, 1.0) == ["LICENCE_RESTRICTION", "Corosync"]
    assert client.failure("VMPP.protect_now", NULL)[0] == "MESSAGE_REMOVED"


def test_observers_and_callers(client: Client) -> None:
    x = client.call
    record = {"name_label": "traces", "hosts": [], "attributes": {}, "endpoints": ["bugtool"], "components": ["xapi"], "enabled": False}
    assert client.failure("Observer.create", {**record, "components": ["x"]}) == ["INVALID_VALUE", "component", "x"]
    observer = x("Observer.create", record)
    x("Observer.set_endpoints", observer, ["http://10.0.0.1:9411/api/v2/spans"])
    assert client.failure("Observer.set_endpoints", observer, ["ftp://x"]) == ["INVALID_VALUE", "endpoint", "ftp://x"]
    x("Observer.set_enabled", observer, True)
    x("Observer.destroy", observer)
    caller = x("Caller.create", {"name_label": "backup", "user_agent": "backup/*", "client_ip": ""})
    limit = x("Rate_limit.create", {"name_label": "slow", "burst_size": 10.0, "fill_rate": 1.0})
    x("Rate_limit.add_caller", limit, caller)
    assert x("Rate_limit.get_callers", limit) == [caller] and x("Caller.query_call_count", caller) == 0
    assert client.failure("Rate_limit.set_fill_rate", limit, 0.0)[:2] == ["INVALID_VALUE", "fill_rate"]
    x("Caller.add_group", caller, "night")
    assert client.failure("Caller.add_group", caller, "a b")[:2] == ["INVALID_VALUE", "group"]
    x("Rate_limit.destroy", limit)
    assert x("Caller.get_rate_limit", caller) == NULL
    x("Caller.destroy", caller)


def test_a_group_of_vms(client: Client, vm: str) -> None:
    group = client.call("VM_group.create", {"name_label": "apart", "name_description": "", "placement": "anti_affinity"})
    client.call("VM.set_groups", vm, [group])
    assert client.call("VM_group.get_VMs", group) == [vm]
    client.call("VM_group.destroy", group)
    assert client.call("VM.get_groups", vm) == []
