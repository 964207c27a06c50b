"""Pages of networks and pools over a small pool, looked at by an administrator unless a test says otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui.testing import User

from data.stores.users import Role
from pages import ha, host, network, networks, new_network, pool, rolling, tasks
from tests import fakes
from tests.control.fake_pool import FakePool
from tests.looking import looking
from tests.networks.place import Place
from xo_dash.context import Context


@pytest.fixture
def place() -> Place:
    return Place()


class Connections:
    """What the dashboard has for its servers, as far as these pages ask."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def connection(self, server_id: str) -> FakePool:
        return self._place.fake


@pytest.fixture
def context(place: Place, data_dir: Path) -> Context:
    return fakes.context(place.fake.mirror, data_dir, servers=Connections(place))


@pytest.fixture
def role() -> Role:
    return Role.ADMIN


@pytest.fixture
async def user(context: Context, role: Role, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[User]:
    pages = (networks, network, new_network, pool, host, ha, rolling, tasks)
    async with looking(monkeypatch, context, *pages, name="ann", role=role) as user:
        yield user
