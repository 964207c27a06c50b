"""A pool: its head, its sums, what it is."""

from __future__ import annotations

import math
from typing import Final

from components.cells import Cell, Copy, Facts, Quiet, link_to
from components.hosts.memory import MemoryBar
from components.live import follow_facts
from components.object_header import ObjectHead
from components.ui import Card, Figure, Meter, Notice, Tone, cards
from components.vms.words import STATES
from data.facts.host import HostState
from data.facts.vm import VmState
from data.findings.storage import fill_limits
from data.views.pool import PoolView
from xo_dash.context import Context
from xo_dash.i18n import _, ngettext, number, percent, size

ABOUT: Final = (
    "master", "default_sr", "suspend_sr", "crash_sr", "has_ha", "ha_bears", "has_auto_start", "migration_network", "network_count",
)  # fmt: skip


def pool_head(context: Context, pool: PoolView) -> None:
    """Head and bands."""
    head = ObjectHead(context, pool.row)
    crowded = Notice(_("HA cannot restart all protected VMs after a host failure: free up some memory."), Tone.WARNING)
    crowded.bind_visibility_from(pool, "ha_is_overcommitted")
    with head:
        follow_facts(
            pool, ("name", "description", "tags", "host_states", "product", "address"), lambda: head.show(_summary(pool), _state(pool))
        )


def pool_sums(pool: PoolView) -> None:
    """The cards of sums."""
    with cards().classes("x-fours"):
        counts, memory, storage = VmCounts(), MemoryBar(), Storage(pool)
        with Card(_("About")).classes("x-pool-about"):
            facts = Facts([name for name, _value in about(pool)])
        follow_facts(pool, ("vm_states", "template_count"), lambda: counts.show(pool))
        follow_facts(pool, ("memory",), lambda: memory.show(pool.memory))
        follow_facts(pool, ("room", "sr_count"), lambda: storage.show(pool))
        follow_facts(pool, ABOUT, lambda: facts.show(about(pool)))


def _summary(pool: PoolView) -> list[str]:
    hosts = sum(pool.host_states.values())
    count = ngettext("{n} host", "{n} hosts", hosts).format(n=number(hosts))
    return [count, pool.product, _("connected at {address}").format(address=pool.address) if pool.address else ""]


def _state(pool: PoolView) -> tuple[str, str]:
    if unheard := pool.host_states.get(HostState.UNHEARD, 0):
        return "critical", ngettext("{n} host not responding", "{n} hosts not responding", unheard).format(n=number(unheard))
    if resting := pool.host_states.get(HostState.MAINTENANCE, 0):
        return "disabled", ngettext("{n} host in maintenance", "{n} hosts in maintenance", resting).format(n=number(resting))
    return "running", _("All hosts running")


class VmCounts(Card):
    """How many VMs there are, and how they are."""

    OTHERS = (VmState.PAUSED, VmState.SUSPENDED, VmState.HALTED, VmState.UNKNOWN)

    def __init__(self) -> None:
        super().__init__(_("VMs"))
        with self:
            self._figure = Figure()
            self._facts = Facts([*(_(STATES[state]) for state in self.OTHERS), _("Templates")])

    def show(self, pool: PoolView) -> None:
        states = pool.vm_states
        self._figure.value.text = number(sum(states.values()))
        running = states.get(VmState.RUNNING, 0)
        self._figure.note.text = ngettext("{n} running", "{n} running", running).format(n=number(running))
        rows: list[tuple[str, Cell | None]] = [(_(STATES[state]), number(states.get(state, 0))) for state in self.OTHERS]
        self._facts.show([*rows, (_("Templates"), number(pool.template_count))])


class Storage(Card):
    """What its SRs hold together."""

    def __init__(self, pool: PoolView) -> None:
        super().__init__(_("Storage"))
        limits = fill_limits(pool.row.home)
        with self:
            self._figure = Figure()
            self._meter = Meter(warning=limits.warning or math.inf, critical=limits.critical or math.inf)
            self._facts = Facts([_("Provisioned"), _("SRs")])

    def show(self, pool: PoolView) -> None:
        room = pool.room
        self.scope.text = _("of {size}").format(size=size(room.size)) if room.size else ""
        self._figure.value.text = size(room.used if room.size else math.nan)
        self._figure.note.text = _("in use")
        self._meter.show(room.share, percent(room.share) if room.size else "")
        self._facts.show([(_("Provisioned"), size(room.promised if room.size else math.nan)), (_("SRs"), number(pool.sr_count))])


def about(pool: PoolView) -> list[tuple[str, Cell | None]]:
    return [
        (_("Master"), link_to(pool.master, Quiet(_("unknown")))),
        (_("Default SR"), link_to(pool.default_sr, Quiet(_("none")))),
        (_("Suspend SR"), link_to(pool.suspend_sr, "") if pool.suspend_sr else None),
        (_("Crash-dump SR"), link_to(pool.crash_sr, "") if pool.crash_sr else None),
        (_("High availability"), _ha(pool)),
        (_("Auto-start"), _("on") if pool.has_auto_start else _("off")),
        (_("Migration network"), link_to(pool.migration_network, "") if pool.migration_network else None),
        (_("Networks"), number(pool.network_count)),
        (_("UUID"), Copy(pool.row.uuid, _("Click to copy"))),
    ]


def _ha(pool: PoolView) -> str:
    if not pool.has_ha:
        return _("off")
    bears = pool.ha_bears
    return ngettext("enabled, tolerates {n} host failure", "enabled, tolerates {n} host failures", bears).format(n=number(bears))
