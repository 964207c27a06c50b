"""Blobs: bytes with a type that belong to an object, written and read by /blob."""

from __future__ import annotations

from starlette.responses import Response

from ..call import Call
from ..errors import XapiError
from ..http import CORS, NO_CACHE, HttpCall, authenticate, page, refuse
from ..registry import http, message
from ..types import EPOCH
from .disks import disks
from .task import parameter

OCTETS = "application/octet-stream"


@message("blob.create")
def create(call: Call, mime_type: str, public: bool = False) -> str:
    return call.db.create("blob", {"mime_type": mime_type or OCTETS, "public": public})


@message("VM.create_new_blob", "SR.create_new_blob", "host.create_new_blob", "pool.create_new_blob", "network.create_new_blob")
def create_new(call: Call, ref: str, name: str, mime_type: str, public: bool = False) -> str:
    """MAP_DUPLICATE_KEY if the object has a blob of that name."""
    held = call.db.get(ref, "blobs")
    if name in held:
        raise XapiError("MAP_DUPLICATE_KEY", call.db.class_of(ref) or "", "blobs", ref, name)
    blob = create(call, mime_type, public)
    call.db.set(ref, blobs={**held, name: blob})
    return blob


@message("blob.destroy")
def destroy(call: Call, ref: str) -> str:
    for vm, record in list(call.db.records("VM")):
        if ref in record["blobs"].values():
            call.db.set(vm, blobs={name: blob for name, blob in record["blobs"].items() if blob != ref})
    call.db.destroy(ref)
    disks(call.pool).drop(ref)
    return ""


def asked(call: HttpCall) -> str:
    """The blob that ref= or uuid= names, or ""."""
    rows = call.pool.db.tables["blob"]
    ref = parameter(call.request, "ref") or rows.by_uuid.get(parameter(call.request, "uuid"), "")
    return ref if ref in rows.rows else ""


@http("GET", "/blob")
async def get(call: HttpCall) -> Response:
    """Public ones are for everybody, others for whoever is signed in. 404 for what nobody has written yet, too."""
    if not {"ref", "uuid"} & call.query.keys():
        return page(400)
    blob = asked(call)
    if not blob:
        return page(404)
    if not call.pool.db.get(blob, "public"):
        session, temporary = await authenticate(call.pool, call.host, call.request)
        if session is None:
            refuse(call.pool, call.request, XapiError("SESSION_AUTHENTICATION_FAILED"))
            return page(401, **{"WWW-Authenticate": 'Basic realm="Blob handler"'})
        if temporary:
            call.pool.sessions.logout(session.ref)
    if call.pool.db.get(blob, "last_updated") == EPOCH:
        return page(404)
    with disks(call.pool).open(blob) as held:
        data = held.read(0, call.pool.db.get(blob, "size"))
    return Response(data, 200, {"content-type": call.pool.db.get(blob, "mime_type"), **NO_CACHE})


@http("PUT", "/blob")
async def put(call: HttpCall) -> Response:
    """Needs a Content-Length; what was there before is gone."""
    if not {"ref", "uuid"} & call.query.keys():
        return page(400)
    blob = asked(call)
    if not blob:
        return page(404)
    if "content-length" not in call.request.headers:
        return page(500)
    size = 0
    with disks(call.pool).open(blob, write=True) as held:
        held.clear()
        async for piece in call.request.stream():
            held.write(size, piece)
            size += len(piece)
    call.pool.db.set(blob, size=size, last_updated=call.pool.clock.iso())
    return Response("", 200, {**NO_CACHE, **CORS})
