"""What can be found by what is typed so far: exports, targets, LUNs, and the SRs on them; told step by step, as answers come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from data.objects import Pool
from data.storage_places import srs_by_place
from xo_dash.control.requests.fault import Fault
from xo_dash.control.sr.found import FoundSR, IscsiTarget, Lun, exports_in, luns_in, srs_in, targets_in
from xo_dash.control.sr.kinds import SRKind
from xo_dash.control.sr.new_sr import NewSR, device_config, place_asked
from xo_dash.control.sr.probe import ProbeAnswer
from xo_dash.control.sr.probe_faults import fault_of

MOST: Final = 20
"""Exports and LUNs that are looked into: each takes the host some seconds."""
NFS: Final = "nfs"

Ask = Callable[[str, Mapping[str, object]], Awaitable[ProbeAnswer]]
"""(XAPI's type, device_config) -> what a host answers"""


@dataclass(frozen=True, slots=True)
class Discovery:
    """As far as it got. `srs`: {path, SCSI id, or "" for the one place: what lies there}; what is not in it was not looked at."""

    exports: tuple[str, ...] = ()
    targets: tuple[IscsiTarget, ...] = ()
    luns: tuple[Lun, ...] = ()
    srs: Mapping[str, tuple[FoundSR, ...]] = field(default_factory=dict)
    fault: Fault | None = None
    done: bool = False

    def with_srs(self, place: str, found: tuple[FoundSR, ...]) -> Discovery:
        return replace(self, srs={**self.srs, place: found})


def question(request: NewSR) -> tuple[object, ...] | None:
    """What the search depends on; None while too little is typed for one. What is chosen of what was found changes nothing in it."""
    match SRKind(request.kind):
        case SRKind.NFS | SRKind.ISO_NFS:
            found: tuple[object, ...] = (request.server, request.version)
        case SRKind.SMB:
            found = (request.share, request.user, request.password)
        case SRKind.ISCSI:
            found = (request.target, request.port, request.user, request.password, request.iqn)
        case SRKind.HBA:
            found = ("hba",)
        case SRKind.LVM | SRKind.EXT | SRKind.XFS:
            found = (request.device, request.host) if request.host else ("",)
        case _:
            return None
    return (request.kind, *found) if found[0] else None


def place_question(request: NewSR) -> tuple[str, Mapping[str, object]] | None:
    """(XAPI's type, device_config) that asks a host for the one place that is chosen; None while none is, and where nobody can be asked.

    Source: the driver of ISO libraries cannot be asked; that of NFS mounts the same export.
    """
    if any(not getattr(request, name) for name in request.facts.needs):
        return None
    if SRKind(request.kind) is SRKind.ISO_NFS:
        return NFS, {"server": request.server, "serverpath": request.path, **({"nfsversion": request.version} if request.version else {})}
    return (request.facts.type, device_config(request)) if request.facts.probed else None


async def discover(request: NewSR, pool: Pool, ask: Ask) -> AsyncIterator[Discovery]:
    """Ends with one that is `done`."""
    match SRKind(request.kind):
        case SRKind.NFS | SRKind.ISO_NFS:
            steps = _exports(request, pool, ask)
        case SRKind.ISCSI:
            steps = _targets(request, pool, ask)
        case SRKind.HBA:
            steps = _luns(request, pool, ask, Discovery())
        case _:
            steps = _place(request, pool, ask)
    async for found in steps:
        yield found
        last = found
    yield replace(last, done=True)


async def _exports(request: NewSR, pool: Pool, ask: Ask) -> AsyncIterator[Discovery]:
    config = {key: value for key, value in (("server", request.server), ("nfsversion", request.version)) if value}
    answer = await ask(NFS, config)
    found = Discovery(exports_in(answer.text))
    if not found.exports and (answer.code or answer.refused):
        yield replace(found, fault=fault_of(request, answer, pool.home))
        return
    yield found
    if SRKind(request.kind) is SRKind.ISO_NFS:
        return
    for path in found.exports[:MOST]:
        answer = await ask(NFS, {**config, "serverpath": path})
        if not answer.code:
            found = found.with_srs(path, srs_in(answer.text))
            yield found


async def _targets(request: NewSR, pool: Pool, ask: Ask) -> AsyncIterator[Discovery]:
    """The only target is taken without being chosen."""
    bare = msgspec.structs.replace(request, iqn="", scsi_id="")
    answer = await ask(request.facts.type, device_config(bare))
    found = Discovery(targets=targets_in(answer.text))
    if not found.targets:
        yield replace(found, fault=fault_of(bare, answer, pool.home))
        return
    yield found
    known = [target.iqn for target in found.targets]
    iqn = request.iqn if request.iqn in known else known[0] if len(known) == 1 else ""
    if iqn:
        async for more in _luns(msgspec.structs.replace(request, iqn=iqn, scsi_id=""), pool, ask, found):
            yield more


async def _luns(request: NewSR, pool: Pool, ask: Ask, found: Discovery) -> AsyncIterator[Discovery]:
    """Those that are known to hold an SR are not looked into: somebody uses them."""
    bare = msgspec.structs.replace(request, scsi_id="")
    answer = await ask(request.facts.type, device_config(bare))
    found = replace(found, luns=luns_in(answer.text))
    if not found.luns:
        yield replace(found, fault=fault_of(bare, answer, pool.home))
        return
    yield found
    known = srs_by_place(pool.home.pools)
    for lun in found.luns[:MOST]:
        chosen = msgspec.structs.replace(request, scsi_id=lun.scsi_id)
        if place_asked(chosen) in known:
            continue
        answer = await ask(request.facts.type, device_config(chosen))
        if not answer.code:
            found = found.with_srs(lun.scsi_id, srs_in(answer.text))
            yield found


async def _place(request: NewSR, pool: Pool, ask: Ask) -> AsyncIterator[Discovery]:
    """What is typed is the one place there is."""
    answer = await ask(request.facts.type, device_config(request))
    if answer.code or answer.refused:
        yield Discovery(fault=fault_of(request, answer, pool.home))
    else:
        yield Discovery().with_srs("", srs_in(answer.text))
