"""What a task, a message or a problem is about, as all places name it and lead to it."""

from __future__ import annotations

from typing import Final, NamedTuple

from data.names import name_of
from data.objects import SR, VBD, VDI, VIF, VM, Appliance, Host, Network, Pool
from data.types import XapiObject
from data.views.things import Thing, thing

WITH_PAGE: Final = (VM, Host, Pool, SR, Network, Appliance)
"""The kinds whose objects have pages of their own."""


class About(NamedTuple):
    """`page` shows it: its own page, or that of what it belongs to; None for what has none, and for what is gone."""

    name: str = ""  # also of what is gone; "" if nobody knows
    exists: bool = False
    page: Thing | None = None
    tab: str = ""  # of that page


def about(row: XapiObject | None, name: str = "") -> About:
    """`name`: as it was called, for what is gone."""
    if row is None or row.home.one(type(row), row.ref) is not row:
        return About(name or (name_of(row) if row is not None else ""))
    page, tab = shown_on(row)
    return About(name or name_of(row), True, thing(page) if page is not None else None, tab)


def shown_on(row: XapiObject) -> tuple[XapiObject | None, str]:
    """(what has the page that shows `row`, the tab of it); None if nothing shows it."""
    if isinstance(row, VM) and row.is_a_snapshot:
        owner = row.home.one(VM, row.snapshot_of)
        return (owner, "snapshots") if owner is not None else (row, "")
    if isinstance(row, VDI):
        users = (row.home.one(VM, vbd.VM) for vbd in row.all_of(VBD, row.VBDs))
        user = next((vm for vm in users if vm is not None and not vm.is_a_snapshot and not vm.is_control_domain), None)
        return (user, "disks") if user is not None else (row.home.one(SR, row.SR), "")
    if isinstance(row, VBD | VIF):
        return row.home.one(VM, row.VM), "disks" if isinstance(row, VBD) else "networks"
    return (row if isinstance(row, WITH_PAGE) else None), ""
