"""A disk or an ISO image from a file that somebody sends, into an SR."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Annotated, Final, Protocol

from data.facts.sr import is_shown
from data.names import by_name, name_of
from data.objects import SR
from data.stores.users import Role
from data.types import Home, XapiObject
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Inspect, Plan, Transfer, several
from xo_dash.control.pool.import_vm import CHECKSUM_HINT, EMPTY
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.file import File
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Name, called
from xo_dash.control.transfers.checksums import Checksum
from xo_dash.control.transfers.ends import Source
from xo_dash.control.transfers.images import converted, disk_size
from xo_dash.control.transfers.iso_image import iso_size
from xo_dash.control.transfers.raw_disk import framed, raw_size, writes_zeros
from xo_dash.control.vdi.space import cannot_receive, not_reached
from xo_dash.i18n import N_


class UploadISO(Request, frozen=True, kw_only=True):
    """An image for CD drives."""

    file: Annotated[File, called(N_("ISO file"))]
    checksum: Annotated[Checksum | None, called(N_("Checksum"), hint=CHECKSUM_HINT)] = None
    unchecked: Annotated[bool, called(N_("Upload even if it is no ISO image"), hint=N_("Some boot images are raw disks"))] = False


class ImportDisk(Request, frozen=True, kw_only=True):
    """A disk of its own, to be attached to a VM afterwards."""

    file: Annotated[File, called(N_("Disk image"), hint=N_("Raw, VHD, VHDX, QCOW2 or VMDK"))]
    name: Annotated[Name | None, called(N_("Name"), hint=N_("Unless given, that of the file"))] = None
    checksum: Annotated[Checksum | None, called(N_("Checksum"), hint=CHECKSUM_HINT)] = None


def check_iso(request: UploadISO, sr: SR) -> Iterator[Fault]:
    """Libraries are full by their own account, whatever room they have: see ISOSR.py."""
    if request.file.is_empty:
        yield Fault("file", EMPTY)
    if not request.file.name.lower().endswith(".iso"):
        yield Fault("file", lazy(N_("it is no ISO image: its name does not end in .iso")))


def check_disk(request: ImportDisk, sr: SR) -> Iterator[Fault]:
    if request.file.is_empty:
        yield Fault("file", EMPTY)
    elif reason := cannot_receive(sr, request.file.size):
        yield Fault("file", reason)


def upload_plan(request: UploadISO, sr: SR) -> Plan:
    return (yield from _put(sr, request.file, request.file.name, request.checksum, framed, raw_size if request.unchecked else iso_size))


def import_plan(request: ImportDisk, sr: SR) -> Plan:
    """The image itself says how large its disk is."""
    return (yield from _put(sr, request.file, request.name or request.file.name, request.checksum, converted, disk_size))


def _put(sr: SR, file: File, name: str, checksum: str | None, encoder: Encoder, sized: Callable[[Source], Awaitable[int]]) -> Plan:
    """A new disk, filled; `sized` looks into the file, and finds out how large it has to be.

    Source: /import_raw_vdi wants a disk that is there; chunks may leave out what is zeros.
    """
    size = yield Inspect(file=file, says=lazy(N_("Looking into {name}"), name=file.name), size=sized)
    vdi = yield Call(
        "VDI.create", new_vdi(sr, name, size), says=lazy(N_("Creating {name} on {sr}"), name=name, sr=name_of(sr)),
        undo=lambda ref: several([Call("VDI.destroy", ref, says=lazy(N_("Deleting {name}"), name=name), gone_is_done=True)]),
    )  # fmt: skip
    yield Transfer(
        "/import_raw_vdi", {"vdi": vdi, "format": "raw", "chunked": "true"},
        says=lazy(N_("Uploading {name}"), name=file.name), label=f"Import of {name}", name=file.name, source=file,
        encode=encoder(checksum or "", zeros=writes_zeros(sr.type), expected=size), is_framed=True, total=file.size,
    )  # fmt: skip
    return vdi


class Encoder(Protocol):
    """`framed` or `converted`: how a file becomes the frames of a disk."""

    def __call__(self, checksum: str, *, zeros: bool, expected: object) -> Callable[[Source], AsyncGenerator[bytes]]: ...


def new_vdi(sr: SR, name: str, size: object) -> Mapping[str, object]:
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
    return by_name(sr for home in homes for sr in home.all(SR).values() if is_library(sr))


def holds_disks(subject: XapiObject) -> bool:
    return isinstance(subject, SR) and is_shown(subject) and subject.content_type != "iso"


def unreachable(sr: SR) -> LazyText | None:
    return not_reached(sr, None)


UPLOAD_ISO: Final[AnyAction] = Action(
    id="sr.upload_iso", kind=SR, request=UploadISO, title=N_("Upload ISO"), done=N_("the ISO is on {name}"), role=Role.OPERATOR,
    icon="upload", prominent=True, applies_to=is_library, blocked=unreachable, check=check_iso, plan=upload_plan,
)  # fmt: skip
IMPORT_DISK: Final[AnyAction] = Action(
    id="sr.import_disk", kind=SR, request=ImportDisk, title=N_("Import disk"), done=N_("the disk is on {name}"), role=Role.OPERATOR,
    icon="upload", applies_to=holds_disks, blocked=unreachable, check=check_disk, plan=import_plan,
)  # fmt: skip
