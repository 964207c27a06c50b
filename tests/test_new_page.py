"""The page that CONTRIBUTING.md writes works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from nicegui import app
from nicegui.testing.user_simulation import user_simulation

from data.identity import key_of
from data.stores.users import Role
from tests import fakes
from tests.running import ROOT


async def test_the_page_of_the_recipe_follows_its_vm(tmp_path: Path) -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(r'```python\n("""`/card/.*?)```', guide, re.DOTALL)
    assert found is not None
    page = ModuleType("pages.card")
    exec(compile(found[1], "pages/card.py", "exec"), vars(page))
    mirror = fakes.home_lab()
    vm = fakes.find(mirror, "web-1")
    async with user_simulation(lambda: None) as user:
        context = fakes.context(mirror, tmp_path / "data")
        fakes.sign_in(app, context, role=Role.OPERATOR)
        page.create(context)
        await user.open(f"/card/{key_of(vm)}")
        await user.should_see("web-1")
        await user.should_see(marker="vm.clean_shutdown")
        fakes.change(mirror, vm, name_label="renamed")
        await user.should_see("renamed")
        await user.open("/card/nothing")
        await user.should_see("VM not found")
        await context.runner.stop()
