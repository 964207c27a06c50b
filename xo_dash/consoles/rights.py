"""Who may see a console, and who may use its keys."""

from __future__ import annotations

from data.objects import VM
from data.stores.users import User, ViewedUser
from xo_dash.control.access import VIEWING, Verdict, may
from xo_dash.control.verbs import HOST_CONSOLE, SEE_CONSOLE, USE_CONSOLE


def may_see(user: User | None, vm: VM) -> Verdict:
    return may(user, HOST_CONSOLE if vm.is_control_domain else SEE_CONSOLE, vm)


def may_use(user: User | None, vm: VM) -> Verdict:
    """Whether keys, pointer and pasted text of `user` reach it."""
    if isinstance(user, ViewedUser):
        return VIEWING
    return may(user, HOST_CONSOLE if vm.is_control_domain else USE_CONSOLE, vm)
