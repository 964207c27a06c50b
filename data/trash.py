"""The trash: VMs that are kept for some days after somebody deleted them, halted, not to be started, and in no list but its own.

What says so stands in the VM itself, so that it outlives us and is the same for every dashboard: XODASH_TRASH in other_config is
`{"at": seconds, "until": seconds, "vm": uuid, "by": who deleted it}`, the tag is for who looks with another tool.
A copy that somebody makes of such a VM has the note too, but not its uuid: it is in no trash.
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
LONGEST_NAME: Final = 64
"""Characters that are shown of who deleted one: anybody may have written the note."""
SETTING: Final = "trash.days"
"""Where the number of days is kept among the settings."""


class Trashed(NamedTuple):
    """Since when a VM is in the trash, and until when it is kept: seconds since 1970. By whom, where that is known."""

    at: float
    until: float
    by: str


class Trash:
    """For how many days VMs are kept in the trash; 0: there is none. One of all pools."""

    def __init__(self) -> None:
        self.days = 0

    @property
    def is_on(self) -> bool:
        return self.days > 0


def is_trashed(row: XapiObject) -> bool:
    return isinstance(row, VM) and XODASH_TRASH in row.other_config and trashed(row) is not None


class _Note(msgspec.Struct):
    at: float
    until: float
    vm: str
    by: str = ""


def trashed(vm: VM) -> Trashed | None:
    """None for a VM that is not in it; so for one whose note cannot be read, which hides and deletes nothing."""
    text = vm.other_config.get(XODASH_TRASH)
    if text is None or vm.is_a_snapshot:
        return None
    try:
        note = msgspec.json.decode(text, type=_Note)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    by = note.by[:LONGEST_NAME] if note.by.isprintable() else ""
    return Trashed(note.at, note.until, by) if note.vm == vm.uuid else None


def note(vm: VM, at: float, until: float, by: str = "") -> str:
    """What stands in the VM."""
    return msgspec.json.encode(_Note(round(at), round(until), vm.uuid, by)).decode()


def is_due(vm: VM, now: float) -> bool:
    """Whether its time in the trash is over: it was marked whole, by us, and for a day at least."""
    kept = trashed(vm)
    return kept is not None and vm.blocked_operations.get("start") == REASON and kept.at + DAY <= kept.until <= now


def days_of(value: object) -> int:
    """Days to keep VMs, of a setting that may be anything; 0: there is no trash."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST else 0
