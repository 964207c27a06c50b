"""What may be done with the pool as a whole: one great thing at a time."""

from __future__ import annotations

from .. import operations
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import allowed

# what others are refused because of; anything else waits
BLOCKING = ("ha_enable", "ha_disable", "cluster_create", "designate_new_master", "tls_verification_enable", "configure_repositories",
            "sync_updates", "sync_bundle", "apply_updates")  # fmt: skip


@allowed("pool")
def refusal(pool: Pool, ref: str, row: Record, operation: str) -> XapiError | None:
    current = row["current_operations"].values()
    blocking = next((name for name in BLOCKING if name in current), "")
    if blocking and operation in BLOCKING:
        return XapiError(f"{blocking.upper()}_IN_PROGRESS")
    if current:
        return operations.busy("pool", ref, row)
    return of_state(pool, row, operation)


def of_state(pool: Pool, row: Record, operation: str) -> XapiError | None:
    """Why not, while nothing else is going on."""
    if operation in ("ha_enable", "tls_verification_enable") and row["ha_enabled"]:
        return XapiError("HA_IS_ENABLED")
    if operation == "ha_disable" and not row["ha_enabled"]:
        return XapiError("HA_NOT_ENABLED")
    if operation == "cluster_create" and pool.db.rows("Cluster"):
        return XapiError("CLUSTER_ALREADY_EXISTS")
    if operation == "cluster_create" and row["ha_enabled"]:
        return XapiError("INCOMPATIBLE_CLUSTER_STACK_ACTIVE", row["ha_cluster_stack"])
    return None
