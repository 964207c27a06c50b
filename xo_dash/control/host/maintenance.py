"""Into maintenance mode and out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from data.failover import Bound, simulate_loss
from data.names import name_of
from data.objects import VM, Host
from data.stores.users import Role
from data.types import Home, Ref
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.failures import explain
from xo_dash.control.host.conditions import cannot_disable, cannot_enable, guests
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, Question, one
from xo_dash.control.request import NoRequest
from xo_dash.i18n import N_, _, ngettext, number, size

NAMED = 5
"""VMs that are named when a host cannot be emptied."""
WHY = {
    Bound.NO_HOST: N_("{name} cannot migrate: no other host accepts VMs"),
    Bound.DEVICE: N_("{name} cannot migrate: a host device is passed through"),
    Bound.SR: N_("{name} cannot migrate: {what} is not attached on any other host"),
    Bound.NETWORK: N_("{name} cannot migrate: no other host has {what}"),
    Bound.ROOM: N_("{name} cannot migrate: {size} of memory is missing on other hosts"),
}


def enter(request: NoRequest, host: Host) -> Plan:
    """Look whether all VMs can leave; then no VM starts there any more, and those that run there move away.

    If they cannot all leave, the host takes VMs again, as XenCenter does it: a host that is half in maintenance mode serves
    nobody, and who only wants to keep new VMs away can shut down or move what stays first. VMs that have moved stay where they are.
    A host that was disabled before stays so.
    """
    name, enabled, busy = name_of(host), host.enabled, bool(guests(host))
    look = Question(
        method="host.get_vms_which_prevent_evacuation",
        parameters=(host.ref,),
        says=lazy(N_("Checking whether all VMs can be migrated off {name}"), name=name),
        judge=lambda answer: blocking(answer, host.home),
    )
    if busy:
        yield look
    if enabled:
        yield Call(
            "host.disable",
            host.ref,
            says=lazy(N_("Putting {name} into maintenance mode"), name=name),
            undo=lambda _answer: leave(request, host),
            undone=lazy(N_("{name} is out of maintenance mode again"), name=name),
            stays=lazy(
                N_("{name} is still in maintenance mode: take it out of maintenance mode, or migrate its VMs and try again"), name=name
            ),
        )
    if busy:
        yield Call("host.evacuate", host.ref, says=lazy(N_("Migrating all VMs off {name}"), name=name), blame=look)


def leave(request: NoRequest, host: Host) -> Plan:
    return one("host.enable", host.ref, says=lazy(N_("Taking {name} out of maintenance mode"), name=name_of(host)))


def blocking(answer: object, home: Home) -> LazyText | None:
    """Which VMs cannot leave a host, and why. Source: get_vms_which_prevent_evacuation gives `{VM: [code, argument ...]}`."""
    if not isinstance(answer, Mapping) or not answer:
        return None
    lines = [_blocked(home.one(VM, Ref(str(ref))), why, home) for ref, why in islice(answer.items(), NAMED)]
    said = lines[0]
    for line in lines[1:]:
        said = lazy("{before}; {line}", before=said, line=line)
    more = len(answer) - len(lines)
    return lazy(N_("{before}; and {n} more"), before=said, n=more) if more else said


def _blocked(vm: VM | None, why: object, home: Home) -> LazyText:
    code, *arguments = [str(part) for part in why] if isinstance(why, Sequence) and why else [""]
    reason = explain(code, arguments, home, vm)
    if vm is None:
        return lazy(N_("a VM cannot be migrated to another host: {reason}"), reason=reason)
    return lazy(N_("{vm} cannot be migrated to another host: {reason}"), vm=name_of(vm), reason=reason)


def consequences(host: Host) -> Sequence[str]:
    """What becomes of its VMs, as far as we can tell: the pool may know better."""
    if not guests(host):
        return ()
    outcome = simulate_loss((host,))
    moved = len(outcome.moves)
    lines = (
        [ngettext("{n} VM will be migrated to another host", "{n} VMs will be migrated to other hosts", moved).format(n=number(moved))]
        if moved
        else []
    )
    for stranded in outcome.stranded:
        what = name_of(stranded.what) if stranded.what else ""
        lines.append(_(WHY[stranded.why]).format(name=name_of(stranded.vm), what=what, size=size(stranded.short)))
    return lines


def _always(host: Host) -> bool:
    return True


ENTER: Final[AnyAction] = Action(
    id="host.maintenance", kind=Host, title=N_("Enter maintenance mode"), done=N_("{name} is in maintenance mode"), role=Role.ADMIN,
    icon="pause", prominent=True, applies_to=_always, blocked=cannot_disable, plan=enter,
    succeeded=lambda host: cannot_disable(host) is not None, consequences=consequences,
    warning=N_("Its running VMs are migrated to other hosts, and no VM can start on it until it leaves maintenance mode."),
)  # fmt: skip
LEAVE: Final[AnyAction] = Action(
    id="host.enable", kind=Host, title=N_("Leave maintenance mode"), done=N_("{name} accepts VMs again"), role=Role.ADMIN,
    icon="play", prominent=True, applies_to=_always, blocked=cannot_enable, plan=leave, succeeded=lambda host: host.enabled,
)  # fmt: skip
