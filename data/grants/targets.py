"""The objects that grants are on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data.grants.grant import GrantKind
from data.identity import key_of
from data.names import name_of
from data.objects import SR, VM, Host, Network, Pool
from data.sight import Sight
from data.types import XapiObject

TARGETS: Final[Mapping[GrantKind, type[XapiObject]]] = {
    GrantKind.POOL: Pool, GrantKind.HOST: Host, GrantKind.VM: VM, GrantKind.SR: SR, GrantKind.NETWORK: Network,
}  # fmt: skip


def target_of(kind: GrantKind, key: str, among: Sight) -> XapiObject | None:
    """What a grant is on; None for a tag, and for what is gone."""
    found = among.having(TARGETS[kind], key) if kind in TARGETS else []
    return found[0] if found else None


def named_target(kind: GrantKind, text: str, among: Sight) -> str | None:
    """The key of the one object that this is the uuid, the key or the name of; a tag's own text. None for none, or several."""
    if kind is GrantKind.TAG:
        return text or None
    rows = among.having(TARGETS[kind], text) or [row for row in among.every(TARGETS[kind]) if name_of(row) == text]
    return key_of(rows[0]) if len(rows) == 1 else None
