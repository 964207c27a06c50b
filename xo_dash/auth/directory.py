"""A directory of users, LDAP or Active Directory: who has this name and password, and in which groups they are.

ldap3 speaks the protocol, in threads of its own. Imported only where a directory is set.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

from xo_dash.auth.external import ClosedAccount, DirectoryAway, DirectoryRefusal, ExternalIdentity
from xo_dash.auth.ldap_connection import ACCOUNT_CONTROL, IDS, NAMES, BindAnswer, Entry, LdapConnection
from xo_dash.auth.ldap_names import comparable, simple_name
from xo_dash.config_sign_in import LdapServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # as in `ldap_connection`
    from ldap3.core.exceptions import LDAPException
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import escape_rdn

log = logging.getLogger(__name__)
T = TypeVar("T")

THREADS: Final = 4
LONGEST_NAME: Final = 200
OBJECT_GUID: Final = 32
"""Hexadecimal digits of one; an entryUUID has hyphens besides."""
DISABLED: Final = 2
"""The flag of an account."""
MOST_GROUPS: Final = 500
"""Groups of one user that are looked into for groups that these are in."""
IN_CHAIN: Final = "1.2.840.113556.1.4.1941"
"""Active Directory's rule for who is in a group by other groups."""


class LdapDirectory:
    """One server. Each question is a connection of its own."""

    def __init__(self, server: LdapServer) -> None:
        self.server = server
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="directory")
        self._is_away = False

    def knows(self, external: str) -> bool:
        """Whether an account is of this directory."""
        return external.startswith(f"{self.server.url} ")

    async def identify(self, name: str, password: str) -> ExternalIdentity | None:
        """Who that is; None where the name or the password is wrong. Raises DirectoryAway."""
        return await self._asked(lambda: self.identify_now(name, password))

    async def _asked(self, ask: Callable[[], T]) -> T:
        """In a thread; that it is away is logged once. Raises DirectoryAway."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except DirectoryAway as error:
            if not self._is_away:
                log.warning("the directory %s cannot be asked: %s", self.server.url, error)
            self._is_away = True
            raise
        if self._is_away:
            log.info("the directory %s answers again", self.server.url)
        self._is_away = False
        return found

    def identify_now(self, name: str, password: str) -> ExternalIdentity | None:
        """As `identify`, for a thread and for the command line."""
        if not name or len(name) > LONGEST_NAME or not password or "\0" in password:
            return None  # an empty password is nobody's, and many a server takes it for nobody in particular
        with _troubles():
            return self._as_user(name, password) if self.server.user_dn else self._searched(name, password)

    async def look_up(self, accounts: Mapping[str, str]) -> Mapping[str, ExternalIdentity | None]:
        """Who they are now, given as {`ExternalIdentity.subject`: name}; None for who is gone or disabled. Raises DirectoryAway."""
        return await self._asked(lambda: self._looked_up(accounts))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    # ---- the two ways

    def _as_user(self, name: str, password: str) -> ExternalIdentity | None:
        """Sign in there as the user, who then reads their own entry."""
        dn = self.server.user_dn.replace("{name}", escape_rdn(name))
        with LdapConnection(self.server) as connection:
            answer = connection.bind(dn, password)
            if isinstance(answer, ClosedAccount):
                raise DirectoryRefusal(answer, "")
            if answer is BindAnswer.WRONG:
                return None
            entry = self._entry(connection, name) if self.server.base else connection.read(dn)
            return self._identity(connection, entry, name) if entry is not None else None

    def _searched(self, name: str, password: str) -> ExternalIdentity | None:
        """Look the user up, and sign in there as who was found; as nobody where there is none, which takes as long."""
        with self._reader() as reader:
            entry = self._entry(reader, name)
            dn = str(entry["dn"]) if entry is not None else f"cn={secrets.token_hex(8)},{self.server.base}"
            with LdapConnection(self.server) as connection:
                answer = connection.bind(dn, password)
            if isinstance(answer, ClosedAccount):
                raise DirectoryRefusal(answer, self._subject(entry) if entry is not None else "")
            return self._identity(reader, entry, name) if entry is not None and answer is BindAnswer.RIGHT else None

    @contextmanager
    def _reader(self) -> Iterator[LdapConnection]:
        """Who searches."""
        with LdapConnection(self.server) as reader:
            if reader.bind(self.server.bind_dn, self.server.password) is not BindAnswer.RIGHT:
                raise DirectoryAway("ldap_bind_dn or its password is wrong")
            yield reader

    def _entry(self, connection: LdapConnection, name: str) -> Entry | None:
        """The one user of this name; None where there is none, or several."""
        found = connection.search(self.server.base, self.server.user_filter.replace("{name}", escape_filter_chars(name)))
        return found[0] if len(found) == 1 else None

    def _identity(self, connection: LdapConnection, entry: Entry, name: str) -> ExternalIdentity:
        found = {one for group in self._groups(connection, entry) for dn in [comparable(group)] for one in (dn, simple_name(dn))}
        mapped = {*self.server.roles, *self.server.groups}
        return ExternalIdentity(
            subject=self._subject(entry),
            name=next((str(one) for key in NAMES for one in _listed(entry["attributes"].get(key))), name),
            groups=frozenset(group for group in mapped if comparable(group) in found),
        )

    def _subject(self, entry: Entry) -> str:
        return f"{self.server.url} {_id(entry) or entry['dn']}"

    # ---- without a password

    def _looked_up(self, accounts: Mapping[str, str]) -> Mapping[str, ExternalIdentity | None]:
        with _troubles(), self._reader() as reader:
            entries = {account: self._entry_of(reader, account, name) for account, name in accounts.items()}
            return {
                account: self._identity(reader, entry, "") if entry is not None and not _is_disabled(entry) else None
                for account, entry in entries.items()
            }

    def _entry_of(self, reader: LdapConnection, account: str, name: str) -> Entry | None:
        """By its id, which a renaming leaves; by its name, too, for not every server finds by an id."""
        known = account.removeprefix(f"{self.server.url} ")
        if "=" in known:
            return reader.read(known)
        is_bytes = len(known) == OBJECT_GUID and known.isalnum()
        value = "".join(f"\\{byte:02x}" for byte in bytes.fromhex(known)) if is_bytes else escape_filter_chars(known)
        by_name = self.server.user_filter.replace("{name}", escape_filter_chars(name))
        for query in (f"({IDS[is_bytes]}={value})", by_name):
            for entry in reader.search(self.server.base, query):
                if self._subject(entry) == account:
                    return entry
        return None

    # ---- groups, by their names

    def _groups(self, connection: LdapConnection, entry: Entry) -> list[str]:
        groups = list(self._groups_with(connection, entry))
        if not self.server.nested_groups:
            return groups
        if entry["raw_attributes"].get("objectGUID"):
            query = f"(member:{IN_CHAIN}:={escape_filter_chars(str(entry['dn']))})"
            return groups + [str(group["dn"]) for group in connection.search(self.server.base, query)]
        return list(self._with_groups_above(connection, groups))

    def _groups_with(self, connection: LdapConnection, entry: Entry) -> Iterator[str]:
        """Those that a user or a group is in directly."""
        yield from (str(one) for one in _listed(entry["attributes"].get("memberOf")))
        if self.server.group_filter:
            query = self.server.group_filter.replace("{dn}", escape_filter_chars(str(entry["dn"])))
            yield from (str(group["dn"]) for group in connection.search(self.server.base, query))

    def _with_groups_above(self, connection: LdapConnection, groups: Iterable[str]) -> Iterable[str]:
        """`groups`, and the groups that these are in; one that is in itself is looked into once."""
        known = {comparable(group): group for group in groups}
        waiting = list(known.values())
        while waiting and len(known) < MOST_GROUPS:
            entry = connection.read(waiting.pop())
            for group in self._groups_with(connection, entry) if entry is not None else ():
                if comparable(group) not in known:
                    known[comparable(group)] = group
                    waiting.append(group)
        return known.values()


@contextmanager
def _troubles() -> Iterator[None]:
    """Whatever goes wrong on the way raises DirectoryAway."""
    try:
        yield
    except (LDAPException, OSError, ssl.SSLError) as error:
        raise DirectoryAway(" ".join(str(error).split()) or type(error).__name__) from error


def _is_disabled(entry: Entry) -> bool:
    flags = str(next(iter(_listed(entry["attributes"].get(ACCOUNT_CONTROL))), ""))
    return flags.isdecimal() and bool(int(flags) & DISABLED)


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [] if value in (None, "") else [value]


def _id(entry: Entry) -> str:
    """Who that is for ever; empty if the directory does not say."""
    for key in IDS:
        raw = _listed(entry["raw_attributes"].get(key))
        if raw and isinstance(raw[0], bytes):
            return raw[0].decode() if key == IDS[0] else raw[0].hex()
    return ""
