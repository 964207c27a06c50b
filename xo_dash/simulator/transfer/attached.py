"""A disk that dom0 works on: plugged into the control domain of the host that was called, as xapi does, so that it is seen to be in use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..errors import XapiError
from .task import Transfer


@asynccontextmanager
async def attached(job: Transfer, vdi: str, mode: str) -> AsyncIterator[None]:
    """`mode` is RO or RW. VDI_IN_USE, VDI_READONLY and what else a drive of dom0 cannot do."""
    call = job.call
    vbd = await call.run("VBD.create", {
        "VM": control_domain(job), "VDI": vdi, "userdevice": "autodetect", "bootable": False, "mode": mode, "type": "Disk",
        "unpluggable": True, "empty": False, "other_config": {"task_id": call.task}, "qos_algorithm_type": "", "qos_algorithm_params": {},
    })  # fmt: skip
    try:
        await call.run("VBD.plug", vbd)
        try:
            yield
        finally:
            job.db.set(vbd, currently_attached=False)  # whatever happened, and without waiting
    finally:
        await call.run("VBD.destroy", vbd)


def control_domain(job: Transfer) -> str:
    for ref, record in job.db.records("VM"):
        if record["is_control_domain"] and record["resident_on"] == job.http.host.ref and record["domid"] == 0:
            return ref
    raise XapiError("INTERNAL_ERROR", "this host has no control domain")
