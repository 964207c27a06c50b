"""Pages of ours in NiceGUI's simulated browser, and somebody signed in who looks at them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import pytest
from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from data.stores.users import Role
from pages import layout
from tests import fakes
from xo_dash.context import Context


class Page(Protocol):
    """A module of `pages`."""

    def create(self, context: Context) -> None: ...


def mount(monkeypatch: pytest.MonkeyPatch, context: Context, *pages: Page, name: str = "admin", role: Role = Role.ADMIN) -> None:
    """Have them in the program that a simulation starts next: it resets the program's app as it starts, so they go into it then."""
    original = ui.run

    def run(*args: object, **kwargs: object) -> None:
        fakes.sign_in(app, context, name, role)
        layout.install(app, context)
        for page in pages:
            page.create(context)
        original(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ui, "run", run)


@asynccontextmanager
async def looking(
    monkeypatch: pytest.MonkeyPatch, context: Context, *pages: Page, name: str = "admin", role: Role = Role.ADMIN
) -> AsyncIterator[User]:
    """Somebody before these pages."""
    mount(monkeypatch, context, *pages, name=name, role=role)
    async with user_simulation() as user:
        yield user
