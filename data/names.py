"""What a thing is called: one name in every place, also where its own is missing.

- An object goes by its own name; else by what else it is known by (a host's hostname, a network's bridge), or the start of its uuid.
- A drive goes by the disk in it; a NIC and an empty drive by their VM and their place in it.
- A host's port goes by the host and its device, `host-1 eth0.20`.
- A host's path to an SR goes by both.
- A pool goes by its own name, as in every other tool; without one, by the name that a person gave its server, then by its master's name.
- A server goes by the name that a person gave it; else by its pool's name; else by its address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Host, Network, Pool
from data.server import Server
from data.texts import natural
from data.types import Home, XapiObject

T = TypeVar("T", bound=XapiObject)


class Pools(Protocol):
    """Whatever has pools, by the id of the server that leads to each: the mirror, or what somebody may see of it."""

    @property
    def pools(self) -> Mapping[str, Home]: ...


SHORT = 8
"""Characters of a uuid that stand for what has no name."""


def name_of(thing: XapiObject | Server) -> str:
    """Its own name; what has none, or one of spaces alone, goes by what else it is known by, and at last by the start of its uuid."""
    if isinstance(thing, Server):
        return server_name(thing)
    own = str(getattr(thing, "name_label", "") or getattr(thing, "name", ""))
    return own if own.strip() else _name_of_nameless(thing)  # nearly all have one


def _name_of_nameless(thing: XapiObject) -> str:
    if isinstance(thing, Pool):
        return pool_name(thing.home)
    if isinstance(thing, (VBD, VIF)):
        return _name_of_device(thing)
    if isinstance(thing, PIF):
        return _name_of_port(thing)
    if isinstance(thing, PBD):
        ends = (thing.home.one(SR, thing.SR), thing.home.one(Host, thing.host))
        return " · ".join(name_of(end) for end in ends if end is not None) or thing.uuid[:SHORT]
    known = thing.hostname if isinstance(thing, Host) else thing.bridge if isinstance(thing, Network) else ""
    return known if known.strip() else thing.uuid[:SHORT]


def name_order(thing: XapiObject) -> tuple[str, str]:
    """What sorts by name, as `natural` does; what is called the same by uuid."""
    return natural(name_of(thing)), thing.uuid


def by_name(things: Iterable[T]) -> list[T]:
    return sorted(things, key=name_order)


def _name_of_device(device: VBD | VIF) -> str:
    disk = device.home.one(VDI, device.VDI) if isinstance(device, VBD) else None
    vm = device.home.one(VM, device.VM)
    if disk is not None or vm is None:
        return name_of(disk) if disk is not None else device.uuid[:SHORT]
    return f"{name_of(vm)} NIC {device.device}" if isinstance(device, VIF) else f"{name_of(vm)} CD {device.userdevice}"


def _name_of_port(pif: PIF) -> str:
    host, tag = pif.home.one(Host, pif.host), f".{pif.VLAN}" if pif.VLAN >= 0 else ""
    device = f"{pif.device}{tag}" or pif.uuid[:SHORT]
    return f"{name_of(host)} {device}" if host is not None else device


def pool_name(home: Home) -> str:
    """The pool's own name; without one, what a person called its connection, then its master's name; at last the connection's address."""
    for pool in home.all(Pool).values():
        master = home.one(Host, pool.master)
        known = (pool.name_label, home.given_name, name_of(master) if master else "")
        return next((name for name in known if name.strip()), home.label)
    return home.label


def pool_name_among(home: Home) -> str:
    """The same, with what its connection is called where another pool has that name too: to choose one of several."""
    name = pool_name(home)
    is_only = sum(pool_name(other) == name for other in home.pools.values()) < 2
    return name if is_only or home.label in ("", name) else f"{name} · {home.label}"


def server_name(server: Server, mirror: Pools | None = None) -> str:
    """What a connection is called: as a person called it; else as the pool that it leads to, if `mirror` has that; else its address."""
    pool = mirror.pools.get(server.id) if mirror else None
    return server.given_name or (pool_name(pool) if pool else server.label or server.address)


def pool_of(server: Server, mirror: Pools) -> str:
    """The name of the pool that `server` leads to."""
    pool = mirror.pools.get(server.id)
    return pool_name(pool) if pool else server_name(server)
