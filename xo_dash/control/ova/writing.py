"""An OVA, written as its disks come out of a pool: the OVF, the images one after the other, and the manifest at the end."""

from __future__ import annotations

import asyncio
import hashlib
import tarfile
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from xo_dash.control.ova.tar import BLOCK as TAR_BLOCK
from xo_dash.control.plan import Exporting, PoolExport
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.transfers.stream_optimized import BROKEN
from xo_dash.control.transfers.vhd_stream import BLOCK, VHDStream
from xo_dash.control.transfers.vmdk_writing import VMDKWriter

USTAR_MOST: Final = (8 << 30) - 1
"""Bytes of a file by the older format, which everybody reads."""
BATCH: Final = 256 << 10
"""Bytes that go on at a time."""


@dataclass(frozen=True, slots=True)
class DiskExport:
    """`href`: what its file is called in the archive."""

    href: str
    export: PoolExport  # as a VHD


def archived(name: str, ovf: bytes, disks: Sequence[DiskExport]) -> Callable[[Exporting], AsyncGenerator[bytes]]:
    """The archive, whose OVF is called `name`."""

    async def pieces(exporting: Exporting) -> AsyncGenerator[bytes]:
        sums = [_line(name, hashlib.sha256(ovf).hexdigest())]
        yield _entry(name, ovf)
        for disk in disks:
            digest = hashlib.sha256()
            async for piece in _image(disk, exporting, digest.update):
                yield piece
            sums.append(_line(disk.href, digest.hexdigest()))
        yield _entry(name.removesuffix(".ovf") + ".mf", "".join(sums).encode())
        yield bytes(2 * TAR_BLOCK)

    return pieces


async def _image(disk: DiskExport, exporting: Exporting, digest: Callable[[bytes], None]) -> AsyncGenerator[bytes]:
    """Its entry. Raises EndFailed where it is not what its beginning said."""
    vhd = VHDStream(exporting(disk.export))
    try:
        await vhd.begin()
        image = VMDKWriter(vhd.size, BLOCK, vhd.blocks, disk.href)
        yield _head(disk.href, image.length)
        written = image.begin()
        digest(written)
        yield written
        moved = len(written)
        async with aclosing(vhd.contents()) as contents:
            async for number, data in contents:
                for piece in await asyncio.to_thread(_batches, image.block(number, data), digest):
                    moved += len(piece)
                    yield piece
        for piece in _batches(image.finish(), digest):
            moved += len(piece)
            yield piece
        if moved != image.length:
            raise EndFailed(BROKEN)
    finally:
        await vhd.close()


def _batches(pieces: Iterator[bytes], digest: Callable[[bytes], None]) -> list[bytes]:
    """The same, larger; for a thread."""
    made, held, length = [], [], 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= BATCH:
            made.append(b"".join(held))
            held, length = [], 0
    made.append(b"".join(held))
    for one in made:
        digest(one)
    return made


def _entry(name: str, content: bytes) -> bytes:
    return _head(name, len(content)) + content + bytes(-len(content) % TAR_BLOCK)


def _head(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    return entry.tobuf(tarfile.USTAR_FORMAT if size <= USTAR_MOST else tarfile.GNU_FORMAT)


def _line(name: str, digits: str) -> str:
    return f"SHA256({name})= {digits}\n"
