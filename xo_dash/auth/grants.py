"""Grants as they are kept and as they are asked: told to the table at once, and what becomes different acts on open pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from data.grants.table import GrantTable
from data.stores.directory import DataDirectory
from data.stores.grants import GrantStore, GroupStore, RoleStore
from data.stores.quotas import OwnerStore, QuotaStore
from data.stores.records import reload
from data.stores.users import Role, UserStore


class GrantStores:
    """What is kept of who may do what, and have how much."""

    def __init__(self, directory: DataDirectory) -> None:
        self.grants, self.groups, self.roles = GrantStore(directory), GroupStore(directory), RoleStore(directory)
        self.quotas, self.owners = QuotaStore(directory), OwnerStore(directory)


class Grants:
    """The stores and the table that is made of them."""

    def __init__(self, stores: GrantStores, table: GrantTable, users: UserStore) -> None:
        self.grants, self.groups, self.roles = stores.grants, stores.groups, stores.roles
        self.quotas, self.owners = stores.quotas, stores.owners
        self.table, self._users = table, users
        self._had = self._roles_of_users()
        self.when_changed: Callable[[], Awaitable[None]] | None = None
        """Called after somebody's rights may have become others."""
        self._is_stirred = False
        table.observe(self._stir)
        self._put()

    async def refresh(self) -> None:
        """Have what the stores have now be true; return when open pages show no more than may be seen."""
        self._put()
        await self._settle()

    async def own(self, key: str, user_id: str) -> None:
        """Have a VM be theirs. Raises StoreError."""
        await self.owners.set(key, user_id)
        await self.refresh()

    async def move(self, user_id: str, into: Iterable[str], out_of: Iterable[str] = ()) -> None:
        """Put a user into some groups and take them out of others, by the groups' ids; it holds when this returns."""
        if await self.groups.move(user_id, into, out_of):
            await self.refresh()

    async def move_by_name(self, user_id: str, into: Iterable[str], out_of: Iterable[str] = ()) -> None:
        """As `move`, by the groups' names; what is no group here is left out."""
        await self.move(user_id, self._ids(into), self._ids(out_of))

    def _ids(self, names: Iterable[str]) -> list[str]:
        return [group.id for name in names if (group := self.groups.by_name(name))]

    async def tick(self) -> None:
        """See what the command line changed, and what has ended by itself."""
        if await reload(self.grants, self.groups, self.roles, self.quotas, self.owners):
            self._put()
        if (have := self._roles_of_users()) != self._had:
            self._had, self._is_stirred = have, True
        self.table.expire()
        await self._settle()

    def _roles_of_users(self) -> dict[str, Role]:
        """What each has everywhere: it changes what they may see, too."""
        return {user.id: user.role for user in self._users.all()}

    def _put(self) -> None:
        self.table.put(self.grants.all(), self.groups.all(), self.roles.all(), self.quotas.all(), self.owners.all())

    def _stir(self) -> None:
        self._is_stirred = True

    async def _settle(self) -> None:
        if self._is_stirred and self.when_changed is not None:
            self._is_stirred = False
            await self.when_changed()
