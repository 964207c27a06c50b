import pytest

from tests.control.fake_pool import FakePool


@pytest.fixture
async def fake() -> FakePool:
    """A pool that does what the test says."""
    return FakePool()
