"""What an import makes of an archive: who is restored or replaced, old archives, metadata alone, archives that are fetched."""

from __future__ import annotations

import hashlib
import re

import pytest

from tests.simulator.client import Client
from tests.simulator.making import Maker
from tests.simulator.transfers import NOISE, archived, disks_of, ended, failure, get, imported, members, put, result
from xo_dash.simulator.testing import SimulatedPool


def test_a_restored_vm_keeps_uuids_and_macs(client: Client, written: tuple[str, str]) -> None:
    vm, _ = written
    archive = get(client, "/export", uuid=client.call("VM.get_uuid", vm)).body
    old = client.call("VM.get_record", vm)
    nic = client.call("VIF.get_record", old["VIFs"][0])
    client.call("VM.destroy", vm)
    (copy,) = imported(client, archive, restore="true")
    new = client.call("VM.get_record", copy)
    assert (new["uuid"], new["version"]) == (old["uuid"], old["version"] + 1)
    again = client.call("VIF.get_record", new["VIFs"][0])
    assert (again["uuid"], again["MAC"]) == (nic["uuid"], nic["MAC"])
    client.call("VM.destroy", copy)


def test_a_restored_vm_takes_the_place_of_an_older_one(client: Client, written: tuple[str, str]) -> None:
    vm, _ = written
    archive = get(client, "/export", ref=vm).body
    told = failure(client, put(client, "/import", archive, restore="true"))
    assert told == ["VM_TO_IMPORT_IS_NOT_NEWER_VERSION", vm, "0", "0"]
    (copy,) = imported(client, archive, restore="true", force="true")
    assert client.failure("VM.get_record", vm) == ["HANDLE_INVALID", "VM", vm]
    client.call("VM.start", copy, False, False)
    assert failure(client, put(client, "/import", archive, restore="true")) == ["VM_BAD_POWER_STATE", copy, "Halted", "Running"]
    client.call("VM.hard_shutdown", copy)
    client.call("VM.destroy", copy)


def test_nobody_else_may_have_the_macs_of_who_is_restored(client: Client, written: tuple[str, str]) -> None:
    vm, _ = written
    archive = get(client, "/export", ref=vm).body
    seed = client.call("VM.get_other_config", vm)["mac_seed"]
    client.call("VM.destroy", vm)
    (copy,) = imported(client, archive)
    client.call("VM.remove_from_other_config", copy, "mac_seed")
    client.call("VM.add_to_other_config", copy, "mac_seed", seed)
    assert failure(client, put(client, "/import", archive, restore="true")) == ["DUPLICATE_MAC_SEED", seed]
    client.call("VM.destroy", copy)


def test_templates_and_snapshots_travel_too(client: Client, maker: Maker) -> None:
    vm = maker.vm("origin")
    snapshot = client.call("VM.snapshot", vm, "earlier")
    (copy,) = imported(client, get(client, "/export", ref=snapshot).body)
    new = client.call("VM.get_record", copy)
    assert (new["is_a_template"], new["is_a_snapshot"], new["name_label"]) == (True, False, "earlier")
    template = client.call("VM.clone", vm, "golden")
    client.call("VM.set_is_a_template", template, True)
    (other,) = imported(client, get(client, "/export", ref=template).body)
    assert client.call("VM.get_is_a_template", other)
    default = next(r for r, v in client.call("VM.get_all_records").items() if v["is_default_template"])
    assert imported(client, get(client, "/export", ref=default).body) == [default], "it is here already"


def old_style(archive: bytes, version: int) -> dict[str, bytes]:
    """The archive as releases wrote it that kept SHA1 sums in a table."""
    files = members(archive)
    new = f"<name>export_vsn</name><value>{version}</value>".encode()
    old = {"ova.xml": files["ova.xml"].replace(b"<name>export_vsn</name><value>2</value>", new)}
    sums = {}
    for name, data in files.items():
        if "/" in name and not name.endswith(".xxhash"):
            old[name], sums[name] = data, hashlib.sha1(data).hexdigest()
            if version == 1:
                old[f"{name}.checksum"] = sums[name].encode()
    table = "".join(f"<member><name>{name}</name><value>{value}</value></member>" for name, value in sums.items())
    return {**old, "checksum.xml": f"<value><struct>{table}</struct></value>".encode()}


@pytest.mark.parametrize("version", [0, 1])
def test_archives_of_old_releases_have_their_sums_at_the_end(client: Client, written: tuple[str, str], version: int) -> None:
    files = old_style(get(client, "/export", ref=written[0]).body, version)
    (copy,) = imported(client, archived(files))
    assert NOISE[:4096] in get(client, "/export_raw_vdi", vdi=disks_of(client, copy)[0], format="qcow2").body
    files["checksum.xml"] = files["checksum.xml"].replace(hashlib.sha1(NOISE).hexdigest().encode(), b"0" * 40)
    assert failure(client, put(client, "/import", archived(files))) == ["IMPORT_ERROR_SOME_CHECKSUMS_FAILED"]
    assert len(imported(client, archived(files), force="true")) == 1


def test_what_old_releases_wrote_otherwise(client: Client, maker: Maker) -> None:
    vm = maker.vm("from long ago")
    files = members(get(client, "/export", ref=vm).body)
    ova = files["ova.xml"].decode()
    ova = re.sub(r"<member><name>(parent|has_vendor_device)</name><value>[^/]*/(value|boolean></value)></member>", "", ova)
    ova = ova.replace("<name>ha_restart_priority</name><value></value>", "<name>ha_restart_priority</name><value>2</value>")
    assert "<name>parent</name>" not in ova
    (copy,) = imported(client, archived({**files, "ova.xml": ova.encode()}))
    new = client.call("VM.get_record", copy)
    assert (new["ha_restart_priority"], new["order"], new["memory_dynamic_min"]) == ("restart", 2, new["memory_static_max"])


def test_metadata_travel_with_snapshots_and_find_the_disks_that_are_there(client: Client, written: tuple[str, str]) -> None:
    vm, disk = written
    client.call("VM.snapshot", vm, "before")
    reply = get(client, "/export_metadata", ref=vm)
    assert reply.status == 200
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert list(members(reply.body)) == ["ova.xml"]
    made = put(client, "/import_metadata", reply.body)
    refs = re.findall(r"OpaqueRef:[^<]+", result(client, made))
    (copy,) = [client.call("VM.get_record", ref) for ref in refs]
    (snapshot,) = [client.call("VM.get_record", ref) for ref in copy["snapshots"]]
    assert (copy["name_label"], snapshot["name_label"], snapshot["snapshot_of"]) == ("written", "before", refs[0])
    assert disk in [client.call("VBD.get_VDI", vbd) for vbd in copy["VBDs"]]


def test_a_dry_run_changes_nothing(client: Client, written: tuple[str, str]) -> None:
    archive = get(client, "/export_metadata", ref=written[0]).body
    before = len(client.call("VM.get_all"))
    result(client, put(client, "/import_metadata", archive, dry_run="true"))
    assert len(client.call("VM.get_all")) == before


def test_metadata_without_their_disks(client: Client, maker: Maker) -> None:
    vm = maker.vm("bare")
    disk, other = maker.disk_of(vm), maker.disk()
    archive = get(client, "/export_metadata", ref=vm).body
    uuids = [client.call("VDI.get_uuid", v) for v in (disk, other)]
    sr, place = client.call("VDI.get_SR", disk), client.call("VDI.get_location", disk)
    for vbd in client.call("VM.get_VBDs", vm):
        client.call("VBD.destroy", vbd)
    client.call("VDI.destroy", disk)
    for dry in ("true", "false"):
        assert failure(client, put(client, "/import_metadata", archive, dry_run=dry)) == ["VDI_LOCATION_MISSING", sr, place]
    (mapped,) = re.findall(r"OpaqueRef:[^<]+", result(client, put(client, "/import_metadata", archive, **{f"vdi:{uuids[0]}": uuids[1]})))
    assert maker.disk_of(mapped) == other
    (forced,) = re.findall(r"OpaqueRef:[^<]+", result(client, put(client, "/import_metadata", archive, force="true")))
    assert len(client.call("VM.get_VBDs", forced)) == 1, "the CD drive alone"
    result(client, put(client, "/import_metadata", archive, dry_run="true", live="true"))


def test_devices_stay_behind_if_asked(client: Client, maker: Maker) -> None:
    ova = members(get(client, "/export_metadata", ref=maker.vm("bare"), excluded_device_types="vif,vbd").body)["ova.xml"]
    assert b"<value>VM</value>" in ova
    assert b"<name>class</name><value>VIF</value>" not in ova
    assert b"<name>class</name><value>VBD</value>" not in ova


def test_all_metadata_of_a_pool_in_one_file(client: Client) -> None:
    files = members(get(client, "/export_metadata", all="true").body)
    assert files["ova.xml"].count(b"<name>class</name><value>VM</value>") > 5


def test_a_host_fetches_an_archive_itself(pool: SimulatedPool, client: Client, maker: Maker, written: tuple[str, str]) -> None:
    host = client.url.removeprefix("http://")
    url = f"http://{pool.user}:{pool.password}@{host}/export?ref={written[0]}&use_compression=gzip"
    (copy,) = client.call("VM.import", url, maker.sr, False, False)
    assert client.call("VM.get_name_label", copy) == "written"
    assert NOISE[:4096] in get(client, "/export_raw_vdi", vdi=disks_of(client, copy)[0], format="qcow2").body
    there = next(h for h in client.call("host.get_all") if h != maker.master)
    local = next(r for r, s in client.call("SR.get_all_records").items() if not s["shared"] and s["content_type"] == "user"
                 and [client.call("PBD.get_host", p) for p in s["PBDs"]] == [there])  # fmt: skip
    vm = str(client.call("VM.copy", written[0], "elsewhere", local))
    url = f"{client.url}/export?ref={vm}&session_id={client.session}"
    task = client.call("Async.VM.import", url, maker.sr, False, False)
    assert "OpaqueRef:" in ended(client, task)["result"], "the export was a redirect"
    before = len(client.call("VM.get_all"))
    assert client.failure("VM.import", f"http://{host}/export?ref={vm}", maker.sr, False, False) == ["IMPORT_ERROR", "401 Unauthorized"]
    assert client.failure("VM.import", "ftp://nowhere/x", maker.sr, False, False)[0] == "INTERNAL_ERROR"
    assert len(client.call("VM.get_all")) == before


def test_what_no_simulated_host_has(client: Client, maker: Maker) -> None:
    told = client.failure("VM.import_convert", "vmware", "u", "p", maker.sr, {})
    assert told == ["XENAPI_MISSING_PLUGIN", "conversion"]
    vm = maker.vm("windows")
    assert client.failure("VM.sysprep", vm, "<xml/>", 1.0) == ["VM_BAD_POWER_STATE", vm, "running", "halted"]
    assert client.failure("VM.sysprep", vm, "<xml/>", -1.0) == ["INVALID_VALUE", "timeout", "-1"]
    client.call("VM.start", vm, False, False)
    assert client.failure("VM.sysprep", vm, "<xml/>", 1.0)[:2] == ["SYSPREP", client.call("VM.get_uuid", vm)]
    client.call("VM.hard_shutdown", vm)
