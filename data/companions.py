"""VMs that a pool keeps apart: those of one group whose placement is anti-affinity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from data.objects import VM, Host, VMGroup

APART: Final = "anti_affinity"


def apart_groups(vm: VM) -> list[VMGroup]:
    """Its groups whose VMs are to run on different hosts."""
    return [group for group in vm.all_of(VMGroup, vm.groups) if group.placement == APART] if vm.groups else []


class Companions:
    """Where the VMs of such groups run; those that are put somewhere count as there."""

    def __init__(self) -> None:
        self._placed: dict[VM, Host] = {}

    def put(self, vm: VM, host: Host) -> None:
        if vm.groups:
            self._placed[vm] = host

    def on(self, host: Host, vm: VM) -> Iterator[tuple[VM, VMGroup]]:
        """The others on `host` that `vm` is kept apart from, each with the group."""
        for group in apart_groups(vm):
            for other in group.all_of(VM, group.VMs):
                if other is not vm and (self._placed[other] is host if other in self._placed else other.resident_on == host.ref):
                    yield other, group

    def count(self, host: Host, vm: VM) -> int:
        return sum(1 for _other in self.on(host, vm)) if vm.groups else 0
