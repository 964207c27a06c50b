"""Scripts of hosts: what XCP-ng's print, how they fail, and what an update changes."""

import asyncio
import json
from typing import Any

import pytest

from tests.simulator.client import Client
from tests.simulator.inside import built
from xo_dash.simulator.errors import XapiError
from xo_dash.simulator.plugins.packages import packages
from xo_dash.simulator.pool import Pool


class Host:
    def __init__(self, pool: Pool) -> None:
        self.pool, self.ref = pool, pool.master.ref

    async def call(self, plugin: str, function: str, **arguments: str) -> Any:
        work = asyncio.ensure_future(self.pool.run("host.call_plugin", self.ref, plugin, function, arguments))
        for _ in range(600):
            if work.done():
                break
            await self.pool.clock.advance(1)
        answer = await work
        return json.loads(answer) if answer else ""

    async def failure(self, plugin: str, function: str, **arguments: str) -> list[str]:
        with pytest.raises(XapiError) as caught:
            await self.call(plugin, function, **arguments)
        return caught.value.details


@pytest.fixture
async def host() -> Host:
    return Host(await built(2, 4))


async def test_what_is_not_there(host: Host) -> None:
    assert await host.failure("xscontainer", "register") == ["XENAPI_MISSING_PLUGIN", "xscontainer"]
    assert await host.failure("updater.py", "reboot") == ["UNKNOWN_XENAPI_PLUGIN_FUNCTION", "reboot"]
    host.pool.db.set(host.ref, software_version={"product_brand": "XenServer"})
    assert await host.failure("updater.py", "check_update") == ["XENAPI_MISSING_PLUGIN", "updater.py"]
    assert await host.pool.run("host.call_plugin", host.ref, "perfmon", "refresh", {}) == "True"
    assert not await host.pool.run("host.has_extension", host.ref, "x")


async def test_trim_is_for_volumes(host: Host) -> None:
    db = host.pool.db
    uuids = {sr["type"]: sr["uuid"] for _, sr in db.records("SR")}
    refused = await host.pool.run("host.call_plugin", host.ref, "trim", "do_trim", {"sr_uuid": uuids["nfs"]})
    assert "<key>errcode</key><value>UnsupportedSRForTrim</value>" in refused and uuids["nfs"] in refused
    san = db.by_uuid("SR", uuids["lvmoiscsi"])
    work = asyncio.ensure_future(host.pool.run("host.call_plugin", host.ref, "trim", "do_trim", {"sr_uuid": uuids["lvmoiscsi"]}))
    await host.pool.clock.advance(10)
    assert await work == "True" and float(db.get(san, "other_config")["trim_last_triggered"]) > 0
    db.set(san, physical_utilisation=db.get(san, "physical_size"))
    work = asyncio.ensure_future(host.pool.run("host.call_plugin", host.ref, "trim", "do_trim", {"sr_uuid": uuids["lvmoiscsi"]}))
    await host.pool.clock.advance(10)
    assert "Trim failed on completely filled SR" in await work


async def test_an_update_brings_the_host_up_to_date(host: Host) -> None:
    found = await host.call("updater.py", "check_update")
    assert {p.name for p in packages() if p.installed != p.available} == {package["name"] for package in found}
    assert set(found[0]) == {"name", "version", "release", "description", "changelog", "url", "size", "license"}
    assert isinstance(found[0]["changelog"]["date"], int)
    before = await host.call("updater.py", "query_installed", packages="xen-hypervisor,vim")
    assert before["vim"] == "" and before["xen-hypervisor"].startswith("xen-hypervisor-4.17.5-")
    said = await host.call("updater.py", "update", packages="kernel")
    assert said["returncode"] == 0 and "kernel.x86_64" in said["stdout"]
    assert "kernel" not in {package["name"] for package in await host.call("updater.py", "check_update")}
    await host.call("updater.py", "update")
    assert await host.call("updater.py", "check_update") == []
    assert await host.call("updater.py", "query_installed", packages="xen-hypervisor") != {"xen-hypervisor": before["xen-hypervisor"]}
    other = Host(host.pool)
    other.ref = next(ref for ref in host.pool.db.rows("host") if ref != host.ref)
    assert len(await other.call("updater.py", "check_update")) == len(found)


async def test_one_thing_at_a_time(host: Host) -> None:
    pool = host.pool
    update = asyncio.ensure_future(pool.run("host.call_plugin", host.ref, "updater.py", "update", {}))
    await pool.clock.advance(1)
    (task,) = [record["name_label"] for _, record in pool.db.records("task") if record["name_label"].startswith("Update host")]
    assert pool.db.get(host.ref, "uuid") in task
    busy = "The updater plugin is busy (current operation: update)"
    assert await host.failure("updater.py", "check_update") == ["-1", busy, "", ""]
    assert await host.failure("updater.py", "update") == ["-1", "Update already in progress", "", ""]
    assert await host.failure("updater.py", "install", packages="xo-lite") == ["-1", busy, "", ""]
    await pool.clock.advance(300)
    await update
    assert await host.failure("updater.py", "install") == ["-1", "Missing or empty argument `packages`", "", ""]
    assert (await host.failure("updater.py", "install", packages="doom"))[0] == "1"
    assert not [record for _, record in pool.db.records("task") if record["name_label"].startswith("Update host")]


async def test_proxies_of_the_repositories(host: Host) -> None:
    assert (await host.call("updater.py", "get_proxies"))["xcp-ng-base"] == "_none_"
    await host.call("updater.py", "set_proxies", proxies=json.dumps({"xcp-ng-base": "http://proxy:3128"}))
    assert (await host.call("updater.py", "get_proxies"))["xcp-ng-base"] == "http://proxy:3128"
    wrong = json.dumps({"epel": "_none_"})
    assert await host.failure("updater.py", "set_proxies", proxies=wrong) == ["-1", "Can't find section 'epel' in config file", "", ""]


async def test_the_machine_is_described(host: Host) -> None:
    assert await host.call("hyperthreading.py", "get_hyperthreading") is True
    disks = (await host.call("lsblk.py", "list_block_devices"))["blockdevices"]
    assert disks[0]["name"] == "sda" and {"kname", "pkname", "size", "type", "ro", "mountpoint", "children"} <= set(disks[0])
    assert await host.call("smartctl.py", "health") == {f"/dev/{disk['name']}:scsi": "PASSED" for disk in disks}
    info = await host.call("smartctl.py", "information")
    assert all(one["smart_status"]["passed"] and one["serial_number"] for one in info.values())
    assert await host.call("raid.py", "check_raid_pool") == {} and await host.call("zfs.py", "list_zfs_pools") == {}
    assert await host.call("ipmitool.py", "is_ipmi_device_available") is True
    sensors = await host.call("ipmitool.py", "get_all_sensors")
    (one,) = await host.call("ipmitool.py", "get_sensor", sensors=f"{sensors[0]['name']}, none")
    assert one["name"] == sensors[0]["name"] and {"name": "Status", "value": "ok"} in one["info"]
    assert "IP Address" in {line["name"] for line in await host.call("ipmitool.py", "get_ipmi_lan")}
    assert await host.call("service.py", "restart_service", service="sshd") is True
    assert (await host.failure("service.py", "start_service", service="cups"))[0] == "5"
    assert await host.call("netdata.py", "is_netdata_installed") is False
    await host.call("netdata.py", "install_netdata", api_key="k", destination="tcp:10.0.0.1:19999")
    assert await host.call("netdata.py", "is_netdata_installed") is True


async def test_volumes_are_made_and_go(host: Host) -> None:
    groups = await host.call("lvm.py", "list_volume_groups")
    assert all(name.startswith(("XSLocalEXT-", "VG_XenStorage-")) for name in groups)
    await host.call("lvm.py", "create_physical_volume", devices="/dev/sdb")
    await host.call("lvm.py", "create_volume_group", vg_name="linstor_group", devices="/dev/sdb")
    await host.call("lvm.py", "create_thin_pool", vg_name="linstor_group", lv_name="thin_device")
    assert (await host.call("lvm.py", "list_physical_volumes"))["/dev/sdb"]["vg_name"] == "linstor_group"
    assert "thin_device" in await host.call("lvm.py", "list_logical_volumes", vg_name="linstor_group")
    assert (await host.failure("lvm.py", "create_volume_group", vg_name="linstor_group", devices="/dev/sdb"))[0] == "LVM_ERROR(5)"
    await host.call("lvm.py", "destroy_volume_group", vg_name="linstor_group")
    assert await host.call("lvm.py", "list_volume_groups") == groups


async def test_flows_of_a_bridge(host: Host) -> None:
    bridge = next(record["bridge"] for _, record in host.pool.db.records("network") if record["PIFs"])
    rule = {
        "bridge": bridge,
        "mac": "6e:0b:9e:72:ab:c6",
        "ipRange": "192.168.1.0/24",
        "direction": "from/to",
        "protocol": "tcp",
        "port": "22",
    }
    assert await host.call("sdncontroller.py", "add-rule", **rule, allow="true") is True
    assert "nw_dst=192.168.1.0/24" in (await host.call("sdncontroller.py", "dump-flows", bridge=bridge))["stdout"]
    assert await host.call("sdncontroller.py", "del-rule", **rule) is True
    assert "nw_dst" not in (await host.call("sdncontroller.py", "dump-flows", bridge=bridge))["stdout"]
    told = await host.failure("sdncontroller.py", "add-rule", **{**rule, "ipRange": "nowhere"}, allow="true")
    assert told[:2] == ["1", "add_rule: Failed to get parameters: 'nowhere' is not a valid IP range"]


def test_over_the_wire(client: Client) -> None:
    host = client.call("host.get_all")[0]
    assert json.loads(client.call("host.call_plugin", host, "updater.py", "check_update", {}))
    assert client.failure("host.call_plugin", host, "nosuch", "f", {}) == ["XENAPI_MISSING_PLUGIN", "nosuch"]


async def test_guests_are_called_only_now_and_then(host: Host) -> None:
    pool = host.pool
    vm = next(r for r, vm in pool.db.records("VM") if vm["power_state"] == "Running" and not vm["is_control_domain"])
    codes = []
    agent = "guest-agent-operation"
    for plugin, wait in (("other", 0), (agent, 0), (agent, 11), (agent, 0)):
        await pool.clock.advance(wait)
        with pytest.raises(XapiError) as caught:
            await pool.run("VM.call_plugin", vm, plugin, "f", {})
        codes.append(caught.value.details[:3])
    assert [code[0] for code in codes] == [
        "XENAPI_MISSING_PLUGIN", "XENAPI_PLUGIN_FAILURE", "XENAPI_PLUGIN_FAILURE", "VM_CALL_PLUGIN_RATE_LIMIT"
    ]  # fmt: skip
    assert codes[3][1:] == [vm, "10."]
    assert (await pool.run("VM.call_host_plugin", vm, "perfmon", "refresh", {})) == "True"
