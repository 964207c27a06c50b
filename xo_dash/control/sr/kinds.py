"""The kinds of SR that can be added: what XAPI calls each, what it needs, and whether a pool offers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from data.objects import SM
from data.types import Home
from xo_dash.i18n import N_


class SRKind(StrEnum):
    """As a person chooses it: ISO libraries are one type of XAPI's and three of these."""

    NFS = "nfs"
    SMB = "smb"
    ISCSI = "iscsi"
    HBA = "hba"
    LVM = "lvm"
    EXT = "ext"
    XFS = "xfs"
    ZFS = "zfs"
    ISO_NFS = "iso_nfs"
    ISO_SMB = "iso_smb"
    ISO_LOCAL = "iso_local"


@dataclass(frozen=True, slots=True)
class KindFacts:
    title: str  # a message
    note: str  # a message: whom it serves
    type: str  # XAPI's
    shared: bool = True
    needs: tuple[str, ...] = ()  # fields of the request without which there is nothing to make
    content: str = "user"
    probed: bool = True  # whether SR.probe tells which SRs are there
    formats: bool = False  # whether making one erases what is there

    @property
    def for_images(self) -> bool:
        """Whether it is a library of CD images, which holds no disks."""
        return self.content == "iso"


KINDS: Final[Mapping[SRKind, KindFacts]] = {
    SRKind.NFS: KindFacts(N_("NFS"), N_("shared, thin"), "nfs", needs=("server", "path")),
    SRKind.SMB: KindFacts(N_("SMB"), N_("shared, thin"), "smb", needs=("share",)),
    SRKind.ISCSI: KindFacts(N_("iSCSI"), N_("shared, thick LVM"), "lvmoiscsi", needs=("target", "iqn", "scsi_id"), formats=True),
    SRKind.HBA: KindFacts(N_("HBA"), N_("Fibre Channel, shared, thick LVM"), "lvmohba", needs=("scsi_id",), formats=True),
    SRKind.EXT: KindFacts(N_("Local EXT"), N_("one host, thin"), "ext", False, ("host", "device"), formats=True),
    SRKind.LVM: KindFacts(N_("Local LVM"), N_("one host, thick"), "lvm", False, ("host", "device"), formats=True),
    SRKind.XFS: KindFacts(N_("Local XFS"), N_("one host, thin"), "xfs", False, ("host", "device"), formats=True),
    SRKind.ZFS: KindFacts(N_("ZFS"), N_("one host, an existing dataset"), "zfs", False, ("host", "folder"), probed=False),
    SRKind.ISO_NFS: KindFacts(N_("ISO library, NFS"), N_("images for CD drives"), "iso", True, ("server", "path"), "iso", False),
    SRKind.ISO_SMB: KindFacts(N_("ISO library, SMB"), N_("images for CD drives"), "iso", True, ("share",), "iso", False),
    SRKind.ISO_LOCAL: KindFacts(N_("ISO library, local folder"), N_("images for CD drives, one host"), "iso", False,
                                ("host", "folder"), "iso", False),
}  # fmt: skip


def offered(home: Home) -> list[SRKind]:
    """Those whose driver the pool has. Source: its SM rows; all of them where it does not tell."""
    types = {sm.type for sm in home.all(SM).values()}
    return [kind for kind, facts in KINDS.items() if not types or facts.type in types]
