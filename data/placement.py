"""Who holds a host's memory: Xen, the control domain, the VMs on it, and nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data.objects import VM, Host, HostMetrics, PowerState

HOLDING = frozenset({PowerState.RUNNING, PowerState.PAUSED})
"""Power states in which a VM has memory of its host."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Who has a host's memory, in bytes; the four parts add up to `total`."""

    total: int
    xen: int
    dom0: int
    guests: int  # all VMs on it
    free: int

    @property
    def system(self) -> int:
        return self.xen + self.dom0

    @property
    def used(self) -> int:
        return self.total - self.free


def memory_of(host: Host, guests: Iterable[VM]) -> Memory:
    """The account of `host` with `guests` on it (its control domain is added here, and ignored among them).

    Where the guests' maxima exceed what is there (dynamic memory), they share what is there: free is 0, never less.
    Source: host.compute_free_memory counts dynamic minima; the map shows what VMs hold while nobody squeezes them.
    """
    total = memory_total(host)
    domain = host.home.one(VM, host.control_domain)
    xen = min(total, host.memory_overhead)
    dom0 = min(total - xen, memory_held(domain) if domain else 0)
    held = min(total - xen - dom0, sum(memory_held(vm) for vm in guests if vm is not domain))
    return Memory(total, xen, dom0, held, total - xen - dom0 - held)


def memory_total(host: Host) -> int:
    """Bytes of memory in the machine; 0 where it was never measured."""
    metrics = host.home.one(HostMetrics, host.metrics)
    return metrics.memory_total if metrics else 0


def memory_held(vm: VM) -> int:
    """Bytes `vm` takes from its host: its dynamic maximum and Xen's overhead for it. By setting, not measured: it does not flicker."""
    return max(vm.memory_dynamic_max, vm.memory_dynamic_min) + vm.memory_overhead


def is_guest(vm: VM) -> bool:
    """Whether `vm` is a machine of somebody's: no template, snapshot or control domain."""
    return not (vm.is_a_template or vm.is_a_snapshot or vm.is_control_domain)


def is_live(host: Host) -> bool:
    """Whether the pool hears `host`; a crashed member counts as live for up to ten minutes."""
    metrics = host.home.one(HostMetrics, host.metrics)
    return bool(metrics and metrics.live)
