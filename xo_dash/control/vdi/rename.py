"""The name and the description of a disk."""

from __future__ import annotations

from typing import Final

from data.objects import VDI
from data.stores.users import Role
from xo_dash.control.action import AnyAction
from xo_dash.control.labels import describing, never, renaming
from xo_dash.control.vdi.use import is_disk

RENAME_DISK: Final[AnyAction] = renaming(VDI, Role.OPERATOR, is_disk, never)
DESCRIBE_DISK: Final[AnyAction] = describing(VDI, Role.OPERATOR, is_disk, never)
