"""Templates: a VM becomes one, one becomes a VM."""

from __future__ import annotations

from typing import Final

from data.names import name_of
from data.objects import VM, PowerState
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.request import NoRequest
from xo_dash.control.vm.kinds import is_machine, is_template
from xo_dash.i18n import N_


def _convert(vm: VM, is_a_template: bool, says: str) -> Plan:
    yield Call("VM.set_is_a_template", vm.ref, is_a_template, says=lazy(says, name=name_of(vm)), asynchronous=False)


def make_plan(request: NoRequest, vm: VM) -> Plan:
    return _convert(vm, is_a_template=True, says=N_("Converting {name} to a template"))


def back_plan(request: NoRequest, template: VM) -> Plan:
    return _convert(template, is_a_template=False, says=N_("Converting {name} to a VM"))


def back_blocked(template: VM) -> LazyText | None:
    if not is_template(template):
        return lazy(N_("it is not a template"))
    if template.is_default_template:
        return lazy(N_("it is a template that comes with the pool"))
    return None


_CONDITION = allowed("make_into_template", PowerState.HALTED)
MAKE_TEMPLATE: Final[AnyAction] = Action(
    id="vm.make_template", kind=VM, title=N_("Convert to template"), done=N_("{name} is now a template"), role=Role.OPERATOR, icon="copy",
    applies_to=is_machine, blocked=_CONDITION, quick_check=_CONDITION.holds, relevant=_CONDITION.fits, plan=make_plan,
    succeeded=lambda vm: bool(vm.is_a_template),
    warning=N_("VMs are created from a template; it cannot be started. It can be converted back."),
)  # fmt: skip
MAKE_VM: Final[AnyAction] = Action(
    id="template.make_vm", kind=VM, title=N_("Convert to VM"), done=N_("{name} is now a VM"), role=Role.OPERATOR, icon="vm", prominent=True,
    applies_to=is_template, blocked=back_blocked, plan=back_plan, succeeded=lambda vm: not vm.is_a_template,
    warning=N_("It is no longer offered as a template for new VMs."),
)  # fmt: skip
