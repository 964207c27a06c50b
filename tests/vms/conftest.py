"""The pages of VMs, looked at by somebody who is signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui.testing import User

from data.mirror import Mirror
from pages import vm, vms
from tests import fakes
from tests.looking import looking
from tests.map.fleets import joined
from xo_dash.context import Context


@pytest.fixture
def mirror() -> Mirror:
    return joined(fakes.home_lab())


@pytest.fixture
def context(mirror: Mirror, data_dir: Path) -> Context:
    return fakes.context(mirror, data_dir)


@pytest.fixture
async def user(context: Context, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[User]:
    async with looking(monkeypatch, context, vm, vms) as user:
        yield user
