"""Quotas of users and groups, and whose each VM is; see data.grants.quota."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Final

from data.grants.quota import Owner, Quota
from data.stores.directory import DataDirectory, in_thread
from data.stores.errors import RecordInvalid
from data.stores.records import Records
from xo_dash.i18n import _

LIMITS: Final = ("vms", "vcpus", "memory", "disk")
MOST: Final = 1 << 60


class QuotaStore(Records[Quota]):
    """quotas.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "quotas", Quota)

    def save_now(self, quota: Quota) -> Quota:
        """A new one, or in place of the one that its user or group has. Raises RecordInvalid."""
        if bool(quota.user_id) == bool(quota.group_id):
            raise RecordInvalid(_("a quota is for a user or a group; name one of them"))
        given = [getattr(quota, name) for name in LIMITS if getattr(quota, name) is not None]
        if not all(0 <= limit <= MOST for limit in given):
            raise RecordInvalid(_("a limit is zero or more"))
        if not (given or quota.srs or quota.networks):
            raise RecordInvalid(_("a quota limits something: VMs, vCPUs, memory, disk, SRs or networks"))

        def edit(records: dict[str, Quota]) -> Quota:
            same = (one for one in records.values() if (one.user_id, one.group_id) == (quota.user_id, quota.group_id))
            known = next(same, None)
            saved = replace(quota, id=known.id if known else str(uuid.uuid4()))
            records[saved.id] = saved
            return saved

        return self._change("quota.save", edit, quota.name)

    def remove_now(self, quota_id: str) -> Quota:
        """Raises RecordMissing."""
        return self._discard("quota.remove", quota_id)

    save = in_thread(save_now)
    remove = in_thread(remove_now)


class OwnerStore(Records[Owner]):
    """owners.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "owners", Owner)

    def set_now(self, key: str, user_id: str) -> None:
        """Whose a VM is from now on; nobody's, where the id is empty."""

        def edit(records: dict[str, Owner]) -> None:
            records.pop(key, None)
            if user_id:
                records[key] = Owner(id=key, user_id=user_id)

        self._change("vm.owner", edit, key)

    set = in_thread(set_now)
