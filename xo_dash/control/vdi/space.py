"""Whether an SR can take a disk of a VM, or what is in one: it has the space, and the host of the VM reaches it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from data.facts.host import is_live
from data.facts.sr import is_thin
from data.facts.vm import host_of
from data.objects import PBD, SR, VDI, VM, Host
from data.vms import copy_size
from xo_dash.control.action import Choice
from xo_dash.control.lazy_text import Amount, LazyText, lazy, named
from xo_dash.control.sr.choice import disk_srs, free_space
from xo_dash.i18n import N_


def cannot_take(sr: SR, needed: int, vm: VM | None) -> LazyText | None:
    """Why `sr` cannot take `needed` bytes for `vm`; None if it can. A thin one may promise more than it has."""
    return no_disks(sr) or not_reached(sr, vm) or _too_small(sr, needed)


def cannot_receive(sr: SR, needed: int) -> LazyText | None:
    """Why `sr` cannot take `needed` bytes of contents, which take their space on a thin one too; None if it can, as far as it tells."""
    return no_disks(sr) or not_reached(sr, None) or _no_room(sr, needed)


def cannot_copy(sr: SR, disks: Iterable[VDI]) -> LazyText | None:
    """Why full copies of `disks` cannot be put there: a thin SR takes what is in them, another one all of them."""
    return cannot_receive(sr, sum(copy_size(disk) if is_thin(sr) else disk.virtual_size for disk in disks))


def no_disks(sr: SR) -> LazyText | None:
    """Why no disk of a VM belongs there, whoever names it; what is offered is `disk_srs`."""
    return lazy(N_("not used for VM disks")) if sr.content_type == "iso" or sr.is_tools_sr else None


def not_reached(sr: SR, vm: VM | None) -> LazyText | None:
    """Why `sr` is out of reach: of the host that `vm` runs on, else of every host."""
    hosts = [host for pbd in sr.all_of(PBD, sr.PBDs) if pbd.currently_attached and (host := sr.home.one(Host, pbd.host))]
    if not any(is_live(host) for host in hosts):
        return lazy(N_("it is not attached on any host; attach it first"))
    host = host_of(vm) if vm is not None else None
    return lazy(N_("it is not attached on {host}"), host=named(host)) if host is not None and host not in hosts else None


def _no_room(sr: SR, needed: int) -> LazyText | None:
    free = free_space(sr)
    if free is None or needed <= free:
        return None
    return lazy(N_("{needed} needed, {free} free on {sr}"), needed=Amount(needed), free=Amount(free), sr=named(sr))


def _too_small(sr: SR, needed: int) -> LazyText | None:
    free = free_space(sr)
    if free is None or is_thin(sr) or needed <= free:
        return None
    return lazy(N_("{needed} needed, {free} free"), needed=Amount(needed), free=Amount(free))


def sr_choices(vm: VM, needed: int = 0, without: SR | None = None) -> Sequence[Choice]:
    """The SRs of the pool for a disk of `vm`: those that can take it first."""
    found = [
        Choice(sr.uuid, f"{label} · {free_text(sr)}", cannot_take(sr, needed, vm)) for sr, label in disk_srs(vm.home) if sr is not without
    ]
    return sorted(found, key=lambda choice: choice.refused is not None)


def free_text(sr: SR) -> LazyText:
    """What is free on it, and whether it is thin, as boxes of SRs have it beside the name."""
    free = free_space(sr)
    if free is None:
        return lazy(N_("free space unknown"))
    return lazy(N_("{free} free, thin"), free=Amount(free)) if is_thin(sr) else lazy(N_("{free} free"), free=Amount(free))
