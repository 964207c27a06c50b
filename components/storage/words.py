"""Kinds of SRs and of disks in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data.objects import SR
from data.storage import DiskKind, Reach, Reached, reach_of
from xo_dash.i18n import N_, _, ngettext, number

REACHES: Final[Mapping[Reach, str]] = {
    Reach.SHARED: N_("Shared"), Reach.LOCAL: N_("Local"), Reach.IMAGES: N_("Images"), Reach.DRIVE: N_("Physical drives"),
}  # fmt: skip

KINDS: Final[Mapping[DiskKind, str]] = {
    DiskKind.DISK: N_("Disk"), DiskKind.SNAPSHOT: N_("Snapshot"), DiskKind.BASE: N_("Base copy"), DiskKind.IMAGE: N_("Image"),
    DiskKind.SYSTEM: N_("System disk"), DiskKind.ORPHAN: N_("Orphaned disk"),
}  # fmt: skip


def reach_text(sr: SR) -> str:
    """`nfs, shared`"""
    words = {Reach.SHARED: _("shared"), Reach.LOCAL: _("local"), Reach.IMAGES: _("images"), Reach.DRIVE: ""}
    return ", ".join(part for part in (sr.type, words[reach_of(sr)]) if part)


def reached_text(reached: Reached) -> str:
    """`3 hosts`, `2 of 3 hosts`."""
    if not reached.wanted:
        return _("no host")
    hosts = ngettext("{n} host", "{n} hosts", reached.wanted).format(n=number(reached.wanted))
    return hosts if reached.attached == reached.wanted else _("{n} of {hosts}").format(n=number(reached.attached), hosts=hosts)
