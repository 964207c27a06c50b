"""A page with whatever a test draws, looked at by a signed-in user, over a runner and a pool that does as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from data.stores.users import Role
from tests import fakes
from tests.control.fake_pool import FakePool
from xo_dash.context import Context
from xo_dash.control.audit import Audit
from xo_dash.control.runner import Runner


class Looking:
    """`user` looks at `/`; `context` is what the page has."""

    def __init__(self, user: User, context: Context) -> None:
        self.user = user
        self.context = context


@asynccontextmanager
async def looking(folder: Path, fake: FakePool, draw: Callable[[Context], object], role: Role = Role.OPERATOR) -> AsyncIterator[Looking]:
    async with user_simulation(lambda: None) as user:
        context = fakes.context(fake.mirror, folder / "data")
        await context.runner.stop()
        runner = Runner(fake.mirror, lambda _server_id: fake, context.users, Audit(folder))
        context = replace(context, runner=runner)
        fakes.sign_in(app, context, "ann", role)

        @ui.page("/it")
        def page() -> None:
            draw(context)

        try:
            await user.open("/it")
            yield Looking(user, context)
        finally:
            await runner.stop()
        await asyncio.sleep(0.05)  # what it told last is on its way: NiceGUI under 3.11 may miss a cancel in that moment


def press(user: User, action_id: str) -> None:
    """Click a button of the bar; the row listens, not the button."""
    (row,) = user.find(marker="verbs").elements
    place = next(place for place, child in enumerate(row) if action_id in child._markers)
    user.find(marker="verbs").trigger("click", place)
