"""Who may see a console, and who may use its keys."""

from __future__ import annotations

from dataclasses import dataclass

from data.objects import VM
from data.stores.users import Role, User
from xo_dash.control.access import Verdict, may


@dataclass(frozen=True, slots=True)
class Right:
    """As an action is one, for `may`; nothing is run."""

    id: str
    role: Role


SEE = Right("vm.console.see", Role.VIEWER)
USE = Right("vm.console", Role.OPERATOR)
OF_A_HOST = Right("host.console", Role.ADMIN)
"""A host's own console is a shell on it: seeing it and using it are one."""


def may_see(user: User | None, vm: VM) -> Verdict:
    return may(user, OF_A_HOST if vm.is_control_domain else SEE, vm)


def may_use(user: User | None, vm: VM) -> Verdict:
    """Whether keys, pointer and pasted text of `user` reach it."""
    return may(user, OF_A_HOST if vm.is_control_domain else USE, vm)
