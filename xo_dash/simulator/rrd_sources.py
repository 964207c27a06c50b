"""Data sources over RPC: which series an object has, the value of one right now, and which of them are kept."""

from __future__ import annotations

import sys
from contextlib import AbstractAsyncContextManager, nullcontext

from . import rrd, rrd_guest, rrd_host, rrd_kept
from .call import Call
from .database import Record
from .errors import XapiError
from .registry import message
from .rrd import Moment, Series
from .rrd_guest import Value

UNITS = (
    ("_latency", "μs"), ("iops", "requests/s"), ("io_throughput", "MiB/s"), ("_kib", "KiB"), ("memory_internal_free", "KiB"),
    ("memory", "B"), ("cpu", "(fraction)"), ("runstate", "(fraction)"), ("runnable_any", "(fraction)"), ("_errors", "err/s"),
    ("_iowait", "s/s"), ("_inflight", "requests"), ("_avgqu_sz", "requests"), ("vbd", "B/s"), ("vif", "B/s"), ("pif", "B/s"),
    ("read_", "B/s"), ("write_", "B/s"), ("physical_utilisation", "B"), ("size", "B"),
)  # fmt: skip


@message("VM.get_data_sources", "host.get_data_sources", "SR.get_data_sources")
async def get_data_sources(call: Call, ref: str) -> list[Record]:
    async with operation(call, ref):
        series, more, moment = measured(call, ref)
    kept = rrd_kept.changed(call.pool, series.uuid)
    usual = [source(name, value, standard=True, enabled=True) for name, value in zip(series.names, now(series, moment), strict=True)]
    others = zip(more.names, now(more, moment), strict=True)
    return usual + [source(name, value, standard=False, enabled=name in kept) for name, value in others]


def source(name: str, value: Value, *, standard: bool, enabled: bool) -> Record:
    return {
        "name_label": name, "name_description": "", "enabled": enabled, "standard": standard, "units": units(name), "min": 0.0,
        "max": 1.0 if name.startswith("cpu") else sys.float_info.max, "value": float(value),
    }  # fmt: skip


@message("VM.query_data_source", "host.query_data_source", "SR.query_data_source")
def query_data_source(call: Call, ref: str, name: str) -> float:
    """What is kept; a source that nobody records has no archive to ask."""
    series, more, moment = measured(call, ref)
    kept = rrd_kept.kept(call.pool, series, more)
    values = dict(zip(kept.names, now(kept, moment), strict=True))
    if name not in values:
        raise missing(name)
    return float(values[name])


@message("VM.record_data_source", "host.record_data_source", "SR.record_data_source")
async def record_data_source(call: Call, ref: str, name: str) -> str:
    async with operation(call, ref):
        series, more, _ = measured(call, ref)
    if not rrd_kept.record(call.pool, series, more, name):
        raise missing(name)
    return ""


@message("VM.forget_data_source_archives", "host.forget_data_source_archives", "SR.forget_data_source_archives")
async def forget_data_source_archives(call: Call, ref: str, name: str) -> str:
    async with operation(call, ref):
        series, _, _ = measured(call, ref)
    rrd_kept.forget(call.pool, series, name)
    return ""


def operation(call: Call, ref: str) -> AbstractAsyncContextManager[None]:
    """A VM must be running; hosts and SRs ask nothing."""
    return call.operation(ref, "data_source_op") if call.db.class_of(ref) == "VM" else nullcontext()


def missing(name: str) -> XapiError:
    return XapiError("INTERNAL_ERROR", f"Rrd_interface.Rrdd_error(Datasource_missing({name}))")


def now(series: Series, moment: Moment) -> tuple[Value, ...]:
    return series.at(moment) or (0.0,) * len(series.names)


def measured(call: Call, ref: str) -> tuple[Series, Series, Moment]:
    """The object's usual series, those that can be had besides, and the moment of the last sample.

    VM_BAD_POWER_STATE for a VM that is not measured now.
    """
    pool, time = call.pool, call.clock.now()
    last = int(time) - int(time) % 5
    match pool.db.class_of(ref):
        case "VM":
            state = pool.db.get(ref, "power_state")
            if state not in rrd_guest.MEASURED:
                raise XapiError("VM_BAD_POWER_STATE", ref, "running, paused", state.lower())
            guest = rrd_guest.guest(pool, ref, time)
            return rrd.of_guest(guest), rrd.more_of_guest(guest), Moment(last, 5, [guest])
        case "host":
            view = rrd_host.view(pool, ref, time)
            return rrd.of_host(view), rrd.more_of_host(view), Moment(last, 5, view.guests)
    return rrd.of_sr(pool, ref), rrd.more_of_sr(pool, ref), Moment(last, 5, [])


def units(name: str) -> str:
    return next((unit for part, unit in UNITS if part in name), "")
