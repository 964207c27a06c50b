"""PVS: sites, their servers, and proxies of VMs that boot from them. The proxies hold no caches: nothing is streamed."""

from __future__ import annotations

from ..call import Call
from ..database import Database, Record
from ..errors import XapiError
from ..generic import constructor
from ..registry import message
from . import pif_rules, subject, tunnel

LAST_PORT = 65_535


def need_pvs(call: Call) -> None:
    subject.assert_licensed(call, "PVS_proxy")
    tunnel.need_openvswitch(call.db)


def check_device(db: Database, vm: Record, device: int) -> None:
    """A proxy is at the VM's first NIC, and no other comes before that."""
    held = {int(db.get(vif, "device")): vif for vif in vm["VIFs"]}
    if held and device < min(held) and db.find("PVS_proxy", VIF=held[min(held)]):
        raise XapiError("PVS_PROXY_PRESENT_ON_HIGHER_VIF_DEVICE", min(held))


def running(db: Database, site: str) -> list[str]:
    return [proxy for proxy in db.get(site, "proxies") if db.get(proxy, "currently_attached")]


def check_stopped(db: Database, site: str) -> None:
    if proxies := running(db, site):
        raise XapiError("PVS_SITE_CONTAINS_RUNNING_PROXIES", *proxies)


@message("PVS_site.introduce")
def introduce_site(call: Call, name: str, about: str, uuid: str) -> str:
    need_pvs(call)
    return call.db.create("PVS_site", {"name_label": name, "name_description": about, "PVS_uuid": uuid})


@message("PVS_site.set_PVS_uuid")
def set_site_uuid(call: Call, site: str, value: str) -> str:
    check_stopped(call.db, site)
    call.db.set(site, PVS_uuid=value)
    return ""


@message("PVS_site.forget")
async def forget_site(call: Call, site: str) -> str:
    db = call.db
    check_stopped(db, site)
    if db.get(site, "servers"):
        raise XapiError("PVS_SITE_CONTAINS_SERVERS", *db.get(site, "servers"))
    for cache in list(db.get(site, "cache_storage")):
        await call.run("PVS_cache_storage.destroy", cache)
    db.destroy(site)
    return ""


@message("PVS_server.introduce")
def introduce_server(call: Call, addresses: list[str], first: int, last: int, site: str) -> str:
    need_pvs(call)
    for address in addresses:
        if not (pif_rules.is_address(address, 4) or pif_rules.is_address(address, 6)):
            raise XapiError("INVALID_IP_ADDRESS_SPECIFIED", "addresses")
    known = {address for _, server in call.db.records("PVS_server") for address in server["addresses"]}
    if used := [address for address in addresses if address in known]:
        raise XapiError("PVS_SERVER_ADDRESS_IN_USE", *used)
    for name, port in (("first_port", first), ("last_port", last)):
        check_port(name, port)
    if last < first:
        raise XapiError("VALUE_NOT_SUPPORTED", "last_port", last, "last_port smaller than first_port")
    return call.db.create("PVS_server", {"addresses": list(dict.fromkeys(addresses)), "first_port": first, "last_port": last, "site": site})


def check_port(name: str, port: int) -> None:
    if not 1 <= port <= LAST_PORT:
        raise XapiError("VALUE_NOT_SUPPORTED", name, port, "Port out of range")


@message("PVS_server.forget")
def forget_server(call: Call, server: str) -> str:
    call.db.destroy(server)
    return ""


@message("PVS_proxy.create")
def create_proxy(call: Call, site: str, vif: str) -> str:
    db = call.db
    need_pvs(call)
    if present := db.find("PVS_proxy", VIF=vif):
        raise XapiError("PVS_PROXY_ALREADY_PRESENT", *present)
    others = [int(db.get(other, "device")) for other in db.get(db.get(vif, "VM"), "VIFs")]
    if int(db.get(vif, "device")) != min(others):
        raise XapiError("PVS_VIF_MUST_BE_FIRST_DEVICE")
    return db.create("PVS_proxy", {"site": site, "VIF": vif, "currently_attached": False, "status": "stopped"})


@message("PVS_proxy.destroy")
def destroy_proxy(call: Call, proxy: str) -> str:
    call.db.destroy(proxy)
    return ""


@message("PVS_cache_storage.create")
async def create_cache(call: Call, args: Record) -> str:
    """One a host and site, with a disk of its own."""
    db = call.db
    fields = constructor(db.model, "PVS_cache_storage", args)
    for cls in ("host", "SR"):
        db.record(cls, fields[cls])
    caches = db.record("PVS_site", fields["site"])["cache_storage"]
    if any(db.get(cache, "host") == fields["host"] for cache in caches):
        raise XapiError("PVS_CACHE_STORAGE_ALREADY_PRESENT", fields["site"], fields["host"])
    disk = {"name_label": "PVS cache VDI", "name_description": "PVS cache VDI", "SR": fields["SR"], "virtual_size": fields["size"],
            "type": "pvs_cache", "sharable": False, "read_only": False, "other_config": {}}  # fmt: skip
    return db.create("PVS_cache_storage", {**fields, "VDI": await call.run("VDI.create", disk)})


@message("PVS_cache_storage.destroy")
async def destroy_cache(call: Call, cache: str) -> str:
    db = call.db
    record = db.record("PVS_cache_storage", cache)
    vms = [db.get(db.get(proxy, "VIF"), "VM") for proxy in running(db, record["site"])]
    if any(db.get(vm, "resident_on") == record["host"] for vm in vms):
        raise XapiError("PVS_CACHE_STORAGE_IS_IN_USE", cache)
    if db.exists(record["VDI"]):
        await call.run("VDI.destroy", record["VDI"])
    db.destroy(cache)
    return ""
