"""The pool's database as XML, and the archives a support engineer asks for: logs, status, backup."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable
from xml.sax.saxutils import quoteattr

from starlette.responses import Response

from ..classes.sexpr import as_text, column
from ..database import Row
from ..http import NO_CACHE, HttpCall
from ..pool import Pool
from ..registry import http
from . import audit_lines, tar
from .task import OCTETS, Transfer, parameter, transfer

SCHEMA = ("5", "909")
ESCAPES = {" ": "%.", "\t": "%t", "\n": "%n", "\r": "%r", "%": "%%"}
WITHOUT = ("session", "task")  # not on disk


def attribute(name: str, value: str) -> str:
    return f" {name}={quoteattr(''.join(ESCAPES.get(c, c) for c in value))}"


def row(found: Row) -> str:
    columns = {column(found.cls, name): as_text(value) for name, value in found.record.items()} | {"_ref": found.ref}
    fixed = f'<row ref="{found.ref}" __ctime="{found.created}" __mtime="{found.modified}"'
    return fixed + "".join(attribute(name, columns[name]) for name in sorted(columns)) + "/>"


def table(pool: Pool, cls: str) -> str:
    rows = list(pool.db.rows(cls).values()) if cls not in WITHOUT else []
    name = f'<table name="{cls}"'
    return f"{name}>{''.join(map(row, rows))}</table>" if rows else f"{name}/>"


def manifest(pool: Pool) -> str:
    pairs = (("schema_major_vsn", SCHEMA[0]), ("schema_minor_vsn", SCHEMA[1]), ("generation_count", str(pool.db.generation)))
    return "<manifest>" + "".join(f'<pair key="{key}" value="{value}"/>' for key, value in pairs) + "</manifest>"


def database(pool: Pool) -> list[str]:
    """The file, in pieces."""
    tables = [table(pool, cls) for cls in sorted(pool.db.tables) if pool.model.classes[cls].fields]
    return ['<?xml version="1.0" encoding="UTF-8"?>\n<database>', manifest(pool), *tables, "</database>"]


@http("GET", "/pool/xmldbdump")
async def xmldbdump(call: HttpCall) -> Response:
    async def send(job: Transfer) -> str:
        job.wire.head(200, job.task_header)
        for piece in database(job.pool):
            await job.wire.write(piece.encode())
        return ""

    return transfer(call, "Sync XML database", send)


def files(pool: Pool) -> dict[str, str]:
    """What an archive of logs has in it."""
    log = "".join(line for _, line in audit_lines.lines(pool))
    about = pool.db.get(pool.master.ref, "software_version")
    return {
        "var/log/audit.log": log,
        "var/log/xensource.log": log,
        "etc/xensource-inventory": "".join(f"{key.upper()}='{value}'\n" for key, value in about.items()),
        "var/lib/xcp/state.db": "".join(database(pool)),
    }


def packed(pool: Pool, folder: str) -> bytes:
    return b"".join(tar.member(f"{folder}/{name}", text.encode()) for name, text in files(pool).items()) + tar.END


@http("GET", "/host_logs_download")
async def logs(call: HttpCall) -> Response:
    async def send(job: Transfer) -> str:
        job.wire.head(200, job.task_header)
        await job.wire.write(gzip.compress(packed(job.pool, "logs")))
        return ""

    return transfer(call, "Downloading host logs", send)


@http("GET", "/host_backup")
async def backup(call: HttpCall) -> Response:
    async def send(job: Transfer) -> str:
        job.wire.head(200, job.task_header, OCTETS)
        await job.wire.write(packed(job.pool, "backup"))
        return ""

    return transfer(call, "Downloading host backup", send)


def zipped(pool: Pool, folder: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files(pool).items():
            archive.writestr(f"{folder}/{name}", text)
    return held.getvalue()


# output= of a status report: its type, and how it is made
REPORTS: dict[str, tuple[str, Callable[[Pool, str], bytes]]] = {
    "tar": ("application/x-tar", packed),
    "tar.bz2": ("application/x-bzip2", lambda pool, folder: bz2.compress(packed(pool, folder))),
    "zip": ("application/zip", zipped),
}


@http("GET", "/system-status")
async def status(call: HttpCall) -> Response:
    """output= one of REPORTS, tar for all else. list= tells what could be in it."""
    if "list" in call.request.query_params:
        entries = "".join(f'<capability key="{key}" default-checked="yes"/>' for key in ("xenserver-logs", "xenserver-databases"))
        text = f'<?xml version="1.0" ?><system-status-capabilities>{entries}</system-status-capabilities>'
        return Response(text.encode(), 200, {"content-type": "application/xml", **NO_CACHE})

    async def send(job: Transfer) -> str:
        output = parameter(job.http.request, "output")
        output = output if output in REPORTS else "tar"
        kind, made = REPORTS[output]
        name = f"system_status-{job.pool.clock.iso()}-{job.db.get(job.http.host.ref, 'hostname')}.{output}"
        disposition = f'Content-Disposition: attachment; filename="{name}"'
        job.wire.head(200, job.task_header, f"Content-Type: {kind}", disposition, version="1.0")
        await job.wire.write(made(job.pool, "bug-report"))
        return ""

    return transfer(call, "Retrieving system status", send)
