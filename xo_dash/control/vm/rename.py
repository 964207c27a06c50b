"""The name and the description of a VM, a template or a snapshot."""

from __future__ import annotations

from typing import Final

from data.objects import VM
from data.stores.users import Role
from xo_dash.control.action import AnyAction
from xo_dash.control.labels import describing, renaming
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_


def _applies(vm: VM) -> bool:
    return not vm.is_control_domain


def blocked(vm: VM) -> LazyText | None:
    if vm.is_control_domain:
        return lazy(N_("it is a host's control domain, which starts and stops with the host"))
    return lazy(N_("it is a template that comes with the pool")) if vm.is_default_template else None


RENAME_VM: Final[AnyAction] = renaming(VM, Role.OPERATOR, _applies, blocked)
"""The guest's own host name stays as it is."""
DESCRIBE_VM: Final[AnyAction] = describing(VM, Role.OPERATOR, _applies, blocked)
