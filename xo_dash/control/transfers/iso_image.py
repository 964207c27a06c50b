"""Whether a file is an image for CD drives: looked into where its volume descriptors are, before anything is made for it.

Source: ECMA-119 (ISO 9660) and ECMA-167 (UDF): both begin 16 sectors into the file, each descriptor has its name after one byte.
"""

from __future__ import annotations

from typing import Final

from xo_dash.control.lazy_text import Amount, lazy
from xo_dash.control.transfers.ends import EndFailed, Source, read_at, uncounted
from xo_dash.control.transfers.file_kinds import refuse_no_disk
from xo_dash.control.transfers.raw_disk import raw_size
from xo_dash.i18n import N_

SECTOR: Final = 2048
FIRST: Final = 16 * SECTOR
DESCRIPTORS: Final = 16
"""As many are looked at; UDF's follow those of ISO 9660."""
NAMES: Final = frozenset({b"CD001", b"BEA01", b"NSR02", b"NSR03"})
PRIMARY: Final = b"\1CD001"
PADDING: Final = 150 * SECTOR
"""Zeros that mkisofs counts at the end, and that some leave out when they copy."""
NO_ISO: Final = lazy(
    N_("it has no signature of ISO 9660 or UDF, so it is no ISO image; to use it all the same, turn on “Upload even if it is no ISO image”")
)
CUT_OFF: Final = N_("the ISO image is {whole} long and the file only {found}: it is cut off; get it again")


async def iso_size(source: Source) -> int:
    """Bytes of the disk for it. Raises EndFailed for what is no image, or is cut off."""
    with uncounted(source):
        refuse_no_disk(await read_at(source, 0, min(512, source.size)))
        found = await read_at(source, FIRST, max(0, min(DESCRIPTORS * SECTOR, source.size - FIRST)))
    sectors = [found[at : at + SECTOR] for at in range(0, len(found), SECTOR)]
    if not any(sector[1:6] in NAMES for sector in sectors):
        raise EndFailed(NO_ISO)
    told = _volume(sectors[0])
    if told > source.size + PADDING:
        raise EndFailed(lazy(CUT_OFF, whole=Amount(told), found=Amount(source.size)))
    return await raw_size(source)


def _volume(sector: bytes) -> int:
    """Bytes of the volume, by the primary descriptor of ISO 9660; 0 where that is not known."""
    if not sector.startswith(PRIMARY) or len(sector) < 132:
        return 0
    return int.from_bytes(sector[80:84], "little") * int.from_bytes(sector[128:130], "little")
