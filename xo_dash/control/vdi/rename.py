"""The name and the description of a disk."""

from __future__ import annotations

from typing import Final

from data.objects import VDI
from data.stores.users import Role
from xo_dash.control.action import AnyAction
from xo_dash.control.labels import describing, never, renaming
from xo_dash.control.vdi.use import is_disk, is_image


def is_named(vdi: VDI) -> bool:
    """A disk, or an image of a library that people keep: the tools are the pool's."""
    return is_disk(vdi) or (is_image(vdi) and not vdi.is_tools_iso)


RENAME_DISK: Final[AnyAction] = renaming(VDI, Role.OPERATOR, is_named, never)
DESCRIBE_DISK: Final[AnyAction] = describing(VDI, Role.OPERATOR, is_named, never)
