"""Who holds a host's memory: Xen, the control domain, the VMs on it, and nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from data.facts import vm as facts
from data.facts.host import memory_total
from data.facts.vm import is_guest
from data.objects import VM, Host
from data.types import Ref


@dataclass(frozen=True, slots=True)
class Memory:
    """Who has a host's memory, in bytes; the four parts add up to `total`."""

    total: int
    xen: int  # itself, and what it takes for each VM
    dom0: int
    guests: int  # what all VMs on it have
    free: int

    @property
    def system(self) -> int:
        return self.xen + self.dom0

    @property
    def used(self) -> int:
        return self.total - self.free


class OthersMemory(dict[Ref, int]):
    """{host: bytes that are held there by what the reader may not see}, of one pool; empty for who may see all of it."""


def guests_on(host: Host) -> Iterator[VM]:
    """The VMs on it; no control domain."""
    return filter(is_guest, host.all_of(VM, host.resident_VMs))


def memory_of(host: Host, guests: Iterable[VM]) -> Memory:
    """The account of `host` with `guests` on it (its control domain is added here, and ignored among them; so are others' VMs).

    Where the guests' maxima exceed what is there (dynamic memory), they share what is there: free is 0, never less.
    Source: host.compute_free_memory counts dynamic minima; the map shows what VMs hold while nobody squeezes them.
    """
    total = memory_total(host)
    domain = host.home.one(VM, host.control_domain)
    overhead, wanted = host.memory_overhead, host.home.part(OthersMemory).get(host.ref, 0)
    for vm in guests:
        if vm is not domain:
            overhead += vm.memory_overhead
            wanted += facts.memory_of(vm)
    xen = min(total, overhead)
    dom0 = min(total - xen, memory_held(domain) if domain else 0)
    held = min(total - xen - dom0, wanted)
    return Memory(total, xen, dom0, held, total - xen - dom0 - held)


def memory_held(vm: VM) -> int:
    """Bytes `vm` takes from its host: what it has, and Xen's overhead for it."""
    return facts.memory_of(vm) + vm.memory_overhead
