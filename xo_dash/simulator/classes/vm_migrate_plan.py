"""Which disks of a VM, its snapshots and its memory image go where, when it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..database import Database
from ..errors import XapiError
from ..pool import Pool
from ..types import NULL
from . import vm_migrate_rules, vm_placement
from .vm_migrate_goal import Goal
from .vm_migrate_rules import Map, disks_of

NO_COPY = "Copy mode is disallowed on intra pool storage migration, try efficient alternatives, for example, VM.copy/clone."


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """`vms` is the VM and its snapshots, `srs` {VDI: SR} of all that they hold, `networks` {VIF: network} when it goes abroad."""

    vms: list[str]
    srs: Map
    networks: Map
    to: Goal
    copy: bool

    def moving(self, db: Database) -> list[str]:
        """Disks that have to be copied, small and old ones first."""
        vdis = [vdi for vdi, sr in self.srs.items() if self.to.abroad or db.get(vdi, "SR") != sr]
        return sorted(vdis, key=lambda vdi: (db.get(vdi, "virtual_size"), db.get(vdi, "snapshot_time")))


def plan(pool: Pool, vm: str, to: Goal, vdi_map: Map, vif_map: Map, *, sender: str, copy: bool) -> MigrationPlan:
    """The maps made complete; raises what only the sending host finds."""
    db = pool.db
    if copy and not to.abroad:
        raise XapiError("OPERATION_NOT_ALLOWED", NO_COPY)
    snapshots = [] if copy else list(db.get(vm, "snapshots"))
    networks = vm_migrate_rules.mapped_nics(db, vm, vif_map) if to.abroad else {}
    disks = disks_of(db, vm)
    for vdi in disks:
        if db.get(vdi, "on_boot") == "reset":
            raise XapiError("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION", vdi)
    images = list(memory_images(pool, (vm, *snapshots), to))
    for image in images:
        if db.get(image, "SR") not in vm_placement.seen_by(db, sender):
            raise XapiError("SUSPEND_IMAGE_NOT_ACCESSIBLE", image)
    old = [vdi for snapshot in snapshots for vdi in disks_of(db, snapshot)]
    extra = {vdi: default(pool, vdi, vdi_map, to, memory=vdi in images) for vdi in (*images, *old)}
    whole = {**vdi_map, **extra}
    vm_migrate_rules.check_contents(db, whole)
    return MigrationPlan([vm, *snapshots], {vdi: whole[vdi] for vdi in (*disks, *extra)}, networks, to, copy)


def memory_images(pool: Pool, vms: tuple[str, ...], to: Goal) -> Iterator[str]:
    """Of those that are suspended, unless the host they go to can see them where they are."""
    for vm in vms:
        image = pool.db.get(vm, "suspend_VDI")
        if pool.db.get(vm, "power_state") != "Suspended" or not pool.db.exists(image):
            continue
        if to.abroad or pool.db.get(image, "SR") not in vm_placement.seen_by(pool.db, to.host):
            yield image


def default(pool: Pool, vdi: str, vdi_map: Map, to: Goal, *, memory: bool) -> str:
    """The SR of a disk that need not be in the map. VDI_NOT_IN_MAP if there is none."""
    there = to.pool.db
    if found := vdi_map.get(vdi) or vdi_map.get(pool.db.get(vdi, "snapshot_of")):
        return found
    master = there.record("pool", to.pool.ref)
    suspend = master["suspend_image_SR"] if master["suspend_image_SR"] != NULL else there.get(to.host, "suspend_image_sr")
    for sr in (suspend if memory else NULL, master["default_SR"]):
        if sr != NULL and there.exists(sr):
            return str(sr)
    raise XapiError("VDI_NOT_IN_MAP", vdi)
