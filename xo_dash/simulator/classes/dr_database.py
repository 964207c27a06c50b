"""Databases of other pools: sessions that read them as if they were the pool's own."""

from __future__ import annotations

from pathlib import Path

from .. import bulk_insert, from_db, rights
from ..call import Call
from ..errors import XapiError
from ..from_db import DumpError, rows
from ..pool import Pool
from ..registry import message
from . import lost_pool


def home_of(pool: Pool) -> Pool:
    """The pool where a database was opened; its own for one that runs."""
    found: Pool = pool.facts.get("home", pool)
    return found


def session_on(call: Call, database: Pool, user: str) -> str:
    """One that may read, and nothing else; nobody is told of what becomes of the rows."""
    home = call.pool
    database.facts["home"] = home
    database.sessions = home.sessions
    session = home.sessions.open(
        home.master, (user, user), "readonly-sid", "OpaqueRef:NULL", rights.permissions_of("read-only"), "internal"
    )
    session.sid = ""  # no directory knows him
    session.database = database
    return session.ref


@message("VDI.open_database")
def open_database(call: Call, vdi: str) -> str:
    pool, kind = call.pool, call.db.get(vdi, "type")
    if kind != "metadata":
        raise XapiError("VDI_INCOMPATIBLE_TYPE", vdi, kind)
    if place := lost_pool.place_of(pool, vdi):
        return session_on(call, lost_pool.lost(pool, place), "disaster-recovery")
    if call.db.get(vdi, "metadata_of_pool") == pool.ref:
        return session_on(call, copied(pool), "disaster-recovery")
    raise XapiError("COULD_NOT_IMPORT_DATABASE", "Database does not match local schema.")


def copied(pool: Pool) -> Pool:
    """What the pool has written until now."""
    found = Pool(pool.dispatcher, clock=pool.clock)
    found.db.restore(pool.db.snapshot(), pool.db.generation)
    return found


@message("VDI.read_database_pool_uuid")
def read_database_pool_uuid(call: Call, vdi: str) -> str:
    """Of a foreign pool's database; "" for all else."""
    place = lost_pool.place_of(call.pool, vdi)
    return str(next(iter(lost_pool.lost(call.pool, place).db.records("pool")))[1]["uuid"]) if place else ""


@message("session.create_from_db_file")
def create_from_db_file(call: Call, filename: str) -> str:
    """A file where the simulator runs, as pool-dump-database writes it."""
    found = Pool(call.pool.dispatcher, clock=call.clock)
    try:
        bulk_insert.insert(found.db, rows.read(found.model, from_db.read(Path(filename))))
    except DumpError as error:
        raise XapiError("INTERNAL_ERROR", str(error)) from None
    return session_on(call, found, "db-from-file")
