"""The `xe` lines of a rolling run, with what it turns off before and on again after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import copy

from data.facts.pool import AUTO_START
from data.names import name_of
from data.objects import Host, Pool
from xo_dash.control.actions import action
from xo_dash.control.rehearsal import rehearse_all
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.rolling.aside import AsideStep, aside_of, turned_off, turned_on
from xo_dash.control.rolling.request import RollHosts, action_of, request_for
from xo_dash.control.xe import xe_lines
from xo_dash.i18n import _


def lines_of(request: RollHosts, host: Host) -> Iterator[str]:
    """As things are now: of the hosts after the first, VMs will be elsewhere by then."""
    yield f"# {name_of(host)}"
    with suppress(BadRequest):
        yield from xe_lines(rehearse_all(action_of(request, host).plan(request_for(request, host), host)), host.home)


def lines_before(pool: Pool) -> list[str]:
    return _lines(_("Before the first host"), turned_off(aside_of(pool), pool), pool)


def lines_after(pool: Pool) -> list[str]:
    """Of the pool as it is by then: what is on now would not have to be turned on."""
    then = copy(pool)
    then.ha_enabled = then.wlb_enabled = then.update_sync_enabled = False
    then.other_config = {key: value for key, value in pool.other_config.items() if key != AUTO_START}
    return _lines(_("After the last host"), turned_on(aside_of(pool), then), then)


def _lines(title: str, steps: Iterable[AsideStep], pool: Pool) -> list[str]:
    """Nothing where there is nothing to turn off."""
    found = list[str]()
    for name, values in steps:
        with suppress(BadRequest):
            row = action(name)
            found += xe_lines(rehearse_all(row.plan(decode(row.request, values), pool)), pool.home)
    return [f"# {title}", *found] if found else []
