"""May this operation run on this storage repository now? What its driver can, what is plugged, what else runs."""

from __future__ import annotations

from collections.abc import Iterator

from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import advertises, allowed
from . import sm

OPERATIONS = (
    "scan", "destroy", "forget", "plug", "unplug", "vdi_create", "vdi_destroy", "vdi_resize", "vdi_clone", "vdi_snapshot", "vdi_mirror",
    "vdi_enable_cbt", "vdi_disable_cbt", "vdi_data_destroy", "vdi_list_changed_blocks", "vdi_set_on_boot", "vdi_introduce", "vdi_revert",
    "update", "pbd_create", "pbd_destroy",
)  # fmt: skip
FEATURES = {
    "vdi_create": "VDI_CREATE", "vdi_destroy": "VDI_DELETE", "vdi_resize": "VDI_RESIZE", "vdi_introduce": "VDI_INTRODUCE",
    "vdi_mirror": "VDI_MIRROR", "vdi_enable_cbt": "VDI_CONFIG_CBT", "vdi_disable_cbt": "VDI_CONFIG_CBT",
    "vdi_data_destroy": "VDI_CONFIG_CBT", "vdi_list_changed_blocks": "VDI_CONFIG_CBT", "vdi_set_on_boot": "VDI_RESET_ON_BOOT",
    "update": "SR_UPDATE", "vdi_revert": "VDI_REVERT", "vdi_snapshot": "VDI_SNAPSHOT",
}  # fmt: skip
NOT_ON_TOOLS = frozenset({"VDI_CREATE", "VDI_DELETE"})


@allowed("SR")
def refusal(pool: Pool, ref: str, sr: Record, operation: str) -> XapiError | None:
    return next(_reasons(pool, ref, sr, operation), None)


@advertises("SR")
def advertised(pool: Pool, ref: str, sr: Record) -> list[str]:
    return [name for name in OPERATIONS if next(_reasons(pool, ref, sr, name), None) is None]


def features(pool: Pool, kind: str) -> frozenset[str]:
    """What the driver of SRs of this type can."""
    for row in pool.db.rows("SM").values():
        if row.record["type"] == kind:
            return frozenset(row.record["features"] or row.record["capabilities"])
    return frozenset(sm.driver(kind).can()) if not pool.db.rows("SM") else frozenset()


def is_plugged(pool: Pool, sr: Record) -> bool:
    return any(pool.db.get(pbd, "currently_attached") for pbd in sr["PBDs"])


def _reasons(pool: Pool, ref: str, sr: Record, operation: str) -> Iterator[XapiError]:
    wanted = FEATURES.get(operation)
    if wanted and (wanted not in features(pool, sr["type"]) or (sr["is_tools_sr"] and wanted in NOT_ON_TOOLS)):
        yield XapiError("SR_OPERATION_NOT_SUPPORTED", ref)
    if operation in ("destroy", "forget") and is_plugged(pool, sr):
        yield XapiError("SR_HAS_PBD", ref)
    if operation == "destroy":
        if not sr["PBDs"]:
            yield XapiError("SR_HAS_NO_PBDS", ref)
        vdis = (pool.db.record("VDI", vdi) for vdi in sr["VDIs"])
        if any(vdi["managed"] and vdi["type"] != "rrd" for vdi in vdis):
            yield XapiError("SR_NOT_EMPTY")
    current = sr["current_operations"]
    if current and (operation != "plug" or any(name != "plug" for name in current.values())):
        task = next((t for t, name in current.items() if name != "plug" or operation != "plug"), "")
        yield XapiError("OTHER_OPERATION_IN_PROGRESS", "SR", ref, current[task], task)
