"""The journal: what changed at VMs, with before and after and by whom; bounded, and whole after a kill."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from data.objects import VBD, VDI, VIF, VM, Host, Network, PowerState
from data.server import ServerState
from data.stores.journal import FILE, JournalFile, JournalLine
from data.types import NULL_REF
from tests.control.fake_pool import Desk, FakePool, ends_at_once
from xo_dash.control.actions import action
from xo_dash.control.journal import Journal

HOSTILE = "<img src=x onerror=alert(1)>\u202e\x00\ud800" + "x" * 300


class Writing:
    def __init__(self, journal: Journal, fake: FakePool) -> None:
        self.journal, self.fake = journal, fake

    async def told(self, vm: VM) -> list[tuple[str, str, str, str]]:
        """What is written of it, oldest first."""
        await self.journal.flush()
        return [(line.key, line.before, line.after, line.who) for line in reversed(await self.journal.lines(vm, 0, 9e12))]


@pytest.fixture
async def writing(desk: Desk, fake: FakePool, tmp_path: Path) -> AsyncIterator[Writing]:
    journal = Journal(fake.mirror, desk.runner, tmp_path)
    journal.start()
    yield Writing(journal, fake)
    await journal.stop()


async def test_state_host_and_settings_are_told_with_before_and_after(writing: Writing, fake: FakePool) -> None:
    host = fake.put(Host(name_label="host-1"))
    vm = fake.vm("web-1")
    fake.change(vm, power_state=PowerState.RUNNING, resident_on=host)
    fake.change(vm, memory_dynamic_max=2048, platform={"secureboot": "true"}, tags=["b", "a"])
    fake.change(vm, allowed_operations=frozenset({"start"}), current_operations={"OpaqueRef:t": "start"}, metrics="OpaqueRef:m")
    fake.change(vm, other_config={"mac_seed": "1", "xo:backup:job": "2", "folder": "/a"})
    assert await writing.told(vm) == [
        ("created", "", "web-1", ""),
        ("power_state", "Halted", "Running", ""),
        ("resident_on", "", "host-1", ""),
        ("memory_dynamic_max", "0", "2048", ""),
        ("tags", "", "a, b", ""),
        ("platform/secureboot", "", "true", ""),
        ("other_config/folder", "", "/a", ""),
    ]


async def test_disks_nics_and_snapshots_are_told_at_their_vm(writing: Writing, fake: FakePool) -> None:
    vm = fake.vm("web-1")
    disk, iso = VDI(name_label="root", virtual_size=10), VDI(name_label="debian.iso")
    fake.put(disk), fake.put(iso)
    drive, cd, nic = VBD(VM=vm.ref, VDI=disk.ref), VBD(VM=vm.ref, type="CD"), VIF(VM=vm.ref, device="0", MAC="m")
    for row in (drive, cd, nic):
        fake.put(row)
    fake.change(disk, VBDs=[drive.ref])
    fake.change(disk, virtual_size=20, physical_utilisation=7)
    fake.change(cd, VDI=iso.ref)
    fake.change(cd, VDI=NULL_REF)
    fake.change(nic, network=fake.put(Network(name_label="lan")))
    shot = fake.vm("before", is_a_snapshot=True, snapshot_of=vm.ref)
    fake.remove(shot)
    fake.remove(drive)
    assert [line[:3] for line in await writing.told(vm)][1:] == [
        ("disk", "", "root"), ("cd", "", ""), ("nic/0", "", "? · m"), ("disk_size/root", "10", "20"),
        ("cd", "", "debian.iso"), ("cd", "debian.iso", ""), ("nic/0", "? · m", "lan · m"),
        ("snapshot", "", "before"), ("snapshot", "before", ""), ("disk", "root", ""),
    ]  # fmt: skip
    fake.remove(vm)
    assert (await writing.told(vm))[-1][:3] == ("deleted", "web-1", "")


async def test_our_runs_are_named_and_others_are_not(writing: Writing, fake: FakePool, desk: Desk) -> None:
    vm, other = fake.vm("web-1"), fake.vm("db-1")
    fake.answers |= {"Async.VM.start": ends_at_once(fake), "VM.set_name_label": ""}
    await desk.runner.run(desk.hire(), action("vm.start"), [vm])
    for each in (vm, other):
        fake.change(each, power_state=PowerState.RUNNING)
    await desk.runner.run(desk.hire(name="bob"), action("vm.rename"), [vm], {"name": "web-2"})
    fake.change(vm, name_label="web-2")
    assert (await writing.told(vm))[1:] == [("power_state", "Halted", "Running", "ann"), ("name_label", "web-1", "web-2", "bob")]
    assert (await writing.told(other))[-1] == ("power_state", "Halted", "Running", "")


async def test_the_first_state_of_a_pool_is_no_news(writing: Writing, fake: FakePool) -> None:
    late = FakePool("late", fake.mirror)
    fake.mirror.set_server(late.server, state=ServerState.SYNCING)
    vm = late.vm("old")
    fake.mirror.set_server(late.server, state=ServerState.LIVE)
    late.change(vm, order=1)
    fake.mirror.set_server(late.server, state=ServerState.UNREACHABLE)
    new = late.vm("made while it was away")
    assert [line[0] for line in await writing.told(vm)] == ["order"]
    assert [line[0] for line in await writing.told(new)] == ["created"]
    fake.mirror.remove(late.server.id)
    assert [line[0] for line in await writing.told(vm)] == ["order"], "a server that is removed deletes no VM"


async def test_hostile_texts_are_texts(writing: Writing, fake: FakePool) -> None:
    vm = fake.vm("a")
    fake.change(vm, name_label=HOSTILE, other_config={HOSTILE: HOSTILE * 3})
    (_made, name, key) = await writing.told(vm)
    assert name[2].startswith("<img src=x onerror=alert(1)>\u202e") and len(key[0]) < 120 and len(key[2]) < 500


def line(number: int, at: float = 1e10) -> JournalLine:
    return JournalLine(at, "p", "u", "n", "order", str(number), str(number + 1))


def test_it_does_not_grow_without_bound(tmp_path: Path) -> None:
    file = JournalFile(tmp_path, most=100)
    file.write([line(0, at=1.0)])
    for begin in range(0, 6000, 1000):
        file.write([line(number) for number in range(begin, begin + 1000)])
    kept = file.lines("p", "u", 0, 9e12, 9999)
    assert kept[0].before == "5999" and 100 <= len(kept) <= 2100
    file.close()


def test_a_damaged_file_is_put_aside(tmp_path: Path, error_log: list[logging.LogRecord]) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 1000)
    file = JournalFile(tmp_path)
    file.write([line(1)])
    assert len(file.lines("p", "u", 0, 9e12)) == 1
    file.close()
    assert len(list(tmp_path.glob("history.*.damaged.db"))) == 1 and "cannot be read" in error_log.pop().getMessage()
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


KILLED = """
import sys
from pathlib import Path
from data.stores.journal import JournalFile, JournalLine
file = JournalFile(Path(sys.argv[1]))
number = 0
while True:
    file.write([JournalLine(1e10, "p", "u", "n", "order", str(number), "") for _ in range(50)])
    number += 1
    print(number, flush=True)
"""


def test_what_was_written_is_there_after_a_kill(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _batch in range(5):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    lines = JournalFile(tmp_path).lines("p", "u", 0, 9e12, 9999)
    assert len(lines) >= 250 and len(lines) % 50 == 0, "whole batches"
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
