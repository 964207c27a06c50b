"""The storage around a pool, as data: disks in the hosts, filers, iSCSI targets, LUNs of a SAN, shares; and what lies on it.

It is the same for all pools, and for all hosts of one but for their own disks. Each pool has its own servers besides, those of its SRs.
Other names do not resolve, nobody is at other addresses, and hosts have no other disks than these and those of the pool's SRs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from ..database import Record
from ..errors import XapiError
from ..pool import Pool

GIB = 1 << 30
TIB = 1 << 40
DATABASE = 256 << 20  # bytes of the disk that a pool keeps its database on


@dataclass(frozen=True, slots=True)
class Lun:
    number: int
    scsi_id: str
    size: int  # bytes
    vendor: str = "FreeNAS"
    path: str = ""  # of a SAN's, in the hosts


@dataclass(frozen=True, slots=True)
class Target:
    """`user` and `password`: who may log in by CHAP; everyone without."""

    iqn: str
    luns: tuple[Lun, ...]
    user: str = ""
    password: str = ""


SYSTEM_DISK = "/dev/sda"
DISKS = {SYSTEM_DISK: 960 * GIB, "/dev/sdb": 2 * TIB, "/dev/sdc": 2 * TIB, "/dev/nvme0n1": 4 * TIB}
FILERS = {  # server: {path: bytes}
    "10.10.0.10": {"/mnt/tank/vms": 8 * TIB, "/mnt/tank/backup": 16 * TIB, "/mnt/tank/iso": TIB},
    "filer.example.org": {"/srv/xen": 4 * TIB},
}
TARGETS = {  # server: its targets
    "10.10.0.20": (
        Target("iqn.2005-10.org.freenas.ctl:vms", (Lun(0, "36589cfc000000a010000000000000001", 4 * TIB),
                                                   Lun(1, "36589cfc000000a010000000000000002", 2 * TIB))),
        Target("iqn.2005-10.org.freenas.ctl:secure", (Lun(0, "36589cfc000000a020000000000000001", TIB),), "xen", "chap-secret-1"),
    ),
}  # fmt: skip
SAN = (
    Lun(0, "3600a0b80000f8e2a00001c5b5e9a0001", 4 * TIB, "NETAPP", "/dev/disk/mpInuse/3600a0b80000f8e2a00001c5b5e9a0001"),
    Lun(1, "3600a0b80000f8e2a00001c5b5e9a0002", 4 * TIB, "NETAPP", "/dev/disk/mpInuse/3600a0b80000f8e2a00001c5b5e9a0002"),
)
SHARES = {"//10.10.0.30/vms": 4 * TIB, "//10.10.0.30/iso": TIB}  # SMB
ISOS = {"debian-12.11.0-amd64-netinst.iso": 670 << 20, "rocky-9.6-x86_64-minimal.iso": 2_100 << 20, "memtest86plus-7.20.iso": 14 << 20}
LIBRARIES = {"nfs:10.10.0.10:/mnt/tank/iso": ISOS, "smb://10.10.0.30/iso": ISOS}
# SRs of pools that are no more: {place: (type, name)}; each has two disks, and those of LUNs the pool's database (lost_pool)
LEFT = {
    "nfs:10.10.0.10:/mnt/tank/backup": ("nfs", "Old backups"),
    "scsi:36589cfc000000a010000000000000002": ("lvmoiscsi", "Old cluster"),
    "scsi:3600a0b80000f8e2a00001c5b5e9a0002": ("lvmohba", "Old SAN volume"),
}


@dataclass(slots=True)
class Kept:
    """An SR on storage. `absent`: {location: record} of disks that lie there and have no row."""

    kind: str
    name: str = ""
    about: str = ""
    absent: dict[str, Record] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    """What a pool knows to lie where: {place: {uuid of the SR: it}}; `lost`: {uuid of an SR: locations of disks that vanished}.

    `configs` are device_configs by which it was reached.
    """

    places: dict[str, dict[str, Kept]] = field(default_factory=dict)
    configs: list[dict[str, str]] = field(default_factory=list)
    lost: dict[str, set[str]] = field(default_factory=dict)

    def find(self, uuid: str) -> Kept | None:
        return next((srs[uuid] for srs in self.places.values() if uuid in srs), None)


def world(pool: Pool) -> World:
    found = pool.facts.get("storage")
    if not isinstance(found, World):
        found = pool.facts["storage"] = World({place: {uuid_of(place): left(place)} for place in LEFT})
    return found


def uuid_of(text: str) -> str:
    digits = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def left(place: str) -> Kept:
    kind, name = LEFT[place]
    found = {uuid_of(f"{place} {n}"): lying(uuid_of(f"{place} {n}"), f"{name} {n}", 20 * GIB) for n in (1, 2)}
    if has_database(place):
        location, owner = database_of(place), f"OpaqueRef:{uuid_of(f'{place} pool')}"
        found[location] = lying(location, "Metadata for DR", DATABASE, type="metadata", metadata_of_pool=owner, metadata_latest=True,
                                name_description="Used for disaster recovery", sm_config={"type": "raw"})  # fmt: skip
    return Kept(kind, name, "", found)


def has_database(place: str) -> bool:
    """Drivers of volumes keep what is needed to find one."""
    return place in LEFT and place.startswith("scsi:")


def database_of(place: str) -> str:
    """The location, and the uuid, of the disk that it is on."""
    return uuid_of(f"{place} database")


def lying(location: str, name: str, size: int, **fields: object) -> Record:
    """A disk without a row."""
    return {"location": location, "name_label": name, "virtual_size": size, "physical_utilisation": size // 2, "type": "user", **fields}


def library(place: str) -> dict[str, Record]:
    """Files of a share of CD images."""
    return {name: lying(name, name, size, read_only=True, physical_utilisation=size) for name, size in LIBRARIES.get(place, {}).items()}


def is_listed(place: str) -> bool:
    """Whether the tables above say all about it."""
    kind, _, rest = place.partition(":")
    match kind:
        case "nfs":
            return rest.split(":")[0] in FILERS
        case "smb":
            return rest in SHARES
        case "scsi":
            return any(lun.scsi_id == rest for lun in (*SAN, *(n for ts in TARGETS.values() for t in ts for n in t.luns)))
        case "disk":
            return rest.partition(":")[2] in DISKS
    return False


def put(pool: Pool, place: str, sr: str) -> None:
    """The SR lies there now, empty."""
    record = pool.db.record("SR", sr)
    world(pool).configs += [dict(pool.db.get(pbd, "device_config")) for pbd in record["PBDs"][:1]]
    kept = Kept(record["type"], record["name_label"], record["name_description"], library(place) if record["type"] == "iso" else {})
    world(pool).places.setdefault(place, {})[record["uuid"]] = kept


def wiped(pool: Pool, uuid: str) -> None:
    for srs in world(pool).places.values():
        srs.pop(uuid, None)


def failure(code: int, text: str, detail: str = "", xml: str = "") -> XapiError:
    """As a driver fails: its number, its sentence, and what it printed, which may be what the caller could have said."""
    return XapiError(f"SR_BACKEND_FAILURE_{code}", "", f"{text} [opterr={detail}]" if detail else text, xml)
