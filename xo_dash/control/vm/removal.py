"""Taking a VM that was just made away again, with the disks that were made with it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from data.types import NULL_REF, Ref
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.i18n import N_


def remove_made(vm: Any, name: str, keep: Collection[Ref] = (), at: str = "") -> Plan:
    """Destroy `vm` (a reference) and its disks, but for those to `keep`. `at`: the pool it is in, if not the command's.

    It asks XAPI what they are: the mirror may not know them yet.

    Source: VM.destroy removes the record and its VBDs, never a VDI; a CD drive's image is somebody else's.
    """
    looking = lazy(N_("Listing the disks of {name}"), name=name)
    disks = []
    for drive in (yield Call("VM.get_VBDs", vm, says=looking, asynchronous=False, gone_is_done=True, at=at)) or ():
        record = yield Call("VBD.get_record", drive, says=looking, asynchronous=False, gone_is_done=True, at=at)
        if record and record["type"] == "Disk" and record["VDI"] not in (NULL_REF, *keep):
            disks.append(record["VDI"])
    yield Call("VM.destroy", vm, says=lazy(N_("Deleting {name}"), name=name), gone_is_done=True, at=at)
    for disk in disks:
        yield Call("VDI.destroy", disk, says=lazy(N_("Deleting a disk of {name}"), name=name), gone_is_done=True, alone=True, at=at)
