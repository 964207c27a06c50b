"""What is told of each connection, and what can be done to it."""

from __future__ import annotations

from pathlib import Path

from data.facts.pool import own_pool
from data.server import ServerState
from data.stores.users import Role
from tests.settings.house import looking
from tests.waiting import until
from xo_dash import __version__
from xo_dash.simulator.testing import SimulatedPool, Simulation


async def test_a_refused_password_is_said_with_a_way_out(tmp_path: Path, quick_pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        pool = await at.home.add(quick_pool, password="wrong", label="lab")
        await at.home.becomes(pool, ServerState.BAD_PASSWORD)
        await at.user.should_see("password rejected")
        await at.user.should_see("To avoid a lockout it is not retried: edit the server in the settings.")
        at.press("Edit")
        at.type(Password=quick_pool.password)
        at.press("Save")
        await at.live()
        await at.user.should_not_see("password rejected")


async def test_who_signs_in_stands_where_an_address_has_it(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.home.add(pool, label="lab")
        await at.live()
        await at.user.should_see(at.records[0].address.replace("://", "://root@"))


async def test_a_pool_that_is_away_has_its_age(tmp_path: Path, simulation: Simulation) -> None:
    async with looking(tmp_path) as at:
        await at.home.add(simulation.pool, label="lab")
        pool = await at.live()
        simulation.stop()
        await at.home.becomes(pool, ServerState.UNREACHABLE)
        await at.user.should_see("last contact")
        await at.user.should_see("Retrying automatically.")
        simulation.start()
        await at.live()
        await at.user.should_not_see("last contact")


async def test_disabled_and_enabled_again(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.home.add(pool, label="lab")
        await at.live()
        at.press_item("Disable")
        await until(lambda: not at.records[0].enabled)
        await at.user.should_see("disabled")
        await at.user.should_not_see("Disable")
        at.press_item("Enable")
        await until(lambda: at.records[0].enabled)
        await at.live()


async def test_removed_after_a_yes_only(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.home.add(pool, label="lab")
        await at.live()
        at.press_item("Remove", last=True)
        await at.user.should_see("lab and its stored password are removed from xo-dash.")
        at.press("Cancel")
        await at.user.should_not_see("lab and its stored password are removed from xo-dash.")
        assert len(at.records) == 1
        at.press_item("Remove", last=True)
        await at.user.should_see("lab and its stored password are removed from xo-dash.")
        at.press("Remove")
        await until(lambda: not at.records)
        await at.user.should_see("No servers yet")


async def test_who_was_demoted_disables_nothing(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.home.add(pool, label="lab")
        await at.live()
        await at.context.users.add("bob", "x", Role.ADMIN)
        await at.context.users.set_role(at.me.id, Role.OPERATOR)
        at.press_item("Disable")
        await at.user.should_see("Only an administrator can change servers.")
        assert at.records[0].enabled


async def test_a_server_that_nobody_named_goes_by_its_pool(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.home.add(pool)
        live = await at.live()
        own = own_pool(live)
        assert own is not None and own.name_label
        await at.user.should_see(own.name_label)
        await at.user.should_not_see(f"pool {own.name_label}")
        await at.context.servers.edit(at.records[0].id, label="the attic")
        await at.user.should_see("the attic")
        await at.user.should_see(f"pool {own.name_label}")


async def test_a_server_added_by_command_appears(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.user.should_see("No servers yet")
        await at.home.add(pool, label="from elsewhere")
        await at.user.should_see("from elsewhere")


async def test_about_names_version_licence_and_data_directory(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        for text in (__version__, "AGPL-3.0-or-later", str(tmp_path / "data")):
            await at.user.should_see(text)


async def test_the_data_directory_is_not_for_everybody(tmp_path: Path) -> None:
    async with looking(tmp_path, Role.OPERATOR) as at:
        await at.user.should_not_see(str(tmp_path / "data"))
