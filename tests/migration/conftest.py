"""The map and the page of a migration over two small pools, looked at by an operator unless a test says otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui.testing import User

from data.stores.users import Role
from pages import balance, home, host, maintenance, migrate, vm
from pages import run as run_page
from tests import fakes
from tests.looking import looking
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
    pages = (balance, home, host, maintenance, migrate, run_page, vm)
    async with looking(monkeypatch, context, *pages, name="ann", role=role) as user:
        yield user
