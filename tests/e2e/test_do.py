"""`xo-dash do`: the same table from the command line, beside a dashboard that runs and without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.programs import Board, Pool, furnish, running
from tests.running import ROOT, free_port


def do(folder: Path, *words: str, language: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI", "XO_DASH"))}
    return subprocess.run(
        [sys.executable, "-m", "xo_dash", "do", *words, "--data-dir", str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**plain, "LANG": language, "LC_ALL": language}, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def results(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.stdout, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1])["run"]["results"])


async def test_a_vm_is_cloned_by_a_command(tmp_path: Path) -> None:
    pool = Pool(free_port())
    with running(pool):
        furnish(tmp_path, pool.url)
        name = (await pool.vms("Halted"))[0]
        _said_first(tmp_path, name)
        alone = do(tmp_path, "vm.clone", name, "--json", "--name", "made alone", "--description", "manually")
        (result,) = results(alone)
        assert (alone.returncode, result["state"], len(result["steps"])) == (0, "done", 2), alone
        assert (await pool.call("VM.get_record", await pool.vm("made alone")))["name_description"] == "manually"
        board = Board(tmp_path)
        with running(board):
            board.live(1)
            beside = do(tmp_path, "vm.clone", name, "--name", "made beside")
            assert beside.returncode == 0 and beside.stdout.startswith(f"{name}: done"), beside
            assert await pool.vm("made beside")
            _refused(tmp_path, name)
            _files(tmp_path, name, pool_name=str((await pool.call("pool.get_all_records")).popitem()[1]["name_label"]))
        begun = [line for line in board.audit() if line["event"] == "begin"]
        assert [line["arguments"]["name"] for line in begun if "name" in line["arguments"]] == ["made alone", "made beside"]
        assert all(line["user"].endswith("(command line)") for line in begun)
        assert not (tmp_path / "command.sock").exists()


def _said_first(folder: Path, name: str) -> None:
    told = do(folder, "vm.clone", name, "--name", "web", "--description", "a 'b'", "--dry-run")
    assert told.returncode == 0, told.stderr
    first, second = told.stdout.splitlines()
    assert first.startswith("vm_1=$(xe vm-clone uuid=") and second.startswith("xe vm-param-set uuid=$vm_1 ")


def _files(folder: Path, name: str, pool_name: str) -> None:
    """A VM goes to a file, and comes back from it."""
    place = folder / "out"
    place.mkdir()
    out = do(folder, "vm.export", name, "--compression", "none", "--output", str(place))
    assert out.returncode == 0, out
    (file,) = place.iterdir()
    back = do(folder, "pool.import_vm", pool_name, "--file", str(file))
    assert back.returncode == 0 and f"{pool_name}: done " in back.stdout, back
    again = do(folder, "vm.export", name, "--output", str(file))  # nothing is written over
    assert again.returncode == 1 and file.stat().st_size > 1000, again
    missing = do(folder, "pool.import_vm", pool_name, "--file", str(folder / "none.xva"))
    assert missing.returncode == 2 and "cannot be read" in missing.stderr, missing


def _refused(folder: Path, name: str) -> None:
    refused = do(folder, "vm.clone", name, "--nmae", "x")
    assert refused.returncode == 1 and "--nmae: there is no field “nmae”" in refused.stderr, refused


def test_without_an_action_they_are_listed(tmp_path: Path) -> None:
    listed = do(tmp_path)
    assert listed.returncode == 0 and "vm.clone VM... --name TEXT [--fast SWITCH] [--sr OBJECT] [--description TEXT]" in listed.stdout
