"""Who may come in, as what, and how they like it."""

import secrets
import time
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from data.stores.directory import DataDirectory, in_thread
from data.stores.errors import RecordRefused
from data.stores.records import Records
from data.stores.trace import UNTOLD
from xo_dash.i18n import _

LONGEST_NAME = 64
FOLLOWERS = tuple(f"{kind}.json" for kind in ("sessions", "tokens", "passkeys", "second_factors", "invitations", "owners"))
"""What is written of users only. Grants, quotas, groups and servers may be there before the first of them."""


class Role(StrEnum):
    """What a user may do everywhere; each may all that those before it may."""

    NONE = "none"  # nothing, but for what grants give
    VIEWER = "viewer"  # look
    OPERATOR = "operator"  # start, stop, snapshot what is there
    ADMIN = "admin"  # everything, and users and servers

    def includes(self, other: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account of this dashboard; has nothing to do with XAPI's users."""

    id: str
    name: str
    password_hash: str = field(repr=False)  # by passlib; empty: no password opens it
    role: Role
    created: float = field(metadata=UNTOLD)  # seconds since 1970
    epoch: str = field(repr=False, metadata=UNTOLD)  # another one with every new password: ends the sessions of the old
    external: str = ""  # whom a provider of identities calls so: its issuer and the subject; empty: only known here
    disabled: bool = False  # may not come in, and none of their tokens
    signed_in: float = field(default=0.0, metadata=UNTOLD)  # seconds since 1970, the last time; 0: never
    preferences: dict[str, Any] = field(default_factory=dict, repr=False)  # language, theme, columns, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CappedUser(User):
    """A user as a token acts for them: never as more than `cap`, whatever they may themselves."""

    cap: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewedUser(CappedUser):
    """A user as an administrator looks through their eyes: nothing is done as them."""

    by: User


def capped(user: User, cap: Role) -> User:
    """`user` with at most this role, everywhere."""
    return user if cap is Role.ADMIN else CappedUser(**_values(user, cap), cap=cap)


def viewed(user: User, by: User) -> ViewedUser:
    """`user` as `by` looks through their eyes."""
    return ViewedUser(**_values(user, Role.OPERATOR), cap=Role.OPERATOR, by=by)


def _values(user: User, cap: Role) -> dict[str, Any]:
    values = {one.name: getattr(user, one.name) for one in fields(User)}
    return {**values, "role": user.role if cap.includes(user.role) else cap}


def name_key(name: str) -> str:
    """Two names of the same key are the same name."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class UserStore(Records[User]):
    """users.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "users", User, followers=FOLLOWERS)

    def by_name(self, name: str) -> User | None:
        """Upper and lower case are the same."""
        key = name_key(name)
        return next((user for user in self.all() if name_key(user.name) == key), None)

    def by_external(self, external: str) -> User | None:
        return next((user for user in self.all() if user.external == external), None)

    def any_administrator(self) -> bool:
        """Whether somebody who can sign in is there to let others in; if not, it is the first run."""
        return _administrators(self._records) > 0

    def add_now(self, name: str, password_hash: str, role: Role, *, only_if_first: bool = False, external: str = "") -> User:
        """A new user. `only_if_first`: refused if there is an administrator by now.

        Raises RecordRefused if the name is empty, too long, or taken.
        """
        cleaned = unicodedata.normalize("NFKC", name).strip()
        if not 0 < len(cleaned) <= LONGEST_NAME or not cleaned.isprintable():
            raise RecordRefused(_("a name has 1 to {longest} visible characters").format(longest=LONGEST_NAME))
        user = User(
            id=str(uuid.uuid4()),
            name=cleaned,
            password_hash=password_hash,
            role=role,
            created=time.time(),
            epoch=secrets.token_hex(8),
            external=external,
        )

        def edit(records: dict[str, User]) -> None:
            if only_if_first and _administrators(records):
                raise RecordRefused(_("the first administrator already exists; sign in"))
            if any(name_key(other.name) == name_key(cleaned) for other in records.values()):
                raise RecordRefused(_("the user {name} already exists").format(name=cleaned))
            records[user.id] = user

        self._change("user.add", edit, cleaned)
        return user

    def set_password_now(self, user_id: str, password_hash: str) -> User:
        """A new password; sessions of the old one end."""
        return self._update("user.password", user_id, lambda user: replace(user, password_hash=password_hash, epoch=secrets.token_hex(8)))

    def set_hash_now(self, user_id: str, old: str, new: str) -> User:
        """The same password, hashed better; sessions go on. Nothing, if it is not the `old` one any more."""
        return self._update(None, user_id, lambda user: replace(user, password_hash=new) if user.password_hash == old else user)

    def set_role_now(self, user_id: str, role: Role) -> User:
        """Raises RecordRefused for the last administrator."""

        def edit(records: dict[str, User]) -> User:
            if user_id in records:
                records[user_id] = replace(records[user_id], role=role)
            _keep_an_administrator(self._records, records)
            return self.need(user_id) if user_id not in records else records[user_id]

        return self._change("user.role", edit, user_id)

    def set_disabled_now(self, user_id: str, *, disabled: bool) -> User:
        """Raises RecordRefused for the last administrator, and for one's own account."""

        def edit(records: dict[str, User]) -> User:
            records[user_id] = replace(self.need(user_id), disabled=disabled)
            _keep_an_administrator(self._records, records)
            if disabled:
                self._keep_oneself(user_id)
            return records[user_id]

        return self._change("user.disable" if disabled else "user.enable", edit, user_id)

    def set_preferences_now(self, user_id: str, changes: Mapping[str, Any]) -> User:
        """Set some; None forgets one. Values are what JSON can carry. Who looks through somebody's eyes changes nothing."""
        if self._directory.actor.only_looks:
            return self.need(user_id)

        def edit(user: User) -> User:
            merged = {**user.preferences, **changes}
            return replace(user, preferences={key: value for key, value in merged.items() if value is not None})

        return self._update(None, user_id, edit)

    def remove_now(self, user_id: str) -> User:
        """Raises RecordRefused for the last administrator, and for one's own account."""

        def edit(records: dict[str, User]) -> User:
            user = self.need(user_id)
            del records[user_id]
            _keep_an_administrator(self._records, records)
            self._keep_oneself(user_id)
            return user

        return self._change("user.remove", edit, user_id)

    def _keep_oneself(self, user_id: str) -> None:
        """Nobody locks themselves out, by a slip or by a program that has their token."""
        if self._directory.actor.user_id == user_id:
            raise RecordRefused(_("this is your own account; ask another administrator to disable or remove it"))

    add = in_thread(add_now)
    set_password = in_thread(set_password_now)
    set_hash = in_thread(set_hash_now)
    set_role = in_thread(set_role_now)
    set_disabled = in_thread(set_disabled_now)

    async def note_sign_in(self, user_id: str) -> None:
        """Write down that they came in just now."""
        now = time.time()
        await self._directory.run(self._update, None, user_id, lambda user: replace(user, signed_in=now))

    set_preferences = in_thread(set_preferences_now)
    remove = in_thread(remove_now)


def _administrators(records: Mapping[str, User]) -> int:
    return sum(user.role is Role.ADMIN and bool(user.password_hash) and not user.disabled for user in records.values())


def _keep_an_administrator(before: Mapping[str, User], after: Mapping[str, User]) -> None:
    if _administrators(before) and not _administrators(after):
        raise RecordRefused(_("this is the last administrator; create another one first"))
