"""Facts about a pool, for whoever has something that is in it."""

from __future__ import annotations

from collections.abc import Iterable

from data.identity import key_of
from data.names import pool_name
from data.objects import Host, Pool
from data.types import Home


def own_pool(home: Home) -> Pool | None:
    """The pool's own row; None before the first sync."""
    return next(iter(home.all(Pool).values()), None)


def pools_by_name(homes: Iterable[Home]) -> dict[str, Home]:
    """{key of the pool: pool}, of those that have been read."""
    found = {key_of(pool): home for home in homes if (pool := own_pool(home)) is not None}
    return dict(sorted(found.items(), key=lambda item: (pool_name(item[1]).casefold(), item[0])))


def master_of(home: Home) -> Host | None:
    pool = own_pool(home)
    return home.one(Host, pool.master) if pool is not None else None


def is_master(host: Host) -> bool:
    pool = own_pool(host.home)
    return pool is not None and pool.master == host.ref


def has_ha(home: Home) -> bool:
    """Whether high availability is on."""
    pool = own_pool(home)
    return pool is not None and pool.ha_enabled
