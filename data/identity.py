"""What an object is called outside of the mirror: in links, in what a browser sends back, in records that are kept.

Two pools may have objects with the same uuid: an import that keeps it, a migration across pools that failed, a restored database. So
an object is its uuid and its pool, written `uuid@pool`. The pool is named by its own uuid, so that a link outlives the server being
removed and added again; where two servers lead to pools of one uuid, by the server's id. A uuid alone, as older links have it, names an
object as long as one pool has it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple, TypeVar

from data.objects import Pool
from data.types import Home, XapiObject

T = TypeVar("T", bound=XapiObject)

PLAIN: Final = re.compile(r"[\w-]{1,64}", re.ASCII)
"""What a pool's uuid must look like to name it; anything may come over the wire."""


class Key(NamedTuple):
    """`pool` is empty where nobody said."""

    uuid: str
    pool: str = ""

    def __str__(self) -> str:
        return f"{self.uuid}@{self.pool}" if self.pool else self.uuid


def parse(text: str) -> Key:
    """`uuid@pool`, or a uuid alone."""
    uuid, at, pool = text.rpartition("@")
    return Key(uuid, pool) if at else Key(pool)


def key_of(row: XapiObject) -> str:
    """`uuid@pool`; of a pool what names it."""
    pool = row.home.key
    return pool if pool and isinstance(row, Pool) else str(Key(row.uuid, pool))


def pool_keys(pools: Mapping[str, str]) -> dict[str, str]:
    """{server's id: what its pool is called in keys} for {server's id: its pool's uuid}."""
    count = Counter(pools.values())
    return {id_: uuid if count[uuid] == 1 and uuid not in pools and PLAIN.fullmatch(uuid) else id_ for id_, uuid in pools.items()}


def seen_from(home: Home, kind: type[T], text: str) -> T | None:
    """The object that a key means in a pool: one of the pool itself by its uuid alone, one of any pool by `uuid@pool`."""
    uuid, pool = parse(text)
    if not pool and (own := home.by_uuid(kind, uuid)) is not None:
        return own
    found = [row for other in home.pools.values() if pool in ("", other.key, other.id) and (row := other.by_uuid(kind, uuid)) is not None]
    return found[0] if len(found) == 1 else None
