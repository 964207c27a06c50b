"""A pool: its head, its sums, what it is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from components.heads import ObjectHead
from components.hosts.memory import MemoryBar, sum_of
from components.links import path_of
from components.live import follow_all
from components.ui import Card, Figure, Meter, Notice, Tone, cards
from components.vms.cells import Cell, Copy, Facts, Link, Quiet
from components.vms.words import STATES
from data.facts.host import HostState, host_state
from data.facts.vm import VmState, state_of
from data.findings.storage import fill_limits
from data.hosts import product_of
from data.mirror import Change, PoolMirror
from data.names import name_of
from data.objects import SR, VM, Host, HostMetrics, Network, Pool
from data.placement import is_guest
from data.storage import sum_of as room_sum
from xo_dash.context import Context
from xo_dash.i18n import _, ngettext, number, percent, size

TOLD = frozenset({
    "name_label", "name_description", "tags", "master", "default_SR", "suspend_image_SR", "ha_enabled", "ha_overcommitted",
    "ha_host_failures_to_tolerate", "ha_plan_exists_for", "power_state", "is_a_template", "resident_VMs", "memory_total", "live",
    "memory_dynamic_max", "memory_overhead", "physical_size", "physical_utilisation", "virtual_allocation", "enabled", "software_version",
    "address",
})  # fmt: skip
KINDS = (Pool, Host, HostMetrics, VM, SR, Network)


def pool_parts(context: Context, pool: Pool, home: PoolMirror) -> None:
    """Head, bands and the cards of sums; all told again when what they count changes."""
    head = ObjectHead(context, pool)
    crowded = Notice(_("HA cannot restart all protected VMs after a host failure: free up some memory."), Tone.WARNING)
    with cards().classes("x-fours"):
        counts, memory, storage = Counts(), MemoryBar(), Storage(home)
        facts = _facts_card(pool, home)

    def concerns(changes: Sequence[Change]) -> bool:
        return any(_concerns(change, home) for change in changes)

    def render() -> None:
        if home.one(Pool, pool.ref) is not pool:
            return
        hosts = list(home.all(Host).values())
        head.show(_summary(pool, home, hosts), _state(hosts))
        crowded.set_visibility(pool.ha_enabled and pool.ha_overcommitted)
        counts.show(home)
        memory.show(sum_of(hosts))
        storage.show(home)
        facts.show(about(pool, home))

    with head:
        follow_all(context.mirror, concerns, render)


def _concerns(change: Change, home: PoolMirror) -> bool:
    subject = change.subject
    return isinstance(subject, KINDS) and subject.home is home and (not change.names or not TOLD.isdisjoint(change.names))


def _summary(pool: Pool, home: PoolMirror, hosts: Sequence[Host]) -> list[str]:
    master = home.one(Host, pool.master)
    count = ngettext("{n} host", "{n} hosts", len(hosts)).format(n=number(len(hosts)))
    return [count, product_of(master) if master else "", _("connected at {address}").format(address=home.server.address)]


def _state(hosts: Sequence[Host]) -> tuple[str, str]:
    unheard = sum(host_state(host) is HostState.UNHEARD for host in hosts)
    if unheard:
        return "critical", ngettext("{n} host not responding", "{n} hosts not responding", unheard).format(n=number(unheard))
    resting = sum(host_state(host) is HostState.MAINTENANCE for host in hosts)
    if resting:
        return "disabled", ngettext("{n} host in maintenance", "{n} hosts in maintenance", resting).format(n=number(resting))
    return "running", _("All hosts running")


class Counts(Card):
    """How many VMs there are, and how they are."""

    OTHERS = (VmState.PAUSED, VmState.SUSPENDED, VmState.HALTED, VmState.UNKNOWN)

    def __init__(self) -> None:
        super().__init__(_("VMs"))
        with self:
            self._figure = Figure()
            self._facts = Facts([*(_(STATES[state]) for state in self.OTHERS), _("Templates")])

    def show(self, home: PoolMirror) -> None:
        vms = list(home.all(VM).values())
        guests = [vm for vm in vms if is_guest(vm)]
        states = Counter(map(state_of, guests))
        self._figure.value.text = number(len(guests))
        running = states[VmState.RUNNING]
        self._figure.note.text = ngettext("{n} running", "{n} running", running).format(n=number(running))
        templates = sum(vm.is_a_template and not vm.is_a_snapshot and not vm.is_default_template for vm in vms)
        rows: list[tuple[str, Cell | None]] = [(_(STATES[state]), number(states[state])) for state in self.OTHERS]
        self._facts.show([*rows, (_("Templates"), number(templates))])


class Storage(Card):
    """What its SRs hold together."""

    def __init__(self, home: PoolMirror) -> None:
        super().__init__(_("Storage"), " ")
        limits = fill_limits(home)
        with self:
            self._figure = Figure()
            self._meter = Meter(warning=limits.warning or math.inf, critical=limits.critical or math.inf)
            self._facts = Facts([_("Provisioned"), _("SRs")])

    def show(self, home: PoolMirror) -> None:
        srs = list(home.all(SR).values())
        room = room_sum(srs)
        self.scope.text = _("of {size}").format(size=size(room.size)) if room.size else ""
        self._figure.value.text = size(room.used if room.size else math.nan)
        self._figure.note.text = _("in use")
        self._meter.show(room.share, percent(room.share) if room.size else "")
        self._facts.show([(_("Provisioned"), size(room.promised if room.size else math.nan)), (_("SRs"), number(len(srs)))])


def _facts_card(pool: Pool, home: PoolMirror) -> Facts:
    with Card(_("About")):
        return Facts([name for name, _value in about(pool, home)])


def about(pool: Pool, home: PoolMirror) -> list[tuple[str, Cell | None]]:
    master, default = home.one(Host, pool.master), home.one(SR, pool.default_SR)
    suspend = home.one(SR, pool.suspend_image_SR)
    return [
        (_("Master"), Link(name_of(master), path_of(master)) if master else Quiet(_("unknown"))),
        (_("Default SR"), Link(name_of(default), path_of(default)) if default else Quiet(_("none"))),
        (_("Suspend SR"), Link(name_of(suspend), path_of(suspend)) if suspend else None),
        (_("High availability"), _ha(pool)),
        (_("Networks"), number(len(home.all(Network)))),
        (_("UUID"), Copy(pool.uuid, _("Click to copy"))),
    ]


def _ha(pool: Pool) -> str:
    if not pool.ha_enabled:
        return _("off")
    bears = pool.ha_host_failures_to_tolerate
    return ngettext("enabled, tolerates {n} host failure", "enabled, tolerates {n} host failures", bears).format(n=number(bears))
