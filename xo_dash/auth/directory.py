"""A directory of users, LDAP or Active Directory: who has this name and password, and in which groups they are.

ldap3 speaks the protocol, in threads of its own. Imported only where a directory is set.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
import warnings
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from xo_dash.auth.external import DirectoryAway, ExternalIdentity
from xo_dash.config_sign_in import LdapServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of pyasn1's older names, which ldap3 imports
    import ldap3
    from ldap3.core.exceptions import LDAPException
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import escape_rdn, parse_dn

log = logging.getLogger(__name__)

PATIENCE: Final = 5
"""Seconds for a connection, and for an answer."""
THREADS: Final = 4
LONGEST_NAME: Final = 200
NAMES: Final = ("uid", "sAMAccountName")
IDS: Final = ("entryUUID", "objectGUID")
"""Attributes: what people are called, and who they are for ever."""

Entry = Mapping[str, Any]
"""As ldap3 answers: `dn`, `attributes` and `raw_attributes`."""


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
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, self.identify_now, name, password)
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
        try:
            return self._as_user(name, password) if self.server.user_dn else self._searched(name, password)
        except (LDAPException, OSError, ssl.SSLError) as error:
            raise DirectoryAway(" ".join(str(error).split()) or type(error).__name__) from error

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    # ---- the two ways

    def _as_user(self, name: str, password: str) -> ExternalIdentity | None:
        """Sign in there as the user, who then reads their own entry."""
        dn = self.server.user_dn.format(name=escape_rdn(name))
        with _Connection(self.server) as connection:
            if not connection.binds(dn, password):
                return None
            entry = self._entry(connection, name) if self.server.base else connection.read(dn)
            return self._identity(connection, entry, name) if entry is not None else None

    def _searched(self, name: str, password: str) -> ExternalIdentity | None:
        """Look the user up, and sign in there as who was found; as nobody where there is none, which takes as long."""
        with _Connection(self.server) as connection:
            if not connection.binds(self.server.bind_dn, self.server.password):
                raise DirectoryAway("ldap_bind_dn or its password is wrong")
            entry = self._entry(connection, name)
            identity = self._identity(connection, entry, name) if entry is not None else None
        dn = str(entry["dn"]) if entry is not None else f"cn={secrets.token_hex(8)},{self.server.base}"
        with _Connection(self.server) as connection:
            return identity if connection.binds(dn, password) else None

    def _entry(self, connection: _Connection, name: str) -> Entry | None:
        """The one user of this name; None where there is none, or several."""
        found = connection.search(self.server.base, self.server.user_filter.format(name=escape_filter_chars(name)))
        return found[0] if len(found) == 1 else None

    def _identity(self, connection: _Connection, entry: Entry, name: str) -> ExternalIdentity:
        dn, values = str(entry["dn"]), entry["attributes"]
        groups = [str(one) for one in _listed(values.get("memberOf"))]
        if self.server.group_filter:
            query = self.server.group_filter.format(dn=escape_filter_chars(dn))
            groups += [str(group["dn"]) for group in connection.search(self.server.base, query)]
        found = {one.casefold() for group in groups for one in (group, _first_name(group))}
        mapped = {*self.server.roles, *self.server.groups}
        return ExternalIdentity(
            subject=f"{self.server.url} {_id(entry) or dn}",
            name=next((str(one) for key in NAMES for one in _listed(values.get(key))), name),
            groups=frozenset(group for group in mapped if group.casefold() in found),
        )


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """With Python's own check of the certificate and its name: ldap3 asks a function for it that Python 3.12 has no more."""

    def __init__(self, ca: Path | None) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = ssl.create_default_context(cafile=ca)

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        connection.socket = self._context.wrap_socket(connection.socket, server_hostname=connection.server.host)


class _Connection:
    """Opened and encrypted; closed at the end of the block. Raises LDAPException."""

    def __init__(self, server: LdapServer) -> None:
        host = ldap3.Server(server.url, tls=_Tls(server.ca), get_info=ldap3.NONE, connect_timeout=PATIENCE)
        self._connection = ldap3.Connection(
            host, read_only=True, auto_referrals=False, check_names=False, receive_timeout=PATIENCE, raise_exceptions=False
        )
        self._starttls = server.starttls and server.url.startswith("ldap://")

    def __enter__(self) -> _Connection:
        try:
            self._connection.open(read_server_info=False)
            if self._starttls and not self._connection.start_tls(read_server_info=False):
                raise DirectoryAway("it has no STARTTLS")
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.unbind()
        self._close()

    def _close(self) -> None:
        """ldap3 leaves a socket open on which something failed."""
        if (socket := self._connection.socket) is not None:
            socket.close()

    def binds(self, dn: str, password: str) -> bool:
        """Whether that is right; an empty `dn` is nobody in particular. Raises DirectoryAway where it was neither right nor wrong."""
        self._connection.user, self._connection.password = dn or None, password or None
        self._connection.authentication = ldap3.SIMPLE if dn else ldap3.ANONYMOUS
        if self._connection.bind(read_server_info=False):
            return True
        result = self._connection.result
        if result["description"] in ("invalidCredentials", "invalidDNSyntax", "noSuchObject"):
            return False
        raise DirectoryAway(f"{result['description']}: {result['message']}")

    def search(self, base: str, query: str) -> list[Entry]:
        self._connection.search(base, query, attributes=["memberOf", *NAMES, *IDS], size_limit=1000)
        return _entries(self._connection.response)

    def read(self, dn: str) -> Entry | None:
        self._connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["memberOf", *NAMES, *IDS])
        return next(iter(_entries(self._connection.response)), None)


def _entries(response: Iterable[Entry] | None) -> list[Entry]:
    """Without references to other servers."""
    return [one for one in response or () if one.get("type") == "searchResEntry"]


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [] if value in (None, "") else [value]


def _id(entry: Entry) -> str:
    """Who that is for ever; empty if the directory does not say."""
    for key in IDS:
        raw = _listed(entry["raw_attributes"].get(key))
        if raw and isinstance(raw[0], bytes):
            return raw[0].decode() if key == IDS[0] else raw[0].hex()
    return ""


def _first_name(dn: str) -> str:
    """`admins` of `cn=admins,ou=groups,dc=example,dc=org`."""
    try:
        return str(parse_dn(dn)[0][1])
    except (LDAPException, IndexError):
        return dn
