"""What all open lists of VMs share."""

from __future__ import annotations

from components.feeds import Feed
from components.vms.vm_rows import VmRows
from data.sight import Sight


class VmFeed(Feed[VmRows]):
    """All VMs; what else is in a delta are the pools, or null where they are as before."""

    def __init__(self, mirror: Sight) -> None:
        super().__init__(mirror, VmRows)
