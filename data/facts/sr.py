"""Facts about an SR: whether people store anything on it, which hosts lack it and how grave that is, how full it is."""

from __future__ import annotations

from typing import Final

from data.facts.host import is_live
from data.facts.pool import own_pool
from data.level import Level
from data.objects import PBD, SR, Host

THICK: Final = frozenset({"lvm", "lvmoiscsi", "lvmohba", "lvmofcoe", "rawhba"})
"""Types that give a disk blocks of a device: its whole size at once, with what was in them before. Source: sm; xapi's
must_write_zeroes_into_new_vdi."""


def is_thin(sr: SR) -> bool:
    """Whether a disk takes space as it is written; sm_config says so of an LVM that was made that way."""
    return sr.type not in THICK or sr.sm_config.get("allocation") == "thin"


def is_shown(sr: SR) -> bool:
    """Whether people store anything on it: not the guest tools, and no drive without size."""
    return not sr.is_tools_sr and sr.type != "udev" and sr.physical_size > 0


def is_default(sr: SR) -> bool:
    """Whether new disks go there unless said otherwise."""
    pool = own_pool(sr.home)
    return pool is not None and pool.default_SR == sr.ref


def unplugged(sr: SR) -> tuple[Host, ...]:
    """The living hosts that have a path to `sr` and do not reach it."""
    hosts = (sr.home.one(Host, pbd.host) for pbd in sr.all_of(PBD, sr.PBDs) if not pbd.currently_attached)
    return tuple(host for host in hosts if host is not None and is_live(host))


def cut_off(sr: SR) -> tuple[Host, ...]:
    """Those of them that lack something: nobody misses an empty drive."""
    return unplugged(sr) if is_shown(sr) else ()


def path_level(pbd: PBD) -> Level:
    """How grave it is that a path is as it is. Of a host that is not heard nobody knows."""
    sr, host = pbd.home.one(SR, pbd.SR), pbd.home.one(Host, pbd.host)
    lacks = not pbd.currently_attached and sr is not None and host is not None and is_shown(sr) and is_live(host)
    return Level.CRITICAL if lacks else Level.NONE


def used_share(sr: SR) -> float | None:
    """Used of its size, where that can be too much: a library of images may be full. None for any other, and if nobody knows."""
    if not is_shown(sr) or sr.content_type == "iso" or sr.physical_utilisation < 0:
        return None
    return sr.physical_utilisation / sr.physical_size
