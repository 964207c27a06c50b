"""An order of pools and hosts that people made on the map by dragging their names; it comes before the names' own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from components.feeds import Viewers
from data.mirror import Mirror
from data.objects import Host, Pool
from data.stores.settings import SettingsStore
from data.stores.users import Role, User, UserStore

KEY = "map_order"
"""Where it is kept: in the settings for everybody, in the preferences of a viewer for him alone."""
POOLS = ""
"""The order of the pools; those of hosts go by the uuid of their pool."""

Order = dict[str, list[str]]


class Orders:
    """Operators and administrators arrange it for everybody, viewers for themselves."""

    def __init__(self, mirror: Mirror, settings: SettingsStore, users: UserStore) -> None:
        self._mirror, self._settings, self._users = mirror, settings, users
        self._viewers: Viewers[None] = Viewers()

    def of(self, user: User) -> list[str]:
        """uuids of pools and hosts, in the order in which `user` sees them; others come after them by name."""
        merged = {**_stored(self._settings.value(KEY)), **_stored(user.preferences.get(KEY))}
        return [uuid for uuids in merged.values() for uuid in uuids]

    def observe(self, tell: Callable[[], object]) -> Callable[[], None]:
        """Call `tell` when it may be another, until the answer is called."""
        return self._viewers.join(lambda _news: tell(), lambda: None)

    async def arrange(self, user: User, parent: str, uuids: Iterable[str]) -> None:
        """Put the hosts of the pool `parent`, or the pools, in this order. What is not known is left out."""
        known = self._known(parent)
        wanted = [uuid for uuid in dict.fromkeys(uuids) if uuid in known]
        if not wanted:
            return
        if user.role.includes(Role.OPERATOR):
            own = _stored(user.preferences.get(KEY))  # from when he was a viewer
            if own.pop(parent, None):
                await self._users.set_preferences(user.id, {KEY: own or None})
            await self._settings.set(KEY, self._pruned({**_stored(self._settings.value(KEY)), parent: wanted}))
        else:
            await self._users.set_preferences(user.id, {KEY: self._pruned({**_stored(user.preferences.get(KEY)), parent: wanted})})
        self._viewers.tell(None)

    async def forget(self, user: User) -> None:
        """By name again: for everybody, or what a viewer made for himself."""
        await self._users.set_preferences(user.id, {KEY: None})
        if user.role.includes(Role.OPERATOR):
            await self._settings.set(KEY, None)
        self._viewers.tell(None)

    def _known(self, parent: str) -> set[str]:
        if parent == POOLS:
            return {pool.uuid for pool in self._mirror.every(Pool)}
        pool = self._mirror.find(Pool, parent)
        return {host.uuid for host in pool.home.all(Host).values()} if pool else set()

    def _pruned(self, order: Mapping[str, Sequence[str]]) -> Order:
        """Without pools that are gone, so that it does not grow for ever."""
        pools = self._known(POOLS)
        return {parent: list(uuids) for parent, uuids in order.items() if parent == POOLS or parent in pools}


def _stored(value: Any) -> Order:
    """What was kept, if it is what we keep."""
    if not isinstance(value, dict):
        return {}
    return {parent: [uuid for uuid in uuids if isinstance(uuid, str)] for parent, uuids in value.items() if isinstance(uuids, list)}
