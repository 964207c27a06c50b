"""The page of a new VM, over a pool that does as told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from nicegui.testing import User

from pages import new_vm
from tests import fakes
from tests.creation.world import World
from tests.looking import looking
from xo_dash.context import Context
from xo_dash.control.audit import Audit
from xo_dash.control.runner import Runner


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def context(world: World, data_dir: Path) -> AsyncIterator[Context]:
    """With a runner that changes the world."""
    context = fakes.context(world.fake.mirror, data_dir)
    runner = Runner(world.fake.mirror, lambda _server: world, context.users, Audit(data_dir))
    yield replace(context, runner=runner)
    await runner.stop()


@pytest.fixture
async def user(context: Context, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[User]:
    async with looking(monkeypatch, context, new_vm) as user:
        yield user
