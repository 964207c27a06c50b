"""What is turned off for a rolling run, and how it comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from data.facts.pool import has_auto_start
from data.objects import Pool
from xo_dash.control.pool.ha import heartbeat_of
from xo_dash.control.pool.update_schedule import schedule_of
from xo_dash.control.rolling.state import PutAside
from xo_dash.i18n import N_

AsideStep = tuple[str, Mapping[str, object]]
"""(id of a command for the pool, its values)"""
HA, AUTO_START, WLB = N_("High availability"), N_("Auto-start of the pool"), N_("Workload balancing")
SYNC = N_("Automatic synchronization of updates")
WHAT: Final[Mapping[str, str]] = {
    "pool.disable_ha": HA, "pool.enable_ha": HA, "pool.auto_start": AUTO_START, "pool.wlb": WLB, "pool.update_schedule": SYNC,
}  # fmt: skip
"""{id of a command: what it turns off and on}"""


def aside_of(pool: Pool) -> PutAside:
    sr = heartbeat_of(pool)
    return PutAside(
        auto_start=has_auto_start(pool), ha=pool.ha_enabled, ha_sr=sr.uuid if sr is not None else "",
        ha_failures=pool.ha_host_failures_to_tolerate, wlb=pool.wlb_enabled, sync=pool.update_sync_enabled,
    )  # fmt: skip


def names_of(aside: PutAside) -> list[str]:
    """What it has, as messages."""
    held = ((aside.ha, HA), (aside.auto_start, AUTO_START), (aside.wlb, WLB), (aside.sync, SYNC))
    return [name for on, name in held if on]


def turned_off(aside: PutAside, pool: Pool) -> Iterator[AsideStep]:
    """Before the first host; nothing of what is off already."""
    if aside.ha and pool.ha_enabled:
        yield "pool.disable_ha", {}
    if aside.auto_start:
        yield "pool.auto_start", {"on": False}
    if aside.wlb:
        yield "pool.wlb", {"on": False}
    if aside.sync:
        yield "pool.update_schedule", {**schedule_of(pool), "on": False}


def turned_on(aside: PutAside, pool: Pool) -> Iterator[AsideStep]:
    """After the last one, and after a failure."""
    if aside.wlb and not pool.wlb_enabled:
        yield "pool.wlb", {"on": True}
    if aside.sync:
        yield "pool.update_schedule", {**schedule_of(pool), "on": True}
    if aside.auto_start:
        yield "pool.auto_start", {"on": True}
    if aside.ha and not pool.ha_enabled:
        yield "pool.enable_ha", {"sr": aside.ha_sr, "failures": aside.ha_failures}
