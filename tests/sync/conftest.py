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
    thresholds, interval, frozen = gc.get_threshold(), sys.getswitchinterval(), gc.get_freeze_count()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)
    if gc.get_freeze_count() > frozen:  # what this test froze may go; what was there before it stays
        gc.unfreeze()
        gc.collect()
        gc.freeze()


@pytest.fixture
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    return WallClock(monkeypatch)
