"""`/metrics`: what Prometheus scrapes, with a token of its own; of what that token's user may see."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from starlette.responses import Response

from data.facts.host import is_live, memory_total
from data.facts.vm import is_guest, is_up, memory_of, vcpus_of
from data.history import History, Load
from data.level import Level
from data.names import name_of, pool_name
from data.objects import SR, VM, Host
from data.turns import Turns
from data.types import XapiObject
from xo_dash.api.asked import Asked

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metric(NamedTuple):
    """A gauge of all objects of a kind."""

    name: str
    help: str
    kind: type[XapiObject]
    value: Callable[[Any], float]  # NaN where nobody knows


def _load(field: str) -> Callable[[XapiObject], float]:
    def value(row: XapiObject) -> float:
        load: Load | None = row.home.part(History).load(row.uuid)
        return math.nan if load is None else float(getattr(load, field))

    return value


def _bytes(value: int) -> float:
    return float(value) if value >= 0 else math.nan


def _loads(kind: type[XapiObject], prefix: str) -> Iterator[Metric]:
    yield Metric(f"xodash_{prefix}_cpu_ratio", "CPU in use, 0 to 1 over all of them", kind, _load("cpu"))
    yield Metric(f"xodash_{prefix}_memory_used_bytes", "Memory in use", kind, _load("memory_used"))
    yield Metric(f"xodash_{prefix}_network_receive_bytes_per_second", "Network traffic into it", kind, _load("net_rx"))
    yield Metric(f"xodash_{prefix}_network_transmit_bytes_per_second", "Network traffic out of it", kind, _load("net_tx"))
    yield Metric(f"xodash_{prefix}_disk_read_bytes_per_second", "Read from disks", kind, _load("disk_read"))
    yield Metric(f"xodash_{prefix}_disk_written_bytes_per_second", "Written to disks", kind, _load("disk_write"))


METRICS: Final = (
    Metric("xodash_host_up", "Whether the host responds", Host, lambda host: float(is_live(host))),
    Metric("xodash_host_enabled", "Whether the host takes VMs: 0 in maintenance mode", Host, lambda host: float(host.enabled)),
    Metric("xodash_host_memory_bytes", "Memory of the host", Host, lambda host: _bytes(memory_total(host))),
    *_loads(Host, "host"),
    Metric("xodash_vm_running", "Whether the VM is on a host", VM, lambda vm: float(is_up(vm))),
    Metric("xodash_vm_memory_bytes", "Memory that the VM has", VM, lambda vm: float(memory_of(vm))),
    Metric("xodash_vm_vcpus", "vCPUs of the VM", VM, lambda vm: float(vcpus_of(vm))),
    *_loads(VM, "vm"),
    Metric("xodash_sr_size_bytes", "Size of the SR", SR, lambda sr: _bytes(sr.physical_size)),
    Metric("xodash_sr_used_bytes", "Space used on the SR", SR, lambda sr: _bytes(sr.physical_utilisation)),
    Metric("xodash_sr_provisioned_bytes", "Sum of the sizes of its disks", SR, lambda sr: _bytes(sr.virtual_allocation)),
)


async def metrics(asked: Asked) -> Response:
    asked.query(())
    lines: list[str] = []
    turns, scope = Turns(), asked.scope
    labels: dict[XapiObject, str] = {}
    for metric in METRICS:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} gauge"]
        for row in list(scope.mirror.every(metric.kind)):
            if scope.shows(row) and (not isinstance(row, VM) or is_guest(row)) and not math.isnan(value := metric.value(row)):
                lines.append(f"{metric.name}{{{labels.get(row) or labels.setdefault(row, _labels(row))}}} {value:.10g}")
            await turns.pause()
    lines += [*_servers(asked), *_findings(asked), ""]
    return Response("\n".join(lines), media_type=CONTENT_TYPE, headers={"cache-control": "no-store", "content-encoding": "identity"})


def _labels(row: XapiObject) -> str:
    return _written({"uuid": row.uuid, "name": name_of(row), "pool": pool_name(row.home)})


def _written(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _servers(asked: Asked) -> Iterable[str]:
    yield "# HELP xodash_pool_up Whether the pool is connected"
    yield "# TYPE xodash_pool_up gauge"
    for pool in asked.scope.mirror:
        yield f"xodash_pool_up{{{_written({'pool': pool_name(pool), 'uuid': pool.key})}}} {int(pool.server.is_live)}"


def _findings(asked: Asked) -> Iterable[str]:
    count = Counter(finding.level for finding in asked.scope.mirror.findings.all(time.time()))
    yield "# HELP xodash_findings Problems that are open, by level"
    yield "# TYPE xodash_findings gauge"
    for level in (Level.CRITICAL, Level.WARNING, Level.INFORMATION):
        yield f'xodash_findings{{level="{level.name.lower()}"}} {count[level]}'
