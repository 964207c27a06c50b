"""kill -9 in the middle of a queue of migrations: the next start goes on with it, and nothing is sent twice."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.asking import until
from tests.e2e.programs import Board, Pool, furnish, running
from tests.running import ROOT, free_port

TWO_HOSTS = ("--pools", "1", "--hosts", "2", "--vms", "16", "--seed", "e2e", "--pace", "20")
AT_A_TIME = 4
"""Migrations off one host."""


async def test_a_queue_of_migrations_goes_on(data_dir: Path) -> None:
    pool = Pool(free_port(), *TWO_HOSTS)
    with running(pool):
        furnish(data_dir, pool.url)
        names, target = await _those_that_move(pool)

        async def moved() -> int:
            vms = await pool.call("VM.get_all_records")
            return sum(row["resident_on"] == target[0] for row in vms.values() if row["name_label"] in names)

        async def under_way() -> bool:
            """The version, what was asked for, and of each: its begin, its call, its task."""
            return _lines(data_dir) == 2 + 3 * AT_A_TIME

        async def all_ended() -> bool:
            return sum(line["action"] == "vm.migrate" and line["event"] == "end" for line in second.audit()) == len(names)

        first = Board(data_dir)
        with running(first):
            first.live(1)
            command = _begun(data_dir, "vm.migrate", *names, "--host", target[1])
            await until(under_way, "as many as a host takes are under way, each with its task noted")
            first.kill()
            command.wait(60)
        assert await moved() < len(names)

        second = Board(data_dir)
        with running(second):
            second.live(1)
            await until(all_ended, "the next program goes on with all of them")
        assert await moved() == len(names)
        mine = [line for line in second.audit() if line["action"] == "vm.migrate"]
        assert {line["result"] for line in mine if line["event"] == "end"} == {"done"}
        assert sorted(line["name"] for line in mine if line["event"] == "begin") == sorted(names), "each began once"
        assert not list((data_dir / "runs").iterdir())


async def _those_that_move(pool: Pool) -> tuple[list[str], tuple[str, str]]:
    """More VMs of one host than move at a time, and (reference, uuid) of the other."""
    vms, hosts = await pool.call("VM.get_all_records"), await pool.call("host.get_all_records")
    source, target = hosts
    able = [row["name_label"] for row in vms.values() if row["resident_on"] == source and "pool_migrate" in row["allowed_operations"]]
    assert len(able) >= AT_A_TIME + 1
    return able[: AT_A_TIME + 1], (target, hosts[target]["uuid"])


def _lines(folder: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in folder.glob("runs/*.log"))


def _begun(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI", "XO_DASH"))}
    quiet: Any = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "xo_dash", "do", *words, "--data-dir", str(folder)], cwd=ROOT, env=plain,
                            stdin=quiet, stdout=quiet, stderr=quiet)  # fmt: skip
