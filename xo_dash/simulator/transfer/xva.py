"""The disks in an XVA: blocks of 1 MiB named `Ref:4/00000000`, each followed by its checksum; blocks of zeros are left out.

The first and the last block of a disk are always there. Disks come in the order of their names, as text sorts them.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ..classes import durations
from ..errors import XapiError
from . import tar, xxh64
from .body import Body
from .disks import Disk, disks, is_zero
from .task import Job

BLOCK = 1 << 20
XXHASH, SHA1 = ".xxhash", ".checksum"  # the second is that of older hosts
GIB = 1 << 30
Writer = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Part:
    """A disk of the archive: its directory there, the VDI, the size in bytes."""

    name: str
    vdi: str
    size: int


async def sum_of(data: bytes, suffix: str) -> str:
    if suffix == SHA1:
        return hashlib.sha1(data, usedforsecurity=False).hexdigest()
    if is_zero(data):
        return xxh64.of_zeros(len(data))
    return await asyncio.to_thread(xxh64.digest, data)


def seconds(transfer: Job, vdis: Sequence[str]) -> float:
    """Simulated seconds that reading these disks takes at least."""
    used = sum(transfer.db.get(vdi, "physical_utilisation") for vdi in vdis)
    return durations.seconds(transfer.pool, "copy_gib") * int(used) / GIB


async def send(transfer: Job, write: Writer, parts: Sequence[Part]) -> None:
    transfer.measure(sum(part.size for part in parts), seconds(transfer, [part.vdi for part in parts]))
    for part in sorted(parts, key=lambda p: p.name):
        with disks(transfer.pool).open(part.vdi) as disk:
            await send_disk(transfer, write, part, disk)


async def send_disk(transfer: Job, write: Writer, part: Part, disk: Disk) -> None:
    at = 0
    last = max(0, -(-part.size // BLOCK) - 1)
    for number in sorted({0, last, *disk.blocks(part.size, BLOCK)}) if part.size else []:
        start = number * BLOCK
        size = min(BLOCK, part.size - start)
        await transfer.moved(start - at)
        data = disk.read(start, size)
        if number in (0, last) or not is_zero(data):
            name = f"{part.name}/{number:08d}"
            await write(tar.member(name, data) + tar.member(name + XXHASH, (await sum_of(data, XXHASH)).encode()))
        at = start + size
        await transfer.moved(size)


@dataclass(slots=True)
class Checks:
    """How blocks are checked: each by the file behind it, or all of them by a table at the end, as in old archives."""

    inline: bool = True
    force: bool = False  # a wrong sum is no reason to stop
    found: dict[str, str] | None = None  # {block: its SHA1}, where there is such a table


async def receive(transfer: Job, body: Body, parts: Sequence[Part], checks: Checks) -> None:
    """Fill the disks from the archive. EOFError, NotTarError and IMPORT_ERROR... as it deserves."""
    transfer.measure(sum(part.size for part in parts))
    for part in sorted(parts, key=lambda p: p.name):
        with disks(transfer.pool).open(part.vdi, write=True) as disk:
            await receive_disk(transfer, body, part, disk, checks)


async def receive_disk(transfer: Job, body: Body, part: Part, disk: Disk, checks: Checks) -> None:
    """The size of the first block is that of every skipped one."""
    at, last, step = 0, -1, 0
    while at < part.size:
        found = await tar.next_member(body)
        if found is None:
            raise EOFError
        folder, _, number = found.name.rpartition("/")
        if folder != part.name or not number.isdigit() or int(number) <= last:
            raise XapiError("IMPORT_ERROR", f"the file {found.name} is not the next block of {part.name}")
        step = step or found.size
        skipped = step * (int(number) - last - 1)
        if found.size > 64 * BLOCK or at + skipped + found.size > part.size:
            raise XapiError("IMPORT_ERROR", f"the block {found.name} is larger than the rest of its disk")
        data = await body.exactly(found.size)
        await body.skip(-found.size % tar.BLOCK)
        disk.write(at + skipped, data)
        at, last = at + skipped + found.size, int(number)
        if checks.inline:
            await verify(body, found.name, data, force=checks.force)
        if checks.found is not None:
            checks.found[found.name] = await sum_of(data, SHA1)
        await transfer.moved(skipped + found.size)


async def verify(body: Body, name: str, data: bytes, *, force: bool) -> None:
    found = await tar.next_member(body)
    if found is None:
        raise EOFError
    suffix = found.name.removeprefix(name)
    if suffix not in (XXHASH, SHA1) or found.size > 128:
        raise XapiError("IMPORT_ERROR", f"{found.name} stands where the checksum of {name} should be")
    expected = (await body.exactly(found.size)).decode("latin-1")
    await body.skip(-found.size % tar.BLOCK)
    if not force and expected != (summed := await sum_of(data, suffix)):
        raise XapiError("IMPORT_ERROR", f"block {name} has the checksum {summed}, not {expected}")
