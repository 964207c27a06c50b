"""The objects that grants are on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data.grants.grant import Grant, GrantKind
from data.identity import key_of, seen_from
from data.names import name_of
from data.objects import SR, VM, Host, Network, Pool
from data.sight import Sight
from data.types import Home, XapiObject

TARGETS: Final[Mapping[GrantKind, type[XapiObject]]] = {
    GrantKind.POOL: Pool, GrantKind.HOST: Host, GrantKind.VM: VM, GrantKind.SR: SR, GrantKind.NETWORK: Network,
}  # fmt: skip


def target_of(kind: GrantKind, key: str, among: Sight) -> XapiObject | None:
    """What a grant is on; None for a tag, and for what is gone."""
    found = among.having(TARGETS[kind], key) if kind in TARGETS else []
    return found[0] if found else None


def target_is_told(grant: Grant, among: Sight) -> bool:
    """Whether its user, who sees `among`, is told what it is on: a deny names nothing that they do not see, nor what a filter asks for."""
    if not grant.deny:
        return True
    if grant.kind is GrantKind.TAG:
        return any(grant.key in getattr(row, "tags", ()) for kind in TARGETS.values() for row in among.every(kind))
    return target_of(grant.kind, grant.key, among) is not None


def target_seen_from(kind: GrantKind, key: str, home: Home) -> XapiObject | None:
    """The same, from an object's pool; the key may name another."""
    if kind is GrantKind.POOL:
        homes = [one for one in home.pools.values() if key in (one.key, one.id)]
        return next((pool for one in homes for pool in one.all(Pool).values()), None)
    return seen_from(home, TARGETS[kind], key) if kind in TARGETS else None


def named_target(kind: GrantKind, text: str, among: Sight) -> str | None:
    """The key of the one object that has this uuid, key or name; a tag's or a filter's own text. None for none, or several."""
    if kind not in TARGETS:
        return text or None
    rows = among.having(TARGETS[kind], text) or [row for row in among.every(TARGETS[kind]) if name_of(row) == text]
    return key_of(rows[0]) if len(rows) == 1 else None


def kind_of(row: XapiObject) -> GrantKind:
    """What a grant on it is of."""
    return next(kind for kind, target in TARGETS.items() if isinstance(row, target))
