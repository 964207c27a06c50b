"""The trash: VMs that are kept for some days after somebody deleted them, halted, not to be started, and in no list but its own.

What says so stands in the VM itself, so that it outlives us and is the same for every dashboard: XODASH_TRASH in other_config is
`{"at": seconds, "until": seconds}` since 1970, the tag is for who looks with another tool.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from data.objects import VM
from data.types import XapiObject

XODASH_TRASH: Final = "xodash:trash"
TAG: Final = "trash"
BLOCKED: Final = ("start", "start_on")
REASON: Final = "in the trash of xo-dash"
"""What blocks those operations; a block by somebody else stays."""
LONGEST: Final = 365
"""Days for which VMs may be kept."""
DAY: Final = 86400.0


class Trashed(NamedTuple):
    """Since when a VM is in the trash, and until when it is kept: seconds since 1970."""

    at: float
    until: float


class Trash:
    """For how many days VMs are kept in the trash; 0: there is none. One of all pools."""

    def __init__(self) -> None:
        self.days = 0

    @property
    def is_on(self) -> bool:
        return self.days > 0


def is_trashed(row: XapiObject) -> bool:
    return isinstance(row, VM) and XODASH_TRASH in row.other_config and not row.is_a_snapshot


class _Note(msgspec.Struct):
    at: float = 0.0
    until: float = 0.0


def trashed(vm: VM) -> Trashed | None:
    """None for a VM that is not in it. A note that cannot be read keeps the VM for ever: 0 is no end."""
    if not is_trashed(vm):
        return None
    try:
        note = msgspec.json.decode(vm.other_config[XODASH_TRASH], type=_Note)
    except (msgspec.DecodeError, UnicodeEncodeError):
        note = _Note()
    return Trashed(note.at, note.until)


def note(at: float, until: float) -> str:
    """What stands in the VM."""
    return msgspec.json.encode(_Note(round(at), round(until))).decode()


def is_due(vm: VM, now: float) -> bool:
    """Whether its time in the trash is over."""
    kept = trashed(vm)
    return kept is not None and 0 < kept.until <= now
