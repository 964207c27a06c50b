"""What the commands for devices have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.objects import VM, PowerState
from data.types import Home, Ref, XapiObject
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.words import state_words, states_words, under_way
from xo_dash.i18n import N_

HALTED: Final = frozenset({PowerState.HALTED})


def halted(vm: VM) -> LazyText | None:
    """Why it is not at rest."""
    if vm.current_operations:
        return under_way(next(iter(vm.current_operations.values())))
    if vm.power_state is PowerState.HALTED:
        return None
    return lazy(N_("it is {state} and must be {expected}"), state=state_words(vm.power_state), expected=states_words(HALTED))


def vm_of(row: XapiObject, ref: Ref) -> VM | None:
    """The VM that has a device; None for that of a snapshot, which stays as it is."""
    vm = row.home.one(VM, ref)
    return vm if vm is not None and is_machine(vm) else None


def one_home(vms: Sequence[VM]) -> Home | None:
    """The pool that all are in."""
    homes = {vm.home.id: vm.home for vm in vms}
    return next(iter(homes.values())) if len(homes) == 1 else None
