"""Disk images whose tables may be anywhere: QCOW2, VMDK, VHD and VHDX, read by dissect.hypervisor as it asks for parts of the file.

It is synchronous, so it reads in a thread; each part is then asked for from the sender, and some are kept. An image is hostile until
checked: nothing in it may name another file, and its tables are no larger than a disk of its size needs.
"""

from __future__ import annotations

import asyncio
import io
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterator
from enum import StrEnum
from typing import Any, BinaryIO, Final, cast

from xo_dash.control.lazy_text import lazy
from xo_dash.control.transfers.checksums import Hasher
from xo_dash.control.transfers.ends import EndFailed, Source, read_at, uncounted
from xo_dash.control.transfers.file_kinds import refuse_no_disk
from xo_dash.control.transfers.raw_disk import END, HEAD, SECTOR, expect, is_zero
from xo_dash.control.transfers.stream_optimized import BROKEN, capacity_of, grains, is_stream_optimized
from xo_dash.i18n import N_

PART: Final = 1 << 20
"""Bytes that are asked for at once."""
KEPT: Final = 16
"""Parts that stay: tables are read again and again."""
STEP: Final = 256 << 10
"""Bytes of the disk that are read at a time."""
LARGEST: Final = 64 << 40
"""Bytes of a disk; tables grow with it."""
LARGEST_L1: Final = 4 << 20
"""Entries: what XAPI's own disks of 64 TiB take."""
LARGEST_READ: Final = 8 * LARGEST_L1
"""Bytes of one table: whoever reads more at once was told to by the image."""
VHDX_REGIONS: Final = (192 << 10, 256 << 10)
"""Where both copies of its table of regions are. Source: MS-VHDX 2.2."""
MOST_REGIONS: Final = 2047
VHDX_SECTORS: Final = (512, 4096)
VHDX_BLOCKS: Final = range(1 << 20, (256 << 20) + 1)
VMDK_COMPRESSED: Final = 1 << 16
"""Flag: each grain says how long it is, and unpacks to whatever it likes."""
OTHERS: Final = lazy(N_("the disk image is a part of something: it names another file that holds the rest; merge them first"))
TOO_LARGE: Final = lazy(N_("the disk image claims a size that no disk has"))


class Kind(StrEnum):
    """By its first bytes, whatever it is called."""

    RAW = "raw"
    QCOW2 = "qcow2"
    VMDK = "vmdk"
    VHD = "vhd"
    VHDX = "vhdx"


class Parts(io.RawIOBase):
    """A file to read and seek in, for a thread: its parts come from `source` by the event loop."""

    def __init__(self, source: Source, loop: asyncio.AbstractEventLoop, checksum: str = "") -> None:
        self._source = source
        self._loop = loop
        self._at = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._hasher = Hasher(checksum)
        self._digested = 0  # parts that are in it

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        number, start = divmod(self._at, PART)
        if self._at >= self._source.size or not view:
            return 0
        content = self._part(number)[start : start + len(view)]
        view[: len(content)] = content
        self._at += len(content)
        return len(content)

    def read(self, size: int = -1) -> bytes:
        """As many as there are, unlike a raw file's. Raises EndFailed for more than any table has."""
        left = self._source.size - self._at if size < 0 else size
        if left > LARGEST_READ:
            raise EndFailed(TOO_LARGE)
        found = bytearray()
        while left > 0:
            number, start = divmod(self._at, PART)
            piece = self._part(number)[start : start + left] if self._at < self._source.size else b""
            if not piece:
                break
            found += piece
            self._at += len(piece)
            left -= len(piece)
        return bytes(found)

    def check(self) -> None:
        """The checksum of the whole file: what was not read in order is asked for again. Raises EndFailed."""
        if self._hasher.is_needed:
            while self._digested * PART < self._source.size:
                self._part(self._digested)
        self._hasher.check()

    def _part(self, number: int) -> bytes:
        if number in self._kept and number != self._digested:
            self._kept.move_to_end(number)
            return self._kept[number]
        length = min(PART, self._source.size - number * PART)
        part = self._kept.get(number) or asyncio.run_coroutine_threadsafe(
            read_at(self._source, number * PART, length), self._loop
        ).result()  # fmt: skip
        if number == self._digested:
            self._hasher.add_now(part)
            self._digested += 1
        self._kept[number] = part
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return part


def kind_of(file: BinaryIO) -> Kind:
    """Raises EndFailed for what only describes a disk, or is none."""
    file.seek(0)
    head = file.read(512)
    refuse_no_disk(head)
    if head.startswith(b"QFI\xfb"):
        return Kind.QCOW2
    if head.startswith(b"KDMV"):
        return Kind.VMDK
    if head.startswith(b"vhdxfile"):
        return Kind.VHDX
    if head.lstrip().startswith(b"# Disk DescriptorFile"):
        raise EndFailed(OTHERS)
    if head.startswith(b"conectix"):
        return Kind.VHD
    file.seek(max(0, file.seek(0, io.SEEK_END) - 512))
    return Kind.VHD if file.read(8) == b"conectix" else Kind.RAW


def _checked(kind: Kind, file: BinaryIO) -> None:
    """Raises EndFailed for an image that reaches beyond itself, or claims too much."""
    file.seek(0)
    head = file.read(512)
    if kind is Kind.QCOW2:
        backing, external = int.from_bytes(head[8:16], "big"), int.from_bytes(head[4:8], "big") >= 3 and head[79] & 4
        if backing or external:
            raise EndFailed(OTHERS)
        if int.from_bytes(head[24:32], "big") > LARGEST or int.from_bytes(head[36:40], "big") > LARGEST_L1:
            raise EndFailed(TOO_LARGE)
    if kind is Kind.VMDK:
        capacity, grain = int.from_bytes(head[12:20], "little") * 512, int.from_bytes(head[20:28], "little")
        if capacity > LARGEST or not 8 <= grain <= 1 << 16:
            raise EndFailed(TOO_LARGE)
    if kind is Kind.VHD:
        file.seek(-512, io.SEEK_END)
        footer = file.read(64)
        if not footer.startswith(b"conectix"):  # only its copy at the beginning is there
            raise EndFailed(BROKEN)
        if int.from_bytes(footer[60:64], "big") == 4:  # differencing
            raise EndFailed(OTHERS)
    if kind is Kind.VHDX:
        for place in VHDX_REGIONS:
            file.seek(place)
            if int.from_bytes(file.read(12)[8:], "little") > MOST_REGIONS:
                raise EndFailed(BROKEN)


def opened(kind: Kind, file: BinaryIO) -> Any:
    """What reads the disk in it, for a thread. Raises EndFailed."""
    from dissect.hypervisor.disk import qcow2, vhd, vhdx, vmdk  # noqa: PLC0415  # 40 ms, for those who need it

    _checked(kind, file)
    file.seek(0)
    try:
        match kind:
            case Kind.QCOW2:
                disk = qcow2.QCow2(file)
                return disk.open() if hasattr(disk, "open") else disk
            case Kind.VMDK:
                disk = vmdk.VMDK(file)
                fits = not any(extent.header.flags & VMDK_COMPRESSED for extent in disk.disks)
            case Kind.VHD:
                return vhd.VHD(file)
            case Kind.VHDX:
                disk = vhdx.VHDX(file)
                fits = disk.sector_size in VHDX_SECTORS and disk.block_size in VHDX_BLOCKS
            case Kind.RAW:
                return file
    except EndFailed:
        raise
    except Exception as error:  # whatever a parser makes of hostile bytes
        raise EndFailed(BROKEN) from error
    if not fits:  # reading it could take any amount of memory
        raise EndFailed(BROKEN)
    return disk


def _size(kind: Kind, file: BinaryIO) -> int:
    if kind is Kind.RAW:
        return file.seek(0, io.SEEK_END)
    return _fit_size(int(opened(kind, file).size))


def _fit_size(size: int) -> int:
    if not 0 < size <= LARGEST:
        raise EndFailed(TOO_LARGE)
    return size


async def disk_size(source: Source) -> int:
    """Bytes of the disk in an image. Raises EndFailed."""
    if is_stream_optimized(head := await read_at(source, 0, min(SECTOR, source.size))):
        return _fit_size(capacity_of(head))
    file = cast(BinaryIO, Parts(source, asyncio.get_running_loop()))
    return await asyncio.to_thread(lambda: _size(kind_of(file), file))


def converted(checksum: str, *, zeros: bool, expected: object = None) -> Callable[[Source], AsyncGenerator[bytes]]:
    """The disk in an image, as frames; see raw_disk."""

    async def frames(source: Source) -> AsyncGenerator[bytes]:
        with uncounted(source):
            head = await read_at(source, 0, min(SECTOR, source.size))
        if is_stream_optimized(head):
            expect(expected, capacity_of(head))
            async for frame in _streamed(source, checksum, capacity_of(head), zeros=zeros):
                yield frame
            return
        parts = Parts(source, asyncio.get_running_loop(), checksum)
        file = cast(BinaryIO, parts)
        kind = await asyncio.to_thread(kind_of, file)
        disk = await asyncio.to_thread(opened, kind, file)
        size, offset = await asyncio.to_thread(_size, kind, file), 0
        expect(expected, size)
        await asyncio.to_thread(disk.seek, 0)
        while offset < size:
            block = await asyncio.to_thread(_block, disk, min(STEP, size - offset))
            if zeros or not is_zero(block):
                yield HEAD.pack(offset, len(block)) + block
            offset += len(block)
        await asyncio.to_thread(parts.check)
        yield END

    return frames


async def _streamed(source: Source, checksum: str, size: int, *, zeros: bool) -> AsyncGenerator[bytes]:
    """The frames of a VMDK in its order; where `zeros` are written, those between the grains too."""
    hasher, written = Hasher(checksum), 0
    async for offset, data in grains(source, hasher):
        if zeros:
            for frame in _gap(written, offset):
                yield frame
            written = offset + len(data)
        if zeros or not is_zero(data):
            yield HEAD.pack(offset, len(data)) + data
    if zeros:
        for frame in _gap(written, size):
            yield frame
    hasher.check()
    yield END


def _gap(start: int, end: int) -> Iterator[bytes]:
    """Zeros from one place to the next. Raises EndFailed where that is before it."""
    if end < start:
        raise EndFailed(BROKEN)
    for at in range(start, end, STEP):
        yield HEAD.pack(at, min(STEP, end - at)) + bytes(min(STEP, end - at))


def _block(disk: Any, length: int) -> bytes:
    """The next bytes of the disk, in whole sectors. Raises EndFailed."""
    try:
        block: bytes = disk.read(length)
    except EndFailed:
        raise
    except Exception as error:  # see opened
        raise EndFailed(BROKEN) from error
    if len(block) != length:
        raise EndFailed(BROKEN)
    return block.ljust(-(-length // 512) * 512, b"\0")
