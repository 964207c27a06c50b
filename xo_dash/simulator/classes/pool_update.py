"""Updates of the old kind (XenServer 7): a disk with `update.xml` in it, applied to hosts; pool_patch shows the same under its old name."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from ..call import Call
from ..errors import XapiError
from ..registry import message
from ..transfer import disks
from ..types import NULL
from . import durations

WINDOW = 64 << 20  # bytes of a disk in which its description must be
PIECE = 1 << 20
NEEDED = ("uuid", "name-label", "version")


def description(call: Call, vdi: str) -> dict[str, str]:
    """Attributes of <update> and the text of what is in it. INVALID_UPDATE if there is none on the disk."""
    with disks.disks(call.pool).open(vdi) as disk:
        data = b"".join(disk.read(at, PIECE) for at in range(0, WINDOW, PIECE) if not disk.is_hole(at, PIECE))
    start, end = data.find(b"<update "), data.find(b"</update>")
    if not 0 <= start < end:
        raise XapiError("INVALID_UPDATE", "missing update document (update.xml) in the package.")
    try:
        tree = ET.fromstring(data[start : end + len(b"</update>")])  # noqa: S314  from who may configure the pool
    except ET.ParseError:
        raise XapiError("INVALID_UPDATE", "missing <update> in update.xml") from None
    found = {**tree.attrib, "name-description": tree.findtext("name-description") or ""}
    for name in NEEDED:
        if name not in found:
            raise XapiError("INVALID_UPDATE", f"missing <{name}> in update.xml")
    return found


@message("pool_update.introduce")
async def introduce(call: Call, vdi: str) -> str:
    """The same update again, on another disk, is the same row; on the same one UPDATE_ALREADY_EXISTS."""
    if call.db.get(vdi, "type") == "cbt_metadata":
        raise XapiError("VDI_INCOMPATIBLE_TYPE", vdi, "cbt_metadata")
    await call.work(durations.seconds(call.pool, "scan"))
    found = description(call, vdi)
    known = call.db.tables["pool_update"].by_uuid.get(found["uuid"])
    if known:
        if call.db.get(known, "vdi") not in (vdi, NULL) and call.db.exists(call.db.get(known, "vdi")):
            raise XapiError("UPDATE_ALREADY_EXISTS", found["uuid"])
        call.db.set(known, vdi=vdi)
        return known
    guidance = [word for word in found.get("after-apply-guidance", "").replace(",", " ").split() if word]
    shared: dict[str, Any] = {"name_label": found["name-label"], "name_description": found["name-description"], "version": found["version"],
                              "after_apply_guidance": guidance}  # fmt: skip
    size = int(found.get("installation-size") or 0)
    update = call.db.create(
        "pool_update", {**shared, "uuid": found["uuid"], "installation_size": size, "key": found.get("key", ""), "vdi": vdi}
    )
    call.db.create("pool_patch", {**shared, "size": size, "pool_update": update})
    return update


@message("pool_update.precheck")
async def precheck(call: Call, update: str, host: str) -> str:
    if host in call.db.get(update, "hosts"):
        raise XapiError("UPDATE_ALREADY_APPLIED", update)
    need_disk(call, update)
    await call.work(durations.seconds(call.pool, "scan"))
    return "ok"


def need_disk(call: Call, update: str) -> None:
    vdi = call.db.get(update, "vdi")
    if vdi == NULL or not call.db.exists(vdi):
        raise XapiError("CANNOT_FIND_UPDATE")


@message("pool_update.apply")
async def apply(call: Call, update: str, host: str) -> str:
    record = call.db.record("pool_update", update)
    if host in record["hosts"]:
        raise XapiError("UPDATE_ALREADY_APPLIED", update)
    need_disk(call, update)
    await call.work(2 * durations.seconds(call.pool, "yum_package"))
    call.db.set(update, hosts=[*call.db.get(update, "hosts"), host])
    if "restartHost" in record["after_apply_guidance"]:
        call.db.set(host, updates_requiring_reboot=[*call.db.get(host, "updates_requiring_reboot"), update])
    patch = patch_of(call, update)
    call.db.create("host_patch", {
        "name_label": record["name_label"], "name_description": record["name_description"], "version": record["version"], "host": host,
        "applied": True, "timestamp_applied": call.clock.iso(), "size": record["installation_size"], "pool_patch": patch,
    })  # fmt: skip
    call.db.set(patch, pool_applied=set(call.db.rows("host")) <= set(call.db.get(update, "hosts")))
    return ""


def patch_of(call: Call, update: str) -> str:
    return call.db.find("pool_patch", pool_update=update)[0]


@message("pool_update.pool_apply")
async def pool_apply(call: Call, update: str) -> str:
    todo = [host for host in call.db.rows("host") if host not in call.db.get(update, "hosts")]
    if not todo:
        raise XapiError("UPDATE_ALREADY_APPLIED_IN_POOL", update)
    failed = []
    for host in todo:
        try:
            await call.run("pool_update.apply", update, host)
        except XapiError:
            failed.append(host)
    if failed:
        raise XapiError("UPDATE_POOL_APPLY_FAILED", *failed)
    return ""


@message("pool_update.pool_clean")
async def pool_clean(call: Call, update: str) -> str:
    """Its disk goes; the row stays, as what hosts have had."""
    vdi = call.db.get(update, "vdi")
    if call.db.exists(vdi):
        await call.run("VDI.destroy", vdi)
    call.db.set(update, vdi=NULL)
    return ""


@message("pool_update.destroy")
def destroy(call: Call, update: str) -> str:
    if call.db.get(update, "hosts"):
        raise XapiError("UPDATE_IS_APPLIED")
    patch = patch_of(call, update)
    call.db.destroy(update)
    call.db.destroy(patch)
    return ""


@message("pool_patch.precheck", "pool_patch.apply", "pool_patch.pool_apply", "pool_patch.pool_clean", "pool_patch.destroy")
@message("pool_patch.clean", "pool_patch.clean_on_host")
async def as_patch(call: Call, patch: str, *host: str) -> str:
    """The same by its old name; what was cleaned on a host alone is not kept there any more."""
    name = call.method.removeprefix("pool_patch.").replace("clean_on_host", "clean")
    if name == "clean":
        return ""
    return str(await call.run(f"pool_update.{name}", call.db.get(patch, "pool_update"), *host))


@message("host_patch.apply")
async def apply_host_patch(call: Call, ref: str) -> str:
    record = call.db.record("host_patch", ref)
    return str(await call.run("pool_patch.apply", record["pool_patch"], record["host"]))


@message("host_patch.destroy")
def destroy_host_patch(call: Call, ref: str) -> str:
    """Only what is not in force; that is never so here, as rows come with the update itself."""
    if call.db.get(ref, "applied"):
        raise XapiError("PATCH_IS_APPLIED")
    call.db.destroy(ref)
    return ""
