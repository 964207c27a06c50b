"""An order of pools, hosts and groups that people made on the map by dragging their names; it comes before the names' own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from components.feeds import Viewers
from components.map.rows import FOLDER
from data.identity import key_of, parse
from data.objects import SR, VM, Host, Network, Pool
from data.sight import Sight
from data.stores.settings import SettingsStore
from data.stores.users import Role, User, UserStore
from data.types import XapiObject
from data.vms import os_name

KEY = "map_order"
"""Where it is kept: in the settings for everybody, in the preferences of a viewer for him alone."""
POOLS = ""
"""The order of the pools; those of hosts go by the key of their pool, those of groups by what VMs are grouped by."""

GROUPS: Mapping[str, Callable[[Sight], set[str]]] = {
    "tag": lambda mirror: {tag for vm in mirror.every(VM) for tag in vm.tags},
    "os": lambda mirror: {os_name(vm) for vm in mirror.every(VM)},
    "folder": lambda mirror: {vm.other_config.get(FOLDER, "") for vm in mirror.every(VM)},
    "network": lambda mirror: set(map(key_of, mirror.every(Network))),
    "sr": lambda mirror: set(map(key_of, mirror.every(SR))),
}
"""{how VMs are grouped: the groups there are}, as `modules/grouping.js` has them."""
THINGS: Mapping[str, type[XapiObject]] = {"network": Network, "sr": SR}
"""Groups that are things."""

Order = dict[str, list[str]]


class Orders:
    """Operators and administrators arrange it for everybody, viewers for themselves."""

    def __init__(self, mirror: Sight, settings: SettingsStore, users: UserStore) -> None:
        self._mirror, self._settings, self._users = mirror, settings, users
        self._viewers: Viewers[None] = Viewers()

    def of(self, user: User, mirror: Sight) -> list[str]:
        """Keys of pools and hosts, and groups as `tag:prod`, in the order in which `user` sees them; others come after them by name.

        `mirror`: what they may see.
        """
        merged = {**_stored(self._settings.value(KEY)), **_stored(user.preferences.get(KEY))}
        if mirror is not self._mirror:
            merged = {parent: [one for one in ones if _is_group_in(mirror, parent, one)] for parent, ones in merged.items()}
        return [named for parent, ones in merged.items() for one in ones if (named := _named(mirror, parent, one))]

    def observe(self, tell: Callable[[], object]) -> Callable[[], None]:
        """Call `tell` when it may be another, until the answer is called."""
        return self._viewers.join(lambda _news: tell(), lambda: None)

    async def arrange(self, user: User, parent: str, keys: Iterable[str]) -> None:
        """Put the hosts of the pool `parent`, the pools, or the groups of one kind, in this order. What is not known is left out."""
        known = self._known(parent)
        wanted = [key for key in dict.fromkeys(keys) if key in known]
        if not wanted:
            return
        if user.role.includes(Role.OPERATOR):
            own = _stored(user.preferences.get(KEY))  # from when he was a viewer
            if own.pop(parent, None):
                await self._users.set_preferences(user.id, {KEY: own or None})
            await self._settings.set(KEY, self._arranged(_stored(self._settings.value(KEY)), parent, wanted))
        else:
            order = self._arranged(_stored(user.preferences.get(KEY)), parent, wanted)
            await self._users.set_preferences(user.id, {KEY: order})
        self._viewers.tell(None)

    async def forget(self, user: User, parent: str = POOLS) -> None:
        """The usual order of pools and hosts again, or of the groups of one kind: for everybody, or what a viewer made for himself."""

        def rest(order: Order) -> Order | None:
            return {other: keys for other, keys in order.items() if (other in GROUPS if parent == POOLS else other != parent)} or None

        await self._users.set_preferences(user.id, {KEY: rest(_stored(user.preferences.get(KEY)))})
        if user.role.includes(Role.OPERATOR):
            await self._settings.set(KEY, rest(_stored(self._settings.value(KEY))))
        self._viewers.tell(None)

    def _arranged(self, order: Order, parent: str, wanted: Sequence[str]) -> Order:
        """What stood in it and was not arranged stays behind that: somebody who does not see everything arranges what they see."""
        return self._pruned({**order, parent: [*wanted, *(one for one in order.get(parent, ()) if one not in wanted)]})

    def _known(self, parent: str) -> set[str]:
        if parent in GROUPS:
            return GROUPS[parent](self._mirror) - {""}
        if parent == POOLS:
            return set(map(key_of, self._mirror.every(Pool)))
        pool = self._mirror.find(Pool, parent)
        return set(map(key_of, pool.home.all(Host).values())) if pool else set()

    def _pruned(self, order: Mapping[str, Sequence[str]]) -> Order:
        """Without pools that are gone, so that it does not grow for ever."""
        pools = self._known(POOLS)
        return {parent: list(keys) for parent, keys in order.items() if parent == POOLS or parent in pools or parent in GROUPS}


def _is_group_in(mirror: Sight, parent: str, one: str) -> bool:
    """False for a group of which no VM is in sight; its name is of those."""
    return parent not in GROUPS or parent in THINGS or one in GROUPS[parent](mirror)


def _named(mirror: Sight, parent: str, one: str) -> str:
    """What was kept as it is called now: it may be a uuid alone, from when that was enough. Empty for what is gone."""
    row: XapiObject | None
    if parent in THINGS:
        row = mirror.find(THINGS[parent], one)
        return f"{parent}:{key_of(row)}" if row else ""
    if parent in GROUPS:
        return f"{parent}:{one}"
    pool = mirror.find(Pool, parent or one)
    row = pool.home.by_uuid(Host, parse(one).uuid) if pool and parent else pool
    return key_of(row) if row else ""


def _stored(value: Any) -> Order:
    """What was kept, if it is what we keep."""
    if not isinstance(value, dict):
        return {}
    return {parent: [key for key in keys if isinstance(key, str)] for parent, keys in value.items() if isinstance(keys, list)}
