"""Recordings: those of a xapi we ran ourselves are part of the repository; databases of other people's pools are not."""

import gzip
import json
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).parent / "recordings"
"""What is in it says its README."""


def recorded(name: str) -> bytes:
    """The content of one file of it."""
    return gzip.decompress((RECORDINGS / f"{name}.gz").read_bytes())


def recorded_json(name: str) -> Any:
    return json.loads(recorded(name))  # metrics have NaN


def recorded_file(name: str, folder: Path) -> Path:
    """Unpacked into `folder`, for what wants a file."""
    path = folder / name
    path.write_bytes(recorded(name))
    return path
