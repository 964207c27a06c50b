"""One conversation with a directory: opened, encrypted, and closed at the end of a block. Passwords go over what is encrypted alone."""

from __future__ import annotations

import re
import ssl
import warnings
from collections.abc import Iterable, Mapping
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any, Final

from xo_dash.auth.external import ClosedAccount, DirectoryAway
from xo_dash.config_sign_in import LdapServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of pyasn1's older names, which ldap3 imports
    import ldap3
    from ldap3.core.results import RESULT_NO_SUCH_OBJECT, RESULT_REFERRAL, RESULT_SUCCESS

PATIENCE: Final = 5
"""Seconds for a connection, and for an answer."""
NAMES: Final = ("uid", "sAMAccountName")
IDS: Final = ("entryUUID", "objectGUID")
"""Attributes: what people are called, and who they are for ever."""
ACCOUNT_CONTROL: Final = "userAccountControl"
"""Of Active Directory: flags of an account."""
ATTRIBUTES: Final = ("memberOf", ACCOUNT_CONTROL, *NAMES, *IDS)
PAGE: Final = 500
"""Entries asked for at once: Active Directory gives no more than 1000."""
MOST: Final = 5000
"""Entries of one question that are read."""

Entry = Mapping[str, Any]
"""As ldap3 answers: `dn`, `attributes` and `raw_attributes`."""

_CLOSED: Final = {
    "530": ClosedAccount.NOT_NOW,
    "532": ClosedAccount.PASSWORD_EXPIRED,
    "533": ClosedAccount.DISABLED,
    "701": ClosedAccount.EXPIRED,
    "773": ClosedAccount.PASSWORD_EXPIRED,
}
"""{what Active Directory adds to a refusal, hexadecimal: what it means}: these alone it says only to who knows the password."""
_REASON: Final = re.compile(r"AcceptSecurityContext error, data ([0-9a-f]+)")


class BindAnswer(Enum):
    """What is said to a name and a password."""

    RIGHT = "right"
    WRONG = "wrong"


class LdapConnection:
    """Raises LDAPException, OSError and ssl.SSLError where it cannot be opened, DirectoryAway where it cannot be used."""

    def __init__(self, server: LdapServer) -> None:
        host = ldap3.Server(server.url, tls=_Tls(server.ca), get_info=ldap3.NONE, connect_timeout=PATIENCE)
        self._connection = ldap3.Connection(
            host, read_only=True, auto_referrals=False, check_names=False, receive_timeout=PATIENCE, raise_exceptions=False
        )
        self._starttls = server.starttls and server.url.startswith("ldap://")

    def __enter__(self) -> LdapConnection:
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

    def bind(self, dn: str, password: str) -> BindAnswer | ClosedAccount:
        """An empty `dn` is nobody in particular. Raises DirectoryAway where it was neither right nor wrong."""
        self._connection.user, self._connection.password = dn or None, password or None
        self._connection.authentication = ldap3.SIMPLE if dn else ldap3.ANONYMOUS
        if self._connection.bind(read_server_info=False):
            return BindAnswer.RIGHT
        result = self._connection.result
        if result["description"] not in ("invalidCredentials", "invalidDNSyntax", "noSuchObject"):
            raise DirectoryAway(_words(result))
        reason = _REASON.search(str(result["message"]))
        return _CLOSED.get(reason[1], BindAnswer.WRONG) if reason else BindAnswer.WRONG

    def search(self, base: str, query: str) -> list[Entry]:
        """All below `base` that fit, in as many pages as it takes. Raises DirectoryAway where that cannot be told."""
        pages = self._connection.extend.standard.paged_search(base, query, attributes=ATTRIBUTES, paged_size=PAGE, generator=True)
        found = list(islice(pages, MOST))
        result = self._connection.result
        if result["result"] == RESULT_REFERRAL:
            raise DirectoryAway(f"ldap_base is of another server: {', '.join(result['referrals'] or ())}; set ldap_url to that one")
        if result["result"] == RESULT_NO_SUCH_OBJECT:
            raise DirectoryAway(f"there is nothing at ldap_base, {base}, or ldap_bind_dn may not read it")
        if result["result"] != RESULT_SUCCESS:
            raise DirectoryAway(_words(result))
        return _entries(found)

    def read(self, dn: str) -> Entry | None:
        """None where it is not there, or elsewhere."""
        self._connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=ATTRIBUTES)
        return next(iter(_entries(self._connection.response)), None)


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """With Python's own check of the certificate and its name: ldap3 asks a function for it that Python 3.12 has no more."""

    def __init__(self, ca: Path | None) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = ssl.create_default_context(cafile=ca)

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        connection.socket = self._context.wrap_socket(connection.socket, server_hostname=connection.server.host)


def _entries(response: Iterable[Entry] | None) -> list[Entry]:
    """Without references to other servers, which Active Directory adds to what is asked of a whole domain."""
    return [one for one in response or () if one.get("type") == "searchResEntry"]


def _words(result: Mapping[str, Any]) -> str:
    return f"{result['description']}: {result['message']}"
