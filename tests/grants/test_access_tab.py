"""The Access tab of an object's page: who may what here, why, and a grant given and taken in place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui import app
from nicegui.testing import User as Browser
from nicegui.testing.user_simulation import user_simulation

from components.access.columns import COLUMNS, verbs_for
from components.access.giving import GrantDialog
from components.ui import Button
from data.identity import key_of
from data.objects import SR, VM, Host, Network, Pool
from data.stores.users import Role, User
from pages import host, network, pool, sr, vm
from tests import fakes
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.control.verbs import VERBS

PATHS = {VM: "/vm/{}/access", Host: "/host/{}?tab=access", Pool: "/pool/{}?tab=access", SR: "/sr/{}?tab=access",
         Network: "/network/{}?tab=access"}  # fmt: skip


class Looking:
    """A browser in front of the pages of objects; bob has no role."""

    def __init__(self, browser: Browser, context: Context, bob: User) -> None:
        self.browser, self.context, self.bob = browser, context, bob
        self.web = fakes.find(context.mirror, "web-1")

    async def open(self, row: VM | Host | Pool | SR | Network) -> None:
        await self.browser.open(PATHS[type(row)].format(key_of(row)))

    def press(self, label: str) -> None:
        found = [one for one in self.browser.find(Button).elements if label in (one.text, one.props.get("aria-label"))]
        interaction = self.browser.find(Button)
        interaction.elements = {max(found, key=lambda one: one.id)}
        interaction.click()

    def sees(self, text: str) -> bool:
        assert self.browser.client
        return any(text in str(getattr(one, "text", "")) for one in self.browser.client.elements.values())


@pytest.fixture
async def looking(tmp_path: Path) -> AsyncIterator[Looking]:
    async with user_simulation(lambda: None) as browser:
        context = fakes.context(fakes.home_lab(), tmp_path)
        fakes.sign_in(app, context, "ann")
        for page in (vm, host, pool, sr, network):
            page.create(context)
        bob = context.users.add_now("bob", "x", Role.NONE)
        yield Looking(browser, context, bob)
        await context.runner.stop()
        await context.auth.close()


def test_the_columns_are_verbs_that_there_are() -> None:
    for kind, columns in COLUMNS.items():
        assert all(verb in VERBS for _title, verb in columns) and len(verbs_for(kind)) > len(columns) - 1


async def test_a_grant_is_given_explained_and_taken_away_in_place(looking: Looking) -> None:
    await looking.open(looking.web)
    assert looking.sees("1 of 2 users sees") or looking.sees("1 of 2 users see")
    assert looking.sees("no grant") and looking.sees("No grants apply here.")
    looking.press("Add grant")
    assert looking.browser.client
    dialog = next(one for one in looking.browser.client.elements.values() if isinstance(one, GrantDialog))
    dialog._who.value, dialog._role.value = f"user {looking.bob.id}", "operator"
    looking.press("Add")
    await until(lambda: looking.sees("operator on web-1"))
    (given,) = looking.context.grants.grants.all()
    assert (given.user_id, given.key, given.by) == (looking.bob.id, key_of(looking.web), "ann")
    looking.press("bob: Start: yes")
    await until(lambda: looking.sees("bob may do this to web-1: operator on web-1 (direct)."))
    assert looking.sees("Not possible at the moment: it is running and must be halted.")
    looking.press("Revoke")
    await until(lambda: looking.sees("bob loses these rights at once"))
    looking.press("Revoke")
    await until(lambda: looking.sees("no grant gives it"))
    assert not looking.context.grants.grants.all()


async def test_each_kind_of_object_has_it_for_administrators_alone(looking: Looking) -> None:
    rows = [next(iter(looking.context.mirror.every(kind))) for kind in (Host, Pool, SR, Network)]
    for row in rows:
        await looking.open(row)
        assert looking.sees("Who may do what"), row.xapi_class
    await looking.context.users.set_role(looking.bob.id, Role.ADMIN)
    ann = looking.context.users.by_name("ann")
    assert ann
    await looking.context.users.set_role(ann.id, Role.OPERATOR)
    for row in (looking.web, rows[0]):
        await looking.open(row)
        assert looking.sees(row.name_label) and not looking.sees("Who may do what") and not looking.sees("Access")
