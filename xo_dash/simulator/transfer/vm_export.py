"""GET /export: a VM with its disks as an XVA; GET /export_metadata: ova.xml alone."""

from __future__ import annotations

from contextlib import AsyncExitStack
from urllib.parse import urlencode

from starlette.responses import Response

from ..classes import vm_placement, vm_rules
from ..errors import XapiError
from ..http import NO_CACHE, HttpCall
from ..pool import Endpoint, Pool
from ..registry import http
from . import ova, packing, tar, xva
from .ova import Choice
from .task import OCTETS, Transfer, Work, asked, flag, parameter, transfer
from .xva import Part

DISPOSITION = 'Content-Disposition: attachment; filename="export.xva"'


@http("GET", "/export")
async def export(call: HttpCall) -> Response:
    pool, query = call.pool, call.request
    try:
        vm = asked(pool, query, "VM")
        elsewhere = sees_disks(pool, vm, call.host)
    except XapiError as error:
        return transfer(call, "VM.export", failing(error))
    return redirect(call, elsewhere) if elsewhere else transfer(call, "VM.export", lambda t: export_vm(t, vm))


async def export_vm(job: Transfer, vm: str) -> str:
    choice = Choice(power_state=flag(job.http.request, "preserve_power_state"))
    kind = packing.KINDS.get(parameter(job.http.request, "use_compression"), "")
    packing.need(kind)
    async with job.call.operation(vm, "export"):
        names, xml = ova.build(job.pool, [vm], choice)
        parts = disks_of(job.pool, vm, names, choice)
        job.wire.head(200, job.task_header, OCTETS, DISPOSITION, version="1.0")
        async with packing.packed(job.wire, kind) as out:
            await out.write(tar.member("ova.xml", xml.encode()))
            await xva.send(job, out.write, parts)
            await out.write(tar.END)
            await out.end()
    return ""


def disks_of(pool: Pool, vm: str, names: dict[str, str], choice: Choice) -> list[Part]:
    """No CDs, nothing of an ISO library."""
    db = pool.db
    record = db.record("VM", vm)
    vdis = [db.get(vbd, "VDI") for vbd in record["VBDs"] if db.get(vbd, "type") != "CD"]
    if choice.power_state and record["power_state"] == "Suspended":
        vdis.append(record["suspend_VDI"])
    wanted = [vdi for vdi in dict.fromkeys(vdis) if db.exists(vdi) and db.get(db.get(vdi, "SR"), "content_type") != "iso"]
    return [Part(names[vdi], vdi, db.get(vdi, "virtual_size")) for vdi in wanted if vdi in names]


@http("GET", "/export_metadata")
async def export_metadata(call: HttpCall) -> Response:
    return transfer(call, "VM.export_metadata", metadata)


async def metadata(job: Transfer) -> str:
    request, pool = job.http.request, job.pool
    choice = Choice(snapshots=parameter(request, "export_snapshots") != "false", power_state=True,
                    parents=flag(request, "include_vhd_parents"),
                    without=frozenset(parameter(request, "excluded_device_types").split(",")))  # fmt: skip
    if flag(request, "all"):
        dom0 = parameter(request, "include_dom0") != "false"
        vms = [ref for ref, record in pool.db.records("VM")
               if not vm_rules.is_default_template(record) and (dom0 or record["domid"] != 0)]  # fmt: skip
    else:
        vms = [asked(pool, request, "VM")]
        if pool.db.get(vms[0], "is_a_snapshot"):
            raise XapiError("OPERATION_NOT_ALLOWED", "Exporting metadata of a snapshot is not allowed")
    async with AsyncExitStack() as locked:
        for vm in vms:
            await locked.enter_async_context(job.call.operation(vm, "metadata_export"))
        _, xml = ova.build(pool, vms, choice)
    data = tar.member("ova.xml", xml.encode()) + tar.END
    job.wire.head(200, job.task_header, OCTETS, f"Content-Length: {len(data)}", DISPOSITION, version="1.0")
    await job.wire.write(data)
    return ""


def failing(error: XapiError) -> Work:
    """What is wrong from the start still ends the client's task."""

    async def fail(_: Transfer) -> str:
        raise error

    return fail


def sees_disks(pool: Pool, vm: str, host: Endpoint) -> Endpoint | None:
    """None if `host` has all SRs of the VM plugged, else one that has. VM_REQUIRES_SR if nobody."""
    return reaching(pool, vm_placement.storage_of(pool.db, pool.db.record("VM", vm)), host)


def reaching(pool: Pool, srs: list[str], host: Endpoint) -> Endpoint | None:
    for candidate in (host, *pool.hosts.values()):
        if set(srs) <= vm_placement.seen_by(pool.db, candidate.ref):
            return None if candidate.ref == host.ref else candidate
    raise XapiError("SR_HAS_NO_PBDS", *srs[:1])


def redirect(call: HttpCall, host: Endpoint) -> Response:
    """302 with the same query; the task is the other host's to end."""
    location = f"{call.pool.origin(host.address)}{call.request.url.path}?{urlencode(call.query)}"
    return Response("", 302, {"location": location, "connection": "close", **NO_CACHE})
