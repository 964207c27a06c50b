import gc
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.clock import WallClock
from tests.sync.house import House, house
from tests.xapi.conftest import pools, quick_pool, simulation

__all__ = ["pools", "quick_pool", "simulation"]


@pytest.fixture
async def home(data_dir: Path) -> AsyncIterator[House]:
    """Servers that run, none configured yet."""
    async with house(data_dir) as made:
        yield made


@pytest.fixture(autouse=True)
def interpreter() -> Iterator[None]:
    """The program tunes it for its whole process."""
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)


@pytest.fixture(autouse=True, scope="module")
def thawed() -> Iterator[None]:
    """What a file's tests froze may go; what was there before it stays. Not after each test: even counting it walks all of it."""
    frozen = gc.get_freeze_count()
    yield
    if gc.get_freeze_count() > frozen:
        gc.unfreeze()
        gc.collect()
        gc.freeze()


@pytest.fixture
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    return WallClock(monkeypatch)
