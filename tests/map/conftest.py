"""What several files of this folder begin with."""

from __future__ import annotations

import pytest

from data.mirror import Mirror
from tests.map import fleets


@pytest.fixture
def mirror() -> Mirror:
    return fleets.fleet(fleets.LAB)
