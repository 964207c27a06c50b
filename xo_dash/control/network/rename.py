"""The name and the description of a network."""

from __future__ import annotations

from typing import Final

from data.objects import Network
from data.stores.users import Role
from xo_dash.control.action import AnyAction
from xo_dash.control.labels import always, describing, never, renaming

RENAME_NETWORK: Final[AnyAction] = renaming(Network, Role.ADMIN, always, never)
DESCRIBE_NETWORK: Final[AnyAction] = describing(Network, Role.ADMIN, always, never)
