from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.control.fake_pool import Desk, FakePool


@pytest.fixture
async def fake() -> FakePool:
    """A pool that does what the test says."""
    return FakePool()


@pytest.fixture
async def desk(tmp_path: Path, fake: FakePool) -> AsyncIterator[Desk]:
    """A runner over it."""
    desk = Desk(tmp_path, fake)
    yield desk
    await desk.runner.stop()
