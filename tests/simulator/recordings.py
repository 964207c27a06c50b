"""What a real xapi answered (recorded/), and what these tests take from elsewhere: then a skip says what is missing."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "recorded"
ELSEWHERE = Path(__file__).parents[3] / "shared"
CHECK = ELSEWHERE / "tools" / "check_xapi.py"
RBAC = ELSEWHERE / "reference" / "xapi-rbac.csv"
DATABASES = [ELSEWHERE / "data" / "xapi-db" / f"{name}.xml" for name in ("cowley1", "state1", "tampa-db_inc_snapshots")]


def recorded(name: str) -> bytes:
    return gzip.decompress((FOLDER / f"{name}.gz").read_bytes())


def recorded_json(name: str) -> Any:
    return json.loads(recorded(name))  # metrics have NaN


def recorded_file(name: str, folder: Path) -> Path:
    """Unpacked into `folder`, for what wants a file."""
    path = folder / name
    path.write_bytes(recorded(name))
    return path


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"{path.name} is no part of this repository: it belongs into {path.parent}")
