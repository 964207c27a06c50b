"""Users, servers, settings and sessions: what is kept, and what is refused."""

import logging
import re
from pathlib import Path

import pytest

from data.stores.directory import DataDirectory
from data.stores.errors import RecordMissing, RecordRefused, SecretUnreadable
from data.stores.servers import ServerStore, TlsMode
from data.stores.sessions import SessionRecord, SessionStore
from data.stores.settings import SettingsStore
from data.stores.users import Role, UserStore
from data.stores.vault import Vault

KEY = "k" * 32


@pytest.fixture
def directory(data_dir: Path) -> DataDirectory:
    return DataDirectory(data_dir)


@pytest.fixture
def servers(directory: DataDirectory) -> ServerStore:
    return ServerStore(directory, Vault(directory))


async def test_preferences_are_kept_per_user(directory: DataDirectory) -> None:
    users = UserStore(directory)
    ann, bob = await users.add("Ann", "h", Role.ADMIN), await users.add("Bob", "h", Role.VIEWER)
    await users.set_preferences(ann.id, {"language": "ru", "theme": "dark", "columns": ["name", "host"]})
    await users.set_preferences(ann.id, {"theme": None})
    again = UserStore(directory)
    assert again.need(ann.id).preferences == {"language": "ru", "columns": ["name", "host"]}
    assert again.need(bob.id).preferences == {}


def test_a_name_is_one_whatever_its_case(directory: DataDirectory) -> None:
    users = UserStore(directory)
    ann = users.add_now(" Ann ", "h", Role.ADMIN)
    assert users.by_name("ANN") == ann
    with pytest.raises(RecordRefused, match="ann"):
        users.add_now("ann", "h", Role.VIEWER)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", "a\x00"])
def test_a_name_that_is_none_is_refused(directory: DataDirectory, name: str) -> None:
    with pytest.raises(RecordRefused):
        UserStore(directory).add_now(name, "h", Role.ADMIN)
    assert not (directory.path / "users.json").exists()


def test_the_last_administrator_stays(directory: DataDirectory) -> None:
    users = UserStore(directory)
    ann, bob = users.add_now("Ann", "h", Role.ADMIN), users.add_now("Bob", "h", Role.OPERATOR)
    with pytest.raises(RecordRefused, match="last administrator"):
        users.remove_now(ann.id)
    with pytest.raises(RecordRefused, match="last administrator"):
        users.set_role_now(ann.id, Role.VIEWER)
    users.set_role_now(bob.id, Role.ADMIN)
    users.remove_now(ann.id)
    assert [user.name for user in users.all()] == ["Bob"]
    with pytest.raises(RecordMissing):
        users.set_role_now(ann.id, Role.VIEWER)


def test_a_role_includes_those_below() -> None:
    assert Role.ADMIN.includes(Role.OPERATOR)
    assert Role.OPERATOR.includes(Role.OPERATOR)
    assert not Role.VIEWER.includes(Role.OPERATOR)


async def test_passwords_of_pools_are_nowhere_to_be_read(
    directory: DataDirectory, servers: ServerStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = await servers.add("10.0.0.1", "root", "hunter2-hunter2", tls=TlsMode.CA)
    assert servers.password(server.id) == "hunter2-hunter2"
    everything = b"".join(file.read_bytes() for file in directory.path.iterdir()).decode() + repr(server) + caplog.text
    assert "hunter2" not in everything
    assert server.sealed_password not in repr(server)


async def test_a_server_can_be_changed_and_found_again(directory: DataDirectory, servers: ServerStore) -> None:
    fingerprint = ":".join(["AB"] * 32)
    server = await servers.add("pool.example:8443", "root", "one", tls=TlsMode.PINNED, fingerprint=fingerprint)
    await servers.update(server.id, password="two", pool_uuid="u", members=("10.0.0.1", "10.0.0.2"), enabled=False)
    again = ServerStore(directory, Vault(directory))
    found = again.need(server.id)
    assert (found.fingerprint, found.pool_uuid, found.members, found.enabled) == ("ab" * 32, "u", ("10.0.0.1", "10.0.0.2"), False)
    assert again.password(server.id) == "two"
    await again.remove(server.id)
    assert again.all() == ()
    with pytest.raises(RecordMissing):
        await servers.update(server.id, label="gone")


@pytest.mark.parametrize(("address", "tls", "fingerprint"), [("", TlsMode.CA, ""), ("a b", TlsMode.CA, ""), ("a", TlsMode.PINNED, "12")])
def test_a_server_that_makes_no_sense_is_refused(servers: ServerStore, address: str, tls: TlsMode, fingerprint: str) -> None:
    with pytest.raises(RecordRefused):
        servers.add_now(address, "root", "p", tls=tls, fingerprint=fingerprint)
    assert servers.all() == ()


def test_the_same_address_twice_is_refused(servers: ServerStore) -> None:
    servers.add_now("Host-1", "root", "p", tls=TlsMode.CA, label="lab")
    with pytest.raises(RecordRefused, match="lab"):
        servers.add_now("host-1", "root", "p", tls=TlsMode.CA)


def test_without_its_key_a_password_stays_sealed(directory: DataDirectory) -> None:
    server = ServerStore(directory, Vault(directory, KEY)).add_now("a", "root", "p", tls=TlsMode.CA)
    assert ServerStore(directory, Vault(directory, KEY)).password(server.id) == "p"
    with pytest.raises(SecretUnreadable, match="another secret key"):
        ServerStore(directory, Vault(directory, "x" * 32)).password(server.id)


def test_a_sealed_password_fits_only_its_server(directory: DataDirectory) -> None:
    vault = Vault(directory)
    sealed = vault.seal("p", "server-1")
    with pytest.raises(SecretUnreadable):
        vault.open(sealed, "server-2")
    with pytest.raises(SecretUnreadable):
        vault.open(re.sub(r"..$", "AA", sealed), "server-1")
    for nonsense in ("", "1:", sealed[:20], sealed[:-8], "p"):
        with pytest.raises(SecretUnreadable):
            vault.open(nonsense, "server-1")


def test_a_short_key_is_refused(directory: DataDirectory) -> None:
    with pytest.raises(RecordRefused, match="XO_DASH_SECRET_KEY"):
        Vault(directory, "short")


async def test_settings_are_kept(directory: DataDirectory) -> None:
    settings = SettingsStore(directory)
    await settings.set("retention", {"days": 30})
    assert SettingsStore(directory).value("retention") == {"days": 30}
    await settings.set("retention", None)
    assert SettingsStore(directory).value("retention", 7) == 7


async def test_sessions_are_replaced_as_a_whole(directory: DataDirectory) -> None:
    store = SessionStore(directory)
    sessions = [SessionRecord(id=name, user_id="u", epoch="e", created=1.0, last_seen=2.0, address="::1") for name in "ab"]
    await store.save(sessions)
    await store.save(sessions[1:])
    assert SessionStore(directory).all() == (sessions[1],)
