"""GET /export_raw_vdi: a disk raw, as VHD or QCOW2 (whole, or what changed since an earlier disk), or as the blocks of an XVA."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

from starlette.responses import Response

from ..errors import XapiError
from ..http import HttpCall
from ..registry import http
from . import qcow2, tar, vhd, xva
from .attached import attached
from .disks import Disk, disks
from .task import RefusedError, Transfer, object_of, parameter, transfer
from .vm_export import failing, reaching, redirect

PIECE = 1 << 20
LARGEST_VHD = 2040 << 30
FOLDER = "vdi"  # of the blocks in format=tar
TYPES = {"raw": "application/octet-stream", "vhd": "application/vhd", "qcow2": "application/x-qemu-disk", "tar": "application/x-tar"}


@http("GET", "/export_raw_vdi")
async def export_raw_vdi(call: HttpCall) -> Response:
    try:
        given = parameter(call.request, "vdi")
        if not given:
            raise XapiError("INTERNAL_ERROR", 'Failure("Missing vdi query parameter")')
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
    return kind


async def export(job: Transfer, vdi: str) -> str:
    kind = format_of(job)
    name, size = f"{job.db.get(vdi, 'uuid')}.{kind}", int(job.db.get(vdi, "virtual_size"))
    job.wire.head(200, job.task_header, f"Content-Type: {TYPES[kind]}", f'Content-Disposition: attachment; filename="{name}"')
    if kind == "vhd" and size > LARGEST_VHD:
        raise XapiError("VDI_TOO_LARGE", vdi, LARGEST_VHD)
    base = parameter(job.http.request, "base")
    earlier = object_of(job.pool, "VDI", base) if base and kind != "tar" else ""
    async with AsyncExitStack() as held:
        await held.enter_async_context(attached(job, vdi, "RO"))
        if earlier:
            await held.enter_async_context(attached(job, earlier, "RO"))
        disk = held.enter_context(disks(job.pool).open(vdi))
        before = held.enter_context(disks(job.pool).open(earlier)) if earlier else None
        job.measure(size, xva.seconds(job, [vdi]))
        if kind == "vhd":
            await send_vhd(job, disk, size, vdi, earlier, before)
        elif kind == "qcow2":
            await send_qcow2(job, disk, size, before)
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
    used = await differing(disk, before, size, vhd.BLOCK)
    await job.wire.write(vhd.beginning(size, identity, used, parent))
    async for data in blocks(job, disk, size, used, vhd.BLOCK):
        await job.wire.write(vhd.block(data))
    await job.wire.write(vhd.footer(size, identity, vhd.DIFFERENCING if parent else vhd.DYNAMIC))


async def send_qcow2(job: Transfer, disk: Disk, size: int, before: Disk | None) -> None:
    used = await differing(disk, before, size, qcow2.CLUSTER)
    for part in qcow2.beginning(size, used):
        await job.wire.write(part)
    async for data in blocks(job, disk, size, used, qcow2.CLUSTER):
        await job.wire.write(data.ljust(qcow2.CLUSTER, b"\0"))


async def differing(disk: Disk, before: Disk | None, size: int, block: int) -> list[int]:
    """Numbers of the blocks that hold something, or other things than before."""
    used = disk.blocks(size, block)
    if before is None:
        return used
    found = []
    for number in sorted({*used, *before.blocks(size, block)}):
        if disk.read(number * block, block) != before.read(number * block, block):
            found.append(number)
        await asyncio.sleep(0)  # others get their turn
    return found


async def blocks(job: Transfer, disk: Disk, size: int, used: Sequence[int], block: int) -> AsyncIterator[bytes]:
    """What is in them; the last one may be short. Progress goes over the whole disk."""
    at = 0
    for number in used:
        start = number * block
        await job.moved(start - at)
        at = min(size, start + block)
        yield disk.read(start, at - start)
        await job.moved(at - start)
    await job.moved(size - at)
