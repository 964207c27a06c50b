"""Links by which somebody chooses how they sign in: for a new user, or one who lost their password.

The id is a hash of the link's secret: who reads the file cannot use it.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Final

from data.stores.directory import DataDirectory, in_thread
from data.stores.errors import RecordRefused
from data.stores.records import Records
from data.stores.trace import UNTOLD
from xo_dash.i18n import _

DAY: Final = 86400.0
LASTS: Final = 7 * DAY
"""Seconds, where nobody says how long."""
LONGEST: Final = 90 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    id: str = field(repr=False)  # SHA-256 of the secret, hexadecimal
    user_id: str = field(metadata=UNTOLD)
    name: str  # the user's, as it was then
    by: str = field(metadata=UNTOLD)  # who made it
    created: float = field(metadata=UNTOLD)  # seconds since 1970
    until: float  # seconds since 1970

    @property
    def has_expired(self) -> bool:
        return self.until < time.time()


class InvitationStore(Records[Invitation]):
    """invitations.json; one for each user at most."""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "invitations", Invitation)

    def of(self, secret: str) -> Invitation | None:
        """The one whose link this is, unless it has expired."""
        invitation = self.get(_key(secret))
        return None if invitation is None or invitation.has_expired else invitation

    def of_user(self, user_id: str) -> Invitation | None:
        return next((one for one in self.all() if one.user_id == user_id), None)

    def add_now(self, user_id: str, name: str, by: str, until: float | None = None) -> tuple[str, Invitation]:
        """The secret, which nobody can tell again, and the record; earlier links of this user end. Raises RecordRefused."""
        now, end = time.time(), end_of(until)
        secret = secrets.token_urlsafe(32)
        invitation = Invitation(id=_key(secret), user_id=user_id, name=name, by=by, created=now, until=end)

        def edit(records: dict[str, Invitation]) -> None:
            _drop(records, user_id)
            records[invitation.id] = invitation

        self._change("invitation.add", edit, name)
        return secret, invitation

    def remove_of_now(self, user_id: str) -> None:
        """The links of a user; nothing where there is none."""
        self._change("invitation.remove", lambda records: _drop(records, user_id))

    add = in_thread(add_now)

    async def take(self, secret: str) -> Invitation:
        """Use it up: it works once. Raises RecordMissing for one that is used up already."""
        return await self._directory.run(self._discard, "invitation.use", _key(secret))

    remove_of = in_thread(remove_of_now)


def end_of(until: float | None) -> float:
    """When a link of now ends, seconds since 1970. Raises RecordRefused for a time that is over, or too far."""
    now = time.time()
    end = now + LASTS if until is None else until
    if not now < end <= now + LONGEST:
        raise RecordRefused(_("a link is valid for at most {days} days from now").format(days=round(LONGEST / DAY)))
    return end


def _drop(records: dict[str, Invitation], user_id: str) -> None:
    for key in [key for key, one in records.items() if one.user_id == user_id]:
        del records[key]


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
