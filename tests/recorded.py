"""Recordings: those of a xapi we ran ourselves are part of the repository; databases of other people's pools are not."""

import gzip
from pathlib import Path
from typing import Any

import orjson

RECORDINGS = Path(__file__).parent / "recordings"
"""What is in it says its README."""


def recorded(name: str) -> bytes:
    """The content of one file of it."""
    return gzip.decompress((RECORDINGS / f"{name}.gz").read_bytes())


def recorded_json(name: str) -> Any:
    return orjson.loads(recorded(name))


def recorded_file(name: str, folder: Path) -> Path:
    """Unpacked into `folder`, for what wants a file."""
    path = folder / name
    path.write_bytes(recorded(name))
    return path
