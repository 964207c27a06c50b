"""PUT /import_raw_vdi: raw bytes (also in xapi's own chunks), VHD, QCOW2 or the blocks of an XVA into a disk, there or new.

An ISO is put into its library the same way: a raw disk of a SR whose content_type is iso.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from contextlib import AsyncExitStack

from starlette.responses import Response

from ..errors import XapiError
from ..http import HttpCall
from ..registry import http
from . import frames, qcow2, vhd, xva
from .attached import attached
from .body import Body, pieces
from .disks import Disk, disks
from .frames import DoesNotFitError
from .qcow2 import NotQcow2Error
from .task import OCTETS, RefusedError, Transfer, Work, object_of, parameter, transfer
from .vdi_export import FOLDER, PIECE, format_of
from .vhd import NotVhdError
from .vm_export import reaching, redirect
from .vm_import import fill_up, guarded

log = logging.getLogger(__name__)


@http("PUT", "/import_raw_vdi")
async def import_raw_vdi(call: HttpCall) -> Response:
    pool, request = call.pool, call.request
    try:
        given, into = parameter(request, "vdi"), parameter(request, "sr_id") or parameter(request, "sr_uuid")
        vdi = object_of(pool, "VDI", given) if given else ""
        if not given and not into:
            raise XapiError("VDI_MISSING")
        sr = str(pool.db.get(vdi, "SR")) if vdi else object_of(pool, "SR", into)
        elsewhere = reaching(pool, [sr], call.host)
    except XapiError as error:
        return transfer(call, "Importing raw VDI", refusing(error))
    return redirect(call, elsewhere) if elsewhere else transfer(call, "Importing raw VDI", lambda job: receive(job, vdi, sr))


def refusing(error: XapiError) -> Work:
    async def refuse(_: Transfer) -> str:
        raise RefusedError(400, error)

    return refuse


def internal(status: int, text: str) -> RefusedError:
    return RefusedError(status, XapiError("INTERNAL_ERROR", text))


async def receive(job: Transfer, vdi: str, sr: str) -> str:
    request, kind = job.http.request, format_of(job)
    chunked = bool(parameter(request, "chunked"))
    if chunked and kind != "raw":
        raise internal(404, "Cannot handle chunked VHD")
    if encoding := request.headers.get("transfer-encoding"):
        raise internal(404, f"Cannot handle encoding: {encoding}")
    length = int(request.headers.get("content-length") or -1)
    if not vdi:
        vdi = await made(job, sr, kind, length)
    body = Body(pieces(request))
    await job.accept(body, OCTETS)
    async with AsyncExitStack() as held:
        await held.enter_async_context(attached(job, vdi, "RW"))
        disk = held.enter_context(disks(job.pool).open(vdi, write=True))
        size = int(job.db.get(vdi, "virtual_size"))
        job.measure(length if length > 0 else size)
        try:
            await into_disk(job, body, disk, xva.Part(FOLDER, vdi, size), "chunked" if chunked else kind)
        finally:
            fill_up(job, vdi)
    return f"<value>{vdi}</value>"


async def made(job: Transfer, sr: str, kind: str, length: int) -> str:
    """A new disk for raw bytes whose number is known."""
    if kind in ("vhd", "qcow2"):
        raise internal(400, f"Importing a {kind.upper()} directly into an SR not yet supported")
    if kind != "raw" or length < 0:
        raise internal(400, "Not enough info supplied to import")
    return str(await job.call.run("VDI.create", {
        "name_label": "Imported VDI", "name_description": "", "SR": sr, "virtual_size": length, "type": "user", "sharable": False,
        "read_only": False, "other_config": {}, "xenstore_data": {}, "sm_config": {}, "tags": [],
    }))  # fmt: skip


async def into_disk(job: Transfer, body: Body, disk: Disk, part: xva.Part, kind: str) -> None:
    """The tools that write to a device have one word for whatever was wrong; the log knows more."""
    try:
        match kind:
            case "raw":
                await write_raw(job, body, disk, part.size)
            case "chunked":
                await write_chunks(job, body, disk, part.size)
            case "vhd":
                await write_vhd(job, body, disk, part.size)
            case "qcow2":
                await write_qcow2(job, body, disk, part.size)
            case "tar":
                with guarded():
                    await xva.receive_disk(job, body, part, disk, xva.Checks())
    except (NotVhdError, NotQcow2Error, DoesNotFitError, EOFError) as error:
        log.info("%s: %s", job.call.label, error or "the image ends too early")
        raise XapiError("VDI_IO_ERROR", "Device I/O errors") from None


async def write_raw(job: Transfer, body: Body, disk: Disk, size: int) -> None:
    """A shorter image leaves the rest as it is; a longer one does not fit."""
    at = 0
    while data := await body.some(PIECE):
        if at + len(data) > size:
            raise DoesNotFitError("the image is larger than the disk")
        disk.write(at, data)
        at += len(data)
        await job.moved(len(data))
    length = int(job.http.request.headers.get("content-length") or at)
    if at < length:
        raise EOFError


async def write_chunks(job: Transfer, body: Body, disk: Disk, size: int) -> None:
    async for offset, data in frames.read(body, size):
        disk.write(offset, data)
        await job.moved(frames.HEAD.size + len(data))


async def write_vhd(job: Transfer, body: Body, disk: Disk, size: int) -> None:
    """Dynamic: what is not in it is zeros; differencing: what is not in it stays."""
    shape = vhd.read_footer(await body.exactly(vhd.SECTOR))
    if shape.kind not in (vhd.DYNAMIC, vhd.DIFFERENCING):
        raise NotVhdError("only dynamic and differencing VHDs can be streamed")
    if shape.size > size:
        raise DoesNotFitError("the image is larger than the disk")
    if shape.kind == vhd.DYNAMIC:
        disk.clear()
    async for offset, data in vhd.written(body, shape):
        disk.write(offset, data)
        await job.moved(len(data))
    vhd.read_footer(await body.exactly(vhd.SECTOR))


async def write_qcow2(job: Transfer, body: Body, disk: Disk, size: int) -> None:
    """Its tables may be anywhere, so that it is kept on disk until all of it is there. What is not in it stays."""
    with tempfile.TemporaryFile() as held:
        while data := await body.some(PIECE):
            held.write(data)
            await job.moved(len(data))
        held.seek(0)
        for offset, cluster in qcow2.written(held, size):
            disk.write(offset, cluster)
            job.call.check_cancelled()
            await asyncio.sleep(0)
