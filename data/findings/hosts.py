"""Rules about hosts. One that is not live says only that: the rest of what we know of it may not be true any more."""

from __future__ import annotations

from collections.abc import Collection

from data.facts.host import is_live, needs_reboot
from data.failover import Fates
from data.findings.finding import ADVISED, ALWAYS, Limits, Look, Reading, Rule
from data.guidance import REBOOT_HOST, RESTART_TOOLSTACK, Urgency, urgency_of
from data.history import Clock, History
from data.hosts import certificate_ends_at, guests_of
from data.objects import VM, Host

DAY = 86400.0
ALIKE = 2.0
"""Seconds that clocks may differ which are said to agree."""
MINUTE = 60.0


def lost(host: Host, _now: float) -> Reading | None:
    return None if is_live(host) else Reading(1, vms=len(guests_of(host)))


def of_living(look: Look) -> Look:
    """`look`, at live hosts only."""
    return lambda host, now: look(host, now) if is_live(host) else None


@of_living
def cpu(host: Host, _now: float) -> Reading | None:
    """Share of all its CPUs that is busy."""
    load = host.home.part(History).load(host.uuid)
    return Reading(load.cpu, vms=len(guests_of(host))) if load else None


@of_living
def dom0_memory(host: Host, _now: float) -> Reading | None:
    """Share of the control domain's memory in use, where it tells."""
    domain = host.home.one(VM, host.control_domain)
    load = host.home.part(History).load(domain.uuid) if domain else None
    return Reading(load.guest_memory) if load else None


@of_living
def clock(host: Host, _now: float) -> Reading | None:
    """Seconds that it is surely ahead of our clock or behind it; which of the two is wrong, the other hosts of the pool may tell."""
    clocks = host.home.part(History).clocks
    own = clocks.get(host.uuid)
    return Reading(own.least, detail=_agreement(own, clocks.values())) if own is not None and own.least else None


def _agreement(own: Clock, clocks: Collection[Clock]) -> str:
    """`ahead` or `behind`; with "all" before it where there are several hosts, whose clocks agree with each other but not with ours."""
    way = "ahead" if own.ahead > 0 else "behind"
    alike = all(abs(one.ahead - own.ahead) <= one.doubt + own.doubt + ALIKE for one in clocks)
    return f"all {way}" if len(clocks) > 1 and alike else way


@of_living
def certificate(host: Host, now: float) -> Reading | None:
    """Minus the days it is good for."""
    ends = certificate_ends_at(host)
    return Reading((now - ends) / DAY) if ends is not None else None


@of_living
def reboot(host: Host, _now: float) -> Reading | None:
    """2 where it has to be, 1 where updates advise it."""
    if needs_reboot(host):
        return Reading(2, vms=len(guests_of(host)))
    return Reading(1, vms=len(guests_of(host)), detail=ADVISED) if urgency_of(host, REBOOT_HOST) else None


@of_living
def toolstack(host: Host, _now: float) -> Reading | None:
    urgency = urgency_of(host, RESTART_TOOLSTACK)
    return Reading(1, detail="" if urgency is Urgency.MANDATORY else ADVISED) if urgency is not None else None


@of_living
def maintenance(host: Host, _now: float) -> Reading | None:
    return None if host.enabled else Reading(1)


@of_living
def no_room_elsewhere(host: Host, _now: float) -> Reading | None:
    """How many of its VMs that could go elsewhere would find no memory there if it died. A lone host has no elsewhere."""
    fate = host.home.part(Fates).get(host.ref)
    if fate is None or not fate.no_room or len(host.home.all(Host)) < 2:
        return None
    return Reading(fate.no_room, (host,), fate.no_room)


RULES = (
    Rule("host.lost", Host, lost, Limits(critical=1)),
    Rule("host.dom0_memory", Host, dom0_memory, Limits(critical=0.95), unit="share", margin=0.02, hold=5 * MINUTE, measures=True),
    Rule("host.cpu", Host, cpu, Limits(warning=0.9), unit="share", margin=0.1, hold=10 * MINUTE, measures=True, load="cpu"),
    Rule("host.no_room", Host, no_room_elsewhere, Limits(warning=1), unit="count", hold=MINUTE, folds=ALWAYS),
    Rule("host.clock", Host, clock, Limits(warning=5), unit="seconds", margin=2, hold=MINUTE, folds=ALWAYS, measures=True),
    Rule("host.certificate", Host, certificate, Limits(warning=-21, critical=-7), unit="days_left"),
    Rule("host.reboot", Host, reboot, Limits(information=1, warning=2), folds=ALWAYS),
    Rule("host.toolstack", Host, toolstack, Limits(information=1), folds=ALWAYS),
    Rule("host.maintenance", Host, maintenance, Limits(information=1), hold=10 * MINUTE),
)
