"""Sessions at a pool: ours are told from another dashboard's, and none is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.server import ServerState
from data.stores.directory import DataDirectory
from data.stores.servers import ServerStore, TlsMode
from data.stores.vault import Vault
from tests.sync.house import House, house
from tests.waiting import until
from xo_dash.simulator.testing import SimulatedPool, Simulation
from xo_dash.xapi.address import Address
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.tls import Trust


def ours(pool: SimulatedPool) -> list[str]:
    """Originators of the sessions that are open."""
    records = pool.do(lambda inside: [record for _ref, record in inside.db.records("session")])
    return [record["originator"] for record in records if record["originator"].startswith("xo-dash")]


def connection_to(pool: SimulatedPool, remembered: list[tuple[str, ...]], left: tuple[str, ...] = ()) -> Connection:
    return Connection(
        Address.parse(pool.url), pool.user, pool.password, Trust(), originator="xo-dash x", left=left, remember=remembered.append
    )


async def test_each_installation_has_a_name_and_keeps_it(pool: SimulatedPool, tmp_path: Path) -> None:
    names = []
    for folder in ("a", "a", "b"):
        async with house(tmp_path / folder) as home:
            if not home.store.all():
                await home.add(pool)
            await home.live(next(iter(home.mirror)))
            (name,) = ours(pool)
            names.append(name)
    assert names[0] == names[1] != names[2] and not ours(pool)


async def test_a_session_that_a_killed_process_left_is_ended_by_the_next(pool: SimulatedPool) -> None:
    remembered: list[tuple[str, ...]] = []
    killed = connection_to(pool, remembered)
    await killed.sign_in()
    killed._target = None  # as kill -9: nobody says goodbye
    await killed.close()
    assert len(ours(pool)) == 1
    following = connection_to(pool, remembered, left=remembered[-1])
    await following.sign_in()
    assert len(ours(pool)) == 2 and len(remembered[-1]) == 2
    following.end_left()
    await until(lambda: len(remembered[-1]) == 1)
    assert len(ours(pool)) == 1
    await following.close()
    assert remembered[-1] == () and not ours(pool)


async def test_a_session_that_a_broken_line_left_is_ended_when_it_is_back(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool))
    states: list[ServerState] = []
    home.mirror.observe_subjects([mirror.server], lambda _changes: states.append(mirror.server.state))
    pool.fault("event.from", action="drop", count=1)
    pool.call("VM.set_name_label", pool.call("VM.get_all")[0], "wake up")  # ends the poll that is under way
    pool.call("VM.set_name_label", pool.call("VM.get_all")[0], "again")
    await until(lambda: ServerState.UNREACHABLE in states)
    await home.live(mirror)
    await until(lambda: len(ours(pool)) == 1)


async def test_what_may_be_open_is_written_down_sealed_and_shown_to_no_other_address(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool))
    await until(lambda: home.store.sessions(mirror.id))
    (ref,) = home.store.sessions(mirror.id)
    record = home.store.need(mirror.id)
    assert ref not in record.sealed_sessions and record.sealed_sessions not in repr(record)
    moved = home.store.update_now(mirror.id, address="elsewhere.example")
    assert moved.sealed_sessions and home.store.sessions(mirror.id) == ()


async def test_a_clean_stop_leaves_nothing_to_end(pool: SimulatedPool, data_dir: Path) -> None:
    async with house(data_dir) as home:
        mirror = await home.live(await home.add(pool))
        await until(lambda: home.store.sessions(mirror.id))
    directory = DataDirectory(data_dir)
    assert ServerStore(directory, Vault(directory)).sessions(mirror.id) == () and not ours(pool)
    directory.close()


async def test_a_session_of_a_pool_that_was_away_is_ended_too(simulation: Simulation, home: House) -> None:
    mirror = await home.live(await home.add(simulation.pool))
    simulation.stop()
    await home.becomes(mirror, ServerState.UNREACHABLE)
    simulation.start()
    await home.live(mirror)
    await until(lambda: len(ours(simulation.pool)) == 1)


@pytest.mark.parametrize("written", ["", "not a name", "\xff" * 100])
def test_a_spoilt_name_is_made_anew(written: str, tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    (tmp_path / "installation").write_bytes(written.encode("latin-1"))
    store = ServerStore(directory, Vault(directory))
    assert len(store.installation) == 8 and store.installation == store.installation
    store.add_now("xen1", "root", "x", tls=TlsMode.CA)
    directory.close()
