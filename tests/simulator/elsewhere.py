"""What these tests take from outside of the repository: then a skip says what is missing."""

from pathlib import Path

import pytest

ELSEWHERE = Path(__file__).parents[3] / "shared"
CHECK = ELSEWHERE / "tools" / "check_xapi.py"
RBAC = ELSEWHERE / "reference" / "xapi-rbac.csv"
DATABASES = [ELSEWHERE / "data" / "xapi-db" / f"{name}.xml" for name in ("cowley1", "state1", "tampa-db_inc_snapshots")]


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"{path.name} is no part of this repository: it belongs into {path.parent}")
