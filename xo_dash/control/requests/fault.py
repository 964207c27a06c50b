"""What is wrong with a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xo_dash.control.lazy_text import LazyText


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a request, at which of its fields; an empty field: with the whole of it. `disks.0.size` is a field of a part."""

    field: str
    reason: LazyText


class BadRequest(Exception):  # it is told at its fields
    """Values that make no request: `faults` says why, at least one."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.field}: {fault.reason}" for fault in self.faults))
