"""What several files of this folder begin with."""

from __future__ import annotations

import pytest

from tests.creation.world import World


@pytest.fixture
async def world() -> World:
    return World()
