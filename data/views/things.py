"""Other objects as a view names them."""

from __future__ import annotations

from typing import Final, NamedTuple

from data.identity import key_of
from data.names import name_of
from data.texts import natural
from data.types import XapiObject

NAME: Final = ("name_label", "uuid")
POOL_NAME: Final = ("Pool.name_label", "Pool.master.name_label", "Pool.master.hostname", "Pool.uuid", "Server.label")
"""What names are made of."""
GUEST: Final = ("is_a_template", "is_a_snapshot", "is_control_domain", "other_config")
"""What tells a VM of somebody's from others."""


def via(reference: str, *paths: str) -> tuple[str, ...]:
    """`paths`, of what `reference` leads to."""
    return tuple(f"{reference}.{path}" for path in paths)


class Thing(NamedTuple):
    """An object that a view refers to: enough for a link, see `components.urls.path_to`."""

    kind: type[XapiObject]
    key: str
    """See `data.identity`."""
    name: str


def thing(row: XapiObject) -> Thing:
    return Thing(type(row), key_of(row), name_of(row))


def maybe(row: XapiObject | None) -> Thing | None:
    return thing(row) if row is not None else None


def tags_of(row: XapiObject) -> tuple[str, ...]:
    """Its tags in the order of the alphabet, whatever the case."""
    return tuple(sorted(getattr(row, "tags", ()), key=natural))
