"""The name and the description of a pool."""

from __future__ import annotations

from typing import Final

from data.objects import Pool
from data.stores.users import Role
from xo_dash.control.action import AnyAction
from xo_dash.control.labels import always, describing, never, renaming

RENAME_POOL: Final[AnyAction] = renaming(Pool, Role.ADMIN, always, never)
DESCRIBE_POOL: Final[AnyAction] = describing(Pool, Role.ADMIN, always, never)
