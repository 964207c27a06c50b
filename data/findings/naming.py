"""Which sentences of findings have a name in them that changed."""

from __future__ import annotations

from collections.abc import Collection, Set

from data.changes import Subject
from data.findings.finding import Finding
from data.objects import Host, Message, Pool
from data.server import Server
from data.types import XapiObject


def are_in_most(subjects: Collection[Subject]) -> bool:
    """Whether one of these is said in sentences that are about something else."""
    return any(isinstance(subject, Server | Pool | Host) for subject in subjects)


def may_name(finding: Finding, subjects: Set[Subject]) -> bool:
    """Whether its sentence may name one of these VMs, SRs, networks or disks."""
    if not subjects.isdisjoint(finding.subjects):
        return True
    about = {subject.obj_uuid for subject in finding.subjects if isinstance(subject, Message)}
    return any(isinstance(subject, XapiObject) and subject.uuid in about for subject in subjects)
