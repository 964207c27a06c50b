"""Where the page of an object is: one place that knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from data.identity import key_of
from data.objects import SR, VBD, VDI, VIF, VM, Appliance, Host, Network, Pool
from data.types import XapiObject
from data.views.things import Thing

PREFIXES: Final[Mapping[type[XapiObject], str]] = {
    VM: "/vm/", Host: "/host/", Pool: "/pool/", SR: "/sr/", Network: "/network/", Appliance: "/vapp/",
}  # fmt: skip


def path_of(row: XapiObject) -> str:
    """The path of the page that shows `row`: its own, or that of what it belongs to; "" if nothing shows it."""
    if isinstance(row, VM) and row.is_a_snapshot:
        owner = row.home.one(VM, row.snapshot_of)
        return f"{_page(owner)}/snapshots" if owner else _page(row)
    if isinstance(row, VDI):
        users = (row.home.one(VM, vbd.VM) for vbd in row.all_of(VBD, row.VBDs))
        user = next((vm for vm in users if vm is not None and not vm.is_a_snapshot and not vm.is_control_domain), None)
        place = user or row.home.one(SR, row.SR)
        path = path_of(place) if place else ""
        return f"{path}/disks" if place is user and path else path
    if isinstance(row, (VBD, VIF)):
        vm = row.home.one(VM, row.VM)
        return f"{_page(vm)}/{'disks' if isinstance(row, VBD) else 'networks'}" if vm else ""
    return _page(row) if type(row) in PREFIXES else ""


def path_to(thing: Thing) -> str:
    """The path of the page that shows what a view names."""
    return PREFIXES[thing.kind] + quote(thing.key, safe="@") if thing.kind in PREFIXES else ""


def _page(row: XapiObject) -> str:
    return PREFIXES[type(row)] + quote(key_of(row), safe="@")
