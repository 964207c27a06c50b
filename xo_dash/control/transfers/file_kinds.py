"""What a file is by its first bytes, whatever it is called: said where it is another one than what is asked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from xo_dash.control.lazy_text import lazy
from xo_dash.control.transfers.ends import EndFailed, Source, read_at, uncounted
from xo_dash.i18n import N_

HEAD: Final = 512
"""Bytes that tell; the first header of a tar archive."""
GZIP: Final = b"\x1f\x8b\x08"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
PACKED: Final = {
    GZIP: "gzip", ZSTD: "Zstandard", b"\xfd7zXZ\0": "xz", b"BZh91AY&SY": "bzip2", b"PK\x03\x04": "ZIP", b"7z\xbc\xaf\x27\x1c": "7-Zip",
}  # fmt: skip
ARCHIVE: Final = lazy(N_("it is a tar archive and no disk image; an OVA or XVA is imported from the menu of the pool"))
XVA_BEGINS: Final = b"ova.xml"
"""The first file of the archive. Source: xapi's import.ml takes no other; its headers have no "ustar"."""
OVA: Final = lazy(N_("it is an OVA; use Import OVA in the menu of the pool"))
NO_XVA: Final = lazy(N_("it is not an XVA, which is a tar archive, often packed with gzip or Zstandard"))


def is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def refuse_no_disk(head: bytes) -> None:
    """A disk begins with none of these; written as it is it would be of no use. Raises EndFailed."""
    for start, name in PACKED.items():
        if head.startswith(start):
            raise EndFailed(lazy(N_("the file is packed with {name}; unpack it first"), name=name))
    if is_tar(head):
        raise EndFailed(ARCHIVE)


async def xva_pieces(source: Source) -> AsyncGenerator[bytes]:
    """All of an XVA. Raises EndFailed before anything of another file is sent."""
    with uncounted(source):
        head = await read_at(source, 0, min(HEAD, source.size))
    name = head[:100].rstrip(b"\0")
    if is_tar(head) and name.endswith(b".ovf"):
        raise EndFailed(OVA)
    if name != XVA_BEGINS and not head.startswith((GZIP, ZSTD)):
        raise EndFailed(NO_XVA)
    async for piece in source.pieces():
        yield piece
