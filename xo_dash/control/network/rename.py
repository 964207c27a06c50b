"""The name and the description of a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from data.objects import Network
from data.stores.users import Role
from data.types import Home
from xo_dash.control.action import AnyAction
from xo_dash.control.labels import Rename, always, describing, never, renaming
from xo_dash.control.lazy_text import lazy
from xo_dash.control.requests.fault import Fault
from xo_dash.i18n import N_


def taken(name: str, home: Home, but: Network | None = None) -> Iterator[Fault]:
    """A second one of that name could not be told from the first where networks are chosen."""
    if any(network.name_label == name and network is not but for network in home.all(Network).values()):
        yield Fault("name", lazy(N_("the pool has a network of that name; choose another name")))


def check(request: Rename, network: Network) -> Iterator[Fault]:
    if request.name != network.name_label:
        yield from taken(request.name, network.home, network)


RENAME_NETWORK: Final[AnyAction] = renaming(Network, Role.ADMIN, always, never, check)
DESCRIBE_NETWORK: Final[AnyAction] = describing(Network, Role.ADMIN, always, never)
