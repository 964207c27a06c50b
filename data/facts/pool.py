"""Facts about a pool, for whoever has something that is in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from data.identity import key_of
from data.names import pool_name
from data.objects import Host, Network, Pool
from data.texts import natural
from data.types import Home

AUTO_START: Final = "auto_poweron"
"""In other_config, of a pool and of a VM: "true" where it has auto-start."""
ZSTD_RESTRICTED: Final = "restrict_zstd_export"
MIGRATION_NETWORK: Final = "xo:migrationNetwork"
"""In a pool's other_config, the uuid of the network that its migrations go over; Xen Orchestra's key."""


def own_pool(home: Home) -> Pool | None:
    """The pool's own row; None before the first sync."""
    return next(iter(home.all(Pool).values()), None)


def pools_by_name(homes: Iterable[Home]) -> dict[str, Home]:
    """{key of the pool: pool}, of those that have been read."""
    found = {key_of(pool): home for home in homes if (pool := own_pool(home)) is not None}
    return dict(sorted(found.items(), key=lambda item: (natural(pool_name(item[1])), item[0])))


def master_of(home: Home) -> Host | None:
    pool = own_pool(home)
    return home.one(Host, pool.master) if pool is not None else None


def is_master(host: Host) -> bool:
    pool = own_pool(host.home)
    return pool is not None and pool.master == host.ref


def has_auto_start(pool: Pool) -> bool:
    """Whether VMs with auto-start really start with their hosts."""
    return pool.other_config.get(AUTO_START) == "true"


def chosen_migration_network(pool: Pool) -> Network | None:
    """The one that was chosen for migrations; none: the management network."""
    chosen = pool.other_config.get(MIGRATION_NETWORK, "")
    return pool.home.by_uuid(Network, chosen) if chosen else None


def has_zstd(home: Home) -> bool:
    """Whether its hosts can pack with Zstandard. Source: releases before it do not have the key; some say nothing of what they restrict."""
    pool = own_pool(home)
    return pool is None or not pool.restrictions or pool.restrictions.get(ZSTD_RESTRICTED) == "false"


def has_ha(home: Home) -> bool:
    """Whether high availability is on."""
    pool = own_pool(home)
    return pool is not None and pool.ha_enabled
