"""What a driver tells of storage that it sees, from the XML that it prints. A text that is none, or hostile, has nothing in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError, fromstring

from data.texts import whole

LONGEST: Final = 1 << 20
"""Characters of an answer that are read."""
MOST: Final = 200
"""Things of one answer that are shown."""
LONGEST_FIELD: Final = 1024


@dataclass(frozen=True, slots=True)
class IscsiTarget:
    """An iSCSI target, and the portals through which it was seen."""

    iqn: str
    portals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lun:
    """A disk of a SAN. `number` is its place in the target, "" where nobody says; `size` in bytes, 0 if nobody knows."""

    scsi_id: str
    number: str = ""
    size: int = 0
    vendor: str = ""
    serial: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class FoundSR:
    """An SR that lies somewhere. Most drivers know its uuid alone."""

    uuid: str
    name: str = ""
    size: int = 0


def exports_in(text: str) -> tuple[str, ...]:
    """The paths that an NFS server exports. Source: SR_BACKEND_FAILURE_101 of the nfs driver."""
    return tuple(dict.fromkeys(path for path in (_text(one, "Path") for one in _each(text, "Export")) if path.startswith("/")))


def targets_in(text: str) -> tuple[IscsiTarget, ...]:
    """The targets behind a portal; the driver's `*`, for all of them at once, left out. Source: SR_BACKEND_FAILURE_96."""
    portals: dict[str, list[str]] = {}
    for one in _each(text, "TGT"):
        iqn, address = _text(one, "TargetIQN"), _text(one, "IPAddress")
        if iqn and iqn != "*":
            portals.setdefault(iqn, []).append(address)
    return tuple(IscsiTarget(iqn, tuple(filter(None, dict.fromkeys(found)))) for iqn, found in portals.items())


def luns_in(text: str) -> tuple[Lun, ...]:
    """The LUNs of a target, or of all HBAs, each once. Source: SR_BACKEND_FAILURE_107 of the iscsi and hba drivers."""
    found: dict[str, Lun] = {}
    for one in (*_each(text, "LUN"), *_each(text, "BlockDevice")):
        scsi_id = _text(one, "SCSIid")
        number = _text(one, "LUNid") or _text(one, "lun")
        lun = Lun(scsi_id, number, whole(_text(one, "size")), _text(one, "vendor"), _text(one, "serial"), _text(one, "path"))
        if scsi_id:
            found.setdefault(scsi_id, lun)
    return tuple(found.values())


def srs_in(text: str) -> tuple[FoundSR, ...]:
    """The SRs that lie at a place. Source: SR.probe, `<SRlist><SR><UUID>…`; drivers of volumes tell more."""
    found = (FoundSR(_text(one, "UUID"), _text(one, "name_label"), whole(_text(one, "size"))) for one in _each(text, "SR"))
    return tuple({sr.uuid: sr for sr in found if sr.uuid}.values())


def _each(text: str, tag: str) -> Iterator[Element]:
    """Source: the drivers write no DTD; entities of one could grow without end."""
    if len(text) > LONGEST or "<!" in text or "<" not in text:
        return
    try:
        top = fromstring(text.strip())  # noqa: S314  # without a DTD there is nothing to expand
    except (ParseError, ValueError):
        return
    for count, element in enumerate(top.iter(tag)):
        if count < MOST:
            yield element


def _text(element: Element, tag: str) -> str:
    found = (element.findtext(tag) or "").strip()
    return found if len(found) <= LONGEST_FIELD and found.isprintable() else ""
