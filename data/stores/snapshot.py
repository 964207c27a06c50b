"""The configuration as a whole: all our own records, and the key that opens what is sealed in them.

Not in it: the audit, the history of VMs, what runs wrote of themselves, what was measured, and signed-in sessions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

from data.stores.directory import DataDirectory
from data.stores.errors import DirectoryUnusable, RecordRefused
from data.stores.installation import FILE as INSTALLATION
from data.stores.replacing import replace_file
from data.stores.vault import KEY_FILE, OLD_KEY_FILE
from xo_dash.i18n import _

Snapshot = Mapping[str, bytes]
"""{name of a file: what is in it}"""
MOST: Final = 64 << 20
"""Bytes of all files together."""
USERS: Final = "users.json"
"""Is in each of them."""
_RECORDS: Final = re.compile(r"[a-z][a-z_]{0,39}\.json")
_SESSIONS: Final = "sessions.json"
_LEFT_OUT: Final = frozenset({_SESSIONS, "watched.json"})


def read(directory: DataDirectory) -> Snapshot:
    """As it is at one moment. For a thread. Raises DirectoryUnusable."""
    with directory.write_lock():
        try:
            return {path.name: path.read_bytes() for path in sorted(directory.path.iterdir()) if _belongs(path.name) and path.is_file()}
        except OSError as error:
            message = _("{file} cannot be read: {reason}")
            raise DirectoryUnusable(message.format(file=error.filename, reason=error.strerror)) from error


def write(directory: DataDirectory, snapshot: Snapshot) -> None:
    """Put `snapshot` in the place of what is there; while no server runs. Raises RecordRefused for what is no configuration.

    After a kill in the middle it is written again by the same command: what it replaces was kept before.
    """
    check(snapshot)
    with directory.write_lock():
        try:
            # the key comes first: with it, and the old records, nothing is lost that is not in the copy
            for name in sorted(snapshot, key=lambda name: name != KEY_FILE):
                replace_file(directory.path / name, snapshot[name])
            for path in directory.path.iterdir():
                if path.name not in snapshot and (_belongs(path.name) or path.name == _SESSIONS) and path.name != KEY_FILE:
                    path.unlink()
        except OSError as error:
            message = _("{file} cannot be written: {reason}")
            raise DirectoryUnusable(message.format(file=error.filename, reason=error.strerror)) from error


def check(snapshot: Snapshot) -> None:
    """Raises RecordRefused unless it is what `read` reads."""
    if USERS not in snapshot or sum(map(len, snapshot.values())) > MOST or not all(map(_belongs, snapshot)):
        raise RecordRefused(_("this is not a configuration of xo-dash"))
    for name, content in snapshot.items():
        if name.endswith(".json") and not _is_of(name.removesuffix(".json"), content):
            raise RecordRefused(_("{file} in it is damaged; nothing was changed").format(file=name))


def _belongs(name: str) -> bool:
    return (bool(_RECORDS.fullmatch(name)) and name not in _LEFT_OUT) or name in (KEY_FILE, OLD_KEY_FILE, INSTALLATION)


def _is_of(kind: str, content: bytes) -> bool:
    try:
        tables = orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    match tables:
        case {"_store": {"1": {"kind": str(named)}}}:
            return named == kind
    return False


def read_folder(folder: Path) -> Snapshot:
    """One that was put into a folder. Raises OSError."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if _belongs(path.name)}
