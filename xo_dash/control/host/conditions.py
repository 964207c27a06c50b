"""When a host can be told so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from data.facts.host import is_live
from data.facts.pool import has_ha, is_master
from data.facts.vm import is_guest
from data.maintenance import MODE
from data.objects import VM, Host
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.words import under_way
from xo_dash.i18n import N_

ALREADY: Final = lazy(N_("it is already in maintenance mode"))


def guests(host: Host) -> list[VM]:
    return [vm for vm in host.all_of(VM, host.resident_VMs) if is_guest(vm)]


def silent(host: Host) -> LazyText | None:
    return None if is_live(host) else lazy(N_("it does not respond"))


def cannot_enable(host: Host) -> LazyText | None:
    """XAPI enables a host that has booted by itself, and leaves the mark."""
    return silent(host) or (lazy(N_("it is not in maintenance mode")) if host.enabled and MODE not in host.other_config else None)


def cannot_disable(host: Host) -> LazyText | None:
    if reason := silent(host):
        return reason
    if host.current_operations:
        return under_way(next(iter(host.current_operations.values())))
    return None if host.enabled or guests(host) else ALREADY


def cannot_refuse_vms(host: Host) -> LazyText | None:
    """Without being emptied."""
    return cannot_disable(host) or (None if host.enabled else ALREADY)


def leads(host: Host) -> LazyText | None:
    return lazy(N_("it is the pool master; make another host the master first")) if is_master(host) else None


def ties_to_pool(host: Host, occupied: str) -> Iterator[LazyText]:
    """What keeps any host in its pool, dead or alive; `occupied`: what has to be done about its VMs, with their {count}."""
    if (reason := leads(host)) is not None:
        yield reason
    if has_ha(host.home):
        yield lazy(N_("HA is on; turn it off first"))
    if count := len(guests(host)):
        yield lazy(occupied, count=count)


def cannot_power_on(host: Host) -> LazyText | None:
    if is_live(host):
        return lazy(N_("it is already running"))
    return None if host.power_on_mode else lazy(N_("no power-on method is set for it; power it on manually"))
