"""Where HA keeps its heartbeat and its copy of the database: which SRs will do, and the two disks it makes there."""

from __future__ import annotations

from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from . import sm

STATEFILE = 4096 + 64 * 4096  # bytes: what all have in common, and a page for each of up to 64 hosts
REDO_LOG = (4_000_000_000 // (4 << 20) - 2) * (4 << 20)  # with the statefile it makes 4 GB
SMALLEST = 4 << 20  # of a disk that a driver makes
SPACE = SMALLEST + REDO_LOG
OFFLINE = {"VDI_GENERATE_CONFIG", "VDI_ATTACH_OFFLINE"}  # one of them: disks can be had before a xapi runs


def existing(pool: Pool, sr: str, kind: str, size: int) -> str:
    """A disk of an earlier time, "" if there is none."""
    disks = ((vdi, pool.db.record("VDI", vdi)) for vdi in pool.db.get(sr, "VDIs"))
    return next((ref for ref, vdi in disks if vdi["type"] == kind and vdi["virtual_size"] >= size), "")


def check(pool: Pool, sr: str) -> None:
    """Raises why the SR will not do."""
    record = pool.db.record("SR", sr)
    pbds = [pool.db.record("PBD", pbd) for pbd in record["PBDs"]]
    if len({pbd["host"] for pbd in pbds}) < len(pool.db.rows("host")) or not all(pbd["currently_attached"] for pbd in pbds):
        raise XapiError("SR_HAS_NO_PBDS", sr)
    if not OFFLINE & set(sm.driver(record["type"]).can()):
        raise XapiError("SR_OPERATION_NOT_SUPPORTED", sr)
    for kind, size in (("ha_statefile", STATEFILE), ("redo_log", REDO_LOG)):
        if not existing(pool, sr, kind, size) and record["physical_size"] - record["physical_utilisation"] < SPACE:
            raise XapiError("SR_SOURCE_SPACE_INSUFFICIENT", sr)


def fits(pool: Pool, sr: str) -> bool:
    try:
        check(pool, sr)
    except XapiError:
        return False
    return True


async def disk(call: Call, sr: str, kind: str) -> str:
    """The statefile or the redo log on this SR, made now or found."""
    name, about, size = {
        "ha_statefile": ("Statefile for HA", "Used for storage heartbeating", STATEFILE),
        "redo_log": ("Metadata for HA", "Used for master failover", REDO_LOG),
    }[kind]
    if found := existing(call.pool, sr, kind, size):
        return found
    fields = {"name_label": name, "name_description": about, "SR": sr, "virtual_size": max(size, SMALLEST), "type": kind, "sharable": True,
              "read_only": False, "other_config": {}, "xenstore_data": {}, "sm_config": {"type": "raw"}, "tags": []}  # fmt: skip
    return str(await call.run("VDI.create", fields))


@message("SR.assert_can_host_ha_statefile")
def assert_can_host_ha_statefile(call: Call, sr: str) -> str:
    check(call.pool, sr)
    return ""
