"""Pages of networks and pools over a small pool, looked at by an administrator unless a test says otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from data.stores.users import Role
from pages import host, layout, network, networks, new_network, pool
from tests import fakes
from tests.networks.place import Place
from xo_dash.context import Context


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def context(place: Place, data_dir: Path) -> Context:
    return fakes.context(place.fake.mirror, data_dir)


@pytest.fixture
def role() -> Role:
    return Role.ADMIN


@pytest.fixture
async def user(context: Context, role: Role, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[User]:
    original = ui.run

    def run(*args: object, **kwargs: object) -> None:
        fakes.sign_in(app, context, "ann", role)
        layout.install(app, context)
        for page in (networks, network, new_network, pool, host):
            page.create(context)
        original(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ui, "run", run)
    async with user_simulation() as user:
        yield user
