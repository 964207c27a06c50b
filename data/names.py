"""What things are called where their own name is missing."""

from __future__ import annotations

from data.mirror import Mirror, PoolMirror
from data.objects import SR, VM, Host, Network
from data.server import Server


def pool_name(pool: PoolMirror) -> str:
    """The pool's own name; a lone host's pool often has none, then its master's; before the first picture the connection's label."""
    own = pool.pool
    master = pool.one(Host, own.master) if own else None
    return (own and own.name_label.strip()) or (master and master.name_label.strip()) or server_name(pool.server)


def name_of(thing: Host | VM | SR | Network) -> str:
    """Its own name; what has none, or one of spaces alone, goes by the start of its uuid."""
    return thing.name_label if thing.name_label.strip() else thing.uuid[:8]


def server_name(server: Server) -> str:
    """What a connection is called."""
    return server.label or server.address


def pool_of(server: Server, mirror: Mirror) -> str:
    """The name of the pool that `server` leads to."""
    pool = mirror.pools.get(server.id)
    return pool_name(pool) if pool else server_name(server)
