"""A host that is a pool of its own joins another pool of the same program."""

from __future__ import annotations

from collections.abc import Callable

from .. import machine
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import NULL
from . import cpu_features, pool_move
from .pool_master import FUSE

COPYING = 5.0  # seconds


@message("pool.join", "pool.join_force")
async def join(call: Call, address: str, user: str, password: str) -> str:
    """To the host that joins; `address` is the other pool's master. Soon after, its toolstack starts anew as a member there."""
    here = call.pool
    there = find(here, address)
    session = there.sessions.login(there.hosts[address], user, password, "xapi")
    try:
        for check in CHECKS:
            check(here, there)
        if call.method == "pool.join":
            check_homogeneous(here, there)
        for check in LATER_CHECKS:
            check(here, there)
        await call.work(COPYING / machine.pace(here))
    finally:
        there.sessions.logout(session.ref)
    host = copy(here, there)
    there.spawn(arrive(here, there, host))
    return ""


def find(here: Pool, address: str) -> Pool:
    """The pool whose master answers there; a member says who its master is."""
    program: list[Pool] = here.facts.get("program", [here])
    for pool in program:
        found = pool.hosts.get(address)
        if found is None or not machine.is_up(pool, found.ref):
            continue
        if not pool.is_master(found):
            raise XapiError("HOST_IS_SLAVE", pool.master.address)
        return pool
    raise XapiError("JOINING_HOST_CONNECTION_FAILED")


# what must be so before, in the order in which a host asks


def check_licence(_here: Pool, there: Pool) -> None:
    restricted = there.db.get(there.master.ref, "license_params").get("restrict_pool_size") == "true"
    if restricted and len(there.db.rows("host")) >= 3:
        raise XapiError("LICENCE_RESTRICTION", "Pool_size")


def check_ha(here: Pool, there: Pool) -> None:
    for pool in (here, there):
        if pool.db.get(pool.ref, "ha_enabled"):
            raise XapiError("HA_IS_ENABLED")


def check_other(here: Pool, there: Pool) -> None:
    if here is there:
        alone = len(here.db.rows("host")) == 1
        raise XapiError("OPERATION_NOT_ALLOWED", "Host cannot become slave of itself" if alone else "Host is already part of a pool")
    if len(here.db.rows("host")) > 1:
        raise XapiError("JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS")


def check_vms(here: Pool, _there: Pool) -> None:
    if any(vm["power_state"] == "Running" and not vm["is_control_domain"] for _, vm in here.db.records("VM")):
        raise XapiError("JOINING_HOST_CANNOT_HAVE_RUNNING_VMS")
    if any(vm["current_operations"] for _, vm in here.db.records("VM")):
        raise XapiError("JOINING_HOST_CANNOT_HAVE_VMS_WITH_CURRENT_OPERATIONS")


def check_guidances(here: Pool, there: Pool) -> None:
    for pool in (here, there):
        if pool.db.get(pool.master.ref, "pending_guidances"):
            raise XapiError("HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY", pool.master.ref)


def check_compatible(here: Pool, there: Pool) -> None:
    mine, theirs = (software(pool) for pool in (here, there))
    if any(mine.get(name) != theirs.get(name) for name in ("platform_version", "product_brand")):
        raise XapiError("HOSTS_NOT_COMPATIBLE")


def check_homogeneous(here: Pool, there: Pool) -> None:
    mine, theirs = (software(pool) for pool in (here, there))
    if any(mine.get(name) != theirs.get(name) for name in ("xapi", "product_brand", "git_id")):
        raise XapiError("HOSTS_NOT_HOMOGENEOUS", "Software version differs")
    if here.db.get(here.master.ref, "cpu_info").get("vendor") != there.db.get(there.ref, "cpu_info").get("vendor"):
        raise XapiError("HOSTS_NOT_HOMOGENEOUS", "CPUs differ")


def check_storage(here: Pool, _there: Pool) -> None:
    if any(sr["shared"] and not sr["is_tools_sr"] for _, sr in here.db.records("SR")):
        raise XapiError("JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS")


def check_networks(here: Pool, there: Pool) -> None:
    for cls, what in (("Bond", "BONDS"), ("tunnel", "TUNNELS"), ("network_sriov", "NETWORK_SRIOVS")):
        if here.db.rows(cls):
            raise XapiError(f"POOL_JOINING_HOST_HAS_{what}")
    for _, vlan in here.db.records("VLAN"):
        if not here.db.get(vlan["untagged_PIF"], "management"):
            raise XapiError("POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS")
    mine, theirs = (management(pool)["VLAN"] for pool in (here, there))
    if mine != theirs:
        raise XapiError("POOL_JOINING_HOST_MANAGEMENT_VLAN_DOES_NOT_MATCH", mine, theirs)


def check_authentication(here: Pool, there: Pool) -> None:
    mine, theirs = ([pool.db.get(pool.master.ref, name).lower() for name in ("external_auth_type", "external_auth_service_name")]
                    for pool in (here, there))  # fmt: skip
    if mine != theirs:
        raise XapiError("POOL_JOINING_EXTERNAL_AUTH_MISMATCH")


def check_edition(here: Pool, there: Pool) -> None:
    mine, theirs = (pool.db.get(pool.master.ref, "edition") for pool in (here, there))
    if mine != theirs:
        raise XapiError("LICENSE_HOST_POOL_MISMATCH", f'host edition = "{mine}"', f'pool edition = "{theirs}"')


def check_backend(here: Pool, there: Pool) -> None:
    mine, theirs = (software(pool).get("network_backend", "bridge") for pool in (here, there))
    if mine != theirs:
        raise XapiError("OPERATION_NOT_ALLOWED", "Network backends differ")


def check_versions(here: Pool, there: Pool) -> None:
    mine, theirs = (pool.db.record("host", pool.master.ref) for pool in (here, there))
    versions = [f"{host['API_version_major']}.{host['API_version_minor']}" for host in (mine, theirs)]
    if versions[0] != versions[1]:
        raise XapiError("POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION", *versions)
    schemas = [software(pool).get("db_schema", "") for pool in (here, there)]
    if not schemas[0] or schemas[0] != schemas[1]:
        raise XapiError("POOL_JOINING_HOST_MUST_HAVE_SAME_DB_SCHEMA", *schemas)


def check_address_type(here: Pool, there: Pool) -> None:
    if management(here)["primary_address_type"] != management(there)["primary_address_type"]:
        raise XapiError("OPERATION_NOT_ALLOWED", "Primary address type differs")


def check_tls(here: Pool, there: Pool) -> None:
    mine, theirs = (pool.db.get(pool.ref, "tls_verification_enabled") for pool in (here, there))
    if mine != theirs:
        raise XapiError("POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH")


CHECKS: tuple[Callable[[Pool, Pool], None], ...] = (
    check_licence, check_ha, check_other, check_vms, check_guidances, check_compatible,
)  # fmt: skip
LATER_CHECKS: tuple[Callable[[Pool, Pool], None], ...] = (
    check_storage, check_networks, check_authentication, check_edition, check_backend, check_versions, check_address_type, check_tls,
)  # fmt: skip


def software(pool: Pool) -> dict[str, str]:
    found: dict[str, str] = pool.db.get(pool.master.ref, "software_version")
    return found


def management(pool: Pool) -> Record:
    """The PIF by which the master is reached; HOST_STILL_BOOTING if there is none yet."""
    for pif in pool.db.get(pool.master.ref, "PIFs"):
        if pool.db.get(pif, "management"):
            return pool.db.record("PIF", pif)
    raise XapiError("HOST_STILL_BOOTING")


# and what happens then


def copy(here: Pool, there: Pool) -> str:
    """The host in its new pool, with its storage and its VMs; it is not live yet."""
    host, vms = here.master.ref, pool_move.own_vms(here)
    move = pool_move.Move(here, there, pool_move.networks(here, there))
    move.rows([*pool_move.host_rows(here, host), *pool_move.local_storage(here, host), *pool_move.vm_rows(here, vms)])
    pool_move.contents(move, vms)
    new = move.known[host]
    there.db.set(there.db.get(new, "metrics"), live=False)
    for pbd in there.db.get(new, "PBDs"):
        there.db.set(pbd, currently_attached=False)
    for name in ("suspend_image_sr", "crash_dump_sr", "local_cache_sr"):
        there.db.set(new, **{name: move.known.get(here.db.get(host, name), NULL)})
    pool_move.settle(there, move, host)
    plug_shared(there, new)
    add_vlans(there, new)
    cpu_features.refresh(there)
    return new


def plug_shared(pool: Pool, host: str) -> None:
    """A cable to each shared SR, as the master has it."""
    for sr, record in pool.db.records("SR"):
        model = next((pbd for pbd in record["PBDs"] if pool.db.get(pbd, "host") == pool.master.ref), "")
        if record["shared"] and model:
            pool.db.create("PBD", {"host": host, "SR": sr, "device_config": dict(pool.db.get(model, "device_config"))})
            pool.refresh(sr)


def add_vlans(pool: Pool, host: str) -> None:
    """Those of the master, on the same NICs."""
    db = pool.db
    nics = {db.get(pif, "network"): pif for pif in db.get(host, "PIFs")}
    for _, vlan in db.records("VLAN"):
        tagged, untagged = db.record("PIF", vlan["tagged_PIF"]), db.record("PIF", vlan["untagged_PIF"])
        if tagged["host"] != pool.master.ref or tagged["network"] not in nics or untagged["network"] in nics:
            continue
        nic = nics[tagged["network"]]
        metrics = db.create("PIF_metrics", {**db.record("PIF_metrics", db.get(nic, "metrics")), "uuid": db.new_uuid()})
        pif = db.create("PIF", {"host": host, "network": untagged["network"], "metrics": metrics, "device": db.get(nic, "device"),
                                "MAC": untagged["MAC"], "MTU": untagged["MTU"], "VLAN": vlan["tag"], "managed": True,
                                "currently_attached": True})  # fmt: skip
        db.set(pif, VLAN_master_of=db.create("VLAN", {"tagged_PIF": nic, "untagged_PIF": pif, "tag": vlan["tag"]}))


async def arrive(here: Pool, there: Pool, host: str) -> None:
    """Its toolstack ends, and starts as a member of the other pool: the pool that it was is no more."""
    address = there.db.get(host, "address")
    found = machine.of(there, host)
    found.agent = False
    await there.clock.sleep(FUSE / machine.pace(there))
    here.gate.give(address, there.gate, (there.port,))
    endpoints = there.facts.get("endpoints", {})
    for port in (here.port, there.port):
        endpoints[address, port] = (there, there.hosts[address])
    here.hosts.clear()
    await here.close()
    await there.clock.sleep(machine.RETRY / machine.pace(there))
    await machine.start(there, found, booted=False)
