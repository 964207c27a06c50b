"""Writes a file so that at any moment either the old or the new is there, and never through somebody else's link."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

SUFFIX = ".tmp"


def replace_file(path: Path, content: bytes) -> None:
    """Make `content` the file's, of mode 0600, even after a power cut. A link at `path` is replaced, not followed."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{SUFFIX}")
    new_file(temporary, content)
    try:
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def new_file(path: Path, content: bytes) -> None:
    """Make a file of mode 0600, whole or not at all. Raises FileExistsError where there is one."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def remove_temporaries(folder: Path) -> None:
    """Take away what a program that was killed in the middle of writing left behind; while nobody else writes."""
    for left in folder.glob(f".*{SUFFIX}"):
        with suppress(OSError):
            left.unlink()
