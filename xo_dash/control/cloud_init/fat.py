"""A FAT12 disk of a few files with long names, as the least that every guest reads.

Source: Microsoft's FAT specification 1.03. Long names are VFAT entries before the short one, last part first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

SECTOR: Final = 512
CLUSTER: Final = 4 * SECTOR
ENTRY: Final = 32
ROOT_ENTRIES: Final = 512
MOST_CLUSTERS: Final = 4084  # one more would make it a FAT16
DIRECTORY, VOLUME, LONG_NAME = 0x10, 0x08, 0x0F
END: Final = 0xFFF
SECTORS_PER_TRACK, HEADS = 32, 64
DATE: Final = (2024 - 1980) << 9 | 1 << 5 | 1
"""1 January 2024: the files are the same whenever they are made."""
LETTERS_AT: Final = (*range(1, 11, 2), *range(14, 26, 2), *range(28, 32, 2))
"""Where the 13 letters of a part of a long name stand in its entry."""


class DiskFull(Exception):  # it is the disk's state
    """The files do not fit."""


@dataclass(slots=True)
class Folder:
    files: dict[str, bytes] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)


def fat_disk(files: Mapping[str, bytes], label: str, size: int) -> bytes:
    """A disk of `size` bytes with `files` ({"folder/name": content}), called `label` (11 characters). Raises DiskFull."""
    root = Folder()
    for path, content in files.items():
        *folders, name = path.split("/")
        at = root
        for folder in folders:
            at = at.folders.setdefault(folder, Folder())
        at.files[name] = content
    return _Writer(size, label).write(root)


class _Writer:
    def __init__(self, size: int, label: str) -> None:
        self._sectors = size // SECTOR
        self._label = label.ljust(11)[:11].encode("ascii")
        self._fat_sectors = -(-(min(self._sectors // 4, MOST_CLUSTERS) + 2) * 3 // (2 * SECTOR))
        self._data_at = (1 + 2 * self._fat_sectors) * SECTOR + ROOT_ENTRIES * ENTRY
        self._clusters = min((size - self._data_at) // CLUSTER, MOST_CLUSTERS)
        self._chain = [0xFF8, END]  # two that are no clusters
        self._image = bytearray(size)

    def write(self, root: Folder) -> bytes:
        listing = _short(self._label, VOLUME, 0, 0) + self._lines(root, 0)
        if len(listing) > ROOT_ENTRIES * ENTRY:
            raise DiskFull
        self._put(0, self._boot_sector())
        for copy in range(2):
            self._put((1 + copy * self._fat_sectors) * SECTOR, self._table())
        self._put((1 + 2 * self._fat_sectors) * SECTOR, listing)
        return bytes(self._image)

    def _put(self, at: int, content: bytes) -> None:
        self._image[at : at + len(content)] = content

    def _boot_sector(self) -> bytes:
        head = struct.pack(
            "<3s8sHBHBHHBHHHII", b"\xeb\x3c\x90", b"MSWIN4.1", SECTOR, CLUSTER // SECTOR, 1, 2, ROOT_ENTRIES,
            self._sectors if self._sectors < 1 << 16 else 0, 0xF8, self._fat_sectors, SECTORS_PER_TRACK, HEADS, 0,
            0 if self._sectors < 1 << 16 else self._sectors,
        )  # fmt: skip
        more = struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0x1D_A7_A0_00, self._label, b"FAT12   ")
        return (head + more).ljust(SECTOR - 2, b"\0") + b"\x55\xaa"

    def _table(self) -> bytes:
        """Two entries of 12 bits are three bytes."""
        chain = self._chain + [0] * (len(self._chain) % 2)
        packed = (first | second << 12 for first, second in zip(chain[::2], chain[1::2], strict=True))
        return b"".join(pair.to_bytes(3, "little") for pair in packed)

    def _stored(self, content: bytes) -> int:
        """Its first cluster; 0 for nothing."""
        count = -(-len(content) // CLUSTER)
        first = len(self._chain)
        if first + count > self._clusters + 2:
            raise DiskFull
        self._chain += [*range(first + 1, first + count), END] if count else []
        self._put(self._data_at + (first - 2) * CLUSTER, content)
        return first if count else 0

    def _lines(self, folder: Folder, own: int) -> bytes:
        """The lines of a folder, whose cluster is `own`; what is in it is stored on the way."""
        lines = bytearray()
        for number, (name, content) in enumerate(folder.files.items(), 1):
            lines += _line(name, number, 0, self._stored(content), len(content))
        for number, (name, inner) in enumerate(folder.folders.items(), len(folder.files) + 1):
            lines += _line(name, number, DIRECTORY, self._stored_folder(inner, own), 0)
        return bytes(lines)

    def _stored_folder(self, folder: Folder, above: int) -> int:
        """It names itself and the one above it, so its cluster is taken before it is written. It has one cluster: few files."""
        own = self._stored(bytes(CLUSTER))
        lines = _short(b".".ljust(11), DIRECTORY, own, 0) + _short(b"..".ljust(11), DIRECTORY, above, 0) + self._lines(folder, own)
        if len(lines) > CLUSTER:
            raise DiskFull
        self._put(self._data_at + (own - 2) * CLUSTER, lines)
        return own


def _line(name: str, number: int, attributes: int, cluster: int, size: int) -> bytes:
    """The long name in its parts, then the short one, which is only its number."""
    short = f"FILE~{number}".ljust(11).encode("ascii")
    return b"".join(_long(name, short)) + _short(short, attributes, cluster, size)


def _short(name: bytes, attributes: int, cluster: int, size: int) -> bytes:
    return struct.pack("<11sBBBHHHHHHHI", name, attributes, 0, 0, 0, DATE, DATE, 0, 0, DATE, cluster, size)


def _long(name: str, short: bytes) -> Iterator[bytes]:
    check = 0
    for byte in short:
        check = ((check >> 1) + ((check & 1) << 7) + byte) & 0xFF
    parts = [name[at : at + 13] for at in range(0, len(name), 13)]
    for number in range(len(parts), 0, -1):
        part = parts[number - 1]
        letters = part + ("\0" + "\uffff" * 13)[: 13 - len(part)]
        entry = bytearray(ENTRY)
        entry[0] = number | (0x40 if number == len(parts) else 0)
        entry[11], entry[13] = LONG_NAME, check
        for at, letter in zip(LETTERS_AT, letters, strict=True):
            entry[at : at + 2] = letter.encode("utf-16-le")
        yield bytes(entry)
