"""A disk or an ISO image from a file that somebody sends, into an SR."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from typing import Annotated, Final

from msgspec import Meta

from data.facts.sr import is_shown
from data.names import name_of
from data.objects import PBD, SR
from data.stores.users import Role
from data.types import Home, XapiObject
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Inspect, Plan, Transfer, several
from xo_dash.control.pool.import_vm import EMPTY, no_room
from xo_dash.control.request import Fault, File, Name, Request, called
from xo_dash.control.transfers.ends import Source
from xo_dash.control.transfers.images import converted
from xo_dash.control.transfers.raw_disk import SECTOR, framed, writes_zeros
from xo_dash.i18n import N_

Sum = Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")]
"""SHA-256 in hex."""


class UploadISO(Request, frozen=True, kw_only=True):
    """An image for CD drives."""

    file: Annotated[File, called(N_("ISO file"))]
    sha256: Annotated[Sum | None, called(N_("SHA-256"), hint=N_("Optional: compared once the file has arrived"))] = None


class ImportDisk(Request, frozen=True, kw_only=True):
    """A disk of its own, to be attached to a VM afterwards."""

    file: Annotated[File, called(N_("Disk image"), hint=N_("Raw, VHD, VHDX, QCOW2 or VMDK"))]
    name: Annotated[Name | None, called(N_("Name"), hint=N_("Unless given, that of the file"))] = None
    sha256: Annotated[Sum | None, called(N_("SHA-256"), hint=N_("Optional: compared once the file has arrived"))] = None


def check_iso(request: UploadISO, sr: SR) -> Iterator[Fault]:
    """Libraries are full by their own account, whatever room they have: see ISOSR.py."""
    if not request.file.size:
        yield Fault("file", EMPTY)
    if not request.file.name.lower().endswith(".iso"):
        yield Fault("file", lazy(N_("it is no ISO image: its name does not end in .iso")))


def check_disk(request: ImportDisk, sr: SR) -> Iterator[Fault]:
    if not request.file.size:
        yield Fault("file", EMPTY)
    elif reason := no_room(sr, request.file.size):
        yield Fault("file", reason)


def upload_plan(request: UploadISO, sr: SR) -> Plan:
    file, sha256 = request.file, request.sha256 or ""
    size = str(-(-file.size // SECTOR) * SECTOR)
    return (yield from _put(sr, file, file.name, size, framed(file.size, sha256, zeros=writes_zeros(sr.type))))


def import_plan(request: ImportDisk, sr: SR) -> Plan:
    """The image itself says how large its disk is."""
    name = request.name or request.file.name
    size = yield Inspect(file=request.file, says=lazy(N_("Looking into {name}"), name=request.file.name))
    return (yield from _put(sr, request.file, name, size, converted(request.sha256 or "", zeros=writes_zeros(sr.type))))


def _put(sr: SR, file: File, name: str, size: str, encode: Callable[[Source], AsyncGenerator[bytes]]) -> Plan:
    """A new disk of `size` bytes, filled. Source: /import_raw_vdi wants a disk that is there; chunks may leave out what is zeros."""
    vdi = yield Call(
        "VDI.create", new_vdi(sr, name, size), says=lazy(N_("Creating {name} on {sr}"), name=name, sr=name_of(sr)),
        undo=lambda ref: several([Call("VDI.destroy", ref, says=lazy(N_("Deleting {name}"), name=name), gone_is_done=True)]),
    )  # fmt: skip
    yield Transfer(
        "/import_raw_vdi", {"vdi": vdi, "format": "raw", "chunked": "true"},
        says=lazy(N_("Uploading {name}"), name=file.name), label=f"Import of {name}", name=file.name, source=file,
        encode=encode, total=file.size,
    )  # fmt: skip
    return vdi


def new_vdi(sr: SR, name: str, size: str) -> Mapping[str, object]:
    """The record of a disk to be made; `size` in bytes."""
    return {
        "name_label": name, "name_description": "", "SR": sr.ref, "virtual_size": size, "type": "user", "sharable": False,
        "read_only": False, "other_config": {}, "xenstore_data": {}, "sm_config": {}, "tags": [],
    }  # fmt: skip


def is_library(subject: XapiObject) -> bool:
    """Whether it holds ISO images that people put there."""
    return isinstance(subject, SR) and subject.content_type == "iso" and not subject.is_tools_sr and subject.type == "iso"


def libraries(homes: Iterable[Home]) -> list[SR]:
    """The ISO libraries of these pools, by name."""
    return sorted((sr for home in homes for sr in home.all(SR).values() if is_library(sr)), key=name_of)


def holds_disks(subject: XapiObject) -> bool:
    return isinstance(subject, SR) and is_shown(subject) and subject.content_type != "iso"


def unreachable(sr: SR) -> LazyText | None:
    if not any(pbd.currently_attached for pbd in sr.all_of(PBD, sr.PBDs)):
        return lazy(N_("it is not attached on any host; attach it first"))
    return None


UPLOAD_ISO: Final[AnyAction] = Action(
    id="sr.upload_iso", kind=SR, request=UploadISO, title=N_("Upload ISO"), done=N_("the ISO is on {name}"), role=Role.OPERATOR,
    icon="upload", prominent=True, applies_to=is_library, blocked=unreachable, check=check_iso, plan=upload_plan,
)  # fmt: skip
IMPORT_DISK: Final[AnyAction] = Action(
    id="sr.import_disk", kind=SR, request=ImportDisk, title=N_("Import disk"), done=N_("the disk is on {name}"), role=Role.OPERATOR,
    icon="upload", applies_to=holds_disks, blocked=unreachable, check=check_disk, plan=import_plan,
)  # fmt: skip
