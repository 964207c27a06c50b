"""No page offers a command to who may give it to nothing: every page there is, as a viewer, held against the table of actions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui import app
from nicegui.testing.user_simulation import user_simulation

from components.vms.grid import Grid
from data.mirror import Mirror
from data.scope import everything
from data.stores.users import Role
from tests import fakes
from tests.sync.house import house
from tests.views.test_hidden import a_lab
from tests.views.test_hidden_pages import Somebody, about, is_page, lists, objects
from xo_dash.app import add_routes
from xo_dash.control.access import may
from xo_dash.control.actions import ACTIONS

LEAVING = "Cancel"
"""Leads back from a form; a command about tasks is called so, too."""


@pytest.fixture
def mirror() -> Mirror:
    return a_lab()


@pytest.fixture
async def viewer(mirror: Mirror, tmp_path: Path) -> AsyncIterator[Somebody]:
    async with user_simulation(lambda: None) as user, house(tmp_path / "servers") as home:
        context = fakes.context(mirror, tmp_path / "data", servers=home.servers, server_store=home.store)
        add_routes(app, context)
        whoever = context.users.add_now("somebody", "hash", Role.VIEWER)
        token, _session = context.auth.sessions.start(whoever, "::1")
        user.http_client.cookies.set("xo-dash", token)
        yield Somebody(user, context, await context.scopes.ready(whoever), everything)  # type: ignore[arg-type]
        await context.runner.stop()
        await context.auth.close()


async def test_no_page_offers_what_its_reader_may_never_do(viewer: Somebody, mirror: Mirror) -> None:
    """A button that is faint, and says why, offers nothing."""
    who = viewer.context.users.by_name("somebody")
    theirs = {row.title for row in ACTIONS if may(who, row)} | {LEAVING}
    offered: dict[str, set[str]] = {}
    paths = dict.fromkeys([*lists(), *(path for kind, row in objects(mirror) for path in about(kind, row))])
    for path in filter(is_page, paths):
        client = await viewer.opens(path)
        for element in client.elements.values():
            is_active = element.visible and element.props.get("aria-disabled") != "true"
            if is_active and element.tag in ("button", "nicegui-link"):
                words = {getattr(element, "text", ""), element.props.get("aria-label", "")}
                offered.setdefault(path, set()).update(words & {row.title for row in ACTIONS} - theirs)
            if isinstance(element, Grid) and (text := element.props["words"]["create"]):  # which the browser draws
                offered.setdefault(path, set()).update({text} - theirs)
        client.delete()
    assert {path: found for path, found in offered.items() if found} == {}
