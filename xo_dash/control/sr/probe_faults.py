"""What a probe or a creation failed of, at the field of the form that it is about, in one sentence with a way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from data.types import Home
from xo_dash.control.failures import explain
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.requests.fault import Fault
from xo_dash.control.sr.kinds import SRKind
from xo_dash.control.sr.new_sr import NewSR, share_of
from xo_dash.control.sr.probe import ProbeAnswer
from xo_dash.i18n import N_

NFS_PORT: Final = 2049
NO_NFS: Final = 108
FIELDS: Final[Mapping[int, str]] = {
    16: "scsi_id", 19: "device", 52: "device", 55: "device", 56: "device", 57: "device", 67: "scsi_id", 68: "password", 72: "version",
    73: "path", 77: "device", 83: "iqn", 84: "iqn", 88: "path", 90: "device", 91: "device", 95: "target", 96: "iqn", 101: "path",
    102: "server", 103: "path", 105: "device", 106: "iqn", 107: "scsi_id", 108: "server", 111: "share", 116: "share", 140: "server",
    141: "target", 142: "port", 220: "folder", 222: "share", 224: "share", 225: "share", 226: "folder", 227: "smb_version", 446: "share",
    1200: "version",
}  # fmt: skip
"""{number of the driver's failure: field}"""
OF_KIND: Final[Mapping[tuple[SRKind, str], str]] = {
    (SRKind.ISCSI, "server"): "target", (SRKind.SMB, "server"): "share", (SRKind.ISO_SMB, "server"): "share",
    (SRKind.ISO_NFS, "share"): "path", (SRKind.ISO_LOCAL, "share"): "folder", (SRKind.LVM, "scsi_id"): "device",
    (SRKind.EXT, "scsi_id"): "device", (SRKind.XFS, "scsi_id"): "device",
}  # fmt: skip
"""The same failure is about another field where the kind has no such one."""


def fault_of(request: NewSR, answer: ProbeAnswer, home: Home, exports: Sequence[str] = (), reason: LazyText | None = None) -> Fault:
    """`exports`: what the server has, where it told. `reason`: of a command that failed, with what the driver said."""
    if answer.refused is not None:
        return Fault("", answer.refused)
    field = FIELDS.get(answer.number, "")
    field = OF_KIND.get((SRKind(request.kind), field), field)
    return Fault(field, _sentence(request, answer, exports) or reason or explain(answer.code, answer.arguments, home))


def _sentence(request: NewSR, answer: ProbeAnswer, exports: Sequence[str]) -> LazyText | None:
    """With what was typed in it; None where the usual sentence says as much."""
    text = ""
    match answer.number:
        case 108 | 141:
            text = N_("No response from {server} on port {port}; check the address and the network to it")
        case 140:
            text = N_("{server} cannot be resolved; check the name, or enter an address")
        case 68 if request.user:
            text = N_("The target refused this secret for the user {user}; correct it, or leave both empty")
        case 68:
            text = N_("The target refused the login; enter the user and secret (CHAP) that it wants, or allow this host's IQN there")
        case 73 | 222 if exports and request.path not in exports:
            text = N_("{path} does not exist; {n} others do")
        case 107 if request.scsi_id:
            text = N_("The target does not show this LUN any more; choose another")
    server = request.server or request.target or share_of(request).split("/")[2]
    port = NFS_PORT if answer.number == NO_NFS else request.port
    return lazy(text, server=server, port=port, user=request.user, path=request.path, n=len(exports)) if text else None
