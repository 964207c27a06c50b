"""States and links of hosts in words, and the marks that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components.findings.words import TONES
from data.facts.host import HostState
from data.facts.network import LinkLevel
from data.failover import Bound
from data.hosts import Cpus
from data.level import Level
from data.views.moving import MoveTargets
from data.views.port import PortView
from xo_dash.control.host.no_place import WHY
from xo_dash.i18n import N_, _, bits_rate, ngettext, number, size

STATES: Final[Mapping[HostState, str]] = {
    HostState.RUNNING: N_("Running"), HostState.MAINTENANCE: N_("Maintenance"), HostState.UNHEARD: N_("Not responding"),
}  # fmt: skip
MARKS: Final[Mapping[HostState, str]] = {
    HostState.RUNNING: "running", HostState.MAINTENANCE: "disabled", HostState.UNHEARD: "critical",
}  # fmt: skip

MODES: Final[Mapping[str, str]] = {
    "balance-slb": N_("balanced by MAC"), "active-backup": N_("one active"), "lacp": N_("LACP"),
}  # fmt: skip
"""Of a bond."""


def cpus_text(cpus: Cpus) -> str:
    """`2 sockets, 32 threads, 2.3 GHz`; "" if nothing is known."""
    parts = []
    if cpus.sockets:
        parts.append(ngettext("{n} socket", "{n} sockets", cpus.sockets).format(n=number(cpus.sockets)))
    if cpus.threads:
        parts.append(ngettext("{n} thread", "{n} threads", cpus.threads).format(n=number(cpus.threads)))
    if cpus.mhz:
        parts.append(_("{n} GHz").format(n=number(cpus.mhz / 1000, 1)))
    return ", ".join(parts)


def link_mark(link: LinkLevel, level: Level) -> str:
    """How grave a link is; a shape of its own where it is as it should be."""
    return TONES.get(level) or ("live" if link is LinkLevel.UP else "disabled")


def link_text(port: PortView) -> str:
    """`10 Gbit/s`, `no link`: what the port carries."""
    if port.link in (LinkLevel.DOWN, LinkLevel.SPARE):
        return _("no link")
    speed = bits_rate(port.speed * 1e6) if port.speed else _("link")
    if port.link is LinkLevel.DEGRADED:
        return _("{speed}, a NIC link is down").format(speed=speed)
    return speed


NO_MOVE: Final[Mapping[Bound, str]] = {
    Bound.NO_HOST: N_("no other host"),
    Bound.DEVICE: N_("host device"),
    Bound.SR: N_("local storage"),
    Bound.NETWORK: N_("network"),
    Bound.VERSION: N_("older hosts"),
    Bound.ROOM: N_("no memory"),
    Bound.BUSY: N_("not now"),
    Bound.PAUSED: N_("not while paused"),
}
"""Why a VM cannot migrate, in a word or two."""


def no_move_text(found: MoveTargets) -> str:
    """The same as a sentence."""
    if found.why is Bound.ROOM:
        return _("{needed} of memory needed, at most {free} free").format(needed=size(found.needed), free=size(found.free))
    if found.why is Bound.BUSY:
        return _("not possible at the moment: it needs running guest tools, and no other operation on it")
    return _(WHY[found.why]).format(name=found.what) if found.why is not None else ""
