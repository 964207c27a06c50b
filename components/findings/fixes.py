"""What mends a finding: a command, or the page where one can see more. A test asks for every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from components.urls import path_of
from data.findings.finding import Finding, Subject
from data.messages import subject_of
from data.names import Pools
from data.objects import SR, VDI, Message, Pool
from data.on_map import on_map
from data.server import Server
from data.types import XapiObject, timestamp


@dataclass(frozen=True, slots=True)
class Fix:
    """`actions`: ids of commands, the most likely first; those that nobody can do now are not offered."""

    actions: tuple[str, ...] = ()
    of: Callable[[Subject], Subject | None] = lambda subject: subject  # what the commands and the page are for
    tab: str = ""  # of the page
    every: str = ""  # the page with all of them in a list, instead


def _sr(subject: Subject) -> Subject | None:
    return subject.home.one(SR, subject.SR) if isinstance(subject, VDI) else subject


def _about(subject: Subject) -> Subject | None:
    return subject_of(subject) if isinstance(subject, Message) else subject


LOOK: Final = Fix()
"""There is no command for it: one has to look."""
MENDING: Final[Mapping[str, Fix]] = {
    "pool.gone": LOOK,  # the settings, where its connection is
    "pool.ha_overcommitted": LOOK,
    "pool.ha_plan": LOOK,
    "pool.versions": LOOK,
    "pool.duplicate_mac": LOOK,
    "pool.no_default_sr": Fix(("pool.default_sr",)),
    "host.lost": Fix(("host.power_on",)),
    "host.dom0_memory": Fix(("host.restart_agent",)),
    "host.cpu": LOOK,
    "host.no_room": LOOK,
    "host.clock": LOOK,
    "host.certificate": LOOK,
    "host.reboot": Fix(("host.reboot", "host.maintenance")),
    "host.toolstack": Fix(("host.restart_agent",)),
    "host.maintenance": Fix(("host.enable",)),
    "sr.unplugged": Fix(("sr.attach",)),
    "sr.full": LOOK,
    "sr.filling": LOOK,
    "sr.paths": LOOK,
    "disk.chain": Fix(("sr.scan",), _sr),
    "disk.coalesce": Fix(("sr.scan",), _sr),
    "disk.orphan": Fix((), _sr),
    "network.no_link": LOOK,
    "network.degraded": LOOK,
    "vm.down": Fix(("vm.start",)),
    "vm.disk_gone": LOOK,
    "vm.cpu": LOOK,
    "vm.memory": LOOK,
    "vm.latency": LOOK,
    "vm.old_snapshot": Fix(every="/snapshots?show=old"),
    "vm.no_tools": LOOK,
    "vm.image_left": Fix(("vm.eject",)),
    "vm.bound": LOOK,
    "vm.restart": Fix(("vm.clean_reboot",)),
    "xapi.alarm": Fix(("message.dismiss",)),
}


def fix_of(finding: Finding) -> Fix:
    return MENDING.get(finding.rule.key, LOOK)


def subjects_of(finding: Finding) -> list[XapiObject]:
    """What the commands are for, each once."""
    of = fix_of(finding).of
    found: Iterable[Subject | None] = map(of, finding.subjects)
    return list(dict.fromkeys(subject for subject in found if subject is not None and not isinstance(subject, Server)))


def place_of(finding: Finding) -> XapiObject | None:
    """What has a page; None for a connection, and for what is gone."""
    subject = _about(fix_of(finding).of(finding.subject) or finding.subject)
    return subject if isinstance(subject, XapiObject) else None


def map_place_of(finding: Finding, mirror: Pools) -> XapiObject | None:
    """What the map shows of it: of a connection its pool. None for what is gone, and for a pool that was never read."""
    if isinstance(finding.subject, Server):
        pool = mirror.pools.get(finding.subject.id)
        return next(iter(pool.all(Pool).values()), None) if pool else None
    place = place_of(finding)
    return on_map(place) if place is not None else None


def since_of(finding: Finding) -> float:
    """Epoch seconds: of a connection its last word, of an alarm of XAPI's when that was raised."""
    subject = finding.subject
    if isinstance(subject, Server):
        return subject.last_event_at or finding.since
    told = [at for one in finding.subjects if isinstance(one, Message) and (at := timestamp(one.timestamp))]
    return min(told, default=finding.since)


def page_of(finding: Finding, servers: str = "/settings") -> str:
    """Where one sees more."""
    if isinstance(finding.subject, Server):
        return servers
    if every := fix_of(finding).every:
        return every
    place = place_of(finding)
    path = path_of(place) if place is not None else ""
    tab = fix_of(finding).tab
    return f"{path}?tab={tab}" if path and tab else path
