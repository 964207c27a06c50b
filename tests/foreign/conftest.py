from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sync.conftest import interpreter, thawed
from tests.sync.house import House, house

__all__ = ["interpreter", "thawed"]


@pytest.fixture
async def home(data_dir: Path) -> AsyncIterator[House]:
    """Servers that run, none configured yet."""
    async with house(data_dir) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where who looks has their records."""
    return tmp_path / "looking"
