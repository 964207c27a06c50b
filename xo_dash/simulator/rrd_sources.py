"""Data sources over RPC: which series an object has, and the value of one right now."""

from __future__ import annotations

import sys

from . import rrd, rrd_guest, rrd_host
from .call import Call
from .database import Record
from .errors import XapiError
from .registry import message
from .rrd import Moment, Series

UNITS = (("_latency", "μs"), ("iops", "requests/s"), ("io_throughput", "MiB/s"), ("_kib", "KiB"), ("memory_internal_free", "KiB"),
         ("memory", "B"), ("cpu", "(fraction)"), ("vbd", "B/s"), ("vif", "B/s"), ("pif", "B/s"), ("read_", "B/s"), ("write_", "B/s"),
         ("physical_utilisation", "B"), ("size", "B"))  # fmt: skip


@message("VM.get_data_sources", "host.get_data_sources", "SR.get_data_sources")
def get_data_sources(call: Call, ref: str) -> list[Record]:
    series, moment = measured(call, ref)
    values = series.at(moment) or [0.0] * len(series.names)
    return [
        {"name_label": name, "name_description": "", "enabled": True, "standard": True, "units": units(name), "min": 0.0,
         "max": 1.0 if name.startswith("cpu") else sys.float_info.max, "value": float(value)}
        for name, value in zip(series.names, values, strict=True)
    ]  # fmt: skip


@message("VM.query_data_source", "host.query_data_source", "SR.query_data_source")
def query_data_source(call: Call, ref: str, name: str) -> float:
    series, moment = measured(call, ref)
    values = series.at(moment)
    if values is None or name not in series.names:
        raise XapiError("INTERNAL_ERROR", f"Rrdd_internal_error(Failure(no data source {name}))")
    return float(values[list(series.names).index(name)])


def measured(call: Call, ref: str) -> tuple[Series, Moment]:
    """The object's series, and the moment of the last sample. VM_BAD_POWER_STATE for a VM that is not measured now."""
    pool, now = call.pool, call.clock.now()
    last = int(now) - int(now) % 5
    match pool.db.class_of(ref):
        case "VM":
            state = pool.db.get(ref, "power_state")
            if state not in rrd_guest.MEASURED:
                raise XapiError("VM_BAD_POWER_STATE", ref, "Running", state)
            guest = rrd_guest.guest(pool, ref, now)
            return rrd.of_guest(guest), Moment(last, 5, [guest])
        case "host":
            view = rrd_host.view(pool, ref, now)
            return rrd.of_host(view), Moment(last, 5, view.guests)
    return rrd.of_sr(pool, ref), Moment(last, 5, [])


def units(name: str) -> str:
    return next((unit for part, unit in UNITS if part in name), "")
