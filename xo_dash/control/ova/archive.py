"""Looking into an OVA, or an OVF and the files beside it, before anything is made of it, and reading its disks out of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from xo_dash.control.lazy_text import lazy
from xo_dash.control.ova.beside import neighbour, siblings
from xo_dash.control.ova.ovf import OVFEnvelope, parsed
from xo_dash.control.ova.tar import NO_ARCHIVE, Member, members
from xo_dash.control.requests.file import File
from xo_dash.control.transfers.ends import EndFailed, Opening, Source, read_at, uncounted
from xo_dash.control.transfers.images import converted, disk_size
from xo_dash.i18n import N_

LARGEST_OVF: Final = 4 << 20
LARGEST_MANIFEST: Final = 1 << 20
"""Bytes."""
_LINE: Final = re.compile(rb"(?m)^(SHA1|SHA256|SHA512) ?\(([^)\n]{1,500})\) ?= ?([0-9a-fA-F]{40,128})\r?$")
TOO_LONG: Final = lazy(N_("its OVF or manifest is too large"))


@dataclass(frozen=True, slots=True)
class DiskFile:
    """An image in the archive, or beside the OVF."""

    file: str
    size: int  # bytes of the disk
    stored: int  # bytes of the file
    checksum: str  # by the manifest, "sha256:..."; empty without


@dataclass(frozen=True, slots=True)
class ApplianceContents:
    """What an appliance is. `disks`: by the names in its OVF; `files`: where they are if not in an archive, and what else was given."""

    envelope: OVFEnvelope
    disks: Mapping[str, DiskFile]
    files: tuple[File, ...] = ()


async def look(file: File, beside: Sequence[File], opening: Opening) -> ApplianceContents:
    """`beside`: files that were given with it. Nothing of the disks' contents is read. Raises EndFailed, FilesMissing."""
    async with opening(file) as source:
        if not await _is_xml(source):
            return await _in_archive(source)
        ovf = await _content(source, LARGEST_OVF)
    envelope = parsed(ovf)
    found = siblings(file, beside, _disks(envelope))
    sums = await _manifest_beside(file, beside, opening)
    _compare(file.name, ovf, sums)
    disks: dict[str, DiskFile] = {}
    for name, one in found.items():
        async with opening(one) as source:
            disks[name] = DiskFile(name, await disk_size(source), source.size, sums.get(name, ""))
    return ApplianceContents(envelope, disks, tuple(dict.fromkeys((*found.values(), *beside))))


async def _is_xml(source: Source) -> bool:
    """Whether it is an OVF by itself: no tar begins so."""
    head = await read_at(source, 0, min(64, source.size))
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"<", b"\xff\xfe<", b"\xfe\xff\0<"))


async def _in_archive(source: Source) -> ApplianceContents:
    held = await members(source)
    names = [name for name in held if name.lower().endswith(".ovf")]
    if len(names) != 1:
        raise EndFailed(NO_ARCHIVE)
    manifest = next((held[name] for name in held if name.lower().endswith(".mf")), None)
    sums = _sums(await _content(manifest, LARGEST_MANIFEST)) if manifest is not None else {}
    ovf = await _content(held[names[0]], LARGEST_OVF)
    _compare(names[0], ovf, sums)
    envelope = parsed(ovf)
    return ApplianceContents(envelope, {name: await _disk(held, name, sums) for name in _disks(envelope)})


def _disks(envelope: OVFEnvelope) -> Iterable[str]:
    """The names of their files, each once."""
    return dict.fromkeys(name for system in envelope.systems for name in system.disks)


async def _disk(files: Mapping[str, Member], name: str, sums: Mapping[str, str]) -> DiskFile:
    file = files.get(name)
    if file is None:
        raise EndFailed(lazy(N_("{name}, one of its disks, is not in the archive"), name=name[:80]))
    return DiskFile(name, await disk_size(file), file.size, sums.get(name, ""))


async def _manifest_beside(file: File, beside: Sequence[File], opening: Opening) -> dict[str, str]:
    """{file: its checksum}; empty without a manifest."""
    given = next((one for one in beside if one.name.lower().endswith(".mf")), None)
    if given is not None:
        async with opening(given) as source:
            return _sums(await _content(source, LARGEST_MANIFEST))
    if file.url:
        with suppress(EndFailed):  # there need not be one
            async with opening(neighbour(file.url, file.name.removesuffix(".ovf") + ".mf")) as source:
                return _sums(await _content(source, LARGEST_MANIFEST))
    return {}


def _sums(manifest: bytes) -> dict[str, str]:
    """{file: its checksum}"""
    lines = _LINE.findall(manifest)
    return {file.decode("utf-8", "replace"): f"{kind.decode().lower()}:{digits.decode().lower()}" for kind, file, digits in lines}


async def _content(file: Source, most: int) -> bytes:
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
