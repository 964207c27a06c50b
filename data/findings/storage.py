"""Rules about SRs and the disks on them."""

from __future__ import annotations

from collections.abc import Generator

from data.facts.host import is_live
from data.facts.sr import cut_off, is_shown, used_share
from data.findings.finding import ALWAYS, Limits, Reading, Rule
from data.findings.registry import FindingRegistry
from data.growth import days_until_full
from data.history import History
from data.level import Level
from data.names import name_of
from data.objects import PBD, SR, VDI, VM, Host
from data.storage import DiskKind, disk_kind, guests_of
from data.texts import whole
from data.types import GIB, Home

DAY = 86400.0
LONGEST = 100
"""Nodes of a chain that are counted: a circle has an end too."""


def unreached(sr: SR, _now: float) -> Reading | None:
    """How many living hosts should reach it and do not."""
    hosts = cut_off(sr)
    return Reading(len(hosts), hosts) if hosts else None


def full(sr: SR, _now: float) -> Reading | None:
    """Used share of its size."""
    share = used_share(sr)
    return Reading(share) if share is not None else None


def filling(sr: SR, now: float) -> Reading | None:
    """Minus the days until it is full, if it goes on as it did."""
    if not is_shown(sr) or sr.content_type == "iso":
        return None
    days = days_until_full(sr.home.part(History).growth(sr.uuid), sr.physical_size, now)
    return Reading(-days) if days is not None else None


def paths_lost(sr: SR, _now: float) -> Reading | None:
    """How many paths of multipath its hosts lack. Source: PBD.other_config "mpath-<LUN>": "[active, all]"."""
    lost: dict[Host, int] = {}
    for pbd in sr.all_of(PBD, sr.PBDs):
        host = pbd.home.one(Host, pbd.host)
        if host is None or not is_live(host) or not pbd.currently_attached:
            continue
        for key, value in pbd.other_config.items():
            active, _, every = value.strip("[] ").partition(",")
            if key.startswith("mpath-") and (missing := whole(every.strip()) - whole(active.strip())) > 0:
                lost[host] = lost.get(host, 0) + missing
    return Reading(sum(lost.values()), tuple(lost)) if lost else None


def long_chain(vdi: VDI, _now: float) -> Reading | None:
    """Nodes below and with a disk. Source: drivers refuse another snapshot at 30."""
    if not vdi.managed or "vhd-parent" not in vdi.sm_config:
        return None
    length, at = 1, vdi
    while length < LONGEST and (below := at.home.by_uuid(VDI, at.sm_config.get("vhd-parent", ""))):
        length, at = length + 1, below
    return Reading(length, detail=_place(vdi))


def to_coalesce(vdi: VDI, _now: float) -> Reading | None:
    """A hidden node under a single other, which the collector should have merged."""
    return Reading(1, detail=_place(vdi)) if not vdi.managed and len(vdi.home.above(vdi)) == 1 else None


def orphan(vdi: VDI, _now: float) -> Reading | None:
    """GiB that a disk or snapshot takes which no VM, snapshot or template has."""
    if disk_kind(vdi) is not DiskKind.ORPHAN or vdi.current_operations:
        return None
    return Reading(max(vdi.physical_utilisation, 0) / GIB, detail=_place(vdi))


def _sr(vdi: VDI) -> SR | None:
    return vdi.home.one(SR, vdi.SR)


def _place(vdi: VDI) -> str:
    sr = _sr(vdi)
    return name_of(sr) if sr else ""


def _users(sr: SR) -> Generator[None, None, int]:
    """Of thousands of disks, one at a time."""
    found: set[VM] = set()
    for vdi in sr.all_of(VDI, sr.VDIs):
        found.update(guests_of(vdi))
        yield
    return len(found)


FULL = Rule("sr.full", SR, full, Limits(warning=0.85, critical=0.95), unit="share", margin=0.02, touches=_users)


def fill_level(sr: SR) -> Level:
    """Whether it is too full, as findings tell it: once it was, it is until it is clearly no more."""
    return sr.home.part(FindingRegistry).level(FULL, sr)


def fill_limits(home: Home) -> Limits:
    """Those of this installation."""
    return home.part(FindingRegistry).overrides.limits(FULL)


RULES = (
    Rule("sr.unplugged", SR, unreached, Limits(critical=1), unit="count", touches=_users),
    FULL,
    Rule("sr.filling", SR, filling, Limits(warning=-14, critical=-1), unit="days_left", margin=1, touches=_users, again=60.0),
    Rule("sr.paths", SR, paths_lost, Limits(warning=1), unit="count", touches=_users),
    Rule("disk.chain", VDI, long_chain, Limits(warning=20, critical=28), unit="count", folds=ALWAYS, about=_sr),
    Rule("disk.coalesce", VDI, to_coalesce, Limits(warning=1), unit="count", hold=DAY, folds=ALWAYS, adds=True, about=_sr),
    Rule("disk.orphan", VDI, orphan, Limits(information=1), unit="gib", hold=DAY / 24, folds=ALWAYS, adds=True, marks=False),
)
