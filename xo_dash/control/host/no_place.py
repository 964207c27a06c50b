"""Why a VM cannot be on another host, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data.failover import Bound, Unplaceable
from data.objects import PowerState
from data.placement import memory_held
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import Amount, LazyText, lazy, named
from xo_dash.i18n import N_

WHY: Final[Mapping[Bound, str]] = {
    Bound.NO_HOST: N_("no other host accepts VMs"),
    Bound.DEVICE: N_("uses a host device"),
    Bound.SR: N_("{name} is not attached on any other host"),
    Bound.NETWORK: N_("no other host has {name}"),
    Bound.VERSION: N_("all other hosts have an older version of XenServer or XCP-ng"),
    Bound.PAUSED: N_("it is paused; unpause it first"),
}
MOVING: Final = allowed("pool_migrate", PowerState.RUNNING)


def why_no_place(one: Unplaceable) -> LazyText:
    """`16 GiB of memory needed, at most 2 GiB free`"""
    match one.why:
        case Bound.ROOM:
            return lazy(N_("{needed} of memory needed, at most {free} free"), needed=Amount(memory_held(one.vm)), free=Amount(one.free))
        case Bound.BUSY:
            return MOVING.moment(one.vm)
        case _:
            return lazy(WHY[one.why], name=named(one.what) if one.what else "")
