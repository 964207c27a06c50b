"""Disaster recovery: the databases of other pools, and VMs that come back out of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulator.client import Client, http
from tests.simulator.making import NULL
from tests.simulator.migrating import Place, place
from xo_dash.simulator.certificate import write
from xo_dash.simulator.classes import storage_world
from xo_dash.simulator.testing import simulated

SAN = storage_world.SAN[1].scsi_id
OLD = storage_world.uuid_of(f"scsi:{SAN}")


@pytest.fixture
def here() -> Iterator[Place]:
    with simulated(hosts=(2,), vms=(2,), srs=(3,)) as simulation:
        yield place(simulation.pool)


@pytest.fixture
def lost(here: Place) -> Client:
    """A session on the database of the pool that left the SAN."""
    task = here.x.call("DR_task.create", "lvmohba", {"SCSIid": SAN}, [OLD])
    (sr,) = here.x.call("DR_task.get_introduced_SRs", task)
    disks = {ref: record for ref, record in here.x.call("VDI.get_all_records").items() if record["SR"] == sr}
    (vdi,) = [ref for ref, record in disks.items() if record["type"] == "metadata"]
    assert disks[vdi]["metadata_of_pool"] not in (NULL, here.make.pool)
    session = here.x.call("VDI.open_database", vdi)
    found = replace(here.x, session=session)
    (pool,) = found.call("pool.get_all_records").values()
    assert here.x.call("VDI.read_database_pool_uuid", vdi) == pool["uuid"]
    return found


def named(at: Client, label: str) -> str:
    (found,) = at.call("VM.get_by_name_label", label)
    return str(found)


def test_a_probe_tells_of_databases(here: Place) -> None:
    told = here.x.call("SR.probe", here.make.master, {"SCSIid": SAN}, "lvmohba", {"metadata": "true"})
    assert "<pool_metadata_detected>true</pool_metadata_detected>" in "".join(told.split())


def test_a_foreign_database_can_be_read_and_not_written(here: Place, lost: Client) -> None:
    vm = named(lost, "lost-web")
    assert lost.call("VM.get_record", vm)["name_label"] == "lost-web"
    assert here.x.call("VM.get_by_name_label", "lost-web") == []
    assert lost.failure("VM.set_name_label", vm, "mine")[0] == "RBAC_PERMISSION_DENIED"
    lost.call("session.logout")
    assert lost.failure("VM.get_all") == ["SESSION_INVALID", lost.session]


def test_a_vm_comes_back(here: Place, lost: Client) -> None:
    vm = named(lost, "lost-db")
    assert lost.call("VM.get_SRs_required_for_recovery", vm, here.x.session) == []
    lost.call("VM.recover", vm, here.x.session, False)
    back = named(here.x, "lost-db")
    assert here.make.get(back, "uuid") == lost.call("VM.get_uuid", vm)
    disk = here.make.disk_of(back)
    assert here.x.call("VDI.get_uuid", disk) == storage_world.uuid_of(f"scsi:{SAN} 1")
    assert here.x.call("SR.get_introduced_by", here.x.call("VDI.get_SR", disk)) == NULL
    here.x.call("VM.start", back, False, False)
    assert lost.failure("VM.recover", vm, here.x.session, False)[0] == "VM_BAD_POWER_STATE"


def test_an_appliance_comes_back_as_one(here: Place, lost: Client) -> None:
    (appliance,) = lost.call("VM_appliance.get_all")
    lost.call("VM_appliance.recover", appliance, here.x.session, False)
    back = here.x.call("VM_appliance.get_by_uuid", lost.call("VM_appliance.get_uuid", appliance))
    vms = here.x.call("VM_appliance.get_VMs", back)
    assert sorted(here.make.get(vm, "name_label") for vm in vms) == ["lost-db", "lost-web"]
    here.x.call("VM_appliance.start", back, False)
    assert {here.make.get(vm, "power_state") for vm in vms} == {"Running"}


def test_what_stands_in_the_way(here: Place, lost: Client) -> None:
    vm = named(lost, "lost-db")
    (sr,) = lost.call("SR.get_all")
    assert lost.failure("VM.recover", vm, lost.session, False)[0] == "RBAC_PERMISSION_DENIED"
    assert lost.failure("VM.recover", vm, "OpaqueRef:nobody", False) == ["HANDLE_INVALID", "session", "OpaqueRef:nobody"]
    (task,) = here.x.call("DR_task.get_all")
    here.x.call("DR_task.destroy", task)
    assert lost.call("VM.get_SRs_required_for_recovery", vm, here.x.session) == [sr]
    assert lost.failure("VM.recover", vm, here.x.session, False) == ["VM_REQUIRES_SR", vm, sr]


def test_the_pools_own_database(here: Place) -> None:
    config = {"SCSIid": storage_world.SAN[0].scsi_id}
    sr = here.x.call("SR.create", here.make.master, config, 0, "safe", "", "lvmohba", "user", True, {})
    here.x.call("SR.enable_database_replication", sr)
    (vdi,) = here.x.call("SR.get_VDIs", sr)
    vm = here.make.vm("mistake")
    opened = replace(here.x, session=here.x.call("VDI.open_database", vdi))
    assert opened.call("VM.get_uuid", vm) == here.make.get(vm, "uuid")
    uuid, disk = here.make.get(vm, "uuid"), here.make.disk_of(vm)
    here.x.call("VM.destroy", vm)
    opened.call("VM.recover", vm, here.x.session, False)
    back = here.x.call("VM.get_by_uuid", uuid)
    assert here.make.disk_of(back) == disk


def test_a_database_from_a_file(here: Place, tmp_path: Path) -> None:
    dump = tmp_path / "pool.xml"
    dump.write_bytes(http(f"{here.x.url}/pool/xmldbdump?session_id={here.x.session}").body)
    opened = replace(here.x, session=here.x.call("session.create_from_db_file", str(dump)))
    assert sorted(opened.call("VM.get_all")) == sorted(here.x.call("VM.get_all"))
    assert here.x.failure("session.create_from_db_file", str(tmp_path / "none"))[0] == "INTERNAL_ERROR"


def test_secure_boot_certificates(here: Place) -> None:
    vm = here.make.vm("uefi")
    told = here.x.failure("VM.update_secureboot_certificates_on_boot", vm, True)
    assert told[0] == "OPERATION_NOT_ALLOWED" and told[1].startswith("Cannot set update_on_boot")
    here.pool.do(lambda pool: pool.db.set(vm, secureboot_certificates_state="update_available"))
    for mark, state in ((True, "update_on_boot"), (True, "update_on_boot"), (False, "update_available")):
        here.x.call("VM.update_secureboot_certificates_on_boot", vm, mark)
        assert here.make.get(vm, "secureboot_certificates_state") == state


def test_certificates_of_another_pool(tmp_path: Path) -> None:
    pem = write(tmp_path)[0].read_text()
    with simulated(hosts=(1, 1), vms=(0, 0)) as simulation:
        here, there = (place(pool) for pool in simulation.pools)
        there.x.call("pool.install_trusted_certificate", there.make.pool, True, pem, [])
        shown = there.x.call("host.get_server_certificate", there.make.master)
        address = there.x.call("host.get_address", there.make.master)
        (ref,) = here.x.call("pool.sync_trusted_certificates_from", here.make.pool, address, there.x.session, shown, True)
        assert here.x.call("Certificate.get_type", ref) == "ca"
        assert here.x.call("pool.sync_trusted_certificates_from", here.make.pool, address, there.x.session, shown, True) == []
        refused = here.x.failure("pool.sync_trusted_certificates_from", here.make.pool, address, there.x.session, pem, True)
        assert refused[0] == "SSL_VERIFY_ERROR"
        nobody = here.x.failure("pool.sync_trusted_certificates_from", here.make.pool, "10.99.0.1", there.x.session, shown, True)
        assert nobody == ["TLS_CONNECTION_FAILED", "10.99.0.1", "443"]
        there.x.call("session.logout")
        assert (
            here.x.failure("pool.sync_trusted_certificates_from", here.make.pool, address, there.x.session, shown, True)[0]
            == "SESSION_INVALID"
        )


def test_there_is_no_lvhd(here: Place) -> None:
    assert here.x.failure("LVHD.get_by_uuid", "x") == ["UUID_INVALID", "LVHD", "x"]
    assert here.x.failure("LVHD.get_record", "OpaqueRef:x") == ["HANDLE_INVALID", "LVHD", "OpaqueRef:x"]
