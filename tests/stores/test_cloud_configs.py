"""What people tell cloud-init again and again: one's own and shared ones, sealed."""

from pathlib import Path

import pytest

from data.stores.cloud_configs import CloudConfigStore
from data.stores.directory import DataDirectory
from data.stores.errors import RecordMissing, RecordRefused
from data.stores.vault import Vault


@pytest.fixture
def store(data_dir: Path) -> CloudConfigStore:
    directory = DataDirectory(data_dir)
    return CloudConfigStore(directory, Vault(directory))


def test_ones_own_and_what_is_shared(store: CloudConfigStore, data_dir: Path) -> None:
    own = store.save_now(" web ", "ann", {"user": "ann", "password": "hunter2"})
    shared = store.save_now("base", "bob", {"user": "bob"}, shared=True)
    assert [one.name for one in store.visible("ann")] == ["web", "base"] and [one.name for one in store.visible("bob")] == ["base"]
    assert store.open(own.id, "ann")["password"] == "hunter2" and store.open(shared.id, "ann") == {"user": "bob"}
    assert "hunter2" not in (data_dir / "cloud_configs.json").read_text() and "hunter2" not in repr(own)
    with pytest.raises(RecordMissing):
        store.open(own.id, "bob")
    with pytest.raises(RecordMissing):
        store.remove_now(own.id, "bob")
    with pytest.raises(RecordRefused):
        store.remove_now(shared.id, "ann")
    with pytest.raises(RecordRefused):
        store.save_now("base", "ann", {}, shared=True)


def test_a_name_that_is_there_is_replaced(store: CloudConfigStore) -> None:
    first = store.save_now("web", "ann", {"user": "a"})
    assert store.save_now("web", "ann", {"user": "b"}).id == first.id and store.open(first.id, "ann") == {"user": "b"}
    store.remove_now(first.id, "ann")
    assert store.visible("ann") == ()
    for bad in ("", " ", "x" * 65, "a\x00"):
        with pytest.raises(RecordRefused):
            store.save_now(bad, "ann", {})
