"""Into maintenance mode and out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.losing import Bound, without
from data.objects import Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, name_of
from xo_dash.control.host.conditions import cannot_disable, cannot_enable, guests
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.request import NoRequest
from xo_dash.control.said import say
from xo_dash.i18n import N_, _, ngettext, number, size

WHY = {
    Bound.NO_HOST: N_("{name} stays: no other host takes VMs"),
    Bound.DEVICE: N_("{name} stays: a device of the host is passed through"),
    Bound.SR: N_("{name} stays: no other host reaches {what}"),
    Bound.NETWORK: N_("{name} stays: no other host has {what}"),
    Bound.ROOM: N_("{name} stays: {size} of memory are missing elsewhere"),
}


def enter(request: NoRequest, host: Host) -> Plan:
    """No VM starts there any more, then those that run there move away."""
    name, running = name_of(host), bool(guests(host))
    if host.enabled:
        yield Call("host.disable", host.ref, says=say(N_("Taking {name} into maintenance mode"), name=name))
    if running:
        yield Call("host.evacuate", host.ref, says=say(N_("Moving all VMs away from {name}"), name=name))


def leave(request: NoRequest, host: Host) -> Plan:
    return one("host.enable", host.ref, says=say(N_("Taking {name} out of maintenance mode"), name=name_of(host)))


def consequences(host: Host) -> Sequence[str]:
    """What becomes of its VMs, as far as we can tell: the pool may know better."""
    if not guests(host):
        return ()
    outcome = without((host,))
    moved = len(outcome.moves)
    lines = [ngettext("{n} VM moves to another host", "{n} VMs move to other hosts", moved).format(n=number(moved))] if moved else []
    for stranded in outcome.stranded:
        what = stranded.what.name_label if stranded.what else ""
        lines.append(_(WHY[stranded.why]).format(name=name_of(stranded.vm), what=what, size=size(stranded.short)))
    return lines


def _always(host: Host) -> bool:
    return True


ENTER: Final[AnyAction] = Action(
    id="host.maintenance", kind=Host, title=N_("Enter maintenance mode"), done=N_("{name} is in maintenance mode"), role=Role.ADMIN,
    icon="pause", prominent=True, applies_to=_always, blocked=cannot_disable, plan=enter,
    succeeded=lambda host: cannot_disable(host) is not None, consequences=consequences,
    warning=N_("No VM starts on it until it leaves maintenance mode, and its VMs move away."),
)  # fmt: skip
LEAVE: Final[AnyAction] = Action(
    id="host.enable", kind=Host, title=N_("Leave maintenance mode"), done=N_("{name} takes VMs again"), role=Role.ADMIN,
    icon="play", prominent=True, applies_to=_always, blocked=cannot_enable, plan=leave, succeeded=lambda host: host.enabled,
)  # fmt: skip
