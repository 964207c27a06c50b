"""VMs from the database of a pool that is no more, or was another then: made anew around their disks, as /import_metadata does it."""

from __future__ import annotations

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..rights import may
from ..sessions import Session
from ..transfer import ova
from ..transfer.restore import Restored
from ..transfer.restore_rules import ImportMode
from ..transfer.task import Job
from ..types import NULL
from . import sr_rules
from .dr_database import home_of


def target(call: Call, session_to: str) -> tuple[Pool, Session]:
    """Where VMs are to come back, and who brings them."""
    session = home_of(call.pool).sessions.find(session_to)
    if session is None:
        raise XapiError("HANDLE_INVALID", "session", session_to)
    return session.database or home_of(call.pool), session


def vms_of(call: Call, ref: str) -> list[str]:
    return [ref] if call.db.class_of(ref) == "VM" else list(call.db.get(ref, "VMs"))


def needed(call: Call, vm: str) -> list[str]:
    """SRs of its disks, CDs not."""
    db = call.db
    vdis = [db.get(vbd, "VDI") for vbd in db.get(vm, "VBDs") if db.get(vbd, "type") == "Disk"]
    srs = dict.fromkeys(db.get(vdi, "SR") for vdi in vdis if vdi != NULL and db.exists(vdi))
    return [sr for sr in srs if db.exists(sr)]


def missing(call: Call, vm: str, there: Pool) -> list[str]:
    """SRs of the VM that the other database has not, or not plugged, by their references in this one."""
    found = []
    for sr in needed(call, vm):
        held = there.db.tables["SR"].by_uuid.get(call.db.get(sr, "uuid"))
        if held is None or not sr_rules.is_plugged(there, there.db.record("SR", held)):
            found.append(sr)
    return found


@message("VM.get_SRs_required_for_recovery", "VM_appliance.get_SRs_required_for_recovery")
def srs_for_recovery(call: Call, ref: str, session_to: str) -> list[str]:
    there, _ = target(call, session_to)
    return list(dict.fromkeys(sr for vm in vms_of(call, ref) for sr in missing(call, vm, there)))


@message("VM.assert_can_be_recovered", "VM_appliance.assert_can_be_recovered")
def assert_can_be_recovered(call: Call, ref: str, session_to: str) -> str:
    there, _ = target(call, session_to)
    for vm in vms_of(call, ref):
        if lacking := missing(call, vm, there):
            raise XapiError("VM_REQUIRES_SR", vm, lacking[0])
    return ""


@message("VM.recover")
async def recover(call: Call, vm: str, session_to: str, force: bool) -> str:
    await recovered(call, [vm], session_to, force=force)
    return ""


@message("VM_appliance.recover")
async def recover_appliance(call: Call, appliance: str, session_to: str, force: bool) -> str:
    """One of the same uuid that is there already gets the VMs, and loses those it had."""
    vms = await recovered(call, list(call.db.get(appliance, "VMs")), session_to, force=force)
    there, _ = target(call, session_to)
    old: Record = call.db.record("VM_appliance", appliance)
    words = {name: old[name] for name in ("name_label", "name_description")}
    held = there.db.tables["VM_appliance"].by_uuid.get(old["uuid"])
    if held:
        there.db.set(held, VMs=[], **words)
    else:
        held = there.db.create("VM_appliance", {"uuid": old["uuid"], **words})
    for vm in vms:
        there.db.set(vm, appliance=held)
    there.refresh(held)
    return ""


async def recovered(call: Call, vms: list[str], session_to: str, *, force: bool) -> list[str]:
    """References in the other database. RBAC_PERMISSION_DENIED of who could not have opened a database, VM_REQUIRES_SR."""
    there, session = target(call, session_to)
    if not may(session, "vdi.open_database"):
        text = "The supplied session does not have the required permissions for VM recovery."
        raise XapiError("RBAC_PERMISSION_DENIED", call.method, text)
    for vm in vms:
        assert_can_be_recovered(call, vm, session_to)
    _, xml = ova.build(call.pool, vms, ova.Choice(snapshots=True, power_state=True))
    far = Call(there, session, there.master, call.method, label="Importing VMs")
    made = Restored(Job(far), ova.parse(there.model, xml.encode()), ImportMode(restore=True, force=force))
    try:
        await made.objects()
        found = await made.finish()
    except BaseException:
        if not force:
            await made.undo()
        raise
    finally:
        far.close()
    for vm in found:
        for vbd in there.db.get(vm, "VBDs"):
            disk = there.db.get(vbd, "VDI")
            if there.db.exists(disk):
                there.db.set(there.db.get(disk, "SR"), introduced_by=NULL)
    return found
