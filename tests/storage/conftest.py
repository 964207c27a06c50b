"""A pool that does as told."""

from __future__ import annotations

import pytest

from tests.control.fake_pool import FakePool


@pytest.fixture
def fake() -> FakePool:
    return FakePool()
