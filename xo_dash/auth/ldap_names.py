"""Distinguished names, as far as they have to be compared: `CN=Ops, OU=Groups` and `cn=ops,ou=groups` are the same."""

from __future__ import annotations

import re
import warnings
from typing import Final

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # as in `ldap_connection`
    from ldap3.core.exceptions import LDAPInvalidDnError
    from ldap3.utils.dn import parse_dn

_ESCAPED: Final = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)

ComparableName = tuple[tuple[str, str], ...]
"""Its parts, folded; one without an attribute for what is no distinguished name."""


def comparable(text: str) -> ComparableName:
    try:
        parts = parse_dn(text, strip=True)
    except LDAPInvalidDnError:
        return (("", text.strip().casefold()),)
    return tuple((str(attribute).strip().casefold(), _plain(value).casefold()) for attribute, value, _separator in parts)


def simple_name(dn: ComparableName) -> ComparableName:
    """As `comparable` makes it of the first name alone: `admins` of `cn=admins,ou=groups,dc=example,dc=org`."""
    return (("", dn[0][1]),)


def _plain(value: str) -> str:
    """`Ops, Berlin` of `Ops\\, Berlin` or `Ops\\2C Berlin`."""
    unescaped = _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()) if len(found[1]) == 2 else found[1], value.strip().encode())
    return unescaped.decode(errors="replace")
