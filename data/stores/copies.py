"""Copies of the configuration in the data directory itself, one a day: for who deleted something by mistake, not for a broken disk."""

from __future__ import annotations

import re
import shlex
import shutil
import time
from pathlib import Path
from typing import Final

from data.stores import snapshot
from data.stores.directory import DataDirectory
from data.stores.errors import DirectoryUnusable, RecordMissing, StoreError
from data.stores.replacing import replace_file
from xo_dash.i18n import _

FOLDER: Final = "copies"
UNFINISHED: Final = ".unfinished"
"""The copy that is being made; what is left of one that failed goes with the next."""
KEPT: Final = 14
COPIED_EVERY: Final = 3600.0
"""Seconds between two looks whether it is another day."""
_NAME: Final = re.compile(r"\d{4}-\d\d-\d\d(-before-restore-\d{6})?")


def keep_daily(directory: DataDirectory) -> None:
    """Today's copy, if there is none yet; the oldest go. Without users it is no configuration, and takes the place of none.

    For a thread. Raises DirectoryUnusable.
    """
    today = time.strftime("%Y-%m-%d")
    if today not in names(directory) and (directory.path / snapshot.USERS).exists():
        keep(directory, today)
        for old in names(directory)[:-KEPT]:
            shutil.rmtree(directory.path / FOLDER / old, ignore_errors=True)


def keep_before_restore(directory: DataDirectory) -> str:
    """What is there now, under a name of its own."""
    name = time.strftime("%Y-%m-%d-before-restore-%H%M%S")
    keep(directory, name)
    return name


def keep(directory: DataDirectory, name: str) -> None:
    """A copy becomes visible when it is whole. Raises DirectoryUnusable."""
    folder, making = directory.path / FOLDER / name, directory.path / FOLDER / UNFINISHED
    try:
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        for file, content in snapshot.read(directory).items():
            replace_file(making / file, content)
        shutil.rmtree(folder, ignore_errors=True)
        making.rename(folder)
    except OSError as error:
        message = _("{file} cannot be written: {reason}")
        raise DirectoryUnusable(message.format(file=error.filename, reason=error.strerror)) from error


def names(directory: DataDirectory) -> list[str]:
    """Oldest first."""
    folder = directory.path / FOLDER
    return sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)) if folder.is_dir() else []


def read(directory: DataDirectory, name: str) -> snapshot.Snapshot:
    """Raises RecordMissing, DirectoryUnusable."""
    if name not in names(directory):
        raise RecordMissing(_("there is no copy {name}; there are: {names}").format(name=name, names=", ".join(names(directory)) or "–"))
    try:
        return snapshot.read_folder(Path(directory.path / FOLDER / name))
    except OSError as error:
        message = _("{file} cannot be read: {reason}")
        raise DirectoryUnusable(message.format(file=error.filename, reason=error.strerror)) from error


def way_back(directory: DataDirectory) -> str:
    """What to do about a file that is damaged or lost: half a sentence. Reads the copies, until one is whole."""
    for name in reversed(names(directory)):
        try:
            snapshot.check(read(directory, name))
        except StoreError:
            continue
        command = f"xo-dash config restore {name} --data-dir {shlex.quote(str(directory.path))}"
        return _("go back to the newest copy of the configuration ({command}; “config copies” lists all)").format(command=command)
    return _("restore it from a backup")
