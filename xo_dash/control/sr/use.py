"""Who uses an SR: what keeps it attached, and what keeps it from being destroyed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.facts.pool import own_pool
from data.facts.vm import is_up
from data.names import by_name, name_of
from data.objects import PBD, SM, SR, VBD, VDI, VM
from data.types import NULL_REF, Ref, XapiObject
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_

NAMED: Final = 5
"""Objects that are named in one sentence."""


def has_feature(sr: SR, feature: str) -> bool:
    """Whether the driver of `sr` lists it."""
    return feature in features_of(sr)


def features_of(sr: SR) -> frozenset[str]:
    """What its driver says that it can; nothing where nobody says. Source: SM.features, SM.capabilities before there were any."""
    drivers = (sm for sm in sr.home.all(SM).values() if sm.type == sr.type)
    return frozenset().union(*(sm.features.keys() | sm.capabilities for sm in drivers))


def attached_paths(sr: SR) -> list[PBD]:
    """Those that are plugged, the master's last: it serves the others. Source: xapi plugs the master's first."""
    pool = own_pool(sr.home)
    master = pool.master if pool is not None else NULL_REF
    return sorted((pbd for pbd in sr.all_of(PBD, sr.PBDs) if pbd.currently_attached), key=lambda pbd: pbd.host == master)


def running_on(sr: SR, host: Ref = NULL_REF) -> list[VM]:
    """The VMs, by name, that have a disk or an image of it open: those on `host`, where one is given."""
    drives = (drive for vdi in sr.all_of(VDI, sr.VDIs) for drive in vdi.all_of(VBD, vdi.VBDs) if drive.currently_attached)
    found = {vm for drive in drives if (vm := sr.home.one(VM, drive.VM)) is not None and is_up(vm)}
    return by_name(vm for vm in found if host in (NULL_REF, vm.resident_on))


def in_use(vms: Sequence[VM]) -> LazyText | None:
    if not vms:
        return None
    return lazy(N_("in use by {names}; shut them down, or move their disks first"), names=names_of(vms))


def names_of(things: Sequence[XapiObject]) -> LazyText | str:
    """`a, b, c`, and how many more."""
    names = ", ".join(map(name_of, things[:NAMED]))
    return lazy(N_("{names} and {n} more"), names=names, n=len(things) - NAMED) if len(things) > NAMED else names


def users_of_disks(sr: SR) -> list[VM]:
    """The VMs and templates that have a disk of it, running or not, by name."""
    found = {vm for vdi in sr.all_of(VDI, sr.VDIs) for vbd in vdi.all_of(VBD, vdi.VBDs) if (vm := sr.home.one(VM, vbd.VM)) is not None}
    return by_name(vm for vm in found if not vm.is_control_domain and not vm.is_a_snapshot)
