"""The configuration as a whole: out and in with a passphrase, a copy a day, and another key; whatever is wrong changes nothing."""

from pathlib import Path

import pytest

from data.stores import backup, copies, snapshot
from data.stores.cloud_configs import CloudConfigStore
from data.stores.directory import DataDirectory
from data.stores.errors import RecordMissing, RecordRefused, SecretUnreadable
from data.stores.findings import FindingStore
from data.stores.second_factors import SecondFactorStore
from data.stores.servers import ServerStore, TlsMode
from data.stores.users import Role, UserStore
from data.stores.vault import KEY_FILE, OLD_KEY_FILE, Vault

PASSPHRASE = "correct horse battery"


class House:
    """All that has secrets, in one directory."""

    def __init__(self, folder: Path, key: str = "") -> None:
        self.directory = DataDirectory(folder)
        self.vault = Vault(self.directory, key)
        self.users = UserStore(self.directory)
        self.open(self.vault)

    def open(self, vault: Vault) -> None:
        self.servers = ServerStore(self.directory, vault)
        self.clouds = CloudConfigStore(self.directory, vault)
        self.factors = SecondFactorStore(self.directory, vault)

    def furnish(self) -> "House":
        ann = self.users.add_now("ann", "a hash", Role.ADMIN)
        lab = self.servers.add_now("192.0.2.1", "root", "hunter2", tls=TlsMode.CA)
        self.servers.learn_now(lab.id, sessions=("OpaqueRef:1",))
        self.clouds.save_now("web", ann.id, {"password": "hunter3"})
        self.factors.set_now(ann.id, "ann", "KEY", 0, ["spare"])
        return self

    def secrets(self) -> tuple[object, ...]:
        (server,), (config,), (factor,) = self.servers.all(), self.clouds.all(), self.factors.all()
        opened = self.clouds.open(config.id, config.by)
        return self.servers.password(server.id), self.servers.sessions(server.id), opened, self.factors.key(factor.id)

    def reseal(self) -> None:
        for store in (self.servers, self.clouds, self.factors):
            store.reseal_now()


ALL = ("hunter2", ("OpaqueRef:1",), {"password": "hunter3"}, "KEY")


def test_it_goes_out_and_in_elsewhere_with_its_secrets(tmp_path: Path) -> None:
    packed = backup.pack(snapshot.read(House(tmp_path / "a").furnish().directory), PASSPHRASE)
    assert b"hunter" not in packed and b"ann" not in packed
    House(tmp_path / "b").users.add_now("eve", "a hash", Role.ADMIN)
    snapshot.write(DataDirectory(tmp_path / "b"), backup.unpack(packed, PASSPHRASE))
    there = House(tmp_path / "b")
    assert there.secrets() == ALL and [user.name for user in there.users.all()] == ["ann"]


async def test_what_was_measured_is_no_part_of_it_and_stays(tmp_path: Path) -> None:
    house = House(tmp_path).furnish()
    findings = FindingStore(house.directory)
    await findings.remember({}, {"a finding": 7.0})
    before = snapshot.read(house.directory)
    snapshot.write(house.directory, before)
    assert "watched.json" not in before and findings.remembered().since == {"a finding": 7.0}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda packed: packed[:-1], "the passphrase is wrong, or the file is damaged"),
        (lambda packed: packed[:30], "the passphrase is wrong, or the file is damaged"),
        (lambda packed: packed.replace(b" 1\n", b" 2\n", 1), "made by a newer xo-dash"),
        (lambda packed: b"PK" + packed, "was not made by xo-dash"),
        (lambda packed: b"", "was not made by xo-dash"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, change: object, sentence: str) -> None:
    packed = backup.pack(snapshot.read(House(tmp_path).furnish().directory), PASSPHRASE)
    assert callable(change)
    with pytest.raises(RecordRefused, match=sentence):
        backup.unpack(change(packed), PASSPHRASE)
    with pytest.raises(RecordRefused, match="the passphrase is wrong"):
        backup.unpack(packed, PASSPHRASE + "!")
    with pytest.raises(RecordRefused, match="at least 12 characters"):
        backup.pack({}, "short")


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"users.json": b"{}"},
        {"users.json": b'{"_store": {"1": {"kind": "servers", "version": 1}}}'},
        {"users.json": b'{"_store": {"1": {"kind": "users", "version": 1}}}', "../x.json": b"{}"},
        {"users.json": b'{"_store": {"1": {"kind": "users", "version": 1}}}', "audit.jsonl": b"{}"},
    ],
)
def test_what_is_no_configuration_changes_nothing(tmp_path: Path, found: dict[str, bytes]) -> None:
    house = House(tmp_path).furnish()
    before = snapshot.read(house.directory)
    with pytest.raises(RecordRefused):
        snapshot.write(house.directory, found)
    assert snapshot.read(house.directory) == before


def test_there_is_one_copy_a_day_and_the_oldest_go(tmp_path: Path) -> None:
    house = House(tmp_path).furnish()
    for day in range(1, 20):
        copies.keep(house.directory, f"2026-01-{day:02}")
    copies.keep_daily(house.directory)
    kept = copies.names(house.directory)
    assert len(kept) == copies.KEPT and kept[0] == "2026-01-07"
    house.users.add_now("eve", "a hash", Role.ADMIN)
    copies.keep_daily(house.directory)
    assert copies.names(house.directory) == kept
    snapshot.write(house.directory, copies.read(house.directory, kept[-1]))
    assert [user.name for user in House(tmp_path).users.all()] == ["ann"]
    with pytest.raises(RecordMissing, match="there is no copy"):
        copies.read(house.directory, "../etc")


def test_another_key_opens_all_and_the_one_before_nothing(tmp_path: Path) -> None:
    house = House(tmp_path).furnish()
    old = (tmp_path / KEY_FILE).read_bytes()
    vault = house.vault.begin_change()
    house.open(vault)
    house.reseal()
    vault.end_change()
    assert House(tmp_path).secrets() == ALL and not (tmp_path / OLD_KEY_FILE).exists()
    (tmp_path / KEY_FILE).write_bytes(old)
    with pytest.raises(SecretUnreadable):
        House(tmp_path).secrets()


@pytest.mark.parametrize("resealed", [0, 1, 2, 3])
def test_after_a_kill_in_the_middle_it_goes_on(tmp_path: Path, resealed: int) -> None:
    house = House(tmp_path).furnish()
    house.open(house.vault.begin_change())
    for store in (house.servers, house.clouds, house.factors)[:resealed]:
        store.reseal_now()
    again = House(tmp_path)
    assert again.secrets() == ALL
    vault = again.vault.begin_change()
    again.open(vault)
    again.reseal()
    vault.end_change()
    assert House(tmp_path).secrets() == ALL


def test_a_copy_of_the_middle_has_both_keys(tmp_path: Path) -> None:
    house = House(tmp_path).furnish()
    house.open(house.vault.begin_change())
    house.servers.reseal_now()
    copies.keep(house.directory, "2026-01-01")
    vault = House(tmp_path).vault.begin_change()
    house.open(vault)
    house.reseal()
    vault.end_change()
    snapshot.write(house.directory, copies.read(house.directory, "2026-01-01"))
    assert House(tmp_path).secrets() == ALL
    packed = snapshot.read(House(tmp_path / "new").furnish().directory)
    snapshot.write(house.directory, packed)
    assert House(tmp_path).secrets() == ALL and not (tmp_path / OLD_KEY_FILE).exists(), "it is of another change"


def test_a_copy_that_was_not_finished_leaves_with_the_next(tmp_path: Path) -> None:
    house = House(tmp_path).furnish()
    (tmp_path / copies.FOLDER / copies.UNFINISHED).mkdir(parents=True)
    (tmp_path / copies.FOLDER / copies.UNFINISHED / KEY_FILE).write_bytes(b"half")
    copies.keep(house.directory, "2026-01-01")
    assert [path.name for path in (tmp_path / copies.FOLDER).iterdir()] == ["2026-01-01"]


def test_the_key_moves_from_its_file_into_the_environment(tmp_path: Path) -> None:
    House(tmp_path).furnish()
    moved = House(tmp_path, key="k" * 44)
    assert moved.secrets() == ALL
    vault = moved.vault.begin_change()
    moved.open(vault)
    moved.reseal()
    vault.end_change()
    assert not (tmp_path / KEY_FILE).exists() and House(tmp_path, key="k" * 44).secrets() == ALL
