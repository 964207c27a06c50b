"""The map and the page of a migration over two small pools, looked at by an operator unless a test says otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from data.stores.users import Role
from pages import balance, home, host, layout, maintenance, migrate, vm
from pages import run as run_page
from tests import fakes
from tests.migration.pools import House
from xo_dash.context import Context


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def context(house: House, data_dir: Path) -> Context:
    return fakes.context(house.lab.mirror, data_dir)


@pytest.fixture
def role() -> Role:
    return Role.OPERATOR


@pytest.fixture
async def user(context: Context, role: Role, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[User]:
    original = ui.run

    def run(*args: object, **kwargs: object) -> None:
        fakes.sign_in(app, context, "ann", role)
        layout.install(app, context)
        for page in (balance, home, host, maintenance, migrate, run_page, vm):
            page.create(context)
        original(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ui, "run", run)
    async with user_simulation() as user:
        yield user
