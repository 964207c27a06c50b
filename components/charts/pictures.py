"""The past of one object as browsers fetch it: JSON, made once for all of them, until there is more to show."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import orjson

from data import archives
from data.archives import ArchiveRange, Panel
from data.columns import Column
from data.facts.vm import vcpus_online
from data.history import History
from data.names import name_of
from data.objects import SR, VBD, VDI, VIF, VM, Host, Network, Pool
from xo_dash.sync.archives import ArchiveResult, Archives, Kept, Missing, until_next

Subject: TypeAlias = VM | Host | SR | Pool
KINDS: Final[Mapping[str, type[Subject]]] = {"vm": VM, "host": Host, "sr": SR, "pool": Pool}
"""As they are called in addresses."""
SQUEEZED: Final = 4


@dataclass(frozen=True, slots=True)
class ChartData:
    tag: str
    content: bytes  # gzipped JSON


@dataclass(slots=True)
class _Beside:
    """What the mirror knows and the archives do not."""

    names: dict[str, str] = field(default_factory=dict)  # of devices
    grown: list[tuple[int, int]] = field(default_factory=list)  # of an SR: [epoch seconds, bytes]
    size: int = 0  # of an SR, bytes
    hidden: frozenset[str] = frozenset()  # devices that are not shown


class ChartDataCache:
    """All that was asked for lately."""

    def __init__(self, archives: Archives) -> None:
        self._archives = archives
        self._kept: Kept[ChartData] = Kept(128)

    async def of(self, subject: Subject, stretch: ArchiveRange, original: Subject | None = None) -> ChartData:
        """`original`: what is asked for, where `subject` is what somebody may see of it."""
        beside = _beside(subject, original or subject)
        return await self._kept.get(
            (subject.home.id, subject.uuid, stretch, type(subject), frozenset(beside.names.items()), beside.hidden),
            lambda: until_next(stretch.step),
            lambda: self._make(original or subject, stretch, beside),
        )

    async def _make(self, original: Subject, stretch: ArchiveRange, beside: _Beside) -> ChartData:
        try:
            found = await self._find(original, stretch)
        except Missing as missing:
            answer: dict[str, object] = {"why": missing.why, "name": missing.name, "grown": beside.grown, "size": beside.size}
            return _packed(answer)
        return await asyncio.to_thread(_picture, original, found, beside)

    async def _find(self, subject: Subject, stretch: ArchiveRange) -> ArchiveResult:
        if isinstance(subject, VM):
            return await self._archives.of_vm(subject, stretch)
        if isinstance(subject, Host):
            return await self._archives.of_host(subject, stretch)
        if isinstance(subject, SR):
            return await self._archives.of_sr(subject, stretch)
        return await self._archives.of_pool(subject.home, stretch)


def _picture(subject: Subject, found: ArchiveResult, beside: _Beside) -> ChartData:
    """For a thread."""
    whole = archives.aligned(found.pasts)[0]
    panels = {
        name: {device: lines for device, lines in panel.items() if device not in beside.hidden}
        for name, panel in _panels(subject, found).items()
    }
    answer = {
        "step": whole.step, "first": whole.first, "away": found.away, "grown": beside.grown, "size": beside.size,
        "panels": {name: [[device, _lines(panel, device)] for device in panel] for name, panel in panels.items()},
        "names": {device: beside.names[device] for panel in panels.values() for device in panel if device in beside.names},
    }  # fmt: skip
    return _packed(answer)


def _panels(subject: Subject, found: ArchiveResult) -> dict[str, Panel]:
    if isinstance(subject, VM):
        return archives.of_vm(found.pasts[0], vcpus_online(subject))
    if isinstance(subject, Host):
        return archives.of_host(found.pasts[0])
    return archives.of_sr(found.pasts, subject.uuid) if isinstance(subject, SR) else archives.of_pool(found.pasts)


def _lines(panel: Panel, device: str) -> list[list[object]]:
    lines = panel[device]
    return [[line.name, _rounded(line.values), line.low and _rounded(line.low), line.high and _rounded(line.high)] for line in lines]


def _rounded(column: Column) -> list[float]:
    """Four digits are enough for a picture; NaN becomes null."""
    return [round(value) if abs(value) >= 1000 else float(f"{value:.4g}") for value in column]


def _packed(answer: Mapping[str, object]) -> ChartData:
    plain = orjson.dumps(answer)
    return ChartData(f"{zlib.crc32(plain):08x}{len(plain):x}", gzip.compress(plain, SQUEEZED))


def _beside(subject: Subject, original: Subject) -> _Beside:
    if isinstance(subject, SR):
        history = subject.home.part(History)
        grown = [(round(sample.t), round(sample.used)) for sample in (history.growth(subject.uuid) if history else ())]
        return _Beside(grown=grown, size=max(0, subject.physical_size))
    names = dict(_names(subject))
    return _Beside(names=names, hidden=frozenset(sr.uuid[:8] for sr in original.home.all(SR).values()).difference(names))


def _names(subject: VM | Host | Pool) -> Iterable[tuple[str, str]]:
    """Of the devices that archives know by a short name only."""
    if isinstance(subject, VM):
        for vif in subject.all_of(VIF, subject.VIFs):
            network = subject.home.one(Network, vif.network)
            yield vif.device, f"{vif.device} · {name_of(network)}" if network else vif.device
        for vbd in subject.all_of(VBD, subject.VBDs):
            disk = subject.home.one(VDI, vbd.VDI)
            if vbd.device and disk is not None:
                yield vbd.device, f"{vbd.device} · {name_of(disk)}"
    else:
        for sr in subject.home.all(SR).values():
            yield sr.uuid[:8], name_of(sr)
