"""Templates: a VM becomes one, one becomes a VM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import VM, PowerState
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.cloud_init.config_drive import config_drives, removing
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import called
from xo_dash.control.vm.kinds import is_machine, is_template
from xo_dash.i18n import N_


class MakeTemplate(Request, frozen=True, kw_only=True):
    """The VM is a template from then on."""

    remove_cloud_init: Annotated[bool, called(N_("Remove the cloud-init disk"), hint=N_("It has the user and keys of this VM"))] = True


def _convert(vm: VM, is_a_template: bool, says: str) -> Plan:
    told = lazy(says, name=name_of(vm))
    method = "VM.set_is_a_template"
    back = lambda _: one(method, vm.ref, not is_a_template, says=told, asynchronous=False)  # noqa: E731
    yield Call(method, vm.ref, is_a_template, says=told, undo=back, asynchronous=False)


def make_plan(request: MakeTemplate, vm: VM) -> Plan:
    yield from _convert(vm, is_a_template=True, says=N_("Converting {name} to a template"))
    if request.remove_cloud_init:  # last: it cannot be taken back
        yield from removing(vm)


def make_unasked(vms: Sequence[VM]) -> Sequence[str]:
    return () if any(map(config_drives, vms)) else ("remove_cloud_init",)


def make_notes(request: MakeTemplate, vm: VM) -> Iterator[LazyText]:
    if config_drives(vm) and not request.remove_cloud_init:
        yield lazy(N_("VMs created from it without cloud-init settings of their own get its users, passwords and keys."))


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
    id="vm.make_template", kind=VM, request=MakeTemplate, title=N_("Convert to template"), done=N_("{name} is now a template"),
    role=Role.OPERATOR, icon="copy", applies_to=is_machine, blocked=_CONDITION, quick_check=_CONDITION.holds, relevant=_CONDITION.fits,
    unasked=make_unasked, notes=make_notes, plan=make_plan,
    succeeded=lambda vm: bool(vm.is_a_template),
    warning=N_("VMs are created from a template; it cannot be started. It can be converted back."),
)  # fmt: skip
MAKE_VM: Final[AnyAction] = Action(
    id="template.make_vm", kind=VM, title=N_("Convert to VM"), done=N_("{name} is now a VM"), role=Role.OPERATOR, icon="vm", prominent=True,
    applies_to=is_template, blocked=back_blocked, plan=back_plan, succeeded=lambda vm: not vm.is_a_template,
    warning=N_("It is no longer offered as a template for new VMs."),
)  # fmt: skip
