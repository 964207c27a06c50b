"""What people need beside their password: the key of an authenticator app, and recovery codes."""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from data.stores.directory import DataDirectory, in_thread
from data.stores.errors import RecordRefused
from data.stores.records import Records
from data.stores.trace import UNTOLD
from data.stores.vault import Vault
from xo_dash.i18n import _


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    id: str  # the user's
    name: str  # the user's, as it was then
    sealed: str = field(repr=False)  # the key; open it with SecondFactorStore.key
    counter: int = field(repr=False, metadata=UNTOLD)  # the last 30 s of which a code was taken: none is taken twice
    recovery: tuple[str, ...] = field(repr=False)  # SHA-256 of the recovery codes that are left
    created: float = field(metadata=UNTOLD)  # seconds since 1970


class SecondFactorStore(Records[SecondFactor]):
    """second_factors.json"""

    def __init__(self, directory: DataDirectory, vault: Vault) -> None:
        super().__init__(directory, "second_factors", SecondFactor)
        self._vault = vault

    def key(self, user_id: str) -> str:
        """In base32. Raises RecordMissing, SecretUnreadable."""
        return self._vault.open(self.need(user_id).sealed, user_id)

    def set_now(self, user_id: str, name: str, key: str, counter: int, recovery: Iterable[str]) -> None:
        """`recovery`: the codes themselves, which only their owner keeps."""
        hashes = tuple(map(_hash, recovery))
        record = SecondFactor(
            id=user_id, name=name, sealed=self._vault.seal(key, user_id), counter=counter, recovery=hashes, created=time.time()
        )

        def edit(records: dict[str, SecondFactor]) -> None:
            records[user_id] = record

        self._change("second_factor.set", edit, user_id)

    def set_recovery_now(self, user_id: str, recovery: Iterable[str]) -> None:
        """Other codes in the place of those that were there."""
        hashes = tuple(map(_hash, recovery))
        self._update("second_factor.recovery", user_id, lambda record: replace(record, recovery=hashes))

    def take_code_now(self, user_id: str, counter: int) -> None:
        """Raises RecordRefused where that one, or a later one, was taken already."""

        def edit(record: SecondFactor) -> SecondFactor:
            if counter <= record.counter:
                raise RecordRefused(_("this code was used already; wait for the next one"))
            return replace(record, counter=counter)

        self._update(None, user_id, edit)

    def take_recovery_now(self, user_id: str, code: str) -> None:
        """Each works once. Raises RecordRefused for one that is none."""

        def edit(record: SecondFactor) -> SecondFactor:
            if _hash(code) not in record.recovery:
                raise RecordRefused(_("this is not one of your recovery codes"))
            return replace(record, recovery=tuple(one for one in record.recovery if one != _hash(code)))

        self._update("second_factor.recovery", user_id, edit)

    def remove_now(self, user_id: str) -> None:
        """Nothing where there is none."""

        def edit(records: dict[str, SecondFactor]) -> None:
            records.pop(user_id, None)

        self._change("second_factor.remove", edit, user_id)

    def reseal_now(self) -> None:
        """With the vault's key of now."""

        def edit(records: dict[str, SecondFactor]) -> None:
            for key, record in records.items():
                records[key] = replace(record, sealed=self._vault.seal(self._vault.open(record.sealed, key), key))

        self._change(None, edit)

    set = in_thread(set_now)
    set_recovery = in_thread(set_recovery_now)
    take_code = in_thread(take_code_now)
    take_recovery = in_thread(take_recovery_now)
    remove = in_thread(remove_now)


def _hash(code: str) -> str:
    """They are random and long: nothing that has to be stretched like a password."""
    return hashlib.sha256(code.encode()).hexdigest()
