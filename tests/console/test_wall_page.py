"""The wall's sets of VMs, as a person keeps them on several pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages import consoles
from pages.consoles import PREFERENCE, SavedSets
from tests import fakes
from tests.looking import looking


async def test_a_page_keeps_what_another_has_kept_meanwhile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context = fakes.context(fakes.home_lab(), tmp_path)
    async with looking(monkeypatch, context, consoles) as user:
        await user.open("/consoles")
        (me,) = context.users.all()
        with user:
            kept = SavedSets()
            await context.users.set_preferences(me.id, {PREFERENCE: {"columns": 4, "sets": {"routers": ["somewhere"]}}})
            await kept.keep(context, "mine", ["here"])
            assert SavedSets().sets == {"routers": ["somewhere"], "mine": ["here"]} and SavedSets().columns == 4
            await kept.remove(context, "mine")
            assert SavedSets().sets == {"routers": ["somewhere"]}
