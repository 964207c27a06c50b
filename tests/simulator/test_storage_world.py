"""Storage repositories on the storage around a pool: what a probe tells, what a driver refuses, what is found again."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from tests.simulator.client import Client, sign_in
from tests.simulator.making import GIB, NULL, Maker
from xo_dash.simulator.classes import storage_scan, storage_world
from xo_dash.simulator.testing import SimulatedPool, simulated

FILER = "10.10.0.10"
PORTAL = "10.10.0.20"
VMS = "iqn.2005-10.org.freenas.ctl:vms"
FREE, OLD = "36589cfc000000a010000000000000001", "36589cfc000000a010000000000000002"


@pytest.fixture
def x(pool: SimulatedPool) -> Client:
    return sign_in(pool)


@pytest.fixture
def master(x: Client) -> str:
    return str(x.call("pool.get_master", x.call("pool.get_all")[0]))


def create(x: Client, host: str, kind: str, config: dict[str, str], *, shared: bool = True, content: str = "user") -> str:
    return str(x.call("SR.create", host, config, 0, f"a {kind}", "", kind, content, shared, {}))


def drop(x: Client, sr: str, how: str = "SR.destroy") -> None:
    for pbd in x.call("SR.get_PBDs", sr):
        x.call("PBD.unplug", pbd)
    x.call(how, sr)


def texts(xml: str, tag: str) -> list[str]:
    return [(node.text or "").strip() for node in fromstring(xml).iter(tag)]


@pytest.mark.parametrize(
    ("kind", "config", "code", "tag", "told"),
    [
        ("nfs", {"server": FILER}, 101, "Path", ["/mnt/tank/vms", "/mnt/tank/backup", "/mnt/tank/iso"]),
        ("lvmoiscsi", {"target": PORTAL}, 96, "TargetIQN", [VMS, "iqn.2005-10.org.freenas.ctl:secure", "*"]),
        ("lvmoiscsi", {"target": PORTAL, "targetIQN": VMS}, 107, "SCSIid", [FREE, OLD]),
        ("lvmoiscsi", {"target": PORTAL, "targetIQN": "iqn.x:no"}, 83, "IPAddress", [PORTAL] * 3),
        ("lvmohba", {}, 107, "SCSIid", [lun.scsi_id for lun in storage_world.SAN]),
    ],
)
def test_what_is_missing_is_told(x: Client, master: str, kind: str, config: dict[str, str], code: int, tag: str, told: list[str]) -> None:
    failed = x.failure("SR.probe", master, config, kind, {})
    assert failed[0] == f"SR_BACKEND_FAILURE_{code}"
    assert texts(failed[3], tag) == told


@pytest.mark.parametrize(
    ("kind", "config", "code"),
    [
        ("lvm", {}, 90), ("ext", {}, 90), ("nfs", {}, 102), ("nfs", {"server": "nobody.invalid"}, 140),
        ("nfs", {"server": "192.0.2.1"}, 108),
        ("nfs", {"server": FILER, "serverpath": "/nowhere"}, 73),
        ("nfs", {"server": FILER, "serverpath": "/mnt/tank/vms", "nfsversion": "4.9"}, 72),
        ("smb", {}, 102), ("smb", {"server": "\\\\10.10.0.30\\nothing"}, 111), ("lvmoiscsi", {}, 95),
        ("lvmoiscsi", {"target": "192.0.2.1"}, 141),
        ("lvmoiscsi", {"target": PORTAL, "port": "0"}, 142), ("lvmoiscsi", {"target": PORTAL, "targetIQN": VMS, "SCSIid": "no"}, 107),
        ("lvmoiscsi", {"target": PORTAL, "targetIQN": "iqn.2005-10.org.freenas.ctl:secure", "chapuser": "xen", "chappassword": "no"}, 68),
        ("iso", {"location": "x"}, 38),
        ("nfs", {"server": "nas"}, 140), ("nfs", {"server": "10.99.0.1", "serverpath": "/x"}, 108),
        ("lvmoiscsi", {"target": "san.example.org"}, 140), ("lvmoiscsi", {"target": "10.99.0.1"}, 141),
        ("smb", {"server": "//nas/vms"}, 111), ("lvmohba", {"SCSIid": "3600"}, 107),
    ],
)  # fmt: skip
def test_what_is_wrong(x: Client, master: str, kind: str, config: dict[str, str], code: int) -> None:
    assert x.failure("SR.probe", master, config, kind, {})[0] == f"SR_BACKEND_FAILURE_{code}"


@pytest.mark.parametrize(
    ("kind", "config", "code"),
    [("lvm", {"device": "/dev/sda"}, 105), ("lvm", {"device": "/dev/sofa"}, 19), ("ext", {"device": "/dev/sdz"}, 19), ("iso", {}, 94),
     ("iso", {"location": "x", "type": "cifs"}, 225),
     ("nfs", {"server": "nas", "serverpath": "/x"}, 140), ("nfs", {"server": "10.99.0.1", "serverpath": "/x"}, 108),
     ("lvmoiscsi", {"target": "10.99.0.1", "targetIQN": "iqn.x:y", "SCSIid": FREE}, 141), ("smb", {"server": "//nas/vms"}, 111),
     ("iso", {"location": "//nas/iso", "type": "cifs"}, 222), ("lvmohba", {"SCSIid": "3600"}, 107),
     ("iso", {"location": f"{FILER}:/none", "type": "nfs_iso"}, 222), ("iso", {"location": "x", "legacy_mode": "true"}, 226),
     ("iso", {"location": "//10.10.0.30/iso", "type": "cifs", "vers": "2.0"}, 227)],
)  # fmt: skip
def test_nothing_is_left_of_what_cannot_be_made(x: Client, master: str, kind: str, config: dict[str, str], code: int) -> None:
    def rows() -> list[int]:
        return [len(x.call(f"{cls}.get_all")) for cls in ("SR", "PBD", "secret")]

    before = rows()
    assert x.failure("SR.create", master, config, 0, "n", "", kind, "user", False, {})[0] == f"SR_BACKEND_FAILURE_{code}"
    assert rows() == before


def test_all_is_told_by_a_probe_that_knows_all(x: Client, master: str) -> None:
    config = {"target": PORTAL, "targetIQN": VMS, "SCSIid": OLD}
    assert texts(x.call("SR.probe", master, config, "lvmoiscsi", {}), "UUID") == [storage_world.uuid_of(f"scsi:{OLD}")]
    assert texts(x.call("SR.probe", master, {**config, "SCSIid": FREE}, "lvmoiscsi", {}), "UUID") == []
    assert x.failure("SR.probe_ext", master, config, "lvmoiscsi", {}) == ["SR_OPERATION_NOT_SUPPORTED"]
    named = x.call("SR.probe", master, config, "lvmoiscsi", {"metadata": "true"})
    assert texts(named, "name_label") == ["Old cluster"]


def test_a_lun_holds_one_and_sizes_are_those_of_the_storage(x: Client, master: str) -> None:
    config = {"target": PORTAL, "targetIQN": VMS, "SCSIid": FREE}
    sr = create(x, master, "lvmoiscsi", config)
    assert x.call("SR.get_physical_size", sr) == storage_world.TARGETS[PORTAL][0].luns[0].size
    assert x.failure("SR.create", master, config, 0, "n", "", "lvmoiscsi", "user", True, {})[0] == "SR_BACKEND_FAILURE_16"
    assert texts(x.call("SR.probe", master, config, "lvmoiscsi", {}), "UUID") == [x.call("SR.get_uuid", sr)]
    drop(x, sr)
    assert texts(x.call("SR.probe", master, config, "lvmoiscsi", {}), "UUID") == []


def test_what_an_old_pool_left(x: Client, master: str) -> None:
    config = {"server": FILER, "serverpath": "/mnt/tank/backup"}
    (uuid,) = texts(x.call("SR.probe", master, config, "nfs", {}), "UUID")
    sr = x.call("SR.introduce", uuid, "found", "", "nfs", "user", True, {})
    assert x.failure("SR.introduce", uuid, "found", "", "nfs", "user", True, {}) == ["SR_UUID_EXISTS", uuid]
    for host in x.call("host.get_all"):
        x.call("PBD.plug", x.call("PBD.create", {"host": host, "SR": sr, "device_config": config}))
    assert sorted(x.call("VDI.get_name_label", vdi) for vdi in x.call("SR.get_VDIs", sr)) == ["Old backups 1", "Old backups 2"]
    assert x.call("SR.get_virtual_allocation", sr) == 40 * GIB
    drop(x, sr, "SR.forget")


def test_plugging_what_is_not_there(x: Client, master: str) -> None:
    sr = x.call("SR.introduce", "5b0f3a52-0000-4000-8000-000000000001", "n", "", "nfs", "user", True, {})
    pbd = x.call("PBD.create", {"host": master, "SR": sr, "device_config": {"server": FILER, "serverpath": "/mnt/tank/vms"}})
    assert x.failure("PBD.plug", pbd)[0] == "SR_BACKEND_FAILURE_73"
    assert not x.call("PBD.get_currently_attached", pbd)
    x.call("SR.forget", sr)


def test_what_the_pool_has_been_on_is_there() -> None:
    """Also when its SR has been forgotten."""
    with simulated(hosts=(1,), vms=(0,)) as simulation:
        x = sign_in(simulation.pool)
        (master,) = x.call("host.get_all")
        sr = next(ref for ref, record in x.call("SR.get_all_records").items() if record["type"] == "nfs")
        uuid, config = x.call("SR.get_uuid", sr), x.call("PBD.get_device_config", x.call("SR.get_PBDs", sr)[0])
        told = x.failure("SR.probe", master, {"server": config["server"]}, "nfs", {})
        assert config["serverpath"] in texts(told[3], "Path")
        elsewhere = {**config, "serverpath": "/x"}
        assert x.failure("SR.create", master, elsewhere, 0, "n", "", "nfs", "user", True, {})[0] == "SR_BACKEND_FAILURE_73"
        drop(x, sr, "SR.forget")
        assert texts(x.call("SR.probe", master, config, "nfs", {}), "UUID") == [uuid]


def test_forgotten_and_introduced_again(x: Client, master: str, pool: SimulatedPool) -> None:
    config = {"server": FILER, "serverpath": "/mnt/tank/vms"}
    sr = create(x, master, "nfs", config)
    disk = Maker(x).disk(SR=sr)
    shot = x.call("VDI.snapshot", disk)
    uuids = {vdi: x.call("VDI.get_uuid", vdi) for vdi in x.call("SR.get_VDIs", sr)}
    uuid = x.call("SR.get_uuid", sr)
    drop(x, sr, "SR.forget")
    sr = x.call("SR.introduce", uuid, "again", "", "nfs", "user", True, {})
    x.call("PBD.plug", x.call("PBD.create", {"host": master, "SR": sr, "device_config": config}))
    assert {x.call("VDI.get_uuid", vdi) for vdi in x.call("SR.get_VDIs", sr)} == set(uuids.values())
    again = x.call("VDI.get_by_uuid", uuids[shot])
    assert x.call("VDI.get_snapshot_of", again) == x.call("VDI.get_by_uuid", uuids[disk])
    pool.do(lambda inside: storage_scan.vanish(inside, again))
    x.call("SR.scan", sr)
    assert again not in x.call("VDI.get_all")


def test_forgetting_a_disk_and_finding_it(x: Client) -> None:
    make = Maker(x)
    disk = make.disk(name_label="lost and found")
    uuid, sr = x.call("VDI.get_uuid", disk), x.call("VDI.get_SR", disk)
    x.call("VDI.forget", disk)
    x.call("SR.scan", sr)
    assert x.call("VDI.get_name_label", x.call("VDI.get_by_uuid", uuid)) == "lost and found"


def test_a_library_has_its_images(x: Client, master: str) -> None:
    sr = create(x, master, "iso", {"location": "//10.10.0.30/iso", "type": "cifs", "username": "u", "cifspassword": "p"}, content="iso")
    images = [x.call("VDI.get_record", vdi) for vdi in x.call("SR.get_VDIs", sr)]
    assert {image["location"]: image["virtual_size"] for image in images} == storage_world.ISOS
    assert all(image["read_only"] and image["name_label"] == image["location"] for image in images)
    secrets = len(x.call("secret.get_all"))
    drop(x, sr, "SR.forget")
    assert len(x.call("secret.get_all")) == secrets - 2, "one for each host"


def test_a_default_that_is_gone_dangles(x: Client, master: str) -> None:
    sr = create(x, master, "lvm", {"device": "/dev/sdb"}, shared=False)
    (ref,) = x.call("pool.get_all")
    before: Any = x.call("pool.get_default_SR", ref)
    x.call("pool.set_default_SR", ref, sr)
    drop(x, sr)
    assert x.call("pool.get_default_SR", ref) == sr != NULL
    x.call("pool.set_default_SR", ref, before)


def test_keys_that_are_not_for_clients(x: Client, master: str) -> None:
    sr = x.call("SR.introduce", "", "n", "", "nfs", "user", True, {})
    failed = x.failure("PBD.create", {"host": master, "SR": sr, "device_config": {"SRmaster": "true"}, "other_config": {}})
    x.call("SR.forget", sr)
    assert failed == ["VALUE_NOT_SUPPORTED", "SRmaster", "true", "This key is for internal use only"]


def test_the_database_is_kept_on_an_sr(x: Client, master: str) -> None:
    sr = create(x, master, "lvmohba", {"SCSIid": storage_world.SAN[0].scsi_id})
    x.call("SR.enable_database_replication", sr)
    (vdi,) = x.call("SR.get_VDIs", sr)
    assert (x.call("VDI.get_type", vdi), x.call("VDI.get_metadata_of_pool", vdi)) == ("metadata", x.call("pool.get_all")[0])
    disk = next(ref for ref, record in x.call("VDI.get_all_records").items() if record["type"] != "metadata")
    assert x.failure("VDI.open_database", disk) == ["VDI_INCOMPATIBLE_TYPE", disk, x.call("VDI.get_type", disk)]
    x.call("SR.disable_database_replication", sr)
    assert x.call("SR.get_VDIs", sr) == []
    drop(x, sr)
    assert x.failure("SR.enable_database_replication", Maker(x).sr)[0] == "SR_OPERATION_NOT_SUPPORTED"


def test_a_lost_pools_sr_is_brought_in_for_recovery(x: Client) -> None:
    config = {"SCSIid": storage_world.SAN[1].scsi_id}
    uuid = storage_world.uuid_of(f"scsi:{config['SCSIid']}")
    task = x.call("DR_task.create", "lvmohba", config, [uuid])
    (sr,) = x.call("DR_task.get_introduced_SRs", task)
    assert (x.call("SR.get_uuid", sr), x.call("SR.get_name_label", sr)) == (uuid, "Old SAN volume")
    x.call("DR_task.destroy", task)
    assert sr not in x.call("SR.get_all")
    assert x.failure("DR_task.create", "nfs", {}, [])[0] == "OPERATION_NOT_ALLOWED"
