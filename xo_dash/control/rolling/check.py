"""One line of the list before a rolling run: how grave it is, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from data.objects import VM, Host
from data.types import XapiObject
from xo_dash.control.action import AnyAction
from xo_dash.control.lazy_text import LazyText

Obstacle = tuple[str, ...]
"""What a pool says stands against it: XAPI's code, and its arguments."""


class Gravity(StrEnum):
    """The worst first."""

    BLOCKS = "blocks"
    DECIDED = "decided"  # with a fix chosen
    AUTOMATIC = "automatic"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list before it starts."""

    gravity: Gravity
    what: LazyText
    why: LazyText
    host: Host | None = None  # the one that can be left out
    vm: VM | None = None  # the one that can be treated otherwise
    how: str = ""  # ... and how it is
    ways: list[str] = field(default_factory=list)  # ... and how it could be
    fix: tuple[AnyAction, XapiObject] | None = None  # the command that resolves it
