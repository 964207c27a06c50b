"""The name, the description and the tags of an SR."""

from __future__ import annotations

from typing import Final

from data.objects import SR
from data.stores.users import Role
from xo_dash.control.action import AnyAction
from xo_dash.control.labels import describing, never, renaming, tagging
from xo_dash.control.sr.attach import is_sr

RENAME_SR: Final[AnyAction] = renaming(SR, Role.ADMIN, is_sr, never)
DESCRIBE_SR: Final[AnyAction] = describing(SR, Role.ADMIN, is_sr, never)
TAG_SR: Final[AnyAction] = tagging(SR, Role.ADMIN, is_sr, never)
