"""GET /export_raw_vdi: a disk as raw bytes, as a VHD (whole, or what changed since an earlier disk), or as the blocks of an XVA."""

from __future__ import annotations

import uuid
from contextlib import AsyncExitStack

from starlette.responses import Response

from ..errors import XapiError
from ..http import HttpCall
from ..registry import http
from . import tar, vhd, xva
from .attached import attached
from .disks import Disk, disks
from .task import RefusedError, Transfer, object_of, parameter, transfer
from .vm_export import failing, reaching, redirect

PIECE = 1 << 20
FOLDER = "vdi"  # of the blocks in format=tar
TYPES = {"raw": "application/octet-stream", "vhd": "application/vhd", "qcow2": "application/x-qemu-disk", "tar": "application/x-tar"}


@http("GET", "/export_raw_vdi")
async def export_raw_vdi(call: HttpCall) -> Response:
    try:
        given = parameter(call.request, "vdi")
        if not given:
            raise XapiError("VDI_MISSING", "", "")
        vdi = object_of(call.pool, "VDI", given)
        elsewhere = reaching(call.pool, [call.pool.db.get(vdi, "SR")], call.host)
    except XapiError as error:
        return transfer(call, "Exporting raw VDI", failing(error))
    return redirect(call, elsewhere) if elsewhere else transfer(call, "Exporting raw VDI", lambda job: export(job, vdi))


def format_of(job: Transfer) -> str:
    """404 for formats that nobody knows."""
    kind = (parameter(job.http.request, "format") or "raw").lower()
    if kind not in TYPES:
        raise RefusedError(404, XapiError("INTERNAL_ERROR", f"Unknown format {kind}"))
    if kind == "qcow2":
        raise RefusedError(501, XapiError("NOT_IMPLEMENTED", "format=qcow2"))
    return kind


async def export(job: Transfer, vdi: str) -> str:
    kind = format_of(job)
    base = parameter(job.http.request, "base")
    earlier = object_of(job.pool, "VDI", base) if base else ""
    async with AsyncExitStack() as held:
        await held.enter_async_context(attached(job, vdi, "RO"))
        if earlier:
            await held.enter_async_context(attached(job, earlier, "RO"))
        disk = held.enter_context(disks(job.pool).open(vdi))
        before = held.enter_context(disks(job.pool).open(earlier)) if earlier else None
        name = f"{job.db.get(vdi, 'uuid')}.{kind}"
        job.wire.head(200, job.task_header, f"Content-Type: {TYPES[kind]}", f'Content-Disposition: attachment; filename="{name}"')
        size = int(job.db.get(vdi, "virtual_size"))
        job.measure(size, xva.seconds(job, [vdi]))
        if kind == "vhd":
            await send_vhd(job, disk, size, vdi, earlier, before)
        elif kind == "tar":
            await xva.send_disk(job, job.wire.write, xva.Part(FOLDER, vdi, size), disk)
            await job.wire.write(tar.END)
        else:
            await send_raw(job, disk, size)
    return ""


async def send_raw(job: Transfer, disk: Disk, size: int) -> None:
    zeros = bytes(PIECE)
    used = set(disk.blocks(size, PIECE))
    for at in range(0, size, PIECE):
        count = min(PIECE, size - at)
        await job.wire.write(disk.read(at, count) if at // PIECE in used else zeros[:count])
        await job.moved(count)


async def send_vhd(job: Transfer, disk: Disk, size: int, vdi: str, earlier: str, before: Disk | None) -> None:
    identity = uuid.UUID(job.db.get(vdi, "uuid"))
    parent = uuid.UUID(job.db.get(earlier, "uuid")) if earlier else None
    used = disk.blocks(size, vhd.BLOCK)
    if before is not None:
        known = sorted({*used, *before.blocks(size, vhd.BLOCK)})
        used = [n for n in known if disk.read(n * vhd.BLOCK, vhd.BLOCK) != before.read(n * vhd.BLOCK, vhd.BLOCK)]
    await job.wire.write(vhd.beginning(size, identity, used, parent))
    at = 0
    for number in used:
        start = number * vhd.BLOCK
        await job.moved(start - at)
        await job.wire.write(vhd.block(disk.read(start, min(vhd.BLOCK, size - start))))
        at = min(size, start + vhd.BLOCK)
        await job.moved(at - start)
    await job.moved(size - at)
    await job.wire.write(vhd.footer(size, identity, vhd.DIFFERENCING if parent else vhd.DYNAMIC))
