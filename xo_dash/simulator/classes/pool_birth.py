"""A pool of one host, as an installation leaves it."""

from __future__ import annotations

from dataclasses import dataclass

from .. import inventory_templates
from ..database import Record
from ..inventory_names import GIB
from ..inventory_networks import GUEST_INSTALLER
from ..pool import Pool
from ..types import NULL
from . import cpu_features, pool_move, sm

LOCAL_SIZE = 894 * GIB
FRESH = {"enabled": False, "suspend_image_sr": NULL, "crash_dump_sr": NULL, "local_cache_sr": NULL, "tags": [], "multipathing": False,
         "console_idle_timeout": 0, "ssh_enabled_timeout": 0, "external_auth_type": "", "external_auth_service_name": ""}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leaving:
    """A machine between two pools: its rows in a pool of their own, which nobody can call."""

    pool: Pool
    host: str
    address: str


def keep(pool: Pool, host: str) -> Leaving:
    """A copy of what the machine itself is."""
    between = Pool(pool.dispatcher, clock=pool.clock)
    move = pool_move.Move(pool, between, pool_move.networks(pool, between))
    move.rows(pool_move.host_rows(pool, host))
    return Leaving(between, move.known[host], pool.db.get(host, "address"))


def build(pool: Pool, leaving: Leaving) -> None:
    """Host, NICs, local storage, the templates that come with it."""
    db, between = pool.db, leaving.pool
    nics = [between.db.record("PIF", pif) for pif in between.db.get(leaving.host, "PIFs")]
    known = {nic["network"]: lone_network(pool, nic) for nic in nics}
    move = pool_move.Move(between, pool, known)
    move.rows(pool_move.host_rows(between, leaving.host))
    host = move.known[leaving.host]
    record = db.record("host", host)
    db.create("pool", {"name_label": "", "master": host, "coordinator_bias": True, "ha_cluster_stack": "xhad",
                       "tls_verification_enabled": record["tls_verification_enabled"], "cpu_info": dict(record["cpu_info"]),
                       "restrictions": pool.dialect.restrictions,
                       "telemetry_frequency": "weekly", "update_sync_frequency": "weekly"})  # fmt: skip
    db.set(record["metrics"], live=False)
    db.create("network", {"name_label": "Host internal management network", "bridge": "xenapi", "MTU": 1500, "managed": True,
                          "default_locking_mode": "unlocked", "other_config": GUEST_INSTALLER,
                          "name_description": "From guests to their host, for installations"})  # fmt: skip
    storage(pool, host)
    pool_move.settle(pool, move, leaving.host)
    cpu_features.refresh(pool)
    pool.refresh(pool.ref, *db.rows("SR"), *db.rows("VM"), *db.rows("VDI"), *db.rows("VBD"))


def lone_network(pool: Pool, nic: Record) -> str:
    number = nic["device"].removeprefix("eth")
    return pool.db.create("network", {
        "name_label": f"Pool-wide network associated with {nic['device']}", "bridge": f"xenbr{number}", "MTU": nic["MTU"], "managed": True,
        "default_locking_mode": "unlocked",
    })  # fmt: skip


def storage(pool: Pool, host: str) -> None:
    """A local disk, empty, a drive for DVDs, and the tools."""
    db = pool.db
    sm.create_rows(pool)
    rows = (
        ("Local storage", "ext", "user", False, LOCAL_SIZE, {"device": "/dev/sda3"}, {"i18n-key": "local-storage"}),
        ("DVD drives", "udev", "iso", False, 0, {"location": "/dev/xapi/cd"}, {"i18n-key": "local-hotplug-cd"}),
        ("XCP-ng Tools", "iso", "iso", True, 0, {"location": "/opt/xensource/packages/iso", "legacy_mode": "true"},
         {"i18n-key": "xenserver-tools"}),
    )  # fmt: skip
    made = []
    for name, kind, content, shared, size, device, other in rows:
        sr = db.create("SR", {"name_label": name, "type": kind, "content_type": content, "shared": shared, "physical_size": size,
                              "is_tools_sr": shared, "other_config": dict(other)})  # fmt: skip
        db.create("PBD", {"host": host, "SR": sr, "device_config": dict(device)})
        made.append(sr)
    local = made[0]
    db.set(host, **{**FRESH, "suspend_image_sr": local, "crash_dump_sr": local})
    db.set(pool.ref, default_SR=local, suspend_image_SR=local, crash_dump_SR=local)
    inventory_templates.build(db, local)
    for vm in pool_move.own_vms(pool):  # nobody has made a template yet
        vdis = [db.get(vbd, "VDI") for vbd in db.get(vm, "VBDs")]
        for ref in (*db.get(vm, "VBDs"), *vdis, db.get(vm, "metrics"), vm):
            db.destroy(ref)
