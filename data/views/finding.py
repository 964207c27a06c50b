"""A problem as it is shown, or several with the same cause in one pool; sentences are made where the reader's language is known."""

from __future__ import annotations

from typing import NamedTuple

from data.changes import Subject
from data.facts.pool import own_pool
from data.findings.finding import Finding
from data.identity import key_of
from data.messages import subject_of
from data.names import Pools
from data.objects import SR, VDI, Message
from data.on_map import on_map
from data.server import Server
from data.types import XapiObject, timestamp
from data.views.about import About, about


class FindingView(NamedTuple):
    about: About  # the worst of its objects
    place: About  # where one sees more: of a disk its SR
    on_map: str  # the key of what the map shows of it; "" for nothing
    since: float  # epoch seconds
    rows: tuple[XapiObject, ...]  # what commands act on


def finding_view(finding: Finding, mirror: Pools) -> FindingView:
    rows = (_mended(subject) for subject in finding.subjects)
    subject = finding.subject
    if isinstance(subject, Server):
        pool = mirror.pools.get(subject.id)  # one that was never read has no place
        shown: XapiObject | None = own_pool(pool) if pool else None
        named, place = About(), About()
    else:
        mended = _mended(subject)
        own = _told_of(subject)
        named, place = about(own), about(_told_of(mended) if mended is not None else own)
        shown = on_map(mended) if mended is not None else None
    return FindingView(named, place, key_of(shown) if shown is not None else "", _since(finding), tuple(dict.fromkeys(filter(None, rows))))


def _mended(subject: Subject) -> XapiObject | None:
    """What the commands are for: nobody mends a disk, but its SR. None for a connection."""
    if isinstance(subject, Server):
        return None
    return subject.home.one(SR, subject.SR) if isinstance(subject, VDI) else subject


def _told_of(row: XapiObject) -> XapiObject | None:
    """Of a message what it is about; None if that is gone."""
    return subject_of(row) if isinstance(row, Message) else row


def _since(finding: Finding) -> float:
    """Of a connection its last word, of an alarm of XAPI's when that was raised."""
    subject = finding.subject
    if isinstance(subject, Server):
        return subject.last_event_at or finding.since
    raised = [at for one in finding.subjects if isinstance(one, Message) and (at := timestamp(one.timestamp))]
    return min(raised, default=finding.since)
