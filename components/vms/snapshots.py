"""All snapshots as rows of one list, and deleting many of them; those of backups are left alone unless somebody wants just them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from functools import partial
from typing import Final

from components.actions import run_command
from components.hosts.rows import pool_cell
from components.lists.rows import BulkActions, Cell, ListColumn, ListRow, TableSpec
from components.ui import Tone, confirm, notify
from components.urls import path_of
from components.vms.words import mark_of
from data.disks import own_disks, own_size
from data.findings.vms import DAY, OLD_SNAPSHOT
from data.names import name_of
from data.objects import SR, VM
from data.relations import Reads
from data.storage import machine_of
from data.stores.users import Role
from data.types import NULL_REF, timestamp
from data.views.things import GUEST, POOL_NAME, via
from data.vms import is_of_backup
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.vm.kinds import is_snapshot
from xo_dash.i18n import N_, _, ngettext, number, size

AGE: Final = 2
"""The column that the list is sorted by, oldest first."""
MONTH: Final = 30 * DAY
OLD, MONTHS, MEMORY, BACKUP, ALONE = "old", "month", "memory", "backup", "alone"
SEGMENTS: Final = {
    OLD: N_("Older than 7 days"), MONTHS: N_("Older than 30 days"), MEMORY: N_("With memory"), BACKUP: N_("Backups"), ALONE: N_("No VM"),
}  # fmt: skip
"""What may be shown alone; the snapshots of backups are in none of the first two, as findings leave them out."""

READS: Final = (
    *GUEST, "name_label", "uuid", "name_description", "tags", "other_config", "suspend_VDI", "snapshot_time",
    *via("snapshot_of", "name_label", "uuid", "power_state", "resident_on.metrics.live", "current_operations"),
    *via("VBDs", "type", "empty", "VDI.managed", "VDI.sharable", "VDI.read_only", "VDI.physical_utilisation"),
    *via("VBDs.VDI.SR", "name_label", "uuid"), *POOL_NAME,
)  # fmt: skip


def snapshot_table() -> TableSpec[VM]:
    columns = [
        ListColumn(_("VM"), "minmax(130px, 1fr)", brief=True),
        ListColumn(_("Snapshot"), "minmax(160px, 1.6fr)", main=True),
        ListColumn(_("Age"), "172px", dated=True, down=True, brief=True, figure=True),
        ListColumn(_("Size"), "84px", number=True, down=True, brief=True),
        ListColumn(_("SR"), "minmax(110px, 1.3fr)", drop=2),
        ListColumn(_("Pool"), "minmax(90px, 0.6fr)", drop=1),
        ListColumn(_("Created by"), "minmax(90px, 0.4fr)", brief=True),
    ]
    return TableSpec(
        kind=VM,
        columns=columns,
        row=_row,
        reads=Reads(VM, READS),
        belongs=is_snapshot,
        title=_("Snapshots"),
        nothing=_("No snapshots. Snapshots of all VMs appear here."),
        find=_("VM, snapshot, SR"),
        segments={key: _(words) for key, words in SEGMENTS.items()},
        sort=AGE,
    )


def _row(snapshot: VM) -> ListRow:
    vm, at, amount, backup = machine_of(snapshot), timestamp(snapshot.snapshot_time), own_size(snapshot), is_of_backup(snapshot)
    gone = vm is snapshot
    srs = dict.fromkeys(name_of(sr) for disk in own_disks(snapshot) if (sr := disk.home.one(SR, disk.SR)))
    cells = (
        Cell("–", key=math.nan, tone="dim", tip=_("Deleted")) if gone else Cell(name_of(vm), path=path_of(vm), mark=mark_of(vm)),
        Cell(name_of(snapshot), path="" if gone else path_of(snapshot), tip=snapshot.name_description),
        Cell(since=at) if at else Cell("–", key=math.nan),
        Cell(size(amount), key=amount if amount >= 0 else math.nan),
        Cell(", ".join(srs)),
        pool_cell(snapshot),
        Cell(_("backup"), tip=_("A backup job uses it: without it the next backup is a full one.")) if backup else Cell(),
    )
    return ListRow(cells, tuple(_segments(snapshot, at, backup=backup, gone=gone)), "\n".join((*snapshot.tags, snapshot.name_description)))


def _segments(snapshot: VM, at: float | None, *, backup: bool, gone: bool) -> Iterator[str]:
    age = time.time() - at if at else 0.0
    if backup:
        yield BACKUP
    else:
        if age >= OLD_SNAPSHOT:
            yield OLD
        if age >= MONTH:
            yield MONTHS
    if snapshot.suspend_VDI != NULL_REF:
        yield MEMORY
    if gone:
        yield ALONE


def deleting(context: Context) -> BulkActions[VM] | None:
    """Whoever may delete them may choose them."""
    acts = BulkActions(_("Delete selected"), _("Delete all shown"), partial(delete, context))
    return acts if current_user().role.includes(Role.OPERATOR) else None


async def delete(context: Context, chosen: list[VM]) -> None:
    """Through the usual dialog. Among others the snapshots of backups are left out; where there is nothing else, it is asked once more."""
    own = [snapshot for snapshot in chosen if not is_of_backup(snapshot)]
    left = len(chosen) - len(own)
    if not chosen:
        return
    if own and left:
        text = ngettext("{n} snapshot used by a backup job is skipped", "{n} snapshots used by backup jobs are skipped", left)
        notify(text.format(n=number(left)), Tone.INFORMATION)
    elif left:
        title = ngettext("Delete {n} snapshot that a backup job uses?", "Delete {n} snapshots that backup jobs use?", left).format(
            n=number(left)
        )
        text = _("The backup tool replaces them itself. Without them its next backup is a full one.")
        if not await confirm(title, text, yes=_("Continue"), no=_("Cancel")):
            return
    await run_command(context, action("snapshot.delete"), own or chosen, {} if own else {"backups": True})
