"""A VM's records on their way to a pool of another program: /import_metadata there reads them, or says why it would not."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from ..database import Record
from ..errors import XapiError
from ..peer import LostError, Peer, once, references
from ..pool import Pool
from ..transfer import ova, tar
from .vm_migrate_goal import Goal

log = logging.getLogger(__name__)

Flags = dict[str, str]


def flags(vm: Record, *, force: bool, copy: bool) -> Flags:
    """How /import_metadata has to take it: a copy becomes another VM, and a CPU that has been seen must be as good there."""
    checked = not force and vm["power_state"] != "Halted"
    return {"live": "true", "restore": str(not copy).lower(), "check_cpu": str(checked).lower()}


async def rehearse(pool: Pool, vm: str, to: Goal, *, force: bool, copy: bool) -> None:
    """What would the other side say to the VM's records?"""
    asked = {**flags(pool.db.record("VM", vm), force=force, copy=copy), "dry_run": "true"}
    try:
        await send_records(pool, vm, to, {}, asked)
    except LostError as error:
        log.info("migration: %s", error)
        raise XapiError("CANNOT_CONTACT_HOST", to.address) from None


async def send_records(pool: Pool, vm: str, to: Goal, maps: Mapping[str, str], asked: Flags) -> list[str]:
    """References there, the VM's first. `maps` is {VDI: its copy} and {VIF: network}."""
    choice = ova.Choice(snapshots=asked["restore"] == "true", power_state=True)
    _, xml = ova.build(pool, [vm], choice, maps)
    archive = tar.member("ova.xml", xml.encode()) + tar.END
    return references(await peer_of(to).put("/import_metadata", len(archive), once(archive), **asked))


def peer_of(to: Goal) -> Peer:
    if to.peer is None:
        raise TypeError("this pool is one of ours")
    return to.peer
