"""The pages of VMs, looked at by somebody who is signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from data.mirror import Mirror
from pages import layout, vm, vms
from tests import fakes
from tests.map.fleets import join
from xo_dash.context import Context


@pytest.fixture
def mirror() -> Mirror:
    mirror = fakes.home_lab()
    for pool in mirror:
        join(pool)
    return mirror


@pytest.fixture
def context(mirror: Mirror, data_dir: Path) -> Context:
    return fakes.context(mirror, data_dir)


@pytest.fixture
async def user(context: Context, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[User]:
    original = ui.run

    def run(*args: object, **kwargs: object) -> None:
        fakes.sign_in(app, context)
        layout.install(app, context)
        vm.create(context)
        vms.create(context)
        original(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ui, "run", run)  # the simulation resets the program's app as it starts: ours goes into it then
    async with user_simulation() as user:
        yield user
