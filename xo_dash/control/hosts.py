"""Commands for a host: into maintenance mode and out of it, and starting its parts anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from data.losing import Bound, without
from data.names import name_of
from data.objects import VM, Host
from data.placement import is_guest
from data.types import Home, Ref, XapiObject
from xo_dash.control.action import Arguments, Step, Undo
from xo_dash.control.conditions import host_answers
from xo_dash.control.failures import explain
from xo_dash.control.said import Said, say
from xo_dash.control.words import under_way
from xo_dash.i18n import N_, _, ngettext, number, size

NAMED = 5
"""VMs that are named when a host cannot be emptied."""

WHY = {
    Bound.NO_HOST: N_("{name} stays: no other host takes VMs"),
    Bound.DEVICE: N_("{name} stays: a device of the host is passed through"),
    Bound.SR: N_("{name} stays: no other host reaches {what}"),
    Bound.NETWORK: N_("{name} stays: no other host has {what}"),
    Bound.ROOM: N_("{name} stays: {size} of memory are missing elsewhere"),
}


def is_host(subject: XapiObject) -> bool:
    return isinstance(subject, Host)


def _answers(subject: XapiObject) -> Host | Said:
    if not isinstance(subject, Host):
        return say(N_("it is not a host"))
    return subject if host_answers(subject) else say(N_("it does not answer"))


def can_enable(subject: XapiObject) -> Said | None:
    host = _answers(subject)
    if isinstance(host, Said):
        return host
    return say(N_("it is not in maintenance mode")) if host.enabled else None


def can_disable(subject: XapiObject) -> Said | None:
    host = _answers(subject)
    if isinstance(host, Said):
        return host
    if host.current_operations:
        return under_way(next(iter(host.current_operations.values())))
    return None if host.enabled or guests(host) else say(N_("it is in maintenance mode already"))


def can_restart(subject: XapiObject) -> Said | None:
    host = _answers(subject)
    return host if isinstance(host, Said) else None


def can_reboot(subject: XapiObject) -> Said | None:
    host = _answers(subject)
    if isinstance(host, Said):
        return host
    if host.enabled:
        return say(N_("it has to be in maintenance mode first"))
    if count := len(guests(host)):
        return say(N_("VMs still run on it: {count}; move them away or shut them down first"), count=count)
    return None


def can_power_on(subject: XapiObject) -> Said | None:
    if not isinstance(subject, Host):
        return say(N_("it is not a host"))
    if host_answers(subject):
        return say(N_("it runs already"))
    return None if subject.power_on_mode else say(N_("nobody said how it is powered on; switch it on by hand"))


def guests(host: Host) -> list[VM]:
    return [vm for vm in host.all_of(VM, host.resident_VMs) if is_guest(vm)]


def maintenance_plan(subject: XapiObject, arguments: Arguments) -> Sequence[Step]:
    """Look whether all VMs can leave; then no VM starts there any more, and those that run there move away.

    If they cannot all leave, the host takes VMs again, as XenCenter does it: a host that is half in maintenance mode serves
    nobody, and who only wants to keep new VMs away can shut down or move what stays first. VMs that have moved stay where they are.
    A host that was disabled before stays so.
    """
    assert isinstance(subject, Host)  # noqa: S101  # the table's `kind` says so, and the runner has looked
    name, ref = name_of(subject), subject.ref
    enable = Step(method="host.enable", parameters=(ref,), says=N_("Taking {name} out of maintenance mode"), name=name)
    look = Step(
        method="host.get_vms_which_prevent_evacuation",
        parameters=(ref,),
        says=N_("Checking whether all VMs can leave {name}"),
        name=name,
        judge=blocking,
    )
    disable = Step(
        method="host.disable",
        parameters=(ref,),
        says=N_("Taking {name} into maintenance mode"),
        name=name,
        undo=Undo(
            step=enable,
            undone=N_("{name} is out of maintenance mode again"),
            stays=N_("{name} stays in maintenance mode: take it out, or move its VMs and try again"),
        ),
    )
    evacuate = Step(method="host.evacuate", parameters=(ref,), says=N_("Moving all VMs away from {name}"), name=name, blame=look)
    busy = bool(guests(subject))
    return [step for step, wanted in ((look, busy), (disable, subject.enabled), (evacuate, busy)) if wanted]


def blocking(answer: object, home: Home) -> Said | None:
    """Which VMs cannot leave a host, and why. Source: get_vms_which_prevent_evacuation gives `{VM: [code, argument ...]}`."""
    if not isinstance(answer, Mapping) or not answer:
        return None
    lines = [_blocked(home.one(VM, Ref(str(ref))), why, home) for ref, why in islice(answer.items(), NAMED)]
    said = lines[0]
    for line in lines[1:]:
        said = say("{before}; {line}", before=said, line=line)
    more = len(answer) - len(lines)
    return say(N_("{before}; and {n} more"), before=said, n=more) if more else said


def _blocked(vm: VM | None, why: object, home: Home) -> Said:
    code, *arguments = [str(part) for part in why] if isinstance(why, Sequence) and why else [""]
    reason = explain(code, arguments, home, vm)
    if vm is None:
        return say(N_("a VM cannot move to another host: {reason}"), reason=reason)
    return say(N_("{vm} cannot move to another host: {reason}"), vm=name_of(vm), reason=reason)


def maintenance_preview(subject: XapiObject) -> Sequence[str]:
    """What becomes of its VMs, as far as we can tell: the pool may know better."""
    if not isinstance(subject, Host) or not guests(subject):
        return ()
    outcome = without((subject,))
    moved = len(outcome.moves)
    lines = [ngettext("{n} VM moves to another host", "{n} VMs move to other hosts", moved).format(n=number(moved))] if moved else []
    for stranded in outcome.stranded:
        what = name_of(stranded.what) if stranded.what else ""
        lines.append(_(WHY[stranded.why]).format(name=name_of(stranded.vm), what=what, size=size(stranded.short)))
    return lines
