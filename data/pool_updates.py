"""Updates of the old kind, of XenServer 7: uploaded to a pool, then applied to its hosts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from data.names import by_name, name_of
from data.objects import Host, PoolUpdate
from data.types import NULL_REF

RESTART_TOOLSTACK: Final = "restartXAPI"
REBOOT: Final = "restartHost"
RESTART_VMS: Final = ("restartHVM", "restartPV")
"""What an update asks for afterwards. Source: pool_update.after_apply_guidance."""


def applied_to(host: Host) -> list[PoolUpdate]:
    return by_name(one for one in host.home.all(PoolUpdate).values() if host.ref in one.hosts)


def uploaded_for(host: Host, of: Collection[str] = ()) -> list[PoolUpdate]:
    """Those that the pool has, with their file, and this host has not, in the order in which they are applied. What was never uploaded,
    XAPI does not know of. `of`: the uuids of those that are meant; all of them unless given.

    XenServer numbers them in the order in which they came out, and its precheck refuses one that another has to come before.
    """
    found = (one for one in host.home.all(PoolUpdate).values() if host.ref not in one.hosts and one.vdi != NULL_REF)
    return by_name(one for one in found if not of or one.uuid in of)


def want(updates: Iterable[PoolUpdate], *guidance: str) -> bool:
    """Whether any of them asks for one of these."""
    return any(not set(guidance).isdisjoint(one.after_apply_guidance) for one in updates)


class UpdateLine(NamedTuple):
    """One as it is shown."""

    uuid: str
    name: str
    version: str
    description: str
    needs: tuple[str, ...]  # afterwards, in XAPI's words


def seen(update: PoolUpdate) -> UpdateLine:
    return UpdateLine(update.uuid, name_of(update), update.version, update.name_description, tuple(update.after_apply_guidance))
