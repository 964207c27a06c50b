"""What can be done to a VM is offered wherever it is shown: its page, the list, the tree, the search, the map."""

from __future__ import annotations

from pathlib import Path

import pytest
from nicegui import ui

from components.actions import ActionBar, PlacedMenu
from components.map.selection import Menu
from data.objects import VM, PowerState
from tests.control.browser_page import looking
from tests.control.fake_pool import OFFERED, FakePool
from xo_dash.context import Context
from xo_dash.control.actions import ACTIONS


class NoMap:
    """The map as far as its menu asks it."""

    lets_carry = False


@pytest.mark.parametrize("state", OFFERED)
async def test_every_verb_that_fits_is_in_each_menu(tmp_path: Path, fake: FakePool, state: PowerState) -> None:
    vm = fake.vm(state=state)
    fits = {row.id for row in ACTIONS if row.kind is VM and row.applies_to(vm) and row.is_relevant(vm)}
    places: dict[str, ui.element] = {}

    def drawn(context: Context) -> None:
        for name in ("page", "elsewhere", "map"):
            with ui.element() as places[name]:
                if name == "page":  # and the strips of the list and of the map
                    ActionBar(context, [vm])
                elif name == "elsewhere":  # the menu of the list, the tree and the search
                    menu = PlacedMenu(context)
                else:
                    chart = Menu(context, lambda: False, lambda: None, NoMap())  # type: ignore[arg-type]
        menu.open(vm, 0, 0)
        chart.show([vm])
        chart.open()

    async with looking(tmp_path, fake, drawn) as at:
        at.user.find(marker="more-commands").click()
        await at.user.should_see("Rename")
        for place in places.values():
            offered = {mark for one in place.descendants() if one.visible for mark in one._markers}
            assert fits - offered == set()
    assert len(fits) > 10
