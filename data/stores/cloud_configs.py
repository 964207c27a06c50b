"""What people fill in again and again for a new VM, of cloud-init alone or of all of it: their own, and what everybody may use.

Sealed: there are passwords in them.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from data.stores.directory import DataDirectory, in_thread
from data.stores.errors import RecordMissing, RecordRefused
from data.stores.records import Records
from data.stores.vault import Vault
from data.texts import natural
from xo_dash.i18n import _

LONGEST_NAME = 64
MOST = 200
"""Of one person; and of all that are shared."""


class ConfigKind(StrEnum):
    CLOUD_INIT = "cloud-init"
    PRESET = "preset"  # of a whole VM


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudConfig:
    id: str
    name: str
    by: str  # the id of who saved it
    owner: str  # the same for one's own; "" if everybody may use it
    kind: str = ConfigKind.CLOUD_INIT
    sealed: str = field(repr=False)  # open it with CloudConfigStore.open


class CloudConfigStore(Records[CloudConfig]):
    """cloud_configs.json"""

    def __init__(self, directory: DataDirectory, vault: Vault) -> None:
        super().__init__(directory, "cloud_configs", CloudConfig)
        self._vault = vault

    def visible(self, user_id: str, kind: ConfigKind = ConfigKind.CLOUD_INIT) -> tuple[CloudConfig, ...]:
        """One's own, then the shared ones, by name."""
        found = [one for one in self.all() if one.owner in ("", user_id) and one.kind == kind]
        return tuple(sorted(found, key=lambda one: (not one.owner, natural(one.name))))

    def open(self, config_id: str, user_id: str) -> dict[str, Any]:
        """What it says. Raises RecordMissing, also for one of somebody else; SecretUnreadable."""
        config = self.need(config_id)
        if config.owner not in ("", user_id):
            raise RecordMissing(_("it no longer exists: somebody removed it"))
        told = json.loads(self._vault.open(config.sealed, config_id))
        return told if isinstance(told, dict) else {}

    def save_now(
        self, name: str, user_id: str, values: Mapping[str, Any], *, shared: bool = False, kind: ConfigKind = ConfigKind.CLOUD_INIT
    ) -> CloudConfig:
        """A new one, or in the place of one's own of that name. Raises RecordRefused."""
        cleaned = name.strip()
        if not 0 < len(cleaned) <= LONGEST_NAME or not cleaned.isprintable():
            raise RecordRefused(_("a name has 1 to {longest} visible characters").format(longest=LONGEST_NAME))
        owner = "" if shared else user_id

        def edit(records: dict[str, CloudConfig]) -> CloudConfig:
            same = next((one for one in records.values() if (one.owner, one.kind, one.name) == (owner, kind, cleaned)), None)
            if same is not None and same.by != user_id:
                raise RecordRefused(_("another user shares one with this name; choose another"))
            if same is None and sum(one.owner == owner for one in records.values()) >= MOST:
                raise RecordRefused(_("there are already {most}; delete one first").format(most=MOST))
            config_id = same.id if same is not None else str(uuid.uuid4())
            sealed = self._vault.seal(json.dumps(dict(values)), config_id)
            records[config_id] = CloudConfig(id=config_id, name=cleaned, by=user_id, owner=owner, kind=kind, sealed=sealed)
            return records[config_id]

        return self._change("cloud_config.save", edit, cleaned)

    def remove_now(self, config_id: str, user_id: str) -> CloudConfig:
        """By who saved it. Raises RecordMissing, RecordRefused."""

        def edit(records: dict[str, CloudConfig]) -> CloudConfig:
            found = records.get(config_id)
            if found is None or found.owner not in ("", user_id):
                raise RecordMissing(_("it no longer exists: somebody removed it"))
            if found.by != user_id:
                raise RecordRefused(_("shared by another user; only they can delete it"))
            return records.pop(config_id)

        return self._change("cloud_config.remove", edit, config_id)

    def reseal_now(self) -> None:
        """With the vault's key of now."""

        def edit(records: dict[str, CloudConfig]) -> None:
            for key, record in records.items():
                records[key] = replace(record, sealed=self._vault.seal(self._vault.open(record.sealed, key), key))

        self._change(None, edit)

    save = in_thread(save_now)
    remove = in_thread(remove_now)
