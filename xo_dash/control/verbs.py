"""The verbs of which roles are made: the ids of all actions, and what else a grant may give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from data.grants.grant import SEE
from data.stores.errors import RecordInvalid
from data.stores.users import Role
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import ACTIONS, BY_ID
from xo_dash.i18n import N_, _


@dataclass(frozen=True, slots=True)
class Right:
    """As an action is one, for `may`; nothing is run."""

    id: str
    role: Role
    title: str


LOOK: Final = Right(SEE, Role.VIEWER, N_("See"))
SEE_CONSOLE: Final = Right("vm.console.see", Role.VIEWER, N_("See the console"))
USE_CONSOLE: Final = Right("vm.console", Role.OPERATOR, N_("Use the console"))
HOST_CONSOLE: Final = Right("host.console", Role.ADMIN, N_("Use the host console"))
"""A host's own console is a shell on it: seeing it and using it are one."""
RIGHTS: Final = (LOOK, SEE_CONSOLE, USE_CONSOLE, HOST_CONSOLE)


Verb = Right | AnyAction


VERBS: Final[Mapping[str, Verb]] = {**{right.id: right for right in RIGHTS}, **BY_ID}
"""{id: the right or the action}"""


def verbs_of(role: Role) -> list[str]:
    """All that a role from the start may."""
    return [right.id for right in RIGHTS if role.includes(right.role)] + [action.id for action in ACTIONS if role.includes(action.role)]


def check_verbs(verbs: Iterable[str]) -> None:
    """Raises RecordInvalid for one that there is not."""
    for verb in verbs:
        if verb not in VERBS:
            raise RecordInvalid(_("there is no action “{action}”; see: xo-dash do").format(action=verb[:80]))
