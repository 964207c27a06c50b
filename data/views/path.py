"""A host's way to an SR as it is shown, on the host's page and on the SR's."""

from __future__ import annotations

from typing import Final, NamedTuple

from data.facts.sr import is_shown, path_level
from data.hosts import Path as Way
from data.level import Level
from data.storage import Room, room_of
from data.views.things import Thing, maybe, via


class PathView(NamedTuple):
    pbd: str  # uuid
    host: Thing | None
    sr: Thing | None
    is_attached: bool
    level: Level  # how grave it is that it is as it is
    device: str  # where the SR is, without what is a secret
    type: str  # of the SR: nfs, lvm
    is_shared: bool
    room: Room | None  # None where nobody stores anything


def seen(way: Way) -> PathView:
    pbd, host, sr = way
    return PathView(
        pbd=pbd.uuid, host=maybe(host), sr=maybe(sr), is_attached=pbd.currently_attached, level=path_level(pbd),
        device=device_text(pbd.device_config), type=sr.type if sr else "", is_shared=sr is not None and sr.shared,
        room=room_of(sr) if sr is not None and is_shown(sr) else None,
    )  # fmt: skip


def device_text(config: dict[str, str]) -> str:
    """`server:/path`, a device, a target."""
    server, folder = config.get("server", "") or config.get("target", ""), config.get("serverpath", "") or config.get("targetIQN", "")
    if server:
        return f"{server}:{folder}" if folder else server
    return config.get("location", "") or config.get("device", "") or config.get("SCSIid", "")


PATH: Final = (
    "currently_attached", "device_config", *via("host", "name_label", "hostname", "uuid", "metrics.live"),
    *via("SR", "name_label", "uuid", "type", "shared", "is_tools_sr", "physical_size", "physical_utilisation", "virtual_allocation"),
)  # fmt: skip
