"""PUT /import: an XVA becomes VMs; PUT /import_metadata: the records alone, with disks that are here already."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ET
from contextlib import suppress

from starlette.responses import Response

from ..classes.vdi import fill
from ..errors import XapiError
from ..http import HttpCall
from ..registry import http
from . import ova, tar, xva
from .body import Body, pieces
from .disks import disks
from .ova import OvaArchive
from .packing import opened
from .restore import Restored
from .restore_rules import ImportMode
from .tar import NotTarError
from .task import OCTETS, Job, RefusedError, Transfer, flag, object_of, parameter, transfer
from .vm_export import failing, reaching, redirect

log = logging.getLogger(__name__)

LARGEST_OVA = 256 << 20  # bytes of an ova.xml that are read
COLUMN = "vdi:"


@http("PUT", "/import")
async def put_import(call: HttpCall) -> Response:
    try:
        sr = wanted_sr(call)
        elsewhere = reaching(call.pool, [sr], call.host)
    except XapiError as error:
        return transfer(call, "VM.import", failing(error))
    return redirect(call, elsewhere) if elsewhere else transfer(call, "VM.import", lambda job: import_vm(job, sr))


def wanted_sr(call: HttpCall) -> str:
    """sr_id= or sr_uuid=, or the pool's default. DEFAULT_SR_NOT_FOUND."""
    pool = call.pool
    if given := parameter(call.request, "sr_id") or parameter(call.request, "sr_uuid"):
        return object_of(pool, "SR", given)
    sr = str(pool.db.get(pool.ref, "default_SR"))
    if sr not in pool.db.rows("SR"):
        raise XapiError("DEFAULT_SR_NOT_FOUND", sr)
    return sr


async def import_vm(job: Transfer, sr: str) -> str:
    request = job.http.request
    if job.db.get(sr, "content_type") == "iso":
        raise RefusedError(400, XapiError("SR_OPERATION_NOT_SUPPORTED"))
    if request.headers.get("transfer-encoding"):
        raise RefusedError(403, XapiError("IMPORT_ERROR_CANNOT_HANDLE_CHUNKED"))
    way = ImportMode(sr, flag(request, "restore"), flag(request, "force"))
    raw = Body(pieces(request))
    await job.accept(raw, OCTETS)
    return references(await stream(job, raw, way))


async def stream(job: Job, raw: Body, way: ImportMode) -> list[str]:
    """The VMs that an archive brings; what it has made by then goes with a failure, unless that is forced to stay."""
    with guarded():
        async with opened(raw) as body:
            archive = await read_ova(job, body)
            made = Restored(job, archive, way)
            try:
                await made.objects()
                config = job.db.get(job.call.task, "other_config")
                job.db.set(job.call.task, other_config={**config, "object_creation": "complete"})
                await contents(job, body, made)
                job.call.check_cancelled()
            except BaseException:
                if not way.force:
                    await made.undo()
                raise
    return await made.finish()


async def contents(job: Job, body: Body, made: Restored) -> None:
    """What is on the disks. An archive that has nothing but its ova.xml leaves them empty."""
    parts = [xva.Part(e.id, made.found[e.id], e.record["virtual_size"]) for e in made.disks]
    if not parts or await nothing_follows(body):
        return
    version = made.archive.format
    checks = xva.Checks(version > 0, made.way.force, {} if version < 2 else None)
    await xva.receive(job, body, parts, checks)
    if checks.found is not None and await table(body) != checks.found and not checks.force:
        raise XapiError("IMPORT_ERROR_SOME_CHECKSUMS_FAILED")
    for part in parts:
        fill_up(job, part.vdi)


async def table(body: Body) -> dict[str, str]:
    """The checksums at the end of an old archive, by block."""
    found = await tar.next_member(body)
    if found is None or found.size > LARGEST_OVA:
        raise EOFError
    try:
        told: dict[str, str] = ova.decoded(ET.fromstring(await body.exactly(found.size)))  # noqa: S314
    except ET.ParseError as error:
        raise XapiError("IMPORT_ERROR", f"{found.name}: {error}") from None
    return told


async def nothing_follows(body: Body) -> bool:
    head = await body.peek(tar.BLOCK)
    if not head:
        return False
    with suppress(NotTarError):
        if len(head) == tar.BLOCK:
            return not any(head) or not tar.parsed(head)
    log.warning("after its ova.xml the archive is none: its disks stay empty")
    return True


def fill_up(job: Job, vdi: str) -> None:
    """The row follows what the disk now holds."""
    with disks(job.pool).open(vdi) as disk:
        size = job.db.get(vdi, "virtual_size")
        fill(job.call, vdi, sum(end - start for start, end in disk.extents(0, size)))


async def read_ova(job: Job, body: Body) -> OvaArchive:
    found = await tar.next_member(body)
    if found is None:
        raise EOFError
    if found.name.removeprefix("./") != "ova.xml":
        raise XapiError("IMPORT_ERROR_UNEXPECTED_FILE", "ova.xml", found.name)
    if found.size > LARGEST_OVA:
        raise XapiError("IMPORT_ERROR", f"an ova.xml of {found.size} bytes is too large")
    data = await body.exactly(found.size)
    await body.skip(-found.size % tar.BLOCK)
    return ova.parse(job.pool.model, data)


class guarded:  # noqa: N801  reads as a statement
    """What an archive can be wrong with, in XAPI's words."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, EOFError):
            raise XapiError("IMPORT_ERROR_PREMATURE_EOF") from error
        if isinstance(error, NotTarError):
            raise XapiError("IMPORT_ERROR", "the file is no XVA: what should be a tar header is none") from error


def references(refs: list[str]) -> str:
    return "<value><array><data>" + "".join(f"<value>{ref}</value>" for ref in dict.fromkeys(refs)) + "</data></array></value>"


@http("PUT", "/import_metadata")
async def put_import_metadata(call: HttpCall) -> Response:
    return transfer(call, "VM.metadata_import", import_metadata)


async def import_metadata(job: Transfer) -> str:
    request = job.http.request
    vdis = {name.removeprefix(COLUMN): value for name, value in job.http.query.items() if name.startswith(COLUMN)}
    way = ImportMode(
        "", flag(request, "restore"), flag(request, "force"), flag(request, "live"), flag(request, "check_cpu"), job.http.host.ref, vdis
    )
    raw = Body(pieces(request))
    await job.accept(raw, OCTETS)
    with guarded():
        async with opened(raw) as body:
            archive = await read_ova(job, body)
    archive = without_control_domains(archive)
    made = Restored(job, archive, way)
    if flag(request, "dry_run"):
        made.check()
        return references(made.vms)
    try:
        await made.objects()
    except BaseException:
        if not way.force:
            await made.undo()
        raise
    return references(await made.finish())


def without_control_domains(archive: OvaArchive) -> OvaArchive:
    """Every host has its own."""
    left_out = {entry.id for entry in archive.of("VM") if entry.record["is_control_domain"]}
    kept = [e for e in archive.entries if e.id not in left_out and not (e.cls in ("VBD", "VIF") and e.record["VM"] in left_out)]
    return OvaArchive(archive.version, kept)
