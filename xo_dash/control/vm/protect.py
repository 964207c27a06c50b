"""Protection of a VM from being deleted, and from being stopped, by whichever tool: XAPI itself refuses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import VM
from data.stores.users import Role
from data.vms import DELETION, SHUTDOWN, is_protected
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.labels import never
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Plan
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.writes import setting_key
from xo_dash.i18n import N_


class ProtectVM(Request, frozen=True, kw_only=True):
    """What nobody should do by accident. None: it stays as it is."""

    deletion: Annotated[bool | None, called(N_("Protect from deletion"), stays=True)] = None
    shutdown: Annotated[bool | None, called(N_("Protect from shutdown"), hint=N_("Also from reboot, suspend and pause"), stays=True)] = None


def plan(request: ProtectVM, vm: VM) -> Plan:
    """The value is what Xen Orchestra writes. A reason that somebody gave stays while the operation stays blocked."""
    name = name_of(vm)
    for asked, operations in ((request.deletion, DELETION), (request.shutdown, SHUTDOWN)):
        for operation in sorted(operations) if asked is not None else ():
            if asked and operation not in vm.blocked_operations:
                says = lazy(N_("Blocking {operation} of {name}"), operation=operation, name=name)
                yield from setting_key(vm, "blocked_operations", operation, "true", says)
            elif not asked:
                says = lazy(N_("Allowing {operation} of {name}"), operation=operation, name=name)
                yield from setting_key(vm, "blocked_operations", operation, None, says)


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"deletion": all(is_protected(vm, DELETION) for vm in vms), "shutdown": all(is_protected(vm, SHUTDOWN) for vm in vms)}


PROTECT: Final[AnyAction] = Action(
    id="vm.protect", kind=VM, request=ProtectVM, title=N_("Change protection"), done=N_("The protection of {name} is set"),
    role=Role.OPERATOR, icon="lock", group="settings", applies_to=is_machine, blocked=never, edits=True, defaults=defaults, plan=plan,
)  # fmt: skip
