"""Changed block tracking: on and off, what changed, snapshots that are nothing but that, and where to read disks by NBD."""

from __future__ import annotations

import base64

from ..call import Call
from ..errors import XapiError
from ..registry import message
from ..transfer.disks import BLOCK, dropped
from . import vdi, vdi_changes, vdi_storage
from .storage_world import failure

PORT = 10809


@message("VDI.enable_cbt", "VDI.disable_cbt")
async def set_cbt(call: Call, ref: str) -> str:
    operation = call.method.removeprefix("VDI.")
    async with vdi.busy(call, call.db.get(ref, "SR"), f"vdi_{operation}", ref, operation):
        record = call.db.record("VDI", ref)
        wanted = operation == "enable_cbt"
        if record["cbt_enabled"] != wanted:
            if record["sm_config"].get("type") == "raw":
                raise failure(66, "Invalid VDI type", "Raw VDI or snapshot not permitted")
            if wanted:
                vdi_changes.begin(call.pool, ref)
            else:
                vdi_changes.cut(call.pool, ref)
            call.db.set(ref, cbt_enabled=wanted)
    return ""


@message("VDI.list_changed_blocks")
async def list_changed_blocks(call: Call, vdi_from: str, vdi_to: str) -> str:
    """Base64 of a bitmap, the first block in the highest bit; SR_BACKEND_FAILURE_460 for disks that are not of one line."""
    db = call.db
    async with vdi.busy(call, db.get(vdi_to, "SR"), "vdi_list_changed_blocks", vdi_to, "list_changed_blocks"):
        if vdi_from == vdi_to:
            raise unrelated("Source and target VDI are same")
        if not (db.get(vdi_from, "cbt_enabled") and db.get(vdi_to, "cbt_enabled")):
            raise unrelated("Source and target VDI are unrelated")
        vdi_changes.log_of(call.pool, vdi_from)
        if not db.get(vdi_to, "is_a_snapshot"):
            vdi_changes.gather(call.pool, vdi_to)
        changed, at, goal = set[int](), db.get(vdi_from, "uuid"), db.get(vdi_to, "uuid")
        held = vdi_changes.logs(call.pool)
        while at != goal:
            at = held[at].child
            if at not in held:
                raise unrelated("Source and target VDI are unrelated")
            changed |= held[at].changed
        return base64.b64encode(bitmap(changed, held[goal].size // BLOCK)).decode()


def unrelated(why: str) -> XapiError:
    return failure(460, "Failed to calculate changed blocks for given VDIs.", why)


def bitmap(changed: set[int], blocks: int) -> bytes:
    bits = bytearray(-(-blocks // 8))
    for block in changed:
        if block < blocks:
            bits[block // 8] |= 0x80 >> block % 8
    return bytes(bits)


@message("VDI.data_destroy")
async def data_destroy(call: Call, ref: str) -> str:
    """The snapshot is no more than the log of what changed. Waits up to 4 s for its drives to go."""
    db, sr = call.db, call.db.get(ref, "SR")
    if db.get(ref, "type") == "cbt_metadata":
        return ""
    async with vdi.busy(call, sr, "vdi_data_destroy", ref, "data_destroy"):
        vdi.need_managed(call, ref)
        for _ in range(4):
            if db.get(ref, "VBDs"):
                await call.sleep(1.0)
        if db.get(ref, "VBDs"):
            raise XapiError("VDI_IN_USE", ref, "data_destroy")
        record = db.record("VDI", ref)
        held, config = record["physical_utilisation"], dict(record["sm_config"])
        config.pop(vdi_storage.PARENT, None)
        db.set(ref, type="cbt_metadata", physical_utilisation=0, sm_config=config)
        dropped(call.pool, ref)
        vdi_storage.account(call.pool, sr, physical=-held)
        vdi_storage.sweep_later(call.pool, sr)
    return ""


@message("VDI.get_nbd_info")
async def get_nbd_info(call: Call, ref: str) -> list[dict[str, object]]:
    """Where the disk can be read by NBD: every address that hosts with its SR have on networks made for that; none by default."""
    db = call.db
    record = db.record("VDI", ref)
    if record["type"] == "cbt_metadata":
        raise XapiError("VDI_INCOMPATIBLE_TYPE", ref, "cbt_metadata")
    networks = {ref for ref, n in db.records("network") if {"nbd", "insecure_nbd"} & set(n["purpose"])}
    found: list[dict[str, object]] = []
    for pbd in (db.record("PBD", pbd) for pbd in db.get(record["SR"], "PBDs")):
        nics = [db.record("PIF", nic) for nic in db.get(pbd["host"], "PIFs")] if pbd["currently_attached"] else []
        addresses = [a for n in nics if n["currently_attached"] and n["network"] in networks for a in (n["IP"], *n["IPv6"]) if a]
        if addresses:
            cert = await call.run("host.get_server_certificate", pbd["host"])
            name = db.get(pbd["host"], "hostname")
            export = f"/{record['uuid']}?session_id={call.session.ref}"
            found += [{"exportname": export, "address": a, "port": PORT, "cert": cert, "subject": name} for a in addresses]
    return found
