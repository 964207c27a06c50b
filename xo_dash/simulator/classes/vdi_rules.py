"""May this operation run on this disk now?"""

from __future__ import annotations

from collections.abc import Iterator

from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import advertises, allowed
from . import sr_rules

# what allowed_operations shows: older xapis know no others
SHOWN = ("clone", "copy", "resize", "resize_online", "snapshot", "destroy", "forget", "update", "generate_config")
FEATURES = {
    "snapshot": "VDI_SNAPSHOT", "destroy": "VDI_DELETE", "resize": "VDI_RESIZE", "update": "VDI_UPDATE",
    "resize_online": "VDI_RESIZE_ONLINE", "generate_config": "VDI_GENERATE_CONFIG", "clone": "VDI_CLONE", "revert_to": "VDI_CLONE",
    "revert_from": "VDI_CLONE", "mirror": "VDI_MIRROR", "enable_cbt": "VDI_CONFIG_CBT", "disable_cbt": "VDI_CONFIG_CBT",
    "data_destroy": "VDI_CONFIG_CBT", "list_changed_blocks": "VDI_CONFIG_CBT", "set_on_boot": "VDI_RESET_ON_BOOT",
}  # fmt: skip
LIVE = frozenset({"snapshot", "resize_online", "blocked", "clone", "revert_to", "mirror", "enable_cbt", "disable_cbt", "data_destroy"})
ON_CBT_METADATA = frozenset(
    {"blocked", "data_destroy", "destroy", "list_changed_blocks", "force_unlock", "forget", "generate_config", "update"}
)
HA_KINDS = ("ha_statefile", "redo_log")


@allowed("VDI")
def refusal(pool: Pool, ref: str, vdi: Record, operation: str) -> XapiError | None:
    return next(_reasons(pool, ref, vdi, operation), None)


@advertises("VDI")
def advertised(pool: Pool, ref: str, vdi: Record) -> list[str]:
    return [name for name in SHOWN if next(_reasons(pool, ref, vdi, name), None) is None]


def _reasons(pool: Pool, ref: str, vdi: Record, operation: str) -> Iterator[XapiError]:
    sr = pool.db.record("SR", vdi["SR"])
    yield from _busy(ref, vdi, operation)
    if operation == "resize" and not sr_rules.is_plugged(pool, sr):
        yield XapiError("SR_HAS_NO_PBDS", vdi["SR"])
    yield from _attached(pool, ref, vdi, operation)
    wanted = FEATURES.get(operation)
    if wanted and wanted not in sr_rules.features(pool, sr["type"]):
        yield XapiError("SR_OPERATION_NOT_SUPPORTED", vdi["SR"])
    if vdi["type"] == "cbt_metadata" and operation not in ON_CBT_METADATA:
        yield XapiError("VDI_INCOMPATIBLE_TYPE", ref, "cbt_metadata")
    if vdi["cbt_enabled"] and operation in ("mirror", "set_on_boot"):
        yield XapiError("VDI_CBT_ENABLED", ref)
    yield from _kind(pool, ref, vdi, sr, operation)
    yield from _own(ref, vdi, operation)


def _busy(ref: str, vdi: Record, operation: str) -> Iterator[XapiError]:
    current = vdi["current_operations"]
    if operation == "destroy" and "mirror" in current.values():
        return
    for task, name in current.items():
        if name != "copy":
            yield XapiError("OTHER_OPERATION_IN_PROGRESS", "VDI", ref, name, task)


def _attached(pool: Pool, ref: str, vdi: Record, operation: str) -> Iterator[XapiError]:
    vbds = [pool.db.record("VBD", vbd) for vbd in vdi["VBDs"]]
    if operation not in LIVE and operation not in ("copy", "forget") and "copy" in vdi["current_operations"].values():
        yield XapiError("VDI_IN_USE", ref, operation)  # it is read from all the while
    if operation not in LIVE:
        active = [vbd for vbd in vbds if vbd["currently_attached"]]
        if operation == "copy":
            active = [vbd for vbd in active if vbd["mode"] == "RW"]
        if active and not (operation == "list_changed_blocks" and all(pool.db.get(v["VM"], "is_a_snapshot") for v in active)):
            yield XapiError("VDI_IN_USE", ref, operation)
    if operation != "data_destroy":
        for vbd in vbds:
            for task, name in vbd["current_operations"].items():
                yield XapiError("OTHER_OPERATION_IN_PROGRESS", "VDI", ref, name, task)


def _kind(pool: Pool, ref: str, vdi: Record, sr: Record, operation: str) -> Iterator[XapiError]:
    if operation == "data_destroy":
        if not vdi["is_a_snapshot"]:
            yield XapiError("OPERATION_NOT_ALLOWED", f"VDI is not a snapshot: {ref}")
        if not vdi["cbt_enabled"]:
            yield XapiError("VDI_NO_CBT_METADATA", ref)
    if operation in ("destroy", "revert_from", "data_destroy"):
        if sr["type"] == "udev":
            yield XapiError("VDI_IS_A_PHYSICAL_DEVICE", ref)
        if sr["is_tools_sr"]:
            yield XapiError("SR_OPERATION_NOT_SUPPORTED", vdi["SR"])
    if operation in ("destroy", "forget", "data_destroy", "revert_from") and vdi["type"] == "rrd":
        yield XapiError("VDI_HAS_RRDS", ref)
    guarded = operation in ("destroy", "forget", "resize", "resize_online", "data_destroy", "revert_from")
    if guarded and vdi["type"] in HA_KINDS and pool.db.get(pool.ref, "ha_enabled"):
        yield XapiError("HA_IS_ENABLED")


def _own(ref: str, vdi: Record, operation: str) -> Iterator[XapiError]:
    resets = vdi["on_boot"] == "reset"
    if operation == "snapshot" and vdi["sharable"]:
        yield XapiError("VDI_IS_SHARABLE", ref)
    if operation in ("snapshot", "copy") and resets:
        yield XapiError("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION")
    if operation == "snapshot" and "copy" in vdi["current_operations"].values():
        yield XapiError("OPERATION_NOT_ALLOWED", "Snapshot operation not allowed during copy.")
    if operation == "copy" and vdi["type"] in HA_KINDS:
        yield XapiError(
            "OPERATION_NOT_ALLOWED", "VDI containing HA statefile or redo log cannot be copied (check the VDI's allowed operations)."
        )
    if operation in ("enable_cbt", "disable_cbt"):
        if vdi["is_a_snapshot"]:
            yield XapiError("OPERATION_NOT_ALLOWED", f"VDI is a snapshot: {ref}")
        if vdi["type"] not in ("user", "system"):
            yield XapiError("VDI_INCOMPATIBLE_TYPE", ref, vdi["type"])
        if resets:
            yield XapiError("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION")
    if operation == "revert_to" and not vdi["is_a_snapshot"]:
        yield XapiError("REVERT_ONLY_ALLOWED_ON_SNAPSHOT")
