"""Settings of who may sign in: a provider of identities, a directory, and the address that passkeys are made for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from xo_dash.config_readers import ConfigError, Given, read_path, read_table, read_text, read_truth, wrong
from xo_dash.i18n import _

OIDC_SECRET: Final = "XO_DASH_OIDC_CLIENT_SECRET"  # noqa: S105  # only in the environment: others see flags, and files are copied
LDAP_SECRET: Final = "XO_DASH_LDAP_PASSWORD"  # noqa: S105  # likewise
ROLES: Final = ("none", "viewer", "operator", "admin")
USER_FILTER: Final = "(uid={name})"


@dataclass(frozen=True, slots=True)
class Provider:
    """Who else may say who somebody is, by OpenID Connect."""

    issuer: str  # https://id.example.org/realms/home
    client_id: str
    secret: str = field(default="", repr=False)  # empty: a public client
    name: str = "Single sign-on"  # on the button
    groups_claim: str = "groups"
    roles: Mapping[str, str] = field(default_factory=dict)  # {group: role}, "*" for everybody
    groups: Mapping[str, str] = field(default_factory=dict)  # {group there: group here}


@dataclass(frozen=True, slots=True)
class LdapServer:
    """A directory that knows users and their passwords: LDAP, or Active Directory."""

    url: str  # ldaps://dc.example.org, or ldap:// with STARTTLS
    roles: Mapping[str, str]  # {group's name or DN: role}, "*" for everybody
    base: str = ""  # where users are searched
    user_filter: str = USER_FILTER
    user_dn: str = ""  # what users sign in there as, with {name}; empty: they are searched first
    bind_dn: str = ""  # who searches; empty: nobody in particular
    password: str = field(default="", repr=False)  # of bind_dn
    starttls: bool = True
    ca: Path | None = None  # the authority of its certificate; None: those of the system
    group_filter: str = ""  # what finds the groups of {dn}; empty: the user's memberOf names them
    nested_groups: bool = False  # also the groups that groups are in
    name: str = "LDAP"  # in sentences
    groups: Mapping[str, str] = field(default_factory=dict)  # {group there: group here}


@dataclass(frozen=True, slots=True)
class PasskeySite:
    """What passkeys are made for: they work at this address alone."""

    domain: str  # xo.example.org
    origin: str  # https://xo.example.org


def passkey_site(url: str) -> PasskeySite | None:
    """None where browsers refuse passkeys: without a name, or without https but for localhost."""
    parts = urlsplit(url)
    name = (parts.hostname or "").lower()
    if _is_address(name) or not (parts.scheme == "https" or name == "localhost"):
        return None
    default = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return PasskeySite(name, f"{parts.scheme}://{name}{port}")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return not name
    return True


# ---- readers


def read_public_url(given: Given) -> str:
    text = read_text(given).rstrip("/")
    try:
        parts = urlsplit(text)
        is_bare = not (parts.path or parts.query or parts.fragment or parts.username)
        right = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0 and is_bare
    except ValueError:
        right = False
    if not right or any(char.isspace() for char in text):
        raise wrong(given, _("the address that browsers open, such as https://xo.example.org"))
    return text


def _issuer(given: Given) -> str:
    text = read_text(given)
    if not text.startswith(("https://", "http://")) or any(char.isspace() for char in text):
        raise wrong(given, _("the address of a provider, such as https://id.example.org"))
    return text


def _ldap_url(given: Given) -> str:
    text = read_text(given)
    if not text.startswith(("ldaps://", "ldap://")) or not urlsplit(text).hostname or any(char.isspace() for char in text):
        raise wrong(given, _("the address of a directory, such as ldaps://dc.example.org"))
    return text


def _with(place: str) -> Callable[[Given], str]:
    def read(given: Given) -> str:
        text = read_text(given)
        if place not in text:
            raise wrong(given, _("a text with {place} in it").format(place=place))
        return text

    return read


def _roles(given: Given) -> Mapping[str, str]:
    wanted = _("groups and their roles, such as admins=admin, *=viewer")
    table = read_table(given, wanted)
    if not all(role in ROLES for role in table.values()):
        raise wrong(given, wanted)
    return table


def _groups(given: Given) -> Mapping[str, str]:
    return read_table(given, _("groups there and here, such as devs=developers"))


READERS: Final[Mapping[str, Callable[[Given], object]]] = {
    "public_url": read_public_url,
    "oidc_issuer": _issuer,
    "oidc_client_id": read_text,
    "oidc_name": read_text,
    "oidc_groups_claim": read_text,
    "oidc_roles": _roles,
    "oidc_groups": _groups,
    "ldap_url": _ldap_url,
    "ldap_base": read_text,
    "ldap_user_filter": _with("{name}"),
    "ldap_user_dn": _with("{name}"),
    "ldap_bind_dn": read_text,
    "ldap_starttls": read_truth,
    "ldap_ca": read_path,
    "ldap_group_filter": _with("{dn}"),
    "ldap_nested_groups": read_truth,
    "ldap_name": read_text,
    "ldap_roles": _roles,
    "ldap_groups": _groups,
}


# ---- what belongs together


def provider(values: dict[str, Any], given: Mapping[str, Given], secret: str) -> Provider | None:
    """Take what is about it out of `values`."""
    found = _taken("oidc_", ("issuer", "client_id", "roles"), values, given)
    return Provider(secret=secret, **found) if found else None


def ldap_server(values: dict[str, Any], given: Mapping[str, Given], password: str) -> LdapServer | None:
    """Take what is about it out of `values`."""
    found = _taken("ldap_", ("url", "roles"), values, given)
    if not found:
        return None
    if not found.get("base") and not found.get("user_dn"):
        raise ConfigError(_("{source} is set, but {other} is not").format(source=given["ldap_url"].source, other="ldap_base"))
    return LdapServer(password=password, **found)


def _taken(prefix: str, needed: tuple[str, ...], values: dict[str, Any], given: Mapping[str, Given]) -> dict[str, Any]:
    found = {name.removeprefix(prefix): values.pop(name) for name in [*values] if name.startswith(prefix)}
    for name in needed if found else ():
        if name not in found:
            has = next(one for one in given if one.startswith(prefix))
            raise ConfigError(_("{source} is set, but {other} is not").format(source=given[has].source, other=prefix + name))
    return found
