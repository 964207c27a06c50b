"""What all open lists of VMs share."""

from __future__ import annotations

from components.feeds import Feed, dumps
from components.vms.vm_rows import VmRows
from data.sight import Sight


class VmFeed(Feed[VmRows, str]):
    """All VMs; its news are JSON: epoch, revision, rows put, ids gone, places or null."""

    def __init__(self, mirror: Sight) -> None:
        super().__init__(mirror, VmRows)

    def take(self) -> str | None:
        delta = self.rows.take()
        return None if delta is None else dumps((self.rows.epoch, self.rows.revision, *delta)).decode()
