"""Where disks of VMs can be put."""

from __future__ import annotations

from collections.abc import Sequence

from data.facts.pool import own_pool
from data.facts.sr import is_shown
from data.names import name_of
from data.objects import PBD, SR, Host
from data.types import Home


def free_space(sr: SR) -> int | None:
    """Bytes; None where the driver does not tell."""
    return sr.physical_size - sr.physical_utilisation if sr.physical_size > 0 else None


def default_sr(home: Home) -> SR | None:
    """The default SR of the pool; None where it has none, or one that is gone."""
    pool = own_pool(home)
    return home.one(SR, pool.default_SR) if pool is not None else None


def disk_srs(home: Home) -> Sequence[tuple[SR, str]]:
    """The SRs of a pool that hold disks, and what each is called there; shared ones first, then by free space."""
    found = [sr for sr in home.all(SR).values() if is_shown(sr) and sr.content_type != "iso"]
    found.sort(key=lambda sr: (not sr.shared, -(free_space(sr) or 0)))
    return [(sr, _called(sr)) for sr in found]


def _called(sr: SR) -> str:
    """With its host, where it is of one host alone."""
    if sr.shared:
        return name_of(sr)
    host = next((host for pbd in sr.all_of(PBD, sr.PBDs) if (host := sr.home.one(Host, pbd.host))), None)
    return f"{name_of(sr)} · {name_of(host)}" if host else name_of(sr)
