"""Where VMs of another program's pool come in: disks at /services/SM, memory at /services/xenops, messages at /messages.

Who sends is classes/vm_migrate_far.py; records come by /import_metadata.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from .. import jsonrpc, loads
from ..call import Call
from ..classes import vdi, vdi_storage, vm_guest, vm_life
from ..classes.vm_guest import GuestSystem
from ..errors import MalformedError, XapiError
from ..http import NO_CACHE, HttpCall, page
from ..pool import Pool
from ..registry import http, message
from ..types import NULL
from .body import Body, pieces
from .disks import disks
from .frames import DoesNotFitError, read
from .task import OCTETS, Transfer, object_of, parameter, transfer

LARGEST_REST = 1 << 22  # bytes of what is told of a guest, or of its messages


@http("POST", "/services/SM")
async def drive(call: HttpCall) -> Response:
    """The storage drivers' own interface, as far as migrations need it."""
    try:
        asked = jsonrpc.decode(await call.request.body())
        work = DRIVER[asked.method]
        told = asked.success(work(call.pool, **asked.parameters[0]))
    except (MalformedError, KeyError, TypeError, IndexError):
        return page(500)
    except XapiError as error:
        told = asked.failure(error)
    return Response(told, 200, {"content-type": "application/json", **NO_CACHE})


def create(pool: Pool, sr: str, vdi_info: dict[str, Any], room: int) -> str:
    """Its uuid. SR_BACKEND_FAILURE_44 if the SR has not `room` bytes for what will be on it."""
    ref = object_of(pool, "SR", sr)
    vdi_storage.reserve(pool, ref, room)
    return str(pool.db.get(vdi_storage.create(pool, ref, {**vdi_info, "metadata_of_pool": ""}), "uuid"))


def destroy(pool: Pool, vdi: str) -> str:
    ref = object_of(pool, "VDI", vdi)
    sr = pool.db.get(ref, "SR")
    vdi_storage.forget(pool, ref)
    vdi_storage.sweep_later(pool, sr)
    return ""


def link(pool: Pool, snapshot_pairs: dict[str, str]) -> str:
    """{disk: the disk that it is a snapshot of, or NULL}"""
    for copy, origin in snapshot_pairs.items():
        pool.db.set(object_of(pool, "VDI", copy), snapshot_of=origin)
    return ""


DRIVER: dict[str, Callable[..., str]] = {"VDI.create": create, "VDI.destroy": destroy, "SR.update_snapshot_info_dest": link}


@http("PUT", "/services/SM")
async def put_disk(call: HttpCall) -> Response:
    """/services/SM/nbdproxy/import/DISK: frames of what is on it."""
    match call.request.url.path.split("/")[3:]:
        case ["nbdproxy", "import", disk]:
            return transfer(call, "SR.import", lambda job: fill(job, disk))
    return page(404)


async def fill(job: Transfer, disk: str) -> str:
    ref = object_of(job.pool, "VDI", disk)
    size = job.db.get(ref, "virtual_size")
    body = Body(pieces(job.http.request))
    await job.accept(body, OCTETS)
    try:
        with disks(job.pool).open(ref, write=True) as held:
            async for offset, data in read(body, size):
                held.write(offset, data)
                await job.moved(len(data))
    except (EOFError, DoesNotFitError):
        raise XapiError("VDI_IO_ERROR", "Device I/O errors") from None
    vdi.fill(job.call, ref, int(parameter(job.http.request, "utilisation") or 0))
    return ""


@http("PUT", "/services/xenops")
async def put_memory(call: HttpCall) -> Response:
    """/services/xenops/memory/VM: the guest itself; it waits for VM.pool_migrate_complete."""
    match call.request.url.path.split("/")[3:]:
        case ["memory", uuid]:
            return transfer(call, "VM.receive_memory", lambda job: receive(job, uuid))
    return page(404)


async def received(job: Transfer) -> Any:
    """What is told as JSON."""
    body = Body(pieces(job.http.request))
    await job.accept(body, OCTETS)
    length = int(job.http.request.headers.get("content-length") or 0)
    if length > LARGEST_REST:
        raise XapiError("INTERNAL_ERROR", "too much")
    try:
        return jsonrpc.loads(await body.exactly(length))
    except (EOFError, MalformedError):
        raise XapiError("INTERNAL_ERROR", "the stream ended early") from None


async def receive(job: Transfer, uuid: str) -> str:
    pool = job.pool
    pool.db.by_uuid("VM", uuid)
    told = await received(job)
    for vm, inside in told["inside"].items():
        if inside["guest"]:
            vm_guest.guests(pool)[vm] = guest(**inside["guest"])
        if inside["load"]:
            loads.profiles(pool)[vm] = inside["load"]
    if told["alive"]:
        waiting(pool)[uuid] = (told["drives"], told["nics"])
    return ""


def guest(os: list[list[str]], drivers: list[str], tools: bool) -> GuestSystem:
    major, minor, micro, build = drivers
    return GuestSystem(tuple((name, value) for name, value in os), (major, minor, micro, build), tools)


def waiting(pool: Pool) -> dict[str, tuple[list[str], list[str]]]:
    """{uuid of a VM whose memory is here: (drives, NICs) that are plugged}"""
    found: dict[str, tuple[list[str], list[str]]] = pool.facts.setdefault("received", {})
    return found


@message("host.allocate_resources_for_vm")
def allocate(call: Call, host: str, vm: str, live: bool) -> str:
    """A VM that is on its way has a place on the host."""
    call.db.record("host", host)
    call.db.record("VM", vm)
    call.db.set(vm, scheduled_to_be_resident_on=host)
    return ""


@message("VM.pool_migrate_complete")
def complete(call: Call, vm: str, host: str) -> str:
    """From here on it runs here, if its memory has come."""
    pool, record = call.pool, call.db.record("VM", vm)
    call.db.record("host", host)
    plugged = waiting(pool).pop(record["uuid"], None)
    call.db.set(vm, scheduled_to_be_resident_on=NULL)
    if plugged:
        drives, nics = plugged
        for vbd in record["VBDs"]:
            call.db.set(vbd, currently_attached=call.db.get(vbd, "userdevice") in drives)
        for vif in record["VIFs"]:
            call.db.set(vif, currently_attached=call.db.get(vif, "device") in nics)
        vm_life.built(pool, vm, host, booted=False)
    for snapshot in (vm, *record["snapshots"]):
        vm_life.refresh_all(pool, snapshot)
    return ""


@http("PUT", "/messages")
async def put_messages(call: HttpCall) -> Response:
    return transfer(call, "message.receive", messages)


async def messages(job: Transfer) -> str:
    """Of the object that cls= and uuid= name; they keep their time."""
    uuid = parameter(job.http.request, "uuid")
    job.pool.db.by_uuid("VM", uuid)
    for told in await received(job):
        job.pool.messages.create(told["name"], told["priority"], "VM", uuid, told["body"], told["timestamp"])
    return ""
