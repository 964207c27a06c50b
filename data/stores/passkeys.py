"""Passkeys: the public half of a key that never leaves somebody's phone, computer or security key."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from data.stores.directory import DataDirectory, in_thread
from data.stores.errors import RecordMissing, RecordRefused
from data.stores.records import Records
from data.stores.trace import UNTOLD
from xo_dash.i18n import _

LONGEST_NAME: Final = 64
MOST_OF_A_USER: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    id: str = field(repr=False)  # what the authenticator calls it, base64url
    user_id: str = field(metadata=UNTOLD)
    name: str  # by its owner
    public_key: bytes = field(repr=False, metadata=UNTOLD)  # COSE
    counter: int = field(repr=False, metadata=UNTOLD)  # of signatures; 0: this authenticator does not count
    domain: str  # the name of this dashboard that it was made for: it works for no other
    created: float = field(metadata=UNTOLD)  # seconds since 1970
    used: float = field(default=0.0, metadata=UNTOLD)  # seconds since 1970; 0: never


class PasskeyStore(Records[Passkey]):
    """passkeys.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "passkeys", Passkey)

    def of_user(self, user_id: str) -> Sequence[Passkey]:
        return [passkey for passkey in self.all() if passkey.user_id == user_id]

    def add_now(self, passkey: Passkey) -> Passkey:
        """Raises RecordRefused."""
        cleaned = replace(passkey, name=passkey.name.strip(), created=time.time())
        if not 0 < len(cleaned.name) <= LONGEST_NAME or not cleaned.name.isprintable():
            raise RecordRefused(_("a name has 1 to {longest} visible characters").format(longest=LONGEST_NAME))

        def edit(records: dict[str, Passkey]) -> Passkey:
            own = [one for one in records.values() if one.user_id == cleaned.user_id]
            if cleaned.id in records:
                raise RecordRefused(_("this passkey is registered already"))
            if any(one.name == cleaned.name for one in own):
                raise RecordRefused(_("the passkey {name} already exists; choose another name").format(name=cleaned.name))
            if len(own) >= MOST_OF_A_USER:
                sentence = _("a user has at most {most} passkeys; remove some that are no longer used")
                raise RecordRefused(sentence.format(most=MOST_OF_A_USER))
            records[cleaned.id] = cleaned
            return cleaned

        return self._change("passkey.add", edit, cleaned.name)

    def note_use_now(self, passkey_id: str, counter: int) -> None:
        """That it signed just now, for the `counter`th time. Raises RecordRefused for one that was counted already, RecordMissing."""
        now = time.time()

        def edit(passkey: Passkey) -> Passkey:
            if (counter or passkey.counter) and counter <= passkey.counter:
                raise RecordRefused(_("this passkey has been copied, or its answer was sent twice"))
            return replace(passkey, counter=counter, used=now)

        self._update(None, passkey_id, edit)

    def remove_now(self, passkey_id: str, user_id: str) -> None:
        """One of this user's. Raises RecordMissing."""
        if self.need(passkey_id).user_id != user_id:
            raise RecordMissing(_("it no longer exists: somebody removed it"))
        self._discard("passkey.remove", passkey_id)

    def remove_of_now(self, user_id: str) -> None:
        """All of a user; nothing where there are none."""

        def edit(records: dict[str, Passkey]) -> None:
            for key in [key for key, one in records.items() if one.user_id == user_id]:
                del records[key]

        self._change("passkey.remove", edit, user_id)

    add = in_thread(add_now)
    note_use = in_thread(note_use_now)
    remove = in_thread(remove_now)
    remove_of = in_thread(remove_of_now)
