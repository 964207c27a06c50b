"""A finding in words: what it is, and what it touches. Facts, short; the verb beside them is the way out."""

from __future__ import annotations

from collections.abc import Mapping

from components.findings.titles import MANY, TITLES, days_left, hosts, names
from data.findings.finding import Finding
from data.level import Level
from data.names import Pools, pool_name, pool_of, server_name
from data.server import Server, ServerState
from data.storage import room_of
from data.types import GIB
from data.views.host import HostView
from data.views.network import NetworkView
from data.views.pool import PoolView
from data.views.sr import SRView
from data.views.vm import VMView
from xo_dash.i18n import _, duration, isolated, ngettext, number, percent, size

TONES: Mapping[Level, str] = {Level.CRITICAL: "critical", Level.WARNING: "warning"}
"""How loudly a level is shown, a mark or a colour; the others are not."""


def sentence(finding: Finding, mirror: Pools) -> tuple[str, str]:
    """(what it is, what it touches); the second may be empty."""
    subject = finding.subject
    if isinstance(subject, Server):
        return server_sentence(subject, pool_of(subject, mirror)), _("last known state shown") if subject.last_event_at else ""
    many = MANY.get(finding.rule.key) if len(finding.subjects) > 1 else None
    title = many(finding) if many else TITLES[finding.rule.key](finding)
    parts = [names(finding), _vms(finding)] if many else [_detail(finding)]
    if len(mirror.pools) > 1 and not isinstance(subject, PoolView.kind):
        parts.insert(0, isolated(pool_name(mirror.pools[subject.home.id])))
    return title, " · ".join(filter(None, parts))


def server_sentence(server: Server, pool: str = "") -> str:
    """How a connection that is not live stands."""
    sentences = {
        ServerState.BAD_PASSWORD: _("{name}: user name or password rejected"),
        ServerState.BAD_CERTIFICATE: _("{name}: the certificate has changed"),
        ServerState.WRONG_POOL: _("{name}: another pool responds at this address"),
        ServerState.DUPLICATE: _("{name}: this pool is already connected"),
    }
    return sentences.get(server.state, _("{name} is not responding")).format(name=isolated(pool or server_name(server)))


def amount(finding: Finding) -> str:
    """What one of many differs in from the others, `96%` or `12 days`; "" where they differ in their names alone."""
    value = finding.reading.value
    match finding.rule.unit:
        case "share":
            return percent(value)
        case "days":
            return duration(value * 86400)
        case "days_left":
            return days_left(finding)
        case "seconds":
            return duration(value) if value >= 1 else _("{n} ms").format(n=number(round(value * 1000)))
        case "gib":
            return size(value * GIB)
        case _:
            return hosts(finding) if finding.rule.kind is not HostView.kind else ""


def _detail(finding: Finding) -> str:
    vms = finding.reading.vms
    subject = finding.subject
    if finding.rule.key in ("sr.full", "sr.filling") and isinstance(subject, SRView.kind):
        text = ngettext("{free} free · disks of {n} VM", "{free} free · disks of {n} VMs", vms)
        return text.format(free=size(max(0, room_of(subject).free)), n=number(vms))
    return _vms(finding)


def _vms(finding: Finding) -> str:
    """How many VMs it touches; not where its subjects are VMs, or may have some of theirs in common."""
    vms = finding.reading.vms
    if not vms or finding.rule.kind is VMView.kind or (len(finding.subjects) > 1 and finding.rule.kind in (SRView.kind, NetworkView.kind)):
        return ""
    return ngettext("{n} VM", "{n} VMs", vms).format(n=number(vms))
