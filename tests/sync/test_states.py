"""How a server stands, whatever happens to it."""

import asyncio
import logging
import time

import pytest

from components.servers.words import sentence
from data.generation import DatabaseGeneration
from data.objects import KINDS, VM, Message, Pool
from data.server import NO_TLS, ServerState
from data.stores.servers import TlsMode
from tests.foreign import sources
from tests.foreign.stranger import PASSWORD, stranger
from tests.sync.house import House
from tests.waiting import PATIENCE, until
from xo_dash.simulator.testing import SimulatedPool, Simulation, simulated
from xo_dash.sync.connection_state import LAST_RETRY
from xo_dash.sync.poller import MOST_MEMBERS
from xo_dash.xapi.errors import BadAddress, Unreachable
from xo_dash.xapi.events import Token

IGNORED = {Message}


def names(pool: object) -> set[str]:
    return {vm.name_label for vm in pool.all(VM).values()}  # type: ignore[attr-defined]


async def test_a_new_server_goes_live_with_all_its_rows(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool, label="lab"))
    assert mirror.server.label == "lab" and mirror.server.master == "127.0.0.1"
    counts = pool.do(lambda inside: inside.db.counts())
    for kind in KINDS:
        if kind not in IGNORED:
            assert len(mirror.all(kind)) == counts[kind.xapi_class.lower()], kind
    await until(lambda: home.record(mirror).pool_uuid == mirror.server.pool_uuid != "")
    assert home.record(mirror).members == ("127.0.0.1",)


async def test_a_change_arrives(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool))
    ref = pool.call("VM.get_all")[0]
    pool.call("VM.set_name_label", ref, "changed")
    token = await home.servers.connection(mirror.id).text("event.inject", "pool", next(iter(mirror.all(Pool))))
    async with asyncio.timeout(PATIENCE):
        await mirror.part(DatabaseGeneration).until(Token.parse(token).database)
    assert "changed" in names(mirror), "it was before the generation that has been read"


async def test_messages_come_after_the_picture_and_once(pool: SimulatedPool, home: House) -> None:
    host = pool.call("host.get_all_records")
    uuid = next(iter(host.values()))["uuid"]
    for number in range(30):
        pool.call("message.create", f"NOTE_{number}", 5, "Host", uuid, "text")
    mirror = await home.live(await home.add(pool))
    await until(lambda: len(mirror.all(Message)) >= 30)
    seen: list[int] = []
    home.mirror.observe(lambda changes: seen.append(sum(isinstance(change.subject, Message) for change in changes)))
    before = len(mirror.all(Message))
    pool.call("message.create", "ONE_MORE", 5, "Host", uuid, "text")
    await until(lambda: len(mirror.all(Message)) == before + 1)
    pool.end_sessions()
    pool.call("message.create", "AND_ANOTHER", 5, "Host", uuid, "text")
    await until(lambda: len(mirror.all(Message)) == before + 2)
    assert sum(seen) == 2


async def test_a_wrong_password_is_said_and_not_tried_again(
    quick_pool: SimulatedPool, home: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mirror = await home.add(quick_pool, password="hunter2")
    await home.becomes(mirror, ServerState.BAD_PASSWORD)
    assert mirror.server.detail[0] == "SESSION_AUTHENTICATION_FAILED"
    assert home.servers._running[mirror.id].poller._rest_until > time.monotonic() + 1e6
    await home.servers.edit(mirror.id, password=quick_pool.password)
    await home.live(mirror)
    assert "hunter2" not in caplog.text and quick_pool.password not in caplog.text


async def test_a_pool_that_goes_keeps_its_picture_and_returns(
    simulation: Simulation, home: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "xo_dash")
    mirror = await home.live(await home.add(simulation.pool))
    before = names(mirror)
    rows = set(map(id, mirror.all(VM).values()))
    simulation.stop()
    await home.becomes(mirror, ServerState.UNREACHABLE)
    assert names(mirror) == before and mirror.server.detail and mirror.server.last_event_at > time.time() - 30
    caplog.clear()
    assert home.servers._running[mirror.id].poller._rest_until - time.monotonic() <= LAST_RETRY < 5
    simulation.start()
    await home.live(mirror)
    assert names(mirror) == before
    assert set(map(id, mirror.all(VM).values())) == rows  # the same pool: the same objects
    assert [record.message for record in caplog.records if "connected again" in record.message] == [
        f"{mirror.server.label}: connected again"
    ]


async def test_it_is_told_once_that_a_pool_is_gone(simulation: Simulation, home: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "xo_dash")
    mirror = await home.live(await home.add(simulation.pool))
    simulation.stop()
    await home.becomes(mirror, ServerState.UNREACHABLE)
    await until(lambda: home.servers._running[mirror.id].poller._standing._retry >= 4)  # two attempts later
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
    simulation.start()


async def test_a_booting_pool_is_unreachable_with_its_words(pool: SimulatedPool, home: House) -> None:
    pool.fault("*", error=["HOST_STILL_BOOTING"])
    mirror = await home.add(pool)
    await home.becomes(mirror, ServerState.UNREACHABLE)
    assert mirror.server.detail == ("HOST_STILL_BOOTING",)
    pool.clear_faults()
    await home.live(mirror)


@pytest.mark.parametrize("action", ["drop", "503", "truncate"])
async def test_replies_that_are_none_pass(pool: SimulatedPool, home: House, action: str) -> None:
    mirror = await home.live(await home.add(pool))
    states: list[ServerState] = []
    home.mirror.observe_subjects([mirror.server], lambda _changes: states.append(mirror.server.state))
    pool.fault("event.from", action=action, count=1)
    ref = pool.call("VM.get_all")[0]
    for number in range(50):  # each ends the poll that is under way; one of the next meets the fault
        pool.call("VM.set_name_label", ref, f"change {number}")
        await until(lambda number=number: f"change {number}" in names(mirror))  # type: ignore[misc]
        if ServerState.UNREACHABLE in states:
            break
    assert ServerState.UNREACHABLE in states
    await home.live(mirror)
    pool.call("VM.set_name_label", ref, "after all")
    await until(lambda: "after all" in names(mirror))


async def test_an_ended_session_is_not_even_seen(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool))
    states: list[ServerState] = []
    home.mirror.observe_subjects([mirror.server], lambda _changes: states.append(mirror.server.state))
    pool.end_sessions()
    ref = pool.call("VM.get_all")[0]
    pool.call("VM.set_name_label", ref, "still here")
    await until(lambda: "still here" in names(mirror))
    assert ServerState.UNREACHABLE not in states


async def test_the_same_pool_twice_is_a_duplicate(pools: list[SimulatedPool], home: House) -> None:
    first = await home.live(await home.add(pools[0], label="first"))
    _master, member = pools[0].addresses
    second = await home.add(pools[0], address=pools[0].url.replace("127.0.0.1", member), label="second")
    await home.becomes(second, ServerState.DUPLICATE)
    assert second.server.detail == ("first",) and not second.all(VM)
    await home.servers.remove(first.id)
    assert first.id not in home.mirror.pools
    await home.live(second)


async def test_a_copy_of_a_pool_is_another_pool(home: House) -> None:
    """As restored from a backup on other hosts: all uuids and references are those of the first; their servers tell them apart."""
    with simulated(vms=(2,), speed=1) as one, simulated(vms=(2,), speed=1) as other:
        (host,) = other.pool.call("host.get_all")
        other.pool.call("host.set_other_config", host, {"agent_start_time": "1700000000."})
        first, second = await home.add(one.pool, label="first"), await home.add(other.pool, label="second")
        await home.live(first)
        await home.live(second)
        assert first.uuid == second.uuid and {first.key, second.key} == {first.id, second.id}
        (vm, *_others) = second.all(VM)
        other.pool.call("VM.set_name_label", vm, "of the copy")
        await until(lambda: second.all(VM)[vm].name_label == "of the copy")
        assert first.all(VM)[vm].name_label != "of the copy"


async def test_another_pool_at_the_address_is_not_believed(pools: list[SimulatedPool], home: House) -> None:
    mirror = await home.live(await home.add(pools[0]))
    before = names(mirror)
    await until(lambda: home.record(mirror).pool_uuid)
    old = mirror.server.pool_uuid
    await home.servers.edit(mirror.id, address=pools[1].url)
    await home.becomes(mirror, ServerState.WRONG_POOL)
    expected, actual, name = mirror.server.detail
    assert (expected, name) == (old, pools[1].call("pool.get_all_records")[pools[1].call("pool.get_all")[0]]["name_label"])
    assert actual != old and names(mirror) == before
    await home.servers.accept_pool(mirror.id)
    await home.live(mirror)
    assert mirror.server.pool_uuid == actual and len(mirror.all(VM)) == len(pools[1].call("VM.get_all"))


async def test_a_disabled_server_is_left_alone(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool))
    await home.servers.enable(mirror.id, False)
    assert mirror.server.state is ServerState.DISABLED and mirror.all(VM)
    with pytest.raises(Unreachable):
        home.servers.connection(mirror.id)
    await home.servers.enable(mirror.id, True)
    await home.live(mirror)


async def test_a_removed_server_leaves_nothing(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool))
    await home.servers.remove(mirror.id)
    assert not home.mirror.pools and not home.store.all() and not home.servers._running
    assert not pool.do(lambda inside: [record for _ref, record in inside.db.records("session") if "xo-dash" in record["originator"]])


async def test_a_server_added_by_command_appears(pool: SimulatedPool, home: House) -> None:
    record = home.store.add_now(pool.url, pool.user, pool.password, tls=TlsMode.CA)
    home.store._signature = None  # as after another process has written
    await home.servers._look()
    await home.live(home.mirror.pools[record.id])


async def test_plain_http_needs_no_scheme(pool: SimulatedPool, home: House) -> None:
    await home.live(await home.add(pool, address=pool.url.removeprefix("http://"), tls=TlsMode.PLAIN))


async def test_a_port_without_tls_is_told(pool: SimulatedPool, home: House) -> None:
    mirror = await home.add(pool, address=pool.url.removeprefix("http://"))
    await home.becomes(mirror, ServerState.UNREACHABLE)
    assert mirror.server.detail[0] == NO_TLS and "http://" in sentence(mirror.server)


async def test_of_a_pools_word_on_its_hosts_no_more_is_kept_than_hosts_there_can_be(home: House) -> None:
    records = sources.own()
    (_ref, host), *_others = records["host"].items()
    for number in range(1000):
        records["host"][f"OpaqueRef:made-up-{number}"] = {**host, "uuid": f"made-up-{number}", "address": f"192.0.2.{number}"}
    records["host"]["OpaqueRef:long"] = {**host, "uuid": "long", "address": "0" * 100_000}
    with stranger(records) as server:
        record = await home.servers.add(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
        mirror = await home.live(home.mirror.pools[record.id])
        await until(lambda: home.record(mirror).members)
        members = home.record(mirror).members
        assert len(members) == MOST_MEMBERS and max(map(len, members)) < 20


async def test_junk_for_an_address_adds_nothing(home: House) -> None:
    with pytest.raises(BadAddress):
        await home.servers.add("not an address", "root", "x", tls=TlsMode.CA)
    assert not home.store.all()


async def test_a_new_master_is_followed(pools: list[SimulatedPool], home: House) -> None:
    mirror = await home.live(await home.add(pools[0]))
    _master, member = pools[0].addresses
    pools[0].set_master(member)
    await until(lambda: mirror.server.master == member)
    await home.live(mirror)


async def test_a_lost_master_is_replaced_through_the_members(pools: list[SimulatedPool], home: House) -> None:
    mirror = await home.live(await home.add(pools[0]))
    master, member = pools[0].addresses
    await until(lambda: home.record(mirror).members == (master, member))
    pools[0].host_down(master)
    pools[0].set_master(member)
    await until(lambda: mirror.server.master == member)
    await home.live(mirror)
