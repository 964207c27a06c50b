"""The wall's sets of VMs, as a person keeps them on several pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.stores.users import Role
from pages import consoles
from pages.consoles import PREFERENCE, SavedSets
from tests import fakes
from tests.control.fake_pool import user
from tests.looking import looking


async def test_a_page_keeps_what_another_has_kept_meanwhile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context = fakes.context(fakes.home_lab(), tmp_path)
    async with looking(monkeypatch, context, consoles) as someone:
        await someone.open("/consoles")
        (me,) = context.users.all()
        with someone:
            kept = SavedSets()
            await context.users.set_preferences(me.id, {PREFERENCE: {"columns": 4, "sets": {"routers": ["somewhere"]}}})
            await kept.keep(context, "mine", ["here"])
            assert SavedSets().sets == {"routers": ["somewhere"], "mine": ["here"]} and SavedSets().columns == 4
            await kept.remove(context, "mine")
            assert SavedSets().sets == {"routers": ["somewhere"]}


def test_whoever_has_chosen_none_sees_those_that_they_may(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scope, ann = fakes.context(fakes.home_lab(), tmp_path).scope, user(Role.ADMIN)
    every = consoles.usual(scope, ann, 16)
    assert len(every) > 1 and consoles.usual(scope, ann, 1) == every[:1]
    monkeypatch.setattr(consoles, "may_see", lambda _user, vm: vm is every[-1].row)
    assert consoles.usual(scope, ann, 1) == [every[-1]]  # the first ones are no reason to see nothing
