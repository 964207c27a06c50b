"""Records of a real xapi, which lie beside the repository where it is developed; tests that need them are skipped elsewhere."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent.parent / "shared" / "data" / "real-xapi"


def recorded(name: str) -> bytes:
    """The content of one file of it."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"no {name} here: it needs the recordings of a real xapi")
    return path.read_bytes()
