"""Which repositories of updates a XenServer pool uses, and what their list of updates is."""

from __future__ import annotations

from typing import Final

from data.facts.pool import own_pool
from data.objects import Pool, Repository
from data.types import Home

REMOTE: Final = "remote"
BUNDLE: Final = "bundle"
OTHER_POOL: Final = "remote_pool"


def in_use(pool: Pool) -> list[Repository]:
    return pool.all_of(Repository, pool.repositories)


def origin_of(pool: Pool) -> str:
    """What kind it asks: a bundle and another pool stand alone. "" without any."""
    return next((one.origin for one in in_use(pool)), "")


def checksum_of(home: Home) -> str:
    """What names the list of updates that was synchronized last; "" before that.

    Source: Repository.hash of the one that brings updates, which GET /updates tells and host.apply_updates asks for.
    """
    pool = own_pool(home)
    return next((one.hash for one in in_use(pool) if one.update), "") if pool is not None else ""
