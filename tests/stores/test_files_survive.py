"""A data directory is never half written, never misread, and never anybody else's to read."""

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from data.stores.directory import DataDirectory
from data.stores.errors import DirectoryInUse, DirectoryUnusable, StoreBusy, StoreError, StoreTooNew, StoreUnreadable
from data.stores.grants import GroupStore
from data.stores.records import Records
from data.stores.replacing import replace_file
from data.stores.storage import Row
from data.stores.tokens import TokenStore
from data.stores.users import Role, User, UserStore
from data.stores.vault import Vault
from xo_dash.control.audit import Audit, AuditEntry, AuditUnwritable

WRITER = """
import sys
from pathlib import Path
from data.stores.directory import DataDirectory
from data.stores.users import UserStore, Role
store = UserStore(DataDirectory(Path(sys.argv[1])))
print("ready", flush=True)
for number in range(int(sys.argv[2])):
    user = store.add_now(f"{sys.argv[3]}-{number}", "hash" * 50, Role.VIEWER)
    if number % 3 == 2:
        store.remove_now(user.id)   # the file shrinks, too
    print(number, flush=True)
"""


def writer(folder: Path, count: int, name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(count), name], stdout=subprocess.PIPE, text=True)


def test_what_was_acknowledged_survives_a_kill(data_dir: Path) -> None:
    for name in ("a", "b", "c"):
        process = writer(data_dir, 10_000, name)
        assert process.stdout
        done = -1
        for line in process.stdout:
            if line.strip().isdigit() and (done := int(line)) >= 40:
                process.send_signal(signal.SIGKILL)
                break
        rest = [int(line) for line in process.stdout.read().split() if line.isdigit()]
        process.wait()
        process.stdout.close()
        done = max([done, *rest])
        names = {user.name for user in UserStore(DataDirectory(data_dir)).all()}
        assert {f"{name}-{number}" for number in range(done + 1) if number % 3 != 2} <= names


@contextmanager
def full(_folder: Path) -> Iterator[None]:
    """No file grows over a kilobyte: to a program that is as a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)


ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


@pytest.mark.parametrize("disk", [full, pytest.param(read_only, marks=ROOT)])
def test_a_disk_that_takes_nothing_is_one_sentence_and_what_was_there_stays(
    data_dir: Path, disk: Callable[[Path], AbstractContextManager[None]]
) -> None:
    store = UserStore(DataDirectory(data_dir))
    store.add_now("ann", "hash", Role.ADMIN)
    before = {path.name: path.read_bytes() for path in data_dir.iterdir() if path.is_file()}
    with disk(data_dir), pytest.raises(StoreError, match=r"users\.json cannot be written: ") as refused:
        store.add_now("bob", "h" * 5000, Role.VIEWER)
    assert "\n" not in str(refused.value)
    assert {path.name: path.read_bytes() for path in data_dir.iterdir() if path.is_file()} == before
    assert [user.name for user in store.all()] == ["ann"]
    store.add_now("bob", "h" * 5000, Role.VIEWER)
    assert [user.name for user in UserStore(DataDirectory(data_dir)).all()] == ["ann", "bob"]


def test_two_processes_lose_nothing_to_each_other(data_dir: Path) -> None:
    processes = [writer(data_dir, 30, name) for name in ("left", "right")]
    ours = UserStore(DataDirectory(data_dir))
    for number in range(15):
        ours.add_now(f"ours-{number}", "h", Role.VIEWER)
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    ours.refresh()
    names = [user.name for user in ours.all()]
    assert len(names) == len(set(names)) == 20 + 20 + 15


def test_threads_lose_nothing_to_each_other(data_dir: Path) -> None:
    store = UserStore(DataDirectory(data_dir))

    def add(name: str) -> None:
        for number in range(15):
            store.add_now(f"{name}-{number}", "h", Role.VIEWER)

    threads = [threading.Thread(target=add, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(UserStore(DataDirectory(data_dir)).all()) == 60


def test_a_change_of_another_process_is_seen_and_kept(data_dir: Path) -> None:
    ours, theirs = UserStore(DataDirectory(data_dir)), UserStore(DataDirectory(data_dir))
    ann = ours.add_now("Ann", "h", Role.ADMIN)
    assert theirs.refresh()
    assert not theirs.refresh()
    theirs.set_password_now(ann.id, "theirs")
    ours.set_preferences_now(ann.id, {"language": "ru"})
    seen = UserStore(DataDirectory(data_dir)).need(ann.id)
    assert (seen.password_hash, seen.preferences) == ("theirs", {"language": "ru"})


def test_nobody_else_can_read_it(data_dir: Path) -> None:
    mask = os.umask(0)
    try:
        UserStore(DataDirectory(data_dir)).add_now("Ann", "h", Role.ADMIN)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in data_dir.iterdir()} == {0o600}


@pytest.mark.parametrize("mode", [0o1777, 0o755, 0o750, 0o770, 0o702])
def test_a_directory_that_others_may_read_or_write_is_refused_and_left_as_it_is(data_dir: Path, mode: int) -> None:
    data_dir.mkdir()
    data_dir.chmod(mode)
    with pytest.raises(DirectoryUnusable, match=rf"mode {mode:04o}.*--data-dir.*chmod 700 {data_dir}"):
        DataDirectory(data_dir)
    assert stat.S_IMODE(data_dir.stat().st_mode) == mode
    assert list(data_dir.iterdir()) == []


def test_a_directory_that_only_its_owner_may_use_keeps_its_mode(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o711)
    UserStore(DataDirectory(data_dir)).add_now("Ann", "h", Role.ADMIN)
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o711


async def test_nothing_is_written_through_a_planted_link(data_dir: Path, tmp_path: Path) -> None:
    """Whatever we write, and beside it: a link of that name leads nowhere."""
    directory, target = DataDirectory(data_dir), tmp_path / "somebody's"
    names = ("users.json", "users.json.tmp", ".users.json.tmp", "users.v1.json", "secret.key", "audit.jsonl", "write.lock", "serve.lock")
    for name in names:
        (data_dir / name).symlink_to(target)
    with suppress(StoreError):
        UserStore(directory).add_now("Ann", "h", Role.ADMIN)
    with suppress(StoreError):
        Vault(directory)
    with suppress(StoreError), directory.serving():
        pass
    audit = Audit(data_dir)
    with pytest.raises(AuditUnwritable):
        await audit.write(AuditEntry(at="", event="begin", run="", action="", user="", user_id="", server="", kind="", uuid="", name=""))
    audit.close()
    replace_file(data_dir / "users.json", b"{}")
    assert not target.exists()
    assert not (data_dir / "users.json").is_symlink()


def test_what_a_killed_program_left_behind_is_taken_away(data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    (data_dir / ".users.json.0123.tmp").write_text("half")
    with directory.serving():
        assert sorted(file.name for file in data_dir.iterdir()) == ["serve.lock", "write.lock"]


@pytest.mark.parametrize(
    "content", [b"", b'{"_store": {"1": {"kind": "us', b"[]", b"{}", b"\x00\xff", b'{"_store": {"1": {"version": 1}}}']
)
def test_a_damaged_file_is_named_and_left_as_it_is(data_dir: Path, content: bytes) -> None:
    directory = DataDirectory(data_dir)
    file = data_dir / "users.json"
    file.write_bytes(content)
    with pytest.raises(StoreUnreadable, match=str(file)):
        UserStore(directory)
    assert file.read_bytes() == content


def test_a_file_damaged_while_we_run_is_not_overwritten(data_dir: Path) -> None:
    store = UserStore(DataDirectory(data_dir))
    ann = store.add_now("Ann", "h", Role.ADMIN)
    file = data_dir / "users.json"
    file.write_bytes(b"{")
    with pytest.raises(StoreUnreadable):
        store.set_password_now(ann.id, "new")
    assert file.read_bytes() == b"{"
    assert store.need(ann.id) == ann


def test_users_who_are_lost_are_no_first_run(data_dir: Path) -> None:
    """Neither at the start nor while we run; who only gave grants or servers before the first user, begins."""
    directory = DataDirectory(data_dir)
    GroupStore(directory).add_now("family")
    store = UserStore(directory)
    ann = store.add_now("Ann", "h", Role.ADMIN)
    TokenStore(directory).add_now(ann.id, "backup")
    (data_dir / "users.json").unlink()
    with pytest.raises(StoreUnreadable, match=r"missing.*backup"):
        UserStore(directory)
    with pytest.raises(StoreUnreadable):
        store.refresh()
    assert store.any_administrator()


def test_a_record_of_the_wrong_shape_is_a_damaged_file(data_dir: Path) -> None:
    UserStore(DataDirectory(data_dir)).add_now("Ann", "h", Role.ADMIN)
    file = data_dir / "users.json"
    file.write_text(file.read_text().replace('"admin"', '"emperor"'))
    with pytest.raises(StoreUnreadable, match="emperor"):
        UserStore(DataDirectory(data_dir))


def test_a_newer_file_stops_us_and_is_not_touched(data_dir: Path) -> None:
    UserStore(DataDirectory(data_dir)).add_now("Ann", "h", Role.ADMIN)
    file = data_dir / "users.json"
    newer = file.read_text().replace('"version": 1', '"version": 7')
    file.write_text(newer)
    with pytest.raises(StoreTooNew, match=r"users\.json.*newer.*7.*1"):
        UserStore(DataDirectory(data_dir))
    assert file.read_text() == newer


def test_an_older_file_is_brought_forward_and_kept_beside(data_dir: Path) -> None:
    old = UserStore(DataDirectory(data_dir))
    ann = old.add_now("Ann", "h", Role.ADMIN)
    before = (data_dir / "users.json").read_text()

    def shout(rows: list[Row]) -> list[Row]:
        return [{**row, "name": row["name"].upper()} for row in rows]

    class Newer(Records[User]):
        def touch(self) -> User:
            return self._update(None, ann.id, lambda user: replace(user, preferences={"x": 1}))

    newer = Newer(DataDirectory(data_dir), "users", User, [shout])
    assert newer.need(ann.id).name == "ANN"
    assert (data_dir / "users.json").read_text() == before  # reading alone changes nothing
    newer.touch()
    written = json.loads((data_dir / "users.json").read_text())
    assert written["_store"]["1"]["version"] == 2
    assert next(iter(written["users"].values()))["name"] == "ANN"
    assert (data_dir / "users.v1.json").read_text() == before


def test_one_server_at_a_time(data_dir: Path) -> None:
    first, second = DataDirectory(data_dir), DataDirectory(data_dir)
    with first.serving(), pytest.raises(DirectoryInUse, match=f"{os.getpid()}"), second.serving():
        pass
    with second.serving():
        UserStore(first).add_now("Ann", "h", Role.ADMIN)  # commands go on working


def test_a_stuck_process_is_said_after_a_while(data_dir: Path) -> None:
    patient, stuck = DataDirectory(data_dir, patience=0.05), DataDirectory(data_dir)
    store = UserStore(patient)
    with stuck.write_lock(), pytest.raises(StoreBusy, match="0 s"):
        store.add_now("Ann", "h", Role.ADMIN)


def test_a_directory_that_is_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(DirectoryUnusable, match="--data-dir"):
        DataDirectory(tmp_path / "data")
