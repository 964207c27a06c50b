"""Groups of VMs that start and stop together: vApps, as people call them, VM appliances, as XAPI does."""

from __future__ import annotations

from data.names import name_order
from data.objects import VM, Appliance


def members_of(appliance: Appliance) -> list[VM]:
    """In the order in which they start; those of one order, which start at once, by name."""
    return sorted(appliance.all_of(VM, appliance.VMs), key=lambda vm: (vm.order, name_order(vm)))
