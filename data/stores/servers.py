"""The connections to pools that somebody configured."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypedDict, Unpack

from data.stores.directory import DataDirectory, in_thread
from data.stores.errors import RecordMissing, RecordRefused, SecretUnreadable
from data.stores.installation import installation
from data.stores.records import Records
from data.stores.vault import Vault
from xo_dash.i18n import _


class TlsMode(StrEnum):
    """How a server proves that it is the one meant."""

    CA = "ca"  # by a certificate authority the system trusts
    PINNED = "pinned"  # by the fingerprint somebody said yes to
    PLAIN = "plain"  # not at all: http, by explicit wish


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRecord:
    """A connection; the pool behind it is known after the first contact."""

    id: str
    label: str
    address: str  # host, host:port or URL, as typed
    user: str
    sealed_password: str = field(repr=False)  # open it with ServerStore.password
    tls: TlsMode
    fingerprint: str = ""  # SHA-256 of the certificate, 64 hexadecimal digits; empty unless pinned
    pool_uuid: str = ""  # of the pool it led to; another one there is an alarm
    members: tuple[str, ...] = ()  # addresses of the pool's hosts at the last contact
    host_fingerprints: tuple[str, ...] = ()  # of those hosts' own certificates, as the pool told; each host has another
    enabled: bool = True
    simulated: bool = False  # started by --demo
    sealed_sessions: str = field(default="", repr=False)  # those that may still be open; open it with ServerStore.sessions


class ServerChanges(TypedDict, total=False):
    """What may be changed of a server; `password` and `sessions` are sealed on the way."""

    label: str
    address: str
    user: str
    password: str
    tls: TlsMode
    fingerprint: str
    pool_uuid: str
    members: tuple[str, ...]
    host_fingerprints: tuple[str, ...]
    enabled: bool
    sessions: tuple[str, ...]


class ServerStore(Records[ServerRecord]):
    """servers.json"""

    def __init__(self, directory: DataDirectory, vault: Vault) -> None:
        super().__init__(directory, "servers", ServerRecord)
        self._vault = vault

    def password(self, server_id: str) -> str:
        """Raises RecordMissing, SecretUnreadable."""
        return self._vault.open(self.need(server_id).sealed_password, server_id)

    def sessions(self, server_id: str) -> tuple[str, ...]:
        """What may still be open at the pool, from an earlier run; none of another address than it has now. Raises RecordMissing."""
        server = self.need(server_id)
        try:
            return tuple(self._vault.open(server.sealed_sessions, _door(server)).split()) if server.sealed_sessions else ()
        except SecretUnreadable:
            return ()

    @property
    def installation(self) -> str:
        """See data.stores.installation."""
        return installation(self._directory)

    def add_now(
        self,
        address: str,
        user: str,
        password: str,
        *,
        tls: TlsMode,
        label: str = "",
        fingerprint: str = "",
        simulated: bool = False,
    ) -> ServerRecord:
        """A new connection; without a label its address is one.

        Raises RecordRefused if the address is empty or there already, or a fingerprint is needed and none.
        """
        server_id = str(uuid.uuid4())
        server = ServerRecord(
            id=server_id,
            label=label.strip() or address.strip(),
            address=address.strip(),
            user=user,
            sealed_password=self._vault.seal(password, server_id),
            tls=tls,
            fingerprint=plain_fingerprint(fingerprint),
            simulated=simulated,
        )

        def edit(records: dict[str, ServerRecord]) -> None:
            _check(server, records.values())
            records[server.id] = server

        self._change("server.add", edit, server.label)
        return server

    def update_now(self, server_id: str, **changes: Unpack[ServerChanges]) -> ServerRecord:
        """Raises RecordMissing, RecordRefused as `add_now` does."""
        return self._update_as("server.edit", server_id, changes)

    def learn_now(self, server_id: str, **changes: Unpack[ServerChanges]) -> ServerRecord:
        """The same for what the pool told of itself: nobody's doing."""
        return self._update_as(None, server_id, changes)

    def _update_as(self, action: str | None, server_id: str, changes: ServerChanges) -> ServerRecord:

        def edit(records: dict[str, ServerRecord]) -> ServerRecord:
            if server_id not in records:
                raise RecordMissing(_("this server no longer exists: somebody removed it"))
            server = self._with(records[server_id], changes)
            _check(server, records.values())
            records[server_id] = server
            return server

        return self._change(action, edit, server_id)

    def remove_now(self, server_id: str) -> ServerRecord:
        """Raises RecordMissing."""
        return self._discard("server.remove", server_id)

    add = in_thread(add_now)

    def reseal_now(self) -> None:
        """With the vault's key of now."""

        def edit(records: dict[str, ServerRecord]) -> None:
            for key, server in records.items():
                records[key] = self._with(server, {"password": self.password(key), "sessions": self.sessions(key)})

        self._change(None, edit)

    update = in_thread(update_now)
    learn = in_thread(learn_now)
    remove = in_thread(remove_now)

    def _with(self, server: ServerRecord, changes: ServerChanges) -> ServerRecord:
        plain = dict(changes)
        if "password" in changes:
            plain["sealed_password"] = self._vault.seal(changes["password"], server.id)
            del plain["password"]
        if "fingerprint" in changes:
            plain["fingerprint"] = plain_fingerprint(changes["fingerprint"])
        if "sessions" in changes:
            plain["sealed_sessions"] = self._vault.seal(" ".join(changes["sessions"]), _door(server)) if changes["sessions"] else ""
            del plain["sessions"]
        return replace(server, **plain)  # type: ignore[arg-type]  # the keys are ServerChanges'


def _door(server: ServerRecord) -> str:
    """What a session is good for: it is not shown to another address."""
    return f"{server.id} {server.address}"


def plain_fingerprint(text: str) -> str:
    """`AB:CD:...` or `abcd...` -> `abcd...`"""
    return text.replace(":", "").strip().lower()


def _check(server: ServerRecord, others: Iterable[ServerRecord]) -> None:
    if not server.address or any(character.isspace() for character in server.address):
        raise RecordRefused(_("enter an address without spaces: a name or an IP address, optionally with :port"))
    if server.tls is TlsMode.PINNED and not _is_sha256(server.fingerprint):
        raise RecordRefused(_("a SHA-256 fingerprint has 64 hexadecimal digits"))
    for other in others:
        if other.id != server.id and other.address.casefold() == server.address.casefold():
            raise RecordRefused(_("{address} is already added as {label}").format(address=server.address, label=other.label))


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and all(digit in "0123456789abcdef" for digit in text)
