"""When a command is possible, and if not, why, in words."""

from __future__ import annotations

from dataclasses import dataclass

from data.facts.host import is_live
from data.objects import VM, Host, PowerState
from data.types import XapiObject
from data.vms import DELETION, SHUTDOWN
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.words import state_words, states_words, under_way
from xo_dash.i18n import N_

NEED_TOOLS = frozenset({"clean_shutdown", "clean_reboot", "suspend", "checkpoint", "pool_migrate"})
"""Operations that a running guest takes part in."""

FOR_ALL = frozenset({"export"})
"""Operations that are for snapshots and templates as well."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """XAPI offers `operation` on a VM; `states` are those in which it makes sense at all.

    Source: allowed_operations, which XAPI keeps up to date but does not promise.
    """

    operation: str
    states: frozenset[PowerState]

    def __call__(self, subject: XapiObject) -> LazyText | None:
        if not isinstance(subject, VM):
            return lazy(N_("it is not a VM"))
        if self.holds(subject):
            return None
        return self._nature(subject) or self.moment(subject)

    def holds(self, subject: XapiObject) -> bool:
        """Whether it is so, without the words: a selection may be thousands."""
        return isinstance(subject, VM) and self.operation in subject.allowed_operations

    def fits(self, subject: XapiObject) -> bool:
        return isinstance(subject, VM) and subject.power_state in self.states

    def _nature(self, vm: VM) -> LazyText | None:
        if vm.is_control_domain:
            return lazy(N_("it is a host's control domain, which starts and stops with the host"))
        if self.operation in vm.blocked_operations:
            reason = vm.blocked_operations[self.operation]
            if reason in ("", "true"):
                return _protected(self.operation)
            return lazy(N_("this operation is blocked: {reason}"), reason=reason)
        if self.operation not in FOR_ALL:
            return _as_no_machine(vm, self.operation)
        return None

    def moment(self, vm: VM) -> LazyText:
        """What stands against it for now, as far as can be told."""
        if vm.current_operations:
            return under_way(next(iter(vm.current_operations.values())))
        if vm.power_state not in self.states:
            return lazy(N_("it is {state} and must be {expected}"), state=state_words(vm.power_state), expected=states_words(self.states))
        if vm.attached_PCIs or vm.VGPUs:
            return lazy(N_("a host device is passed through to it"))
        if self.operation in NEED_TOOLS and vm.power_state is PowerState.RUNNING:
            return lazy(N_("the guest tools are not responding; install them, or wait until the guest has started"))
        return lazy(N_("not possible at the moment"))


def _protected(operation: str) -> LazyText:
    """Where nobody has left a reason; see `control/vm/protect`."""
    if operation in DELETION:
        return lazy(N_("it is protected from deletion; change its protection first"))
    if operation in SHUTDOWN:
        return lazy(N_("it is protected from shutdown; change its protection first"))
    return lazy(N_("this operation is blocked; unblock it first"))


def _as_no_machine(vm: VM, operation: str) -> LazyText | None:
    """Why it is not for a snapshot or a template."""
    if vm.is_a_snapshot:
        return None if operation == "destroy" else lazy(N_("it is a snapshot; revert to it, or create a VM from it"))
    if vm.is_default_template:
        return lazy(N_("it is a template that comes with the pool"))
    return lazy(N_("it is a template; create a VM from it first")) if vm.is_a_template else None


def allowed(operation: str, *states: PowerState) -> Allowed:
    """XAPI offers `operation`, which is for VMs in `states` (none given: in any)."""
    return Allowed(operation, frozenset(states) or frozenset(PowerState))


def host_refuses(host: Host) -> LazyText | None:
    """Why no VM can start on `host`, as far as the mirror knows."""
    if not is_live(host):
        return lazy(N_("it does not respond"))
    if not host.enabled:
        return lazy(N_("it is in maintenance mode"))
    return None


def residence_answers(subject: XapiObject) -> LazyText | None:
    """A VM's host has to answer before anything can be done to the VM."""
    if not isinstance(subject, VM):
        return None
    host = subject.home.one(Host, subject.resident_on)
    if host is None or is_live(host):
        return None
    return lazy(N_("its host {host} is not responding"), host=named(host))
