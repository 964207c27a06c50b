"""Bring a client from its registry into a folder of its own, once; nothing is installed on the machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

PATIENCE = 180.0  # seconds for one command


class Absent(Exception):
    """The tool or the registry is not here; the text says which."""


def run(*command: str | Path, cwd: Path | None = None) -> None:
    """Raises Absent with the last line the command said."""
    tool = str(command[0])
    if shutil.which(tool) is None:
        raise Absent(f"there is no {tool} here")
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise Absent(f"{tool} took longer than {PATIENCE:.0f} s") from None
    if done.returncode:
        said = (done.stderr + done.stdout).strip().splitlines()
        raise Absent(f"{Path(tool).name}: {said[-1] if said else 'failed'}")


def pip(folder: Path, *packages: str) -> None:
    """A virtual environment at `folder` with `packages` from PyPI."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)  # our pip fills it
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        folder / "bin/python",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
        "--retries",
        "1",
        "--timeout",
        "15",
        *packages,
    )


def npm(folder: Path, *packages: str) -> None:
    """`folder`/node_modules with `packages`, without running any of their scripts."""
    if shutil.which("node") is None:
        raise Absent("there is no node here")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", *packages, cwd=folder)


def debian(folder: Path, package: str) -> None:
    """The files of a Debian package under `folder`, unpacked and not installed."""
    folder.mkdir(parents=True, exist_ok=True)
    run("apt-get", "download", package, cwd=folder)
    for archive in folder.glob("*.deb"):
        run("dpkg-deb", "--extract", archive, folder)
