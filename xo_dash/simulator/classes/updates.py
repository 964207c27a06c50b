"""Updates from repositories: asked for, shown as JSON, applied to a host, and what is to be done after that."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.responses import Response

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..http import NO_CACHE, HttpCall, json_response, page, refuse
from ..plugins.packages import packages
from ..pool import Pool
from ..registry import http, message
from ..update_notes import RELEASE, Update, updates
from . import durations, ha_plan, host_service, vm_memory

KINDS = ("mandatory", "recommended", "full")
FIELDS = {"mandatory": "pending_guidances", "recommended": "pending_guidances_recommended", "full": "pending_guidances_full"}
PENDING = {"RebootHost": "reboot_host", "RestartToolstack": "restart_toolstack", "RestartDeviceModel": "restart_device_model",
           "RestartVM": "restart_vm"}  # fmt: skip
COVERS = {"RebootHost": {"RestartToolstack", "RestartDeviceModel"}, "RestartVM": {"RestartDeviceModel"}}


def applied(pool: Pool, host: str) -> set[str]:
    """Identities of the updates that this host has."""
    held: dict[str, set[str]] = pool.facts.setdefault("updates", {})
    return held.setdefault(host, set())


def missing(pool: Pool, host: str) -> list[Update]:
    return [update for update in updates() if update.id not in applied(pool, host)]


def source(pool: Pool) -> str:
    """The one repository that brings updates."""
    found = [ref for ref in pool.db.get(pool.ref, "repositories") if pool.db.get(ref, "update")]
    if not found:
        raise XapiError("NO_REPOSITORY_ENABLED")
    if len(found) > 1:
        raise XapiError("MULTIPLE_UPDATE_REPOSITORIES_ENABLED")
    return str(found[0])


def checksum(url: str) -> str:
    return hashlib.sha256("".join([url, *(update.id for update in updates())]).encode()).hexdigest()


@message("pool.sync_updates")
async def sync_updates(
    call: Call, pool: str, force: bool, token: str = "", token_id: str = "", username: str = "", password: str = ""
) -> str:  # fmt: skip
    """The checksum of what there is: it is asked for when an update is applied."""
    db = call.db
    async with call.operation(pool, "sync_updates"):
        if any(db.get(ref, "origin") == "bundle" for ref in db.get(pool, "repositories")):
            raise XapiError("CAN_NOT_SYNC_UPDATES")
        if not db.get(pool, "repositories"):
            source(call.pool)
        await call.work(durations.seconds(call.pool, "yum_check") * (2 if force else 1))
        repository = source(call.pool)
        found = checksum(db.get(repository, "binary_url"))
        db.set(repository, hash=found)
        for host in db.rows("host"):
            db.set(host, latest_synced_updates_applied="no" if missing(call.pool, host) else "yes")
        db.set(pool, last_update_sync=call.clock.iso())
    return found


@message("pool.check_update_readiness")
def check_update_readiness(call: Call, pool: str, requires_reboot: bool) -> list[list[str]]:
    """Every reason not to begin, as [code, argument...]."""
    reasons = [["HA_IS_ENABLED"]] if call.db.get(pool, "ha_enabled") else []
    for host in call.db.rows("host"):
        if not vm_memory.is_live(call.db, host):
            reasons.append(["HOST_OFFLINE", host])
        elif requires_reboot:
            reasons += [
                found.details for found in host_service.plan(call.pool, host, minding_ha=False).values() if isinstance(found, XapiError)
            ]
    return reasons


@message("host.apply_updates")
async def apply_updates(call: Call, host: str, checksum: str) -> list[list[str]]:
    """Takes the host out of service. The answer is what went wrong without being an error: nothing, here."""
    db, pool = call.db, call.pool
    async with call.operation(pool.ref, "apply_updates", cancellable=False):
        if db.get(pool.ref, "ha_enabled"):
            raise XapiError("HA_IS_ENABLED")
        if db.get(host, "enabled"):
            ha_plan.check_disable(pool, host)
            db.set(host, enabled=False)
            pool.refresh(host)
        async with call.operation(host, "apply_updates", cancellable=False):
            if db.get(host, "pending_guidances"):
                raise XapiError("HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY", host)
            if not checksum or checksum != db.get(source(pool), "hash"):
                raise XapiError("UPDATEINFO_HASH_MISMATCH")
            todo = missing(pool, host)
            for number, update in enumerate(todo):
                share = 1 / len(todo)
                await call.work(
                    durations.seconds(pool, "yum_package") * len(update.packages), start=number * share, end=(number + 1) * share, steps=2
                )
            applied(pool, host).update(update.id for update in todo)
            db.set(host, **pending(db.record("host", host), todo))
            if host == pool.master.ref:
                ask_vms(pool, todo)
        db.set(host, last_software_update=call.clock.iso(), latest_synced_updates_applied="yes", last_update_hash=checksum)
        pool.refresh(host)
    return []


def pending(held: Record, done: list[Update], *, of_vms: bool = False) -> Record:
    """What these updates leave to be done with a host, or with the VMs, besides what is to be done already."""
    left = guidance(done)
    return {
        name: list(dict.fromkeys([*held[name], *(PENDING[word] for word in left[kind] if (word == "RestartVM") is of_vms)]))
        for kind, name in FIELDS.items()
    }


def ask_vms(pool: Pool, done: list[Update]) -> None:
    """With the master, all VMs that are up learn that they should restart."""
    for vm, record in pool.db.records("VM"):
        if record["power_state"] != "Halted" and not record["is_control_domain"] and not record["is_a_template"]:
            pool.db.set(vm, **pending(record, done, of_vms=True))


@message("host.emergency_clear_mandatory_guidance")
def emergency_clear_mandatory_guidance(call: Call) -> str:
    call.db.set(call.host.ref, pending_guidances=[])
    return ""


def guidance(of: list[Update]) -> dict[str, list[str]]:
    """What is to be done after all of them: the greater covers the less, and nothing is asked for twice."""
    before, found = set[str](), dict[str, list[str]]()
    for kind in KINDS:
        words = {word for update in of for word in getattr(update, kind)}
        left = before | words
        for great, small in COVERS.items():
            if great in left:
                left -= small
        found[kind] = [word for word in PENDING if word in left - before]
        before |= words
    return found


def rpms(of: list[Update]) -> list[str]:
    known = {package.name: package for package in packages()}
    chosen = [known[name] for update in of for name in update.packages]
    return [f"{package.name}-{package.available}.{RELEASE}.{package.arch}.rpm" for package in chosen]


def told(update: Update) -> dict[str, Any]:
    words = {**{kind: list(getattr(update, kind)) for kind in KINDS}, "livepatch": []}
    return {"id": update.id, "summary": update.summary, "description": update.description, "special-info": "",
            "URL": f"https://docs.xenserver.com/{update.id.lower()}", "type": update.kind, "issued": update.issued,
            "severity": update.severity, "livepatches": [], "guidance": words,
            "title": update.summary}  # fmt: skip


@http("GET", "/updates")
async def get_updates(call: HttpCall) -> Response:
    """`host_refs=a;b`: what each of them lacks, and what that is. 404 without a repository, 400 for what is no host."""
    pool = call.pool
    wanted = call.query["host_refs"].split(";") if "host_refs" in call.query else list(pool.db.rows("host"))
    if not wanted or any(host not in pool.db.rows("host") for host in wanted):
        return page(400)
    try:
        repository = source(pool)
    except XapiError as error:
        return page(404 if error.code == "NO_REPOSITORY_ENABLED" else 500)
    lacking = {host: missing(pool, host) for host in wanted}
    hosts = [{"ref": host, "guidance": guidance(of), "RPMS": rpms(of), "updates": [update.id for update in of], "livepatches": []}
             for host, of in lacking.items()]  # fmt: skip
    shown = [told(update) for update in updates() if any(update in of for of in lacking.values())]
    return json_response({"hosts": hosts, "updates": shown, "hash": pool.db.get(repository, "hash")})


@http("PUT", "/bundle")
async def put_bundle(call: HttpCall) -> Response:
    """xapi answers 200 before it looks: that a bundle cannot be had from here is in the task."""
    try:
        ready = call.pool.db.get(source(call.pool), "origin") == "bundle"
        error = XapiError("BUNDLE_UNPACK_FAILED", "Invalid header") if ready else XapiError("BUNDLE_REPO_NOT_ENABLED")
    except XapiError as none:
        error = none
    refuse(call.pool, call.request, error)
    return Response(b"", 200, NO_CACHE)


def furnish(pool: Pool) -> None:
    """The repositories that a XenServer 8 has been given by its owner."""
    base = "https://repo.ops.xenserver.com/xs8"
    refs = [pool.db.create("Repository", {
        "name_label": name, "name_description": about, "binary_url": f"{base}/{name}", "source_url": f"{base}/{name}-source",
        "update": name == "normal", "origin": "remote", "hash": checksum(f"{base}/{name}"),
    }) for name, about in (("base", "What was released"), ("normal", "Updates as they come"))]  # fmt: skip
    pool.db.set(pool.ref, repositories=refs, last_update_sync=pool.clock.iso())
    for host in pool.db.rows("host"):
        pool.db.set(host, latest_synced_updates_applied="no")
