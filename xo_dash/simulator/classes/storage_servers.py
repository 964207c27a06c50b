"""Who answers around a pool: the servers of the world, and those that the pool's own SRs are on."""

from __future__ import annotations

from collections.abc import Iterator

from ..pool import Pool
from . import storage_world as world

Servers = dict[str, dict[str, int]]  # {server: {path that it exports: bytes, 0 where nobody knows}}
SAN = ""  # the name of what is reached by fibres: its paths are SCSIids
DRIVES = "/dev"  # of what is in the hosts, by the names that SRs of the pool have it under


def slashes(name: str) -> str:
    return name.replace("\\", "/").rstrip("/")


def known(pool: Pool) -> Servers:
    found: Servers = {SAN: {}, DRIVES: {}, **{server: dict(paths) for server, paths in world.FILERS.items()}}
    for target in world.TARGETS:
        found.setdefault(target, {})
    for share, size in world.SHARES.items():
        found.setdefault(share.split("/")[2], {})[share] = size
    for config in own(pool):
        for server, path in named(config):
            found.setdefault(server, {}).setdefault(path, 0)
    return found


def own(pool: Pool) -> Iterator[dict[str, str]]:
    """device_configs of SRs that have been plugged once."""
    yield from world.world(pool).configs
    for _, record in pool.db.records("SR"):
        if record["physical_size"] >= 0:
            yield from (pool.db.get(pbd, "device_config") for pbd in record["PBDs"])


def named(config: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(server, path) that a device_config speaks of"""
    place = slashes(config.get("server") or config.get("location") or "")
    if place.startswith("//"):
        yield place.split("/")[2], place
    elif "server" in config:
        yield place, config.get("serverpath", "").rstrip("/")
    elif ":/" in place:
        server, path = place.split(":", 1)
        yield server, path
    for target in filter(None, config.get("target", "").split(",")):
        yield target, ""
    if "SCSIid" in config:
        yield SAN, config["SCSIid"]
    for device in filter(None, config.get("device", "").split(",")):
        yield DRIVES, device
