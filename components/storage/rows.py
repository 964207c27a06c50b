"""SRs, and the disks on one, as rows of a list."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from components.findings.words import TONES
from components.hosts.rows import more, pool_cell
from components.lists import Cell, ListColumn, ListRow, TableSpec, without
from components.lists.traffic import traffic_cell, traffic_trace
from components.storage.words import KINDS, REACHES, reach_text, reached_text
from components.urls import path_of
from data.hosts import paths_of
from data.names import name_of
from data.objects import SR, VDI
from data.relations import Reads
from data.storage import DiskKind, Reach, disk_kind, is_drive, machine_of, owners_of
from data.types import Home
from data.views.sr import SRView as V
from data.views.things import GUEST, POOL_NAME, via
from data.views.view import reads_of
from data.vms import disk_used
from xo_dash.control.vdi.use import is_image, users_of
from xo_dash.i18n import _, number, percent, size


def sr_table(only: Home | None = None) -> TableSpec[SR]:
    """All SRs, or those of one pool."""
    columns = [
        ListColumn(_("Name"), "minmax(140px, 1.4fr)", main=True),
        ListColumn(_("Pool"), "minmax(80px, 0.8fr)", brief=True),
        ListColumn(_("Type"), "minmax(126px, 1fr)", brief=True),
        ListColumn(_("Hosts"), "minmax(96px, 0.7fr)", drop=4),
        ListColumn(_("Used"), "minmax(120px, 1fr)", down=True, brief=True),
        ListColumn(_("Size"), "72px", number=True, down=True, brief=True),
        ListColumn(_("Throughput"), "minmax(156px, 0.8fr)", down=True, drop=5),
        ListColumn(_("Provisioned"), "116px", number=True, down=True, drop=2),
        ListColumn(_("Disks"), "56px", number=True, down=True, drop=1),
        ListColumn(_("VMs"), "48px", number=True, down=True, drop=3),
    ]
    spec = TableSpec(
        kind=SR,
        columns=columns,
        row=_sr_row,
        reads=reads_of(
            V.name, V.description, V.tags, V.own_pool, V.reach, V.type, V.paths, V.attached, V.cut_off, V.room, V.disk_count, V.guest_count
        ),
        belongs=lambda sr: only is None or sr.home is only,
        hidden=is_drive,
        title=_("Storage"),
        judged=True,
        find=_("Name, type, UUID"),
        nothing=_("No SRs. Those of connected pools that you have access to appear here."),
        segments={str(reach): _(text) for reach, text in REACHES.items()},
        measured=6,
        measure=lambda sr: traffic_cell(sr, _traffic_of(sr)),
        measured_by=lambda sr: {path.host.uuid for path in paths_of(sr) if path.host is not None},
        trace=lambda sr: traffic_trace(sr, _traffic_of(sr)),
        expected=sum(not is_drive(sr) for sr in only.all(SR).values()) if only else 0,
    )
    return without(spec, 1) if only else spec


def _sr_row(sr: SR) -> ListRow:
    room, reach = V.room.of(sr), V.reach.of(sr)
    sized = room.size > 0 and reach is not Reach.DRIVE
    vms = V.guest_count.of(sr)
    cells = (
        Cell(V.name.of(sr), key=_order_of(sr), path=path_of(sr), tip=V.description.of(sr)),
        pool_cell(sr),
        Cell(reach_text(V.type.of(sr), reach)),
        _reached_cell(sr),
        used_cell(sr) if sized else Cell("", key=math.nan),
        Cell(size(room.size) if sized else "", key=room.size if sized else math.nan),
        traffic_cell(sr, _traffic_of(sr)),
        Cell(size(room.promised) if sized and reach is not Reach.IMAGES else "", key=room.promised if sized else math.nan),
        Cell(number(V.disk_count.of(sr)), key=V.disk_count.of(sr)),
        Cell(number(vms), key=vms),
    )
    return ListRow(cells, (str(reach),), "\n".join((V.description.of(sr), *V.tags.of(sr))))


def _order_of(sr: SR) -> str:
    """Those of hosts are called alike: they stand in the order of the hosts."""
    paths = paths_of(sr)
    host = paths[0].host if len(paths) == 1 else None
    return V.name.of(sr) if host is None else f"{V.name.of(sr)} {name_of(host)}"


def _reached_cell(sr: SR) -> Cell:
    """How many hosts; the host itself where it is one."""
    paths = paths_of(sr)
    wrong = "critical" if V.cut_off.of(sr) else ""
    host = paths[0].host if len(paths) == 1 else None
    if host is not None:
        return Cell(name_of(host), path=path_of(host), mark=wrong, tone=wrong)
    return Cell(reached_text(V.attached.of(sr), len(paths)), mark=wrong, tone=wrong)


def used_cell(sr: SR) -> Cell:
    """How full it is; marked where that is too much."""
    share = V.room.of(sr).share
    if math.isnan(share):
        return Cell(_("unknown"), key=math.nan, tone="dim")
    tone = TONES.get(V.fill_level.of(sr), "")
    return Cell(percent(share), key=share, share=round(share, 3), tone=tone, mark=tone)


def _traffic_of(sr: SR) -> list[tuple[str, str]]:
    """The series of what its hosts read and write on it."""
    hosts = [path.host.uuid for path in paths_of(sr) if path.host is not None]
    return [(host, f"{way}_{sr.uuid[:8]}") for host in hosts for way in ("read", "write")]


DISK: Final = (
    "name_label", "uuid", "name_description", "tags", "location", "missing", "managed", "type", "is_tools_iso", "is_a_snapshot",
    "virtual_size", "physical_utilisation", "sm_config", "SR.content_type", "SR.type", *via("VBDs.VM", "name_label", "uuid", *GUEST),
    *via("VBDs.VM.snapshot_of", "name_label", "uuid"),
)  # fmt: skip
"""What a disk's row is made of."""


def disk_table(sr: SR) -> TableSpec[VDI]:
    """What lies on `sr`."""
    columns = [
        ListColumn(_("Name"), "minmax(160px, 1.5fr)", main=True),
        ListColumn(_("Kind"), "minmax(120px, 0.7fr)", brief=True, drop=2),
        ListColumn(_("VM"), "minmax(120px, 1.2fr)", brief=True),
        ListColumn(_("Size"), "72px", number=True, down=True, brief=True),
        ListColumn(_("Used"), "minmax(130px, 0.9fr)", down=True, brief=True, beside=60),
        ListColumn(_("UUID"), "minmax(80px, 0.7fr)", drop=1),
    ]
    return TableSpec(
        kind=VDI,
        columns=columns,
        row=_disk_row,
        reads=Reads(VDI, DISK),
        belongs=lambda vdi: sr.ref == vdi.SR and vdi.home is sr.home,
        title=_("Disks"),
        find=_("Name, VM, UUID"),
        nothing=_("No VMs or disks. Those that you have access to appear here."),
        expected=len(sr.VDIs),
        segments={str(kind): _(text) for kind, text in KINDS.items()},
        sort=4,
    )


def _disk_row(vdi: VDI) -> ListRow:
    kind = disk_kind(vdi)
    mark = "critical" if vdi.missing else "information" if kind is DiskKind.ORPHAN else ""
    word = _("missing") if vdi.missing else _(KINDS[kind])
    if kind is DiskKind.ORPHAN and vdi.is_a_snapshot:
        word = _("orphaned snapshot")
    cells = (
        Cell(name_of(vdi), tip=vdi.name_description),
        Cell(word, mark=mark, tone="dim" if kind is DiskKind.BASE else ""),
        _owner_cell(vdi),
        Cell(size(vdi.virtual_size), key=vdi.virtual_size if vdi.virtual_size >= 0 else math.nan),
        _node_cell(vdi),
        Cell(vdi.uuid, tone="dim"),
    )
    return ListRow(cells, (str(kind),), "\n".join((vdi.location, *(name_of(vm) for vm in owners_of(vdi)), *vdi.tags)))


def _owner_cell(vdi: VDI) -> Cell:
    """The VM that has it; for a snapshot's disk the VM it was taken of, and the snapshot as a hint."""
    owners = owners_of(vdi)
    if not owners:
        return Cell("")
    names = more([name_of(machine_of(vm)) for vm in owners])
    hint = "\n".join(map(name_of, owners))
    return Cell(names, path=path_of(owners[0]), tip=hint)


def _node_cell(vdi: VDI) -> Cell:
    """What the node itself takes; with what is below it as a hint."""
    own = vdi.physical_utilisation
    if own < 0:
        return Cell(_("unknown"), key=math.nan, tone="dim")
    whole = disk_used(vdi) if vdi.managed and "vhd-parent" in vdi.sm_config else own
    tip = _("{size} with its base copies").format(size=size(whole)) if whole > own else ""
    share = min(1.0, own / vdi.virtual_size) if vdi.virtual_size > 0 else None
    return Cell(size(own), key=own, share=share, tip=tip)


IMAGE: Final = (
    "name_label", "uuid", "name_description", "tags", "location", "missing", "managed", "is_tools_iso", "virtual_size",
    *via("SR", "content_type", "type", "name_label", "uuid"), *via("VBDs.VM", "name_label", "uuid", *GUEST), "VBDs.empty", *POOL_NAME,
)  # fmt: skip
"""What the row of an ISO image is made of."""
USED, UNUSED = "used", "unused"
NOBODY: Final = Cell("–", key=math.nan, tone="dim")


def image_table(owner: Callable[[VDI], str] = lambda _image: "", of: SR | None = None) -> TableSpec[VDI]:
    """The images of all ISO libraries, or of one, and who has each in a drive; `owner` names who uploaded one."""
    columns = [
        ListColumn(_("Image"), "minmax(200px, 2fr)", main=True),
        ListColumn(_("In the drive of"), "minmax(130px, 1.4fr)", brief=True),
        ListColumn(_("Size"), "84px", number=True, down=True, brief=True),
        ListColumn(_("Library"), "minmax(110px, 0.9fr)", brief=True, drop=4),
        ListColumn(_("Owner"), "minmax(90px, 0.7fr)", drop=2),
        ListColumn(_("Pool"), "minmax(90px, 0.7fr)", drop=3),
        ListColumn(_("UUID"), "minmax(80px, 0.6fr)", drop=1),
    ]
    spec = TableSpec(
        kind=VDI,
        columns=columns,
        row=lambda image: _image_row(image, owner(image)),
        reads=Reads(VDI, IMAGE),
        belongs=is_image if of is None else lambda image: of.ref == image.SR and image.home is of.home and is_image(image),
        title=_("ISO images"),
        find=_("Image, library, VM"),
        nothing=_("No ISO images. Add an ISO library with New SR, or upload an image to one.")
        if of is None
        else _("No images in this library. Upload one."),
        segments={USED: _("In a drive"), UNUSED: _("In no drive")},
        expected=0 if of is None else len(of.VDIs),
    )
    return spec if of is None else without(without(spec, 5), 3)  # pool and library


def _image_row(image: VDI, owner: str) -> ListRow:
    users = users_of(image)
    sr = image.home.one(SR, image.SR)
    who = Cell(more([name_of(vm) for vm in users]), path=path_of(users[0]), tip="\n".join(map(name_of, users))) if users else NOBODY
    cells = (
        Cell(name_of(image), tip=image.name_description, mark="critical" if image.missing else ""),
        who,
        Cell(size(image.virtual_size), key=image.virtual_size if image.virtual_size >= 0 else math.nan),
        Cell(name_of(sr), path=path_of(sr)) if sr is not None else Cell("–"),
        Cell(_("comes with the pool"), tone="dim") if image.is_tools_iso else Cell(owner or "–"),
        pool_cell(image),
        Cell(image.uuid, tone="dim"),
    )
    return ListRow(cells, (USED if users else UNUSED,), "\n".join((image.location, owner, *image.tags, *map(name_of, users))))
