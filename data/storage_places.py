"""Where the storage behind an SR is, as far as its paths say it, and which known SRs lie at the same place. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data.names import by_name
from data.objects import PBD, SR, Host
from data.types import Home, Ref

Place = tuple[str, ...]
"""What names a place: ("nfs", server, path), ("scsi", SCSI id), ("disk", host's uuid, device) ..."""
SRsByPlace = Mapping[Place, Sequence[SR]]
ON_DISK = frozenset({"lvm", "ext", "xfs", "largeblock"})


def place_of(kind: str, config: Mapping[str, str], host: str = "") -> Place:
    """Of an SR of that XAPI type by its device_config; `host`: the uuid of whose drives it means. () for what nobody knows."""
    server, location = _slashes(config.get("server", "")), _slashes(config.get("location", ""))
    if config.get("SCSIid"):
        return ("scsi", config["SCSIid"])
    if kind in ON_DISK:
        return ("disk", host, config.get("device", "").split(",")[0])
    if server:
        return ("nfs", server.casefold(), config.get("serverpath", "").rstrip("/")) if kind == "nfs" else ("smb", server.casefold())
    return _library(location) or (("folder", host, location) if location else ())


def _library(location: str) -> Place:
    """Of images on a server, which may be at the same place as an SR of disks."""
    if location.startswith("//"):
        return ("smb", location.casefold())
    name, separator, path = location.partition(":/")
    return ("nfs", name.casefold(), f"/{path}") if separator else ()


def _slashes(text: str) -> str:
    return text.replace("\\", "/").rstrip("/")


def srs_by_place(pools: Mapping[str, Home]) -> SRsByPlace:
    """The SRs of all pools by where they lie, those of one place by name."""
    found: dict[Place, dict[SR, None]] = {}
    for home in pools.values():
        told: dict[Ref, Mapping[str, str]] = {}  # of a shared SR sixty paths say the same
        for pbd in home.all(PBD).values():
            if told.get(pbd.SR) == pbd.device_config or (sr := home.one(SR, pbd.SR)) is None:
                continue
            if sr.shared:
                told[pbd.SR] = pbd.device_config
            host = home.one(Host, pbd.host)
            if place := place_of(sr.type, pbd.device_config, host.uuid if host is not None else ""):
                found.setdefault(place, {})[sr] = None
    return {place: by_name(srs) if len(srs) > 1 else list(srs) for place, srs in found.items()}
