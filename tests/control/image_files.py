"""Disk images as Hyper-V and VMware write them, small; and with what is wrong in others."""

from __future__ import annotations

import struct
from uuid import UUID

from dissect.hypervisor.disk import c_vhdx

MIB = 1 << 20
GRAIN = 64 << 10


def vhdx(content: bytes, *, sector: int = 512, block: int = MIB, regions: int = 2) -> bytes:
    """Dynamic: blocks of zeros are not in it. `content`: whole MiB; `regions`: how many its table claims. Source: MS-VHDX."""
    table = b"regi" + struct.pack("<III", 0, regions, 0)
    for guid, place in ((c_vhdx.METADATA_REGION_GUID, 2 * MIB), (c_vhdx.BAT_REGION_GUID, MIB)):
        table += guid.bytes_le + struct.pack("<QII", place, MIB, 1)
    items: list[tuple[UUID, bytes]] = [
        (c_vhdx.FILE_PARAMETERS_GUID, struct.pack("<II", block, 0)), (c_vhdx.VIRTUAL_DISK_SIZE_GUID, struct.pack("<Q", len(content))),
        (c_vhdx.LOGICAL_SECTOR_SIZE_GUID, struct.pack("<I", sector)), (c_vhdx.VIRTUAL_DISK_ID_GUID, bytes(16)),
    ]  # fmt: skip
    metadata = b"metadata" + struct.pack("<HH20x", 0, len(items))
    values = b""
    for guid, value in items:
        metadata += guid.bytes_le + struct.pack("<IIII", (64 << 10) + len(values), len(value), 4, 0)
        values += value
    blocks = [content[at : at + MIB] for at in range(0, len(content), MIB)]
    data = [one for one in blocks if any(one)]
    places = iter(range(3, 3 + len(data)))
    bat = b"".join(struct.pack("<Q", 6 | next(places) << 20 if any(one) else 0) for one in blocks)
    head = b"vhdxfile".ljust(64 << 10, b"\0") + b"head".ljust(64 << 10, b"\0") * 2 + table.ljust(64 << 10, b"\0") * 2
    return b"".join((head.ljust(MIB, b"\0"), bat.ljust(MIB, b"\0"), (metadata.ljust(64 << 10, b"\0") + values).ljust(MIB, b"\0"), *data))


def sparse_vmdk(content: bytes, *, flags: int = 1, capacity: int = 0, entries: int = 512) -> bytes:
    """monolithicSparse: tables, then grains; those of zeros are not in it. At most 32 MiB. Source: VMware's description of it."""
    grains = [content[at : at + GRAIN] for at in range(0, len(content), GRAIN)]
    data = [one for one in grains if any(one)]
    places = iter(range(128, 128 + 128 * len(data), 128))
    table = b"".join(struct.pack("<I", next(places) if any(one) else 0) for one in grains)
    head = b"KDMV" + struct.pack("<IIQQQQIQQQ", 1, flags, capacity or len(content) // 512, 128, 0, 0, entries, 0, 1, 128)
    return b"".join(((head.ljust(512, b"\0") + struct.pack("<I", 2).ljust(512, b"\0") + table).ljust(GRAIN, b"\0"), *data))
