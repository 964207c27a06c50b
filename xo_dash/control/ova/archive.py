"""Looking into an OVA before anything is made of it, and reading its disks out of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from xo_dash.control.lazy_text import lazy
from xo_dash.control.ova.ovf import VirtualSystem, parsed
from xo_dash.control.ova.tar import NO_ARCHIVE, Member, members
from xo_dash.control.transfers.ends import EndFailed, Source, read_at, uncounted
from xo_dash.control.transfers.images import converted, disk_size
from xo_dash.i18n import N_

LARGEST_OVF: Final = 4 << 20
LARGEST_MANIFEST: Final = 1 << 20
"""Bytes."""
_LINE: Final = re.compile(rb"(?m)^(SHA1|SHA256|SHA512) ?\(([^)\n]{1,500})\) ?= ?([0-9a-fA-F]{40,128})\r?$")
TOO_LONG: Final = lazy(N_("its OVF or manifest is too large"))


@dataclass(frozen=True, slots=True)
class DiskFile:
    """An image in the archive."""

    file: str
    size: int  # bytes of the disk
    stored: int  # bytes of the file
    checksum: str  # by the manifest, "sha256:..."; empty without


async def look(source: Source) -> tuple[VirtualSystem, list[DiskFile]]:
    """What it is, and its disks in their order; nothing of their contents is read. Raises EndFailed."""
    files = await members(source)
    names = [name for name in files if name.lower().endswith(".ovf")]
    if len(names) != 1:
        raise EndFailed(NO_ARCHIVE)
    sums = await _manifest(files)
    ovf = await _content(files[names[0]], LARGEST_OVF)
    _compare(names[0], ovf, sums)
    appliance = parsed(ovf)
    return appliance, [await _disk(files, name, sums) for name in appliance.disks]


async def _disk(files: Mapping[str, Member], name: str, sums: Mapping[str, str]) -> DiskFile:
    file = files.get(name)
    if file is None:
        raise EndFailed(lazy(N_("{name}, one of its disks, is not in the archive"), name=name[:80]))
    return DiskFile(name, await disk_size(file), file.size, sums.get(name, ""))


async def _manifest(files: Mapping[str, Member]) -> dict[str, str]:
    """{file: its checksum}; empty without a manifest."""
    name = next((name for name in files if name.lower().endswith(".mf")), None)
    if name is None:
        return {}
    lines = _LINE.findall(await _content(files[name], LARGEST_MANIFEST))
    return {file.decode("utf-8", "replace"): f"{kind.decode().lower()}:{digits.decode().lower()}" for kind, file, digits in lines}


async def _content(file: Member, most: int) -> bytes:
    if file.size > most:
        raise EndFailed(TOO_LONG)
    return await read_at(file, 0, file.size)


def _compare(name: str, content: bytes, sums: Mapping[str, str]) -> None:
    kind, _colon, digits = sums.get(name, "").partition(":")
    if kind and hashlib.new(kind, content).hexdigest() != digits:
        raise EndFailed(lazy(N_("{name} is not what the manifest says: the archive was damaged or changed"), name=name[:80]))


def unpacked(file: str, checksum: str, *, zeros: bool, expected: object) -> Callable[[Source], AsyncGenerator[bytes]]:
    """The disk in a file of the archive, as frames; see raw_disk."""

    async def frames(source: Source) -> AsyncGenerator[bytes]:
        with uncounted(source):
            member = (await members(source)).get(file)
        if member is None:
            raise EndFailed(NO_ARCHIVE)
        async for frame in converted(checksum, zeros=zeros, expected=expected)(member):
            yield frame

    return frames
