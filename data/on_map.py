"""Where on the map something is seen that has no place of its own there."""

from __future__ import annotations

from data.messages import subject_of
from data.objects import SR, VDI, VM, Certificate, Host, Message
from data.types import XapiObject


def on_map(row: XapiObject) -> XapiObject | None:
    """Of a message what it is about, of a disk its SR, of a snapshot its VM, of a certificate or a control domain the host."""
    if isinstance(row, Message):
        about = subject_of(row)
        return on_map(about) if about is not None else None
    if isinstance(row, VDI):
        return row.home.one(SR, row.SR)
    if isinstance(row, Certificate):
        return row.home.one(Host, row.host)
    if isinstance(row, VM) and row.is_a_snapshot:
        return row.home.one(VM, row.snapshot_of)
    if isinstance(row, VM) and row.is_control_domain:
        return row.home.one(Host, row.resident_on)
    return row
