"""Quotas in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data.grants.quota import Amounts, Limit, Quota, limits
from data.grants.table import GrantTable
from data.objects import SR
from data.types import XapiObject
from xo_dash.control.lazy_text import Amount, LazyText, lazy, named
from xo_dash.i18n import N_

RESOURCES: Final[Mapping[str, str]] = {"vms": N_("VMs"), "vcpus": N_("vCPUs"), "memory": N_("Memory"), "disk": N_("Disk")}
_BEYOND: Final[Mapping[str, str]] = {
    "vms": N_("the quota allows {most} VMs and {used} are in use; delete one, or ask an administrator"),
    "vcpus": N_("the quota allows {most} vCPUs and {used} are in use, {more} more are needed; use fewer, or ask an administrator"),
    "memory": N_("the quota allows {most} of memory and {used} are in use, {more} more are needed; use less, or ask an administrator"),
    "disk": N_("the quota allows {most} of disks and {used} are in use, {more} more are needed; use less, or ask an administrator"),
}


def amount(resource: str, value: int) -> object:
    return Amount(value) if resource in ("memory", "disk") else value


def beyond(limit: Limit, more: int) -> LazyText:
    """Why so much more is too much."""
    resource = limit.resource
    return lazy(_BEYOND[resource], most=amount(resource, limit.most), used=amount(resource, limit.used), more=amount(resource, more))


def not_allowed(row: XapiObject) -> LazyText:
    message = N_("your quota does not allow the SR {name}; choose another") if isinstance(row, SR) else N_(
        "your quota does not allow the network {name}; choose another"
    )  # fmt: skip
    return lazy(message, name=named(row))


def not_copied(row: XapiObject) -> LazyText:
    """What a copy would be on because the original is."""
    message = N_("your quota does not allow the SR {name}, where its disks are; turn off “Fast clone” and choose an SR for a full copy")
    if not isinstance(row, SR):
        message = N_("your quota does not allow the network {name}, which a NIC of it uses; ask an administrator")
    return lazy(message, name=named(row))


def unknown_size() -> LazyText:
    return lazy(N_("the contents of the file cannot be checked against your quota before the import; ask an administrator to import it"))


def quota_text(quota: Quota, used: Amounts, table: GrantTable) -> LazyText:
    """`Quota: VMs 3 of 5, Memory 14 GiB of 32 GiB`"""
    group = next((one.name for one in table.groups if one.id == quota.group_id), "")
    parts = Joined([lazy("{name} {used}", name=LazyText(RESOURCES[one.resource]), used=used_of(one)) for one in limits(quota, used)])
    return lazy(N_("Quota of group {group}: {parts}"), group=group, parts=parts) if group else lazy(N_("Quota: {parts}"), parts=parts)


class Joined(tuple[LazyText, ...]):
    """Several, with commas between."""

    def __str__(self) -> str:
        return ", ".join(map(str, self))


def used_of(limit: Limit) -> LazyText:
    """`3 of 5`"""
    return lazy(N_("{used} of {most}"), used=amount(limit.resource, limit.used), most=amount(limit.resource, limit.most))
