"""What several files of this folder begin with."""

from __future__ import annotations

import pytest

from data.mirror import Mirror
from tests import fakes


@pytest.fixture
def mirror() -> Mirror:
    return fakes.home_lab()
