"""Kinds of SRs and of disks, and who has them, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components.hosts.rows import more
from data.contents import Holder, Part, Use
from data.names import name_of
from data.storage import DiskKind, Reach
from xo_dash.i18n import N_, _, ngettext, number

REACHES: Final[Mapping[Reach, str]] = {
    Reach.SHARED: N_("Shared"), Reach.LOCAL: N_("Local"), Reach.IMAGES: N_("Images"), Reach.DRIVE: N_("Physical drives"),
}  # fmt: skip

KINDS: Final[Mapping[DiskKind, str]] = {
    DiskKind.DISK: N_("Disk"), DiskKind.SNAPSHOT: N_("Snapshot"), DiskKind.BASE: N_("Base copy"), DiskKind.IMAGE: N_("Image"),
    DiskKind.SYSTEM: N_("System disk"), DiskKind.ORPHAN: N_("Orphaned disk"),
}  # fmt: skip

USES: Final[Mapping[Use, str]] = {
    Use.CURRENT: N_("Current disks"), Use.SNAPSHOTS: N_("Snapshots"), Use.BASES: N_("Base copies"), Use.MERGING: N_("Waiting to coalesce"),
    Use.ORPHANS: N_("Orphaned"), Use.OTHER: N_("Other"), Use.FREE: N_("Free"),
}  # fmt: skip


def part_name(part: Part) -> str:
    """Who has it, of what lies on an SR."""
    if part.image is not None:
        return name_of(part.image)
    if part.holder is Holder.SYSTEM:
        return _("System disk")
    if part.holder is Holder.NOBODY:
        return _("Orphaned")
    names = more([name_of(vm) for vm in part.machines])
    return _("shared: {names}").format(names=names) if len(part.machines) > 1 else names


def reach_text(kind: str, reach: Reach) -> str:
    """`nfs, shared`. `kind`: the SR's type."""
    words = {Reach.SHARED: _("shared"), Reach.LOCAL: _("local"), Reach.IMAGES: _("images"), Reach.DRIVE: ""}
    return ", ".join(filter(None, (kind, words[reach])))


def reached_text(attached: int, paths: int) -> str:
    """`3 hosts`, `2 of 3 hosts`: those that reach an SR, of those that have a path to it."""
    if not paths:
        return _("no host")
    hosts = ngettext("{n} host", "{n} hosts", paths).format(n=number(paths))
    return hosts if attached == paths else _("{n} of {hosts}").format(n=number(attached), hosts=hosts)
