"""What is set for everybody in the pages (what is set at the start is in xo_dash.config)."""

from dataclasses import dataclass
from typing import Any

from data.stores.directory import DataDirectory, in_thread
from data.stores.records import Records


@dataclass(frozen=True, slots=True)
class Setting:
    id: str
    value: Any  # what JSON can carry


class SettingsStore(Records[Setting]):
    """settings.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "settings", Setting)

    def value(self, name: str, default: Any = None) -> Any:
        setting = self.get(name)
        return default if setting is None else setting.value

    def set_now(self, name: str, value: Any) -> None:
        """None forgets it."""

        def edit(records: dict[str, Setting]) -> None:
            if value is None:
                records.pop(name, None)
            else:
                records[name] = Setting(name, value)

        self._change("setting.set", edit, name)

    set = in_thread(set_now)
