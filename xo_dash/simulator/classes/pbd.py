"""PBDs: how a host reaches a storage repository, and whether it does."""

from __future__ import annotations

from .. import generic
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..registry import message
from . import chance


@message("PBD.create")
async def create(call: Call, args: Record) -> str:
    fields = generic.constructor(call.db.model, "PBD", args)
    sr, host = fields["SR"], fields["host"]
    call.db.record("SR", sr)
    call.db.record("host", host)
    async with call.operation(sr, "pbd_create", cancellable=False):
        for held in call.db.get(sr, "PBDs"):
            if call.db.get(held, "host") == host:
                raise XapiError("PBD_EXISTS", sr, host, held)
        return make(call, host, sr, fields["device_config"])


def make(call: Call, host: str, sr: str, device_config: dict[str, str]) -> str:
    """Passwords are kept apart from it, in secrets."""
    kept = dict(device_config)
    for key in [k for k in kept if k.endswith("password")]:
        secret = call.db.create("secret", {"value": kept.pop(key)})
        kept[f"{key}_secret"] = call.db.get(secret, "uuid")
    return call.db.create("PBD", {"host": host, "SR": sr, "device_config": kept, "currently_attached": False})


@message("PBD.destroy")
async def destroy(call: Call, pbd: str) -> str:
    async with call.operation(call.db.get(pbd, "SR"), "pbd_destroy", cancellable=False):
        if call.db.get(pbd, "currently_attached"):
            raise XapiError("OPERATION_NOT_ALLOWED", "PBD is currently attached")
        call.db.destroy(pbd)
    return ""


@message("PBD.plug")
async def plug(call: Call, pbd: str) -> str:
    record = call.db.record("PBD", pbd)
    sr = record["SR"]
    async with call.operation(sr, "plug"):
        if record["currently_attached"]:
            return ""
        if not call.db.get(sr, "shared"):
            for other in call.db.get(sr, "PBDs"):
                if other != pbd and call.db.get(other, "currently_attached"):
                    raise XapiError("SR_NOT_SHARABLE", sr, call.db.get(other, "host"))
        await call.work(chance.seconds(call.pool, "pbd"))
        call.db.set(pbd, currently_attached=True)
    refresh_contents(call, sr)
    return ""


@message("PBD.unplug")
async def unplug(call: Call, pbd: str) -> str:
    record = call.db.record("PBD", pbd)
    sr = record["SR"]
    async with call.operation(sr, "unplug"):
        if not record["currently_attached"]:
            return ""
        if used := in_use(call, sr, record["host"]):
            raise XapiError("VDI_IN_USE", *used)
        if any(call.db.get(vdi, "SR") == sr for vdi in statefiles(call)):
            raise XapiError("HA_IS_ENABLED")
        await call.work(chance.seconds(call.pool, "pbd"))
        call.db.set(pbd, currently_attached=False)
    refresh_contents(call, sr)
    return ""


def in_use(call: Call, sr: str, host: str) -> list[str]:
    """Disks on the SR that VMs on the host have open."""
    found = []
    for vm in call.db.get(host, "resident_VMs"):
        for vbd in call.db.get(vm, "VBDs"):
            record = call.db.record("VBD", vbd)
            if record["currently_attached"] and not record["empty"] and call.db.get(record["VDI"], "SR") == sr:
                found.append(record["VDI"])
    return found


def statefiles(call: Call) -> list[str]:
    record = call.db.record("pool", call.pool.ref)
    return [vdi for vdi in record["ha_statefiles"] if record["ha_enabled"] and call.db.exists(vdi)]


@message("PBD.set_device_config")
def set_device_config(call: Call, pbd: str, value: dict[str, str]) -> str:
    call.db.set(pbd, device_config=value)
    return ""


def refresh_contents(call: Call, sr: str) -> None:
    call.pool.refresh(sr, *call.db.get(sr, "VDIs"))
