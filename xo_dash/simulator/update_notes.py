"""Updates that XenServer's repositories offer, as data: what they are, which packages they bring, and what is to be done afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

RELEASE = "xs8"


@dataclass(frozen=True, slots=True)
class Update:
    """Guidances in words of the file that repositories hand out: RebootHost, RestartToolstack, RestartVM..."""

    id: str
    summary: str
    description: str
    kind: str
    severity: str
    issued: str
    packages: Sequence[str]
    mandatory: Sequence[str] = ()
    recommended: Sequence[str] = ()
    full: Sequence[str] = ()


def updates() -> Sequence[Update]:
    """The oldest first."""
    return (
        Update("XS8-2025-0911", "Storage manager maintenance", "Coalescing of disks survives an SR that is full.", "bugfix", "None",
               "20250911T10:00:00Z", ("sm",), ("RestartToolstack",), (), ("RestartToolstack",)),
        Update("XS8-2025-1017", "Security update of Xen", "Fixes an issue in which a guest can crash its host.", "security", "High",
               "20251017T12:00:00Z", ("xen-hypervisor", "xen-dom0-libs", "xen-dom0-tools", "microcode_ctl"), (), ("RebootHost",),
               ("RebootHost",)),
        Update("XS8-2025-1104", "Improvements of the toolstack", "Migrations no longer leave file descriptors open.", "improvement", "None",
               "20251104T09:00:00Z", ("xapi-core", "xapi-xe"), ("RestartToolstack",), (), ("RestartToolstack", "RestartVM")),
    )  # fmt: skip
