"""The table of commands, in the order in which they are offered. Rows stand with the plans of their kind; a new one is named here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data.types import XapiObject
from xo_dash.control.action import AnyAction
from xo_dash.control.appliance.records import NEW_VAPP, SET_VAPP, VAPPS
from xo_dash.control.cloud_init.config_drive import REMOVE_DRIVE
from xo_dash.control.host.commands import OF_HOSTS
from xo_dash.control.network.commands import NETWORKS
from xo_dash.control.pbd.plug import PLUG, UNPLUG
from xo_dash.control.pool.balance import BALANCE
from xo_dash.control.pool.commands import POOLS
from xo_dash.control.pool.import_ova import IMPORT_OVA
from xo_dash.control.pool.import_vm import IMPORT
from xo_dash.control.pool.messages import DISMISS, DISMISS_MANY
from xo_dash.control.pool.stop import STOP
from xo_dash.control.pool.tasks import CANCEL
from xo_dash.control.requests.fields import fields
from xo_dash.control.sr.attach import ATTACH, SCAN
from xo_dash.control.sr.create import NEW_SR
from xo_dash.control.sr.default import CHOOSE_DEFAULT, MAKE_DEFAULT
from xo_dash.control.sr.detach import DESTROY, DETACH, FORGET
from xo_dash.control.sr.import_disk import IMPORT_DISK, UPLOAD_ISO
from xo_dash.control.sr.new_disk import NEW_DISK
from xo_dash.control.sr.rename import DESCRIBE_SR, RENAME_SR, TAG_SR
from xo_dash.control.sr.upkeep import AUTO_SCAN, TRIM
from xo_dash.control.vbd.attach import ADD_DISK, ATTACH_DISK, DETACH_DISK
from xo_dash.control.vbd.cd import INSERT
from xo_dash.control.vbd.mode import BOOTABLE, MODE
from xo_dash.control.vdi.cbt import DISABLE_CBT, ENABLE_CBT
from xo_dash.control.vdi.delete import DELETE_DISK
from xo_dash.control.vdi.export import EXPORT_DISK
from xo_dash.control.vdi.grow import GROW
from xo_dash.control.vdi.image import DELETE_IMAGE, EJECT_EVERYWHERE
from xo_dash.control.vdi.move import MOVE
from xo_dash.control.vdi.rename import DESCRIBE_DISK, RENAME_DISK
from xo_dash.control.vif.change import LIMIT, LOCK, MAC, NETWORK
from xo_dash.control.vif.nics import ADD_NIC, CONNECT, DISCONNECT, REMOVE
from xo_dash.control.vm.boot import STARTING
from xo_dash.control.vm.clone import CLONE
from xo_dash.control.vm.copy_to_pool import COPY as COPY_TO_POOL
from xo_dash.control.vm.create import CREATE
from xo_dash.control.vm.delete import DELETE_TEMPLATE, DELETE_VM, PURGE
from xo_dash.control.vm.describe import WRITTEN
from xo_dash.control.vm.devices import DEVICES
from xo_dash.control.vm.eject import EJECT
from xo_dash.control.vm.export import EXPORT
from xo_dash.control.vm.export_ova import EXPORT_OVA, EXPORT_VAPP
from xo_dash.control.vm.firmware import FIRMWARE
from xo_dash.control.vm.from_snapshot import NEW_TEMPLATE, NEW_VM
from xo_dash.control.vm.memory import MEMORY_OF_VM
from xo_dash.control.vm.migration.migrate import MIGRATE
from xo_dash.control.vm.pending import PENDING
from xo_dash.control.vm.power import LESS_USUAL, ON_AND_OFF, RESTART_DEVICE_MODELS
from xo_dash.control.vm.protect import PROTECT
from xo_dash.control.vm.rename import DESCRIBE_VM, RENAME_VM
from xo_dash.control.vm.revert import REVERT
from xo_dash.control.vm.snapshot import TAKE
from xo_dash.control.vm.snapshot_delete import DELETE_SNAPSHOT
from xo_dash.control.vm.start_on import RESUME_ON, START_ON
from xo_dash.control.vm.template import MAKE_TEMPLATE, MAKE_VM
from xo_dash.control.vm.trash import RESTORE, TRASH
from xo_dash.control.vm.vcpus import CPU_SHARE, VCPUS_OF_VM

ACTIONS: Final[tuple[AnyAction, ...]] = (
    *ON_AND_OFF, TAKE, START_ON, RESUME_ON, MIGRATE, CLONE, RENAME_VM, DESCRIBE_VM, REVERT, INSERT, EJECT, REMOVE_DRIVE, EXPORT, EXPORT_OVA,
    COPY_TO_POOL,
    *PENDING, *LESS_USUAL, RESTART_DEVICE_MODELS,
    MAKE_TEMPLATE, TRASH, DELETE_VM, NEW_VM, NEW_TEMPLATE, DELETE_SNAPSHOT, MAKE_VM, DELETE_TEMPLATE, RESTORE, PURGE,
    MEMORY_OF_VM, VCPUS_OF_VM, CPU_SHARE, *STARTING, FIRMWARE, PROTECT, SET_VAPP, *WRITTEN, ADD_DISK, ATTACH_DISK, ADD_NIC,
    *DEVICES,
    GROW, MOVE, EXPORT_DISK, RENAME_DISK, DESCRIBE_DISK, ENABLE_CBT, DISABLE_CBT, MODE, BOOTABLE, DETACH_DISK, DELETE_DISK,
    EJECT_EVERYWHERE, DELETE_IMAGE,
    NETWORK, CONNECT, DISCONNECT, MAC, LIMIT, LOCK, REMOVE,
    *VAPPS, EXPORT_VAPP,
    *OF_HOSTS,
    ATTACH, NEW_DISK, SCAN, UPLOAD_ISO, IMPORT_DISK, MAKE_DEFAULT, TRIM, DETACH, RENAME_SR, DESCRIBE_SR, TAG_SR, AUTO_SCAN,
    FORGET, DESTROY, PLUG, UNPLUG,
    *NETWORKS,
    CREATE, NEW_SR, NEW_VAPP, CHOOSE_DEFAULT, IMPORT, IMPORT_OVA, *POOLS, DISMISS_MANY, DISMISS, CANCEL, BALANCE, STOP,
)  # fmt: skip
BY_ID: Final[Mapping[str, AnyAction]] = {action.id: action for action in ACTIONS}


def get_ready() -> None:
    """Before the first person comes: what the types of all requests are made of is found once, which takes 15 ms of the largest."""
    for row in ACTIONS:
        for field in row.fields:
            if field.part is not None:
                fields(field.part)


def action(action_id: str) -> AnyAction:
    """The row of that id. Raises KeyError."""
    return BY_ID[action_id]


def actions_for(*subjects: XapiObject) -> list[AnyAction]:
    """The commands that are for all of these, in the table's order."""
    return [row for row in ACTIONS if subjects and all(isinstance(subject, row.kind) and row.applies_to(subject) for subject in subjects)]
