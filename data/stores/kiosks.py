"""Links that show the map and nothing else: to a screen on a wall, without anybody's account.

The id is a hash of the link's secret: who reads the file cannot look.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass, field

from data.stores.directory import DataDirectory, in_thread
from data.stores.errors import RecordRefused
from data.stores.records import Records
from data.stores.trace import UNTOLD
from xo_dash.i18n import _

LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Kiosk:
    id: str = field(repr=False)  # SHA-256 of the secret, hexadecimal
    name: str
    by: str  # who made it
    created: float = field(metadata=UNTOLD)  # seconds since 1970
    until: float | None = None  # seconds since 1970; None: until it is revoked


class KioskStore(Records[Kiosk]):
    """kiosks.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "kiosks", Kiosk)

    def of(self, secret: str) -> Kiosk | None:
        """The one whose link this is, unless it has run out."""
        return self.open(_key(secret)) if secret else None

    def open(self, kiosk_id: str) -> Kiosk | None:
        kiosk = self.get(kiosk_id)
        return None if kiosk is None or (kiosk.until is not None and kiosk.until < time.time()) else kiosk

    def add_now(self, name: str, by: str, until: float | None = None) -> tuple[str, Kiosk]:
        """The secret, which nobody can tell again, and the record. Raises RecordRefused."""
        cleaned = name.strip()
        if not 0 < len(cleaned) <= LONGEST_NAME or not cleaned.isprintable():
            raise RecordRefused(_("a name has 1 to {longest} visible characters").format(longest=LONGEST_NAME))
        secret = secrets.token_urlsafe(32)
        kiosk = Kiosk(id=_key(secret), name=cleaned, by=by, created=time.time(), until=until)

        def edit(records: dict[str, Kiosk]) -> None:
            records[kiosk.id] = kiosk

        self._change("kiosk.add", edit, cleaned)
        return secret, kiosk

    add = in_thread(add_now)

    async def remove(self, kiosk_id: str) -> Kiosk:
        """Raises RecordMissing."""
        return await self._directory.run(self._discard, "kiosk.remove", kiosk_id)


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
