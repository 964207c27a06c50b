"""What a storage driver does with disks: space, and the chains of VHDs that snapshots leave behind.

A snapshot or clone of a VHD moves what was written so far into a hidden disk, the base copy; the original and the new one hold only
what differs from it. `sm_config["vhd-parent"]` is the uuid of a disk's base. Bases that nobody needs any more are merged later.
"""

from __future__ import annotations

from typing import Any

from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..transfer.disks import copied, dropped
from ..types import NULL
from . import sm, vdi_changes

MIB = 1 << 20
BLOCK = 2 * MIB  # of a VHD: sizes are multiples of it
LARGEST = 2088960 * MIB
EMPTY = 65536  # bytes of a thin VHD with nothing in it
PARENT = "vhd-parent"
LONGEST = 30  # VHDs in a chain
MERGE_AFTER = 30.0  # simulated seconds until the garbage collector of the SR comes


def driver_of(pool: Pool, sr: str) -> sm.Driver:
    return sm.driver(pool.db.get(sr, "type"))


def checked_size(pool: Pool, sr: str, size: int) -> int:
    """As the driver rounds it; SR_BACKEND_FAILURE_79 for what it cannot make."""
    if not driver_of(pool, sr).vhd:
        return size
    if size < MIB or size > LARGEST:
        raise XapiError("SR_BACKEND_FAILURE_79", "", "VDI Invalid size [opterr=VDI size must be between 1 MB and 2088960 MB]", "")
    return -(-size // BLOCK) * BLOCK


def occupied(pool: Pool, sr: str, size: int) -> int:
    """Bytes that a new disk takes on the SR."""
    return EMPTY if driver_of(pool, sr).thin else size


def reserve(pool: Pool, sr: str, size: int) -> None:
    """SR_BACKEND_FAILURE_44 if the SR has not so many bytes left."""
    record = pool.db.record("SR", sr)
    if record["content_type"] == "iso":  # a library is as large as what is in it
        pool.db.set(sr, physical_size=max(record["physical_size"], record["physical_utilisation"] + size))
    elif record["physical_size"] > 0 and record["physical_utilisation"] + size > record["physical_size"]:
        raise XapiError("SR_BACKEND_FAILURE_44", "", "There is insufficient space", "")


def account(pool: Pool, sr: str, *, physical: int = 0, virtual: int = 0) -> None:
    """The SR's sums follow its disks, hidden ones too: so does xapi's scan count them."""
    if sr == NULL or not pool.db.exists(sr):
        return
    record = pool.db.record("SR", sr)
    used = record["physical_utilisation"]
    pool.db.set(
        sr,
        virtual_allocation=max(0, record["virtual_allocation"] + virtual),
        physical_utilisation=used if used < 0 else max(0, used + physical),
    )


def create(pool: Pool, sr: str, fields: Record) -> str:
    """A disk, and the space it takes."""
    size = checked_size(pool, sr, fields["virtual_size"])
    taken = fields.get("physical_utilisation", occupied(pool, sr, size))
    reserve(pool, sr, taken)
    uuid = pool.db.new_uuid()
    is_file = pool.db.get(sr, "content_type") == "iso"
    location = fields.get("location") or (f"{fields['name_label'] or uuid}" if is_file else uuid)
    fixed = {"SR": sr, "uuid": uuid, "virtual_size": size, "physical_utilisation": taken, "location": location}
    vdi = pool.db.create("VDI", {"on_boot": "persist", "managed": True, **fields, **fixed})
    account(pool, sr, physical=taken, virtual=size)
    pool.refresh(vdi)
    return vdi


def rename(pool: Pool, vdi: str, uuid: str) -> None:
    """Give a disk the uuid it has on its SR."""
    held = pool.db.tables["VDI"].by_uuid
    held.pop(pool.db.get(vdi, "uuid"), None)
    held[uuid] = vdi
    pool.db.set(vdi, uuid=uuid)


def forget(pool: Pool, vdi: str) -> None:
    """The row goes, and with it its share of the sums."""
    record = pool.db.record("VDI", vdi)
    sr, physical, virtual = record["SR"], record["physical_utilisation"], record["virtual_size"]
    pool.db.destroy(vdi)
    dropped(pool, vdi)
    vdi_changes.gone(pool, record["uuid"])
    account(pool, sr, physical=-physical, virtual=-virtual)


def resize(pool: Pool, vdi: str, size: int) -> None:
    record = pool.db.record("VDI", vdi)
    size = checked_size(pool, record["SR"], size)
    grown = size - record["virtual_size"]
    if grown < 0:
        raise XapiError("SR_BACKEND_FAILURE_79", "", "VDI Invalid size [opterr=shrinking not allowed]", "")
    more = 0 if driver_of(pool, record["SR"]).thin else grown
    reserve(pool, record["SR"], more)
    pool.db.set(vdi, virtual_size=size, physical_utilisation=record["physical_utilisation"] + more)
    account(pool, record["SR"], physical=more, virtual=grown)


def branch(pool: Pool, vdi: str, **fields: Any) -> str:
    """A snapshot or clone: a new disk with the same contents, made in no time."""
    record = pool.db.record("VDI", vdi)
    if driver_of(pool, record["SR"]).vhd and depth(pool, record) >= LONGEST:
        raise XapiError("SR_BACKEND_FAILURE_109", "", "The snapshot chain is too long", "")
    base = base_of(pool, vdi) if driver_of(pool, record["SR"]).vhd else ""
    config = {PARENT: pool.db.get(base, "uuid")} if base else {}
    kept = {
        name: record[name] for name in ("name_label", "name_description", "type", "sharable", "on_boot", "allow_caching", "virtual_size")
    }
    kept |= {name: record[name].copy() for name in ("other_config", "xenstore_data", "tags")}
    leaf = EMPTY if base else record["physical_utilisation"]
    made = create(pool, record["SR"], {**kept, "sm_config": config, "physical_utilisation": leaf, **fields})
    copied(pool, vdi, made)
    return made


def depth(pool: Pool, record: Record) -> int:
    """How many VHDs are read for this one, itself included."""
    count, by_uuid = 1, pool.db.tables["VDI"].by_uuid
    while above := by_uuid.get(record["sm_config"].get(PARENT, "")):
        record = pool.db.record("VDI", above)
        count += 1
    return count


def base_of(pool: Pool, vdi: str) -> str:
    """The hidden disk that holds what `vdi` has written so far; a disk with nothing of its own goes on with the base it has."""
    db = pool.db
    record = db.record("VDI", vdi)
    parent = record["sm_config"].get(PARENT, "")
    held = db.tables["VDI"].by_uuid.get(parent, "")
    if held and record["physical_utilisation"] <= EMPTY:
        return held
    taken, sr = record["physical_utilisation"], record["SR"]
    written = taken if driver_of(pool, sr).thin or record["is_a_snapshot"] else deflated(record, bool(held))
    rest = occupied(pool, sr, record["virtual_size"]) if not record["is_a_snapshot"] else EMPTY
    reserve(pool, sr, max(0, rest + written - taken + EMPTY))
    base = create(pool, sr, {
        "name_label": "base copy", "managed": False, "read_only": True, "virtual_size": record["virtual_size"],
        "physical_utilisation": 0, "type": record["type"], "sm_config": {PARENT: parent} if held else {},
    })  # fmt: skip
    db.set(base, physical_utilisation=written)
    db.set(vdi, physical_utilisation=rest, sm_config={**record["sm_config"], PARENT: db.get(base, "uuid")})
    account(pool, sr, physical=rest + written - taken)
    return base


def deflated(record: Record, again: bool) -> int:
    """Bytes of a base on a volume cut to what was written: most of the disk the first time, later what changed since."""
    share = int(record["uuid"][:2], 16) / 255
    part = 0.02 + 0.08 * share if again else 0.4 + 0.4 * share
    return max(BLOCK, min(int(record["physical_utilisation"]), int(record["virtual_size"] * part) // BLOCK * BLOCK))


def sweep_later(pool: Pool, sr: str) -> None:
    """Something was deleted: the SR's garbage collector will look."""
    if not driver_of(pool, sr).vhd:
        return
    if pool.clock.instant:
        sweep(pool, sr)
    else:
        pool.spawn(_sweep_later(pool, sr))


async def _sweep_later(pool: Pool, sr: str) -> None:
    await pool.clock.sleep(MERGE_AFTER)
    if pool.db.exists(sr):
        sweep(pool, sr)


def settle(pool: Pool, sr: str) -> None:
    """Snapshots keep the reference of the disk they were taken of when that goes, until somebody looks at the SR."""
    for vdi in pool.db.get(sr, "VDIs"):
        origin = pool.db.get(vdi, "snapshot_of")
        if origin != NULL and not pool.db.exists(origin):
            pool.db.set(vdi, snapshot_of=NULL)


def sweep(pool: Pool, sr: str) -> None:
    """Drop bases without children; merge those with one into it."""
    settle(pool, sr)
    db = pool.db
    bases = [vdi for vdi in db.get(sr, "VDIs") if not db.get(vdi, "managed")]
    while bases:
        base = bases.pop()
        if not db.exists(base):
            continue
        record = db.record("VDI", base)
        children = [v for v in db.get(sr, "VDIs") if db.get(v, "sm_config").get(PARENT) == record["uuid"]]
        if len(children) > 1:
            continue
        parent = record["sm_config"].get(PARENT)
        if children:
            merge(pool, record, children[0])
        forget(pool, base)
        if parent and (above := db.tables["VDI"].by_uuid.get(parent)):
            bases.append(above)


def merge(pool: Pool, base: Record, child: str) -> None:
    """The only child takes over what its base held, and its base's base."""
    record = pool.db.record("VDI", child)
    config = {k: v for k, v in record["sm_config"].items() if k != PARENT}
    if above := base["sm_config"].get(PARENT):
        config[PARENT] = above
    total = min(record["virtual_size"], record["physical_utilisation"] + base["physical_utilisation"])
    account(pool, record["SR"], physical=total - record["physical_utilisation"])
    pool.db.set(child, sm_config=config, physical_utilisation=total)
