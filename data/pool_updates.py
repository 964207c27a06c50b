"""Updates of the old kind, of XenServer 7: uploaded to a pool, then applied to its hosts."""

from __future__ import annotations

from typing import NamedTuple

from data.names import by_name, name_of
from data.objects import Host, PoolUpdate
from data.types import NULL_REF


def applied_to(host: Host) -> list[PoolUpdate]:
    return by_name(one for one in host.home.all(PoolUpdate).values() if host.ref in one.hosts)


def uploaded_for(host: Host) -> list[PoolUpdate]:
    """Those that the pool has, with their file, and this host has not. What was never uploaded, XAPI does not know of."""
    return by_name(one for one in host.home.all(PoolUpdate).values() if host.ref not in one.hosts and one.vdi != NULL_REF)


class UpdateLine(NamedTuple):
    """One as it is shown."""

    uuid: str
    name: str
    version: str
    description: str
    needs: tuple[str, ...]  # afterwards, in XAPI's words


def seen(update: PoolUpdate) -> UpdateLine:
    return UpdateLine(update.uuid, name_of(update), update.version, update.name_description, tuple(update.after_apply_guidance))
