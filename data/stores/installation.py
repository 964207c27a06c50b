"""What tells this dashboard from others in a pool's list of sessions: a name made once and kept in the data directory."""

import re
import secrets
from typing import Final

from data.stores.directory import DataDirectory
from data.stores.errors import DirectoryUnusable
from data.stores.replacing import replace_file
from xo_dash.i18n import _

FILE: Final = "installation"
_NAME: Final = re.compile(r"[0-9a-f]{8}")


def installation(directory: DataDirectory) -> str:
    """Eight hexadecimal digits. Raises DirectoryUnusable; for a thread, or the start: it reads the disk."""
    path = directory.path / FILE
    try:
        with directory.write_lock():
            known = path.read_text("ascii", "replace").strip() if path.exists() else ""
            if not _NAME.fullmatch(known):
                known = secrets.token_hex(4)
                replace_file(path, known.encode() + b"\n")
            return known
    except OSError as error:
        message = _("{file} cannot be read: {reason}")
        raise DirectoryUnusable(message.format(file=path, reason=error.strerror)) from error
