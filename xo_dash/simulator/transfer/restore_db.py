"""PUT /pool/xmldbdump: the pool's database becomes what it was, and its master starts anew. PUT /host_restore is refused."""

from __future__ import annotations

import logging
import random
import tempfile
from pathlib import Path

from starlette.responses import Response

from .. import bulk_insert, from_db, machine
from ..database import Database
from ..errors import XapiError
from ..from_db import Dump, DumpError, revive, rows
from ..http import HttpCall
from ..pool import Pool
from ..registry import http
from .body import PIECE, Body, pieces
from .dumps import SCHEMA
from .task import OCTETS, RefusedError, Transfer, flag, transfer

log = logging.getLogger(__name__)

LARGEST = 1 << 30  # bytes of a database
FUSE = 2.0  # simulated seconds (at pace 1) between the answer and the restart
VERSION = ("schema_major_vsn", "schema_minor_vsn")


@http("PUT", "/pool/xmldbdump")
async def put_database(call: HttpCall) -> Response:
    return transfer(call, "Reading database as XML", restore)


async def restore(job: Transfer) -> str:
    """With dry_run=true it is only looked at. RESTORE_INCOMPATIBLE_VERSION for other schemas, and for other pools."""
    length = int(job.http.request.headers.get("content-length") or -1)
    if not 0 <= length <= LARGEST:
        raise RefusedError(400, XapiError("INTERNAL_ERROR", "a database needs a Content-Length"))
    body = Body(pieces(job.http.request))
    await job.accept(body)
    job.measure(length)
    dump = await received(job, body)
    if tuple(dump.manifest.get(name) for name in VERSION) != SCHEMA or {*dump.hosts} - {*job.db.rows("host")} or not dump.hosts:
        raise XapiError("RESTORE_INCOMPATIBLE_VERSION")
    if not flag(job.http.request, "dry_run"):
        job.pool.spawn(returned(job.pool, dump))
    return ""


async def received(job: Transfer, body: Body) -> Dump:
    with tempfile.NamedTemporaryFile() as held:
        while data := await body.some(PIECE):
            held.write(data)
            await job.moved(len(data))
        held.flush()
        try:
            return from_db.read(Path(held.name))
        except DumpError as error:
            log.info("%s", error)
            raise XapiError("COULD_NOT_IMPORT_DATABASE", str(error).partition(": ")[2] or str(error)) from None


async def returned(pool: Pool, dump: Dump) -> None:
    """The fuse burns; then everything is as it was, generation and all, and nobody is signed in any more.

    Hosts that joined since are no part of the pool any more; those of today that the dump knows stay where they are.
    """
    await pool.clock.sleep(FUSE / machine.pace(pool))
    old = Database(pool.model, random.Random(0))  # noqa: S311
    bulk_insert.insert(old, rows.read(pool.model, dump))
    addresses = {ref: pool.db.get(ref, "address") for ref in old.rows("host")}
    pool.sessions.logout_all()
    pool.db.restore(old.snapshot(), int(dump.manifest.get("generation_count") or 0))
    for ref, address in addresses.items():
        pool.db.set(ref, address=address)
    revive.advertise(pool)
    await machine.restart_agent(pool, pool.master.ref, after=0.0)


@http("PUT", "/host_restore")
async def put_host(call: HttpCall) -> Response:
    async def refuse(job: Transfer) -> str:
        """The script that would unpack it over the control domain does not exist here."""
        job.body = Body(pieces(job.http.request))
        job.wire.head(200, job.task_header, OCTETS)
        raise XapiError("RESTORE_SCRIPT_FAILED", "this host is simulated: there is no control domain to restore")

    return transfer(call, "host_restore", refuse)
