"""An SR that leaves the hosts: detached, forgotten with all on it kept, or destroyed with all on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.facts.pool import has_ha
from data.facts.sr import is_default
from data.names import name_of
from data.objects import SR, VDI
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.pbd.plug import unplugging
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.sr.attach import is_sr
from xo_dash.control.sr.import_disk import holds_disks
from xo_dash.control.sr.use import attached_paths, in_use, names_of, running_on, users_of_disks
from xo_dash.control.words import under_way
from xo_dash.i18n import N_, _, ngettext, number

OF_THE_POOL: Final = frozenset({"metadata", "redo_log", "ha_statefile", "rrd", "cbt_metadata"})
"""Types of disks that XAPI keeps for itself and takes away with their SR."""


def is_removable(subject: XapiObject) -> bool:
    """Whether it is an SR that somebody added: not the tools, and no drive of a host."""
    return isinstance(subject, SR) and is_sr(subject) and subject.type != "udev"


def cannot_detach(sr: SR) -> LazyText | None:
    if not attached_paths(sr):
        return lazy(N_("it is not attached on any host"))
    return cannot_leave(sr)


def cannot_leave(sr: SR) -> LazyText | None:
    """Source: PBD.unplug refuses while a VM on the host has a disk of it open, and for the SR with HA's statefile."""
    if sr.current_operations:
        return under_way(next(iter(sr.current_operations.values())))
    heartbeat = any(vdi.type == "ha_statefile" for vdi in sr.all_of(VDI, sr.VDIs))
    if heartbeat and has_ha(sr.home):
        return lazy(N_("it is the heartbeat SR of HA; turn HA off first"))
    return in_use(running_on(sr))


def disks_of_people(sr: SR) -> list[VDI]:
    return [vdi for vdi in sr.all_of(VDI, sr.VDIs) if vdi.managed and vdi.type not in OF_THE_POOL]


def cannot_destroy(sr: SR) -> LazyText | None:
    if sr.other_config.get("indestructible") == "true":
        return lazy(N_("it is marked as indestructible"))
    if count := len(disks_of_people(sr)):
        return lazy(N_("disks still on it: {n}; move or delete them first"), n=count)
    return cannot_leave(sr)


def detach(request: NoRequest, sr: SR) -> Plan:
    for pbd in attached_paths(sr):
        yield from unplugging(pbd)


def forget(request: NoRequest, sr: SR) -> Plan:
    """Source: SR.forget refuses while a path is plugged; it takes the rows of paths and disks along, and nothing from the storage."""
    yield from detach(request, sr)
    yield Call("SR.forget", sr.ref, says=lazy(N_("Forgetting {name}"), name=name_of(sr)))


def destroy(request: NoRequest, sr: SR) -> Plan:
    yield from detach(request, sr)
    yield Call("SR.destroy", sr.ref, says=lazy(N_("Destroying {name}"), name=name_of(sr)))


def effects(sr: SR) -> Sequence[str]:
    """What follows for VMs and for the pool."""
    lines = []
    if vms := users_of_disks(sr):
        lines.append(_("Cannot start until it is attached again: {names}").format(names=names_of(vms)))
    if is_default(sr):
        lines.append(_("It is the default SR: choose another one for new disks"))
    return lines


def effects_of_forgetting(sr: SR) -> Sequence[str]:
    vms, lines = users_of_disks(sr), []
    if vms:
        lines.append(_("Without their disks: {names}").format(names=names_of(vms)))
    count = len(disks_of_people(sr))
    if count:
        lines.append(ngettext("{n} disk stays on the storage", "{n} disks stay on the storage", count).format(n=number(count)))
    return [*lines, *effects(sr)[bool(vms) :]]


DETACH: Final[AnyAction] = Action(
    id="sr.detach", kind=SR, title=N_("Detach"), done=N_("{name} is detached"), role=Role.ADMIN, icon="unlink",
    applies_to=is_removable, blocked=cannot_detach, plan=detach, relevant=lambda sr: bool(attached_paths(sr)),
    succeeded=lambda sr: not attached_paths(sr), consequences=effects, warning=N_("Nothing on it is changed; it can be attached again."),
)  # fmt: skip
FORGET: Final[AnyAction] = Action(
    id="sr.forget", kind=SR, title=N_("Forget"), done=N_("{name} is forgotten"), role=Role.ADMIN, icon="close", danger=True, typed=True,
    applies_to=is_removable, blocked=cannot_leave, plan=forget, consequences=effects_of_forgetting,
    warning=N_("The pool forgets the SR. All data stays on the storage, and New SR can attach it again; which VM has which disk is lost."),
)  # fmt: skip
DESTROY: Final[AnyAction] = Action(
    id="sr.destroy", kind=SR, title=N_("Destroy"), done=N_("{name} is destroyed"), role=Role.ADMIN, icon="trash", danger=True, typed=True,
    applies_to=lambda sr: holds_disks(sr) and is_removable(sr), blocked=cannot_destroy, plan=destroy, consequences=effects,
    warning=N_("The SR is removed from the storage with everything on it. This cannot be undone."),
)  # fmt: skip
