"""Where the memory of a suspended VM is kept."""

from __future__ import annotations

import contextlib
import hashlib

from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..types import NULL
from . import durations, vm_life, vm_placement

SPARE = 100 << 20  # bytes of an image besides the memory


def suspend_sr(pool: Pool, vm: str, host: str) -> str:
    """The VM's own, the pool's, or the host's: the first that `host` has plugged. VM_NO_SUSPEND_SR if there is none."""
    db = pool.db
    seen = vm_placement.seen_by(db, host)
    for sr in (db.get(vm, "suspend_SR"), db.get(pool.ref, "suspend_image_SR"), db.get(host, "suspend_image_sr")):
        if sr != NULL and db.exists(sr) and sr in seen:
            return str(sr)
    raise XapiError("VM_NO_SUSPEND_SR", vm)


async def save_image(call: Call, vm: str) -> None:
    """Write the memory to a disk of its own; the time it takes is spent here."""
    db = call.db
    sr = suspend_sr(call.pool, vm, db.get(vm, "resident_on"))
    size = int(db.get(vm, "memory_dynamic_max") * 1.05) + SPARE
    record = db.record("SR", sr)
    if record["physical_size"] > 0 and record["physical_size"] - record["physical_utilisation"] < size:
        raise XapiError("SR_SUSPEND_SPACE_INSUFFICIENT", sr)
    fields = {
        "name_label": "Suspend image", "name_description": "Suspend image", "SR": sr, "virtual_size": size, "type": "suspend",
        "sharable": False, "read_only": False, "other_config": {}, "xenstore_data": {}, "sm_config": {}, "tags": [],
    }  # fmt: skip
    image = await call.run("VDI.create", fields)
    try:
        await call.work(durations.seconds(call.pool, "suspend"))
    except XapiError:
        await call.run("VDI.destroy", image)
        raise
    db.set(vm, suspend_VDI=image)


def check_image(pool: Pool, vm: str) -> None:
    """VM_HAS_NO_SUSPEND_VDI: what was in its memory is lost, so the VM is Halted from now on."""
    image = pool.db.get(vm, "suspend_VDI")
    if image == NULL or not pool.db.exists(image):
        vm_life.gone(pool, vm)
        raise XapiError("VM_HAS_NO_SUSPEND_VDI", "VM", vm)


def checksum(pool: Pool, vdi: str) -> str:
    """Of an image. Nobody writes them here, so images of one size are alike, and no other disk is."""
    record = pool.db.record("VDI", vdi)
    return hashlib.md5(f"{record['virtual_size']} {record['type']}".encode(), usedforsecurity=False).hexdigest()


async def drop_image(call: Call, vm: str) -> None:
    """The image goes; one that is out of reach is left where it is."""
    image = call.db.get(vm, "suspend_VDI")
    call.db.set(vm, suspend_VDI=NULL)
    if image != NULL and call.db.exists(image):
        with contextlib.suppress(XapiError):
            await call.run("VDI.destroy", image)
