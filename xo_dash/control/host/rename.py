"""The name, the description and the tags of a host."""

from __future__ import annotations

from typing import Final

from data.objects import Host
from data.stores.users import Role
from xo_dash.control.action import AnyAction
from xo_dash.control.labels import always, describing, never, renaming, tagging

RENAME_HOST: Final[AnyAction] = renaming(Host, Role.ADMIN, always, never)
"""What XAPI calls it; its host name in the network stays as it is."""
DESCRIBE_HOST: Final[AnyAction] = describing(Host, Role.ADMIN, always, never)
TAG_HOST: Final[AnyAction] = tagging(Host, Role.ADMIN, always, never)
