"""/audit: what was done, for administrators alone."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from nicegui import ui
from nicegui.testing.user_interaction import UserInteraction

from components.audit.listing import EntryTable
from components.ui import Field
from data.grants.grant import GrantKind
from data.stores.journal import JournalFile, JournalLine
from data.stores.users import Role
from tests.settings.house import PASSWORD, looking
from tests.waiting import until


def shown(table: EntryTable) -> list[tuple[str, str, str]]:
    return [(row["what"], row["on"], row["result"]) for row in table.props["rows"]]


async def test_the_latest_are_shown_searched_and_one_is_told_whole(tmp_path: Path) -> None:
    async with looking(tmp_path, path="/audit") as at:
        await at.context.auth.add_user("bob", PASSWORD, Role.VIEWER)
        await at.context.grants.grants.add("viewer", GrantKind.TAG, "web", user_id=at.me.id)
        await at.user.open("/audit")
        (table,) = at.user.find(EntryTable).elements
        await until(lambda: {("Add user", "bob", "Done"), ("Add grant", "viewer · tag web · ann", "Done")} <= set(shown(table)))
        search = next(field for field in at.user.find(Field).elements if field.props.get("type") == "search")
        search.value = "no such thing"
        await until(lambda: not shown(table))
        search.value = "BOB add"
        await until(lambda: shown(table) == [("Add user", "bob", "Done")])
        UserInteraction(at.user, {table}, None).trigger("choose", 0)
        await at.user.should_see("user.add")
        at.press("Verify")
        await at.user.should_see("Intact:")
        path = at.context.audit.path
        path.write_text(path.read_text().replace("bob", "eve"))
        at.press("Verify")
        await at.user.should_see("Broken at line")
        assert (await at.user.http_client.get("/audit/export")).content == path.read_bytes()


async def test_what_was_changed_without_xo_dash_stands_beside_it(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        changed = JournalLine(time.time(), "p", "u", "web-1", "VCPUs_max", "2", "4")
        ours = changed._replace(key="name_label", who="ann", action="vm.rename", run="r")
        with closing(JournalFile(at.context.settings.data_dir)) as journal:
            journal.write([changed, ours])
        await at.context.auth.add_user("bob", PASSWORD, Role.VIEWER)
        await at.user.open("/audit")
        (table,) = at.user.find(EntryTable).elements
        await until(lambda: {("vCPUs, maximum", "web-1", "2 → 4"), ("Add user", "bob", "Done")} <= set(shown(table)))
        (result,) = (one for one in at.user.find(ui.select).elements if one.props.get("aria-label") == "Result")
        result.set_value("external")
        await until(lambda: shown(table) == [("vCPUs, maximum", "web-1", "2 → 4")])
        UserInteraction(at.user, {table}, None).trigger("choose", 0)
        await at.user.should_see("not by xo-dash")


async def test_others_are_told_who_may(tmp_path: Path) -> None:
    async with looking(tmp_path, path="/audit", role=Role.OPERATOR) as at:
        await at.user.should_see("Only an administrator can read the audit log.")
        answer = await at.user.http_client.get("/audit/export")
        assert answer.status_code == 403
