"""The audit file: private, appended, whole after a kill, put aside when it is full."""

import asyncio
import gc
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from tests.waiting import PATIENCE
from xo_dash.control.audit import Audit, AuditEntry, AuditUnwritable
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Secret

ENTRY = {"at": "2026-01-31T14:05:06.789Z", "event": "begin", "run": "r", "action": "vm.start", "user": "ann", "user_id": "id",
         "server": "lab", "kind": "VM", "uuid": "u", "name": "web-1"}  # fmt: skip


def entry(**fields: object) -> AuditEntry:
    return AuditEntry(**(ENTRY | fields))  # type: ignore[arg-type]


def put_aside(folder: Path) -> list[Path]:
    return sorted(folder.glob("audit.*.jsonl"))


async def test_lines_are_json_in_a_private_file(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    await asyncio.gather(*(audit.write(entry(name=f"vm\n{number}")) for number in range(300)))
    audit.close()
    lines = audit.path.read_bytes().splitlines()
    assert [orjson.loads(line)["name"] for line in lines] == [f"vm\n{number}" for number in range(300)]
    assert stat.S_IMODE(audit.path.stat().st_mode) == 0o600


async def test_a_second_program_adds_and_does_not_replace(tmp_path: Path) -> None:
    for name in ("first", "second"):
        audit = Audit(tmp_path)
        await audit.write(entry(name=name))
        audit.close()
    assert [orjson.loads(line)["name"] for line in audit.path.read_bytes().splitlines()] == ["first", "second"]


async def test_a_full_file_is_put_aside_and_the_oldest_go(tmp_path: Path) -> None:
    audit = Audit(tmp_path, size=400, kept=3)
    for number in range(40):
        await audit.write(entry(name=str(number)))
    audit.close()
    aside = put_aside(tmp_path)
    assert len(aside) == 3
    names = [int(orjson.loads(line)["name"]) for path in [*aside, audit.path] if path.exists() for line in path.read_bytes().splitlines()]
    assert names == list(range(40 - len(names), 40))


async def test_a_disk_that_does_not_take_it_is_said_and_later_lines_are_written(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.path.mkdir()
    with pytest.raises(AuditUnwritable, match="cannot be written: Is a directory"):
        await audit.write(entry())
    audit.path.rmdir()
    await audit.write(entry(name="later"))
    audit.close()
    assert b"later" in audit.path.read_bytes()


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    program = f"""
import asyncio, pathlib, sys
from xo_dash.control.audit import Audit, AuditEntry
async def main():
    audit = Audit(pathlib.Path({str(tmp_path)!r}))
    number = 0
    while True:
        await audit.write(AuditEntry(**({ENTRY!r} | {{"name": str(number)}})))
        print(number, flush=True)
        number += 1
asyncio.run(main())
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = -1
    deadline = time.monotonic() + 20
    while acknowledged < 20 and time.monotonic() < deadline:
        acknowledged = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    acknowledged = max([acknowledged, *(int(line) for line in process.stdout.read().split())])
    process.wait()
    process.stdout.close()
    lines = (tmp_path / "audit.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line)["name"] for line in lines[: acknowledged + 1]] == [str(number) for number in range(acknowledged + 1)]


class WithPassword(Request, frozen=True, kw_only=True):
    """A command that takes a secret."""

    password: Secret


async def test_secrets_are_redacted(tmp_path: Path) -> None:
    from dataclasses import replace

    from tests.control.fake_pool import Desk, FakePool, ends_at_once
    from xo_dash.control.actions import action

    fake = FakePool()
    desk = Desk(tmp_path, fake)
    fake.answers["Async.VM.start"] = ends_at_once(fake)
    secretive = replace(action("vm.start"), request=WithPassword)
    await desk.runner.run(desk.hire(), secretive, [fake.vm()], {"password": "hunter2"})
    await desk.runner.stop()
    text = (tmp_path / "audit.jsonl").read_text("utf-8")
    assert "hunter2" not in text and "•••" in text


def test_a_line_about_the_end_of_the_loop_is_written_and_leaves_no_task(tmp_path: Path) -> None:
    """Whoever is cancelled tells of it, and does not always wait until it is on the disk."""
    audit = Audit(tmp_path)

    async def work(audit: Audit) -> None:
        try:
            await asyncio.sleep(PATIENCE)
        except asyncio.CancelledError:
            writing = audit.write(entry())
            writing.send(None)
            writing.close()
            raise

    async def program(audit: Audit) -> None:
        held.append(asyncio.create_task(work(audit)))
        await asyncio.sleep(0)

    held: list[asyncio.Task[None]] = []
    asyncio.run(program(audit))
    audit.close()
    del audit
    gc.collect()  # a task that is pending would be told of in the log, see `error_log`
    assert len((tmp_path / "audit.jsonl").read_bytes().splitlines()) == 1
