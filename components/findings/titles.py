"""The titles of findings: a sentence for each rule, and one for many of a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from components.messages.words import title as title_of_message
from data.findings.finding import ADVISED, Finding
from data.names import by_name, name_of
from data.texts import natural
from data.types import GIB
from data.views.message import MessageView
from xo_dash.i18n import HOUR, MINUTE, _, duration, isolated, ngettext, number, percent, size

MOST_NAMES = 3
"""Names in a sentence; more are counted."""


def names(finding: Finding) -> str:
    """The subjects: one, a few, or how many there are."""
    count = len(finding.subjects)
    shown = count if count <= MOST_NAMES else MOST_NAMES - 1
    return _listed(sorted(map(name_of, finding.subjects[:shown]), key=natural), count)


def _listed(found: list[str], count: int = 0) -> str:
    """The first few; `count` is how many there are, if not all are given."""
    count = count or len(found)
    found = [*map(isolated, found)]
    if count <= MOST_NAMES:
        return ", ".join(found)
    return _("{names} and {n} more").format(names=", ".join(found[: MOST_NAMES - 1]), n=number(count - MOST_NAMES + 1))


def hosts(finding: Finding) -> str:
    """Where it is so, by name."""
    return ", ".join(isolated(name_of(host)) for host in by_name(finding.reading.where))


def days_left(finding: Finding) -> str:
    """Of a value that is minus what is left."""
    left = max(0.0, -finding.reading.value)
    return duration(left * 86400)


def _alarm(finding: Finding) -> str:
    """`VM crashed: web-1`; of several alarms of one kind, what they are about."""
    found = [subject for subject in finding.subjects if isinstance(subject, MessageView.kind)]
    about = dict.fromkeys(MessageView.about.of(message).name for message in found)
    named = _listed([name for name in about if name])
    what = title_of_message(MessageView.name.of(found[0]), MessageView.alarm.of(found[0]))
    return _("{what}: {names}").format(what=what, names=named) if named else what


def _no_room(finding: Finding) -> str:
    text = ngettext("If {names} fails, {n} VM cannot be restarted", "If {names} fails, {n} VMs cannot be restarted", finding.reading.vms)
    if len(finding.subjects) > 1:
        return _("{names}: losing any of these would stop VMs").format(names=names(finding))
    return text.format(names=names(finding), n=number(finding.reading.vms))


def _about(seconds: float) -> str:
    """To the nearest, not down: clocks are wrong by whole hours, and what is sure of that is a little less."""
    return duration(seconds + (HOUR if seconds >= HOUR - MINUTE else MINUTE if seconds >= MINUTE - 1 else 1) / 2)


def _clock(finding: Finding) -> str:
    """Which clocks disagree, and by how much; which of them is wrong where anybody can tell."""
    count, named, time = len(finding.subjects), names(finding), _about(finding.reading.value)
    if finding.reading.detail.startswith("all "):
        sentences = {
            "all ahead": _("The dashboard's clock may be wrong: the clocks of {names} are all {time} ahead of it"),
            "all behind": _("The dashboard's clock may be wrong: the clocks of {names} are all {time} behind it"),
        }
        return sentences[finding.reading.detail].format(names=named, time=time)
    if finding.reading.detail == "ahead":
        text = ngettext(
            "The clock of {names} is {time} ahead of the dashboard's", "The clocks of {names} are {time} ahead of the dashboard's", count
        )
    else:
        text = ngettext(
            "The clock of {names} is {time} behind the dashboard's", "The clocks of {names} are {time} behind the dashboard's", count
        )
    return text.format(names=named, time=time)


TITLES: Mapping[str, Callable[[Finding], str]] = {
    "pool.ha_overcommitted": lambda f: _("{name}: HA is overcommitted").format(name=names(f)),
    "pool.ha_plan": lambda f: _("{name}: HA tolerates {n} host failures, fewer than configured").format(name=names(f), n=f.reading.detail),
    "pool.versions": lambda f: ngettext(
        "{hosts}: version differs from the pool master's {version}",
        "{hosts}: versions differ from the pool master's {version}",
        len(f.reading.where),
    ).format(hosts=hosts(f), version=f.reading.detail),
    "pool.duplicate_mac": lambda f: _("VMs share the MAC address {mac}").format(mac=f.reading.detail),
    "pool.no_default_sr": lambda f: _("{name} has no default SR").format(name=names(f)),
    "host.lost": lambda f: _("{name} is not responding").format(name=names(f)),
    "host.dom0_memory": lambda f: _("{name}: control domain memory at {full}").format(name=names(f), full=percent(f.reading.value)),
    "host.cpu": lambda f: _("{name}: CPU at {full}").format(name=names(f), full=percent(f.reading.value)),
    "host.no_room": _no_room,
    "host.clock": _clock,
    "host.certificate": lambda f: (
        _("{name}: certificate expires in {time}").format(name=names(f), time=days_left(f))
        if f.reading.value < 0
        else _("{name}: certificate has expired").format(name=names(f))
    ),
    "host.reboot": lambda f: (
        _("{names}: reboot recommended to finish updates")
        if f.reading.detail == ADVISED
        else ngettext("{names}: reboot required to finish an update", "{names}: reboot required to finish updates", len(f.subjects))
    ).format(names=names(f)),
    "host.toolstack": lambda f: (
        _("{names}: toolstack restart recommended to finish updates")
        if f.reading.detail == ADVISED
        else ngettext(
            "{names}: toolstack restart required to finish an update",
            "{names}: toolstack restart required to finish updates",
            len(f.subjects),
        )
    ).format(names=names(f)),
    "host.maintenance": lambda f: _("{name} is in maintenance mode").format(name=names(f)),
    "sr.unplugged": lambda f: _("{name} is not attached on {hosts}").format(name=names(f), hosts=hosts(f)),
    "sr.full": lambda f: _("{name} is {full} full").format(name=names(f), full=percent(f.reading.value)),
    "sr.filling": lambda f: _("{name} will be full in about {time}").format(name=names(f), time=days_left(f)),
    "sr.paths": lambda f: _("{name}: lost paths on {hosts}").format(name=names(f), hosts=hosts(f)),
    "disk.chain": lambda f: _("{name}: chain of {n} disks; at 30, snapshots are no longer possible").format(
        name=isolated(f.reading.detail), n=number(f.reading.value)
    ),
    "disk.coalesce": lambda f: ngettext(
        "{name}: {n} disk waiting to coalesce for more than a day",
        "{name}: {n} disks waiting to coalesce for more than a day",
        len(f.subjects),
    ).format(name=isolated(f.reading.detail), n=number(len(f.subjects))),
    "disk.orphan": lambda f: _("{name}: {size} in unused disks").format(name=isolated(f.reading.detail), size=size(f.reading.value * GIB)),
    "network.no_link": lambda f: _("{name}: link down on {hosts}").format(name=names(f), hosts=hosts(f)),
    "network.degraded": lambda f: _("{name}: link degraded on {hosts}").format(name=names(f), hosts=hosts(f)),
    "vm.down": lambda f: _("{name} should be running but is halted").format(name=names(f)),
    "vm.disk_gone": lambda f: _("{name}: a disk is missing").format(name=names(f)),
    "vm.cpu": lambda f: _("{name}: CPU at {full}").format(name=names(f), full=percent(f.reading.value)),
    "vm.memory": lambda f: _("{name}: memory at {full}").format(name=names(f), full=percent(f.reading.value)),
    "vm.latency": lambda f: _("{name}: disk latency {n} ms").format(name=names(f), n=number(round(f.reading.value * 1000))),
    "vm.old_snapshot": lambda f: _("{names}: snapshots older than {time} take space").format(
        names=names(f), time=duration(f.reading.value * 86400)
    ),
    "vm.no_tools": lambda f: _("{names}: guest tools not responding").format(names=names(f)),
    "vm.image_left": lambda f: ngettext(
        "{names}: cannot migrate, an image from a local SR is in its CD drive",
        "{names}: cannot migrate, images from a local SR are in their CD drives",
        len(f.subjects),
    ).format(names=names(f)),
    "vm.bound": lambda f: (
        ngettext(
            "{names}: tied to its host by a passed-through device",
            "{names}: tied to their hosts by passed-through devices",
            len(f.subjects),
        )
        if f.reading.detail == "device"
        else ngettext(
            "{names}: tied to its host by a disk on a local SR",
            "{names}: tied to their hosts by disks on a local SR",
            len(f.subjects),
        )
    ).format(names=names(f)),
    "vm.restart": lambda f: ngettext(
        "{names}: restart required to apply its settings", "{names}: restart required to apply their settings", len(f.subjects)
    ).format(names=names(f)),
    "vm.restart_after_update": lambda f: (
        _("{names}: restart recommended to finish host updates")
        if f.reading.detail == ADVISED
        else _("{names}: restart required to finish host updates")
    ).format(names=names(f)),
    "vm.device_model": lambda f: (
        _("{names}: device model restart recommended to finish host updates")
        if f.reading.detail == ADVISED
        else _("{names}: device model restart required to finish host updates")
    ).format(names=names(f)),
    "xapi.alarm": _alarm,
}
"""{rule's key: what is said of it}; a test asks for every rule."""


def _certificates(finding: Finding) -> str:
    count = len(finding.subjects)
    if finding.reading.value >= 0:
        return ngettext("{n} host: certificate has expired", "{n} hosts: certificates have expired or expire soon", count).format(
            n=number(count)
        )
    text = ngettext("{n} host: certificate expires in {time}", "{n} hosts: certificates expire soon, the first in {time}", count)
    return text.format(n=number(count), time=days_left(finding))


def _counted(finding: Finding, text: str) -> str:
    """`text` with how many there are, and the worst value of them."""
    value = finding.reading.value
    return text.format(
        n=number(len(finding.subjects)), full=percent(value) if finding.rule.unit == "share" else "", time=days_left(finding),
        ms=number(round(value * 1000)),
    )  # fmt: skip


MANY: Mapping[str, Callable[[Finding], str]] = {
    "host.lost": lambda f: _counted(f, ngettext("{n} host is not responding", "{n} hosts are not responding", len(f.subjects))),
    "host.dom0_memory": lambda f: _counted(
        f,
        ngettext(
            "{n} host: control domain memory at {full}",
            "{n} hosts: control domain memory up to {full}",
            len(f.subjects),
        ),
    ),
    "host.cpu": lambda f: _counted(f, ngettext("{n} host: CPU at {full}", "{n} hosts: CPU up to {full}", len(f.subjects))),
    "host.certificate": _certificates,
    "host.maintenance": lambda f: _counted(
        f, ngettext("{n} host is in maintenance mode", "{n} hosts are in maintenance mode", len(f.subjects))
    ),
    "sr.unplugged": lambda f: _counted(
        f, ngettext("{n} SR is not attached on all its hosts", "{n} SRs are not attached on all their hosts", len(f.subjects))
    ),
    "sr.full": lambda f: _counted(f, ngettext("{n} SR is {full} full", "{n} SRs are up to {full} full", len(f.subjects))),
    "sr.filling": lambda f: _counted(
        f,
        ngettext("{n} SR will be full in about {time}", "{n} SRs are filling up, the first will be full in about {time}", len(f.subjects)),
    ),
    "sr.paths": lambda f: _counted(f, ngettext("{n} SR has lost paths", "{n} SRs have lost paths", len(f.subjects))),
    "network.no_link": lambda f: _counted(
        f, ngettext("{n} network: link down on some hosts", "{n} networks: link down on some hosts", len(f.subjects))
    ),
    "network.degraded": lambda f: _counted(f, ngettext("{n} network: link degraded", "{n} networks: link degraded", len(f.subjects))),
    "vm.down": lambda f: _counted(
        f, ngettext("{n} VM should be running but is halted", "{n} VMs should be running but are halted", len(f.subjects))
    ),
    "vm.disk_gone": lambda f: _counted(f, ngettext("{n} VM: a disk is missing", "{n} VMs: disks are missing", len(f.subjects))),
    "vm.cpu": lambda f: _counted(f, ngettext("{n} VM: CPU at {full}", "{n} VMs: CPU up to {full}", len(f.subjects))),
    "vm.memory": lambda f: _counted(f, ngettext("{n} VM: memory at {full}", "{n} VMs: memory up to {full}", len(f.subjects))),
    "vm.latency": lambda f: _counted(
        f,
        ngettext("{n} VM: disk latency {ms} ms", "{n} VMs: disk latency up to {ms} ms", len(f.subjects)),
    ),
}
"""{rule's key: what is said of many}; the names follow. The sentences of the other rules are as good for many."""
