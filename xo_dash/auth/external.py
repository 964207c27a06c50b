"""Accounts of people whom somebody else knows, a provider or a directory: made at the first sign-in, and as their groups there say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from data.stores.trace import Actor, by
from data.stores.users import LONGEST_NAME, Role, User
from xo_dash.auth.refused import Refused, refusing
from xo_dash.auth.session_keeper import SessionKeeper, need_enabled
from xo_dash.i18n import _

Join = Callable[[str, Iterable[str], Iterable[str]], Awaitable[None]]
"""Puts a user, by id, into groups of ours, by name, and takes them out of others."""
Revoke = Callable[[str], Awaitable[None]]
"""Revokes all tokens of a user, by id."""


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """Who they say it is."""

    subject: str  # with the issuer or the directory: who it is, for ever
    name: str  # what they are called there
    groups: frozenset[str]


class GroupSource(Protocol):
    """A provider or a directory as it is set: what it is called, and what its groups are worth here."""

    @property
    def name(self) -> str: ...

    @property
    def roles(self) -> Mapping[str, str]: ...

    @property
    def groups(self) -> Mapping[str, str]: ...


class DirectoryAway(Exception):
    """A directory does not answer, or refuses what was set for it; the text says why, in the words of the protocol."""


class ClosedAccount(Enum):
    """Why a directory lets somebody in no longer who has the right password."""

    DISABLED = "disabled"
    EXPIRED = "expired"
    PASSWORD_EXPIRED = "password expired"  # noqa: S105  # no password
    NOT_NOW = "not now"


class DirectoryRefusal(Exception):
    """A directory knows who that is, and lets them not in."""

    def __init__(self, why: ClosedAccount, subject: str) -> None:
        """`subject`: as of an ExternalIdentity; empty where it is not known."""
        super().__init__(why.value)
        self.why, self.subject = why, subject


class ExternalAccounts:
    """Known by what the provider or directory calls them, never by a name that they may choose."""

    def __init__(self, keeper: SessionKeeper, join: Join, revoke: Revoke) -> None:
        self._keeper = keeper
        self._users = keeper.users
        self._join, self._revoke = join, revoke

    async def account_of(self, identity: ExternalIdentity, source: GroupSource, address: str) -> User:
        """Of who signs in: their account with the role and the groups that they have now. Raises Refused."""
        with by(Actor(identity.name[:LONGEST_NAME], address=address)):
            return await self.brought_up(identity, source)

    async def brought_up(self, identity: ExternalIdentity, source: GroupSource) -> User:
        """Their account with the role and the groups that they have now. Raises Refused."""
        role = role_of(identity.groups, source.roles)
        if role is None:
            await self.shut_out(identity.subject, "none of their groups may sign in any more")
            raise Refused(_("None of your groups at {provider} may sign in here.").format(provider=source.name))
        user = await self._known(identity, role)
        if source.groups:
            mine = {source.groups[group] for group in identity.groups if group in source.groups}
            await self._join(user.id, mine, set(source.groups.values()) - mine)
        need_enabled(user)
        return user

    async def _known(self, identity: ExternalIdentity, role: Role) -> User:
        """Raises Refused, for a name that somebody else has here as well."""
        user = self._users.by_external(identity.subject)
        if user is None:
            return await refusing(self._users.add(identity.name, "", role, external=identity.subject))
        return user if user.role is role else await refusing(self._users.set_role(user.id, role))

    async def close_account(self, subject: str, why: str) -> None:
        """Whoever is no user there any more is out, and their tokens open nothing."""
        await self.shut_out(subject, why)
        if (user := self._users.by_external(subject)) is not None:
            await self._revoke(user.id)

    async def shut_out(self, subject: str, why: str) -> None:
        """Whoever was let in before and may not come in any more is out everywhere; of their role nothing is left to their tokens."""
        if (user := self._users.by_external(subject)) is None:
            return
        self._keeper.end_all_of(user.id, why=why)
        if user.role is not Role.NONE:
            await refusing(self._users.set_role(user.id, Role.NONE))


def role_of(groups: Iterable[str], roles: Mapping[str, str]) -> Role | None:
    """The highest that any of them gives; `*` is everybody's."""
    found = [Role(roles[group]) for group in (*groups, "*") if group in roles]
    return max(found, key=list(Role).index, default=None)


async def join_nothing(_user_id: str, _into: Iterable[str], _out_of: Iterable[str]) -> None:
    """Where there are no groups."""
