"""One pool, whichever of its hosts answers."""

import asyncio
import logging
import time

import pytest

from data.objects import VM
from tests.xapi.answers import answering, result
from xo_dash.simulator.testing import SimulatedPool, simulated
from xo_dash.xapi.address import Address
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadPassword, NotMaster, Timeout, Unreachable, XapiFailure
from xo_dash.xapi.events import START
from xo_dash.xapi.tls import Trust
from xo_dash.xapi.wire import Reply


def connection_to(pool: SimulatedPool, host: str = "", password: str = "", members: tuple[str, ...] = ()) -> Connection:
    address = Address.parse(pool.url)
    return Connection(
        address.sibling(host or address.host), pool.user, password or pool.password, Trust(), originator="xo-dash test", members=members
    )


def originators(pool: SimulatedPool) -> set[str]:
    """Of the sessions that are open."""
    return pool.do(lambda inside: {record["originator"] for _ref, record in inside.db.records("session")})


async def test_a_member_leads_to_its_master(pools: list[SimulatedPool]) -> None:
    master, member = pools[0].addresses
    connection = connection_to(pools[0], member)
    assert (await connection.sign_in()).host == master
    assert len(await connection.records(VM)) >= 5
    await connection.close()


async def test_a_new_master_is_found(pools: list[SimulatedPool]) -> None:
    _master, member = pools[0].addresses
    connection = connection_to(pools[0])
    await connection.sign_in()
    pools[0].set_master(member)
    with pytest.raises((NotMaster, XapiFailure)):
        await connection.events((VM,), START, 0)
    assert await connection.call("VM.get_all"), "it was not looked at, and is sent to the new one"
    assert connection.master is not None and connection.master.host == member
    await connection.close()


async def test_when_the_master_is_gone_the_members_are_asked(pools: list[SimulatedPool]) -> None:
    master, member = pools[0].addresses
    pools[0].set_master(member)
    pools[0].host_down(master)
    alone = connection_to(pools[0], master)
    with pytest.raises(Unreachable):
        await alone.sign_in()
    remembering = connection_to(pools[0], master, members=("not an address", master, member))
    assert (await remembering.sign_in()).host == member
    await alone.close()
    await remembering.close()


async def test_a_wrong_password_is_tried_once(quick_pool: SimulatedPool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    connection = connection_to(quick_pool, password="hunter2", members=tuple(quick_pool.addresses))
    with pytest.raises(BadPassword) as caught:
        await connection.sign_in()
    await connection.close()
    assert caught.value.code == "SESSION_AUTHENTICATION_FAILED"
    assert "hunter2" not in caplog.text + repr(connection) + str(caught.value)


async def test_an_ended_session_is_renewed_for_a_call_that_was_refused(pool: SimulatedPool) -> None:
    connection = connection_to(pool)
    await connection.sign_in()
    pool.end_sessions()
    assert await connection.call("VM.get_all")
    await connection.close()


async def test_it_is_renewed_once_for_all_who_use_it(pool: SimulatedPool) -> None:
    connection = connection_to(pool)
    await connection.sign_in()
    pool.end_sessions()
    pool.fault("session.login_with_password", delay=0.3)
    refused = [asyncio.create_task(connection.call("VM.get_all")) for _ in range(3)]
    while connection.master is not None:  # noqa: ASYNC110  until one of them signs in
        await asyncio.sleep(0.01)
    assert (await connection.events((VM,), START, 0)).events  # who comes meanwhile waits for it
    assert all(await asyncio.gather(*refused))
    ours = pool.do(lambda inside: [record for _ref, record in inside.db.records("session") if record["originator"] == "xo-dash test"])
    assert len(ours) == 1
    await connection.close()


async def test_an_ended_session_is_seen_by_who_waits_for_events(pool: SimulatedPool) -> None:
    connection = connection_to(pool)
    await connection.sign_in()
    token = (await connection.events((VM,), START, 0)).token
    waiting = asyncio.create_task(connection.events((VM,), token, 20))
    await asyncio.sleep(0.2)
    pool.end_sessions()
    with pytest.raises(XapiFailure, match="SESSION_INVALID"):
        await waiting
    await connection.close()


async def test_sessions_are_named_and_ended(pool: SimulatedPool) -> None:
    connection = connection_to(pool)
    await connection.sign_in()
    assert "xo-dash test" in originators(pool)
    await connection.close()
    assert "xo-dash test" not in originators(pool)


async def test_calls_run_beside_each_other_and_beside_events(pool: SimulatedPool) -> None:
    connection = connection_to(pool)
    await connection.sign_in()
    token = (await connection.events((VM,), START, 0)).token
    waiting = asyncio.create_task(connection.events((VM,), token, 20))
    pool.fault("VM.get_power_state", action="hang")
    (vm, *_others) = await connection.call("VM.get_all")
    hanging = [asyncio.create_task(connection.call("VM.get_power_state", vm)) for _number in range(3)]
    assert await connection.call("VM.get_name_label", vm)
    assert not any(call.done() for call in hanging)
    for call in hanging:
        call.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    await connection.call("VM.set_name_description", vm, "seen")
    (event,) = (await waiting).events
    assert isinstance(event.row, VM) and event.row.name_description == "seen"
    await connection.close()


async def test_a_call_that_takes_too_long_is_given_up(pool: SimulatedPool) -> None:
    connection = connection_to(pool)
    await connection.sign_in()
    pool.fault("VM.get_all", delay=3, count=1)
    with pytest.raises(Timeout):
        await connection.call("VM.get_all", within=0.2)
    assert await connection.call("VM.get_all")
    await connection.close()


async def test_closing_does_not_wait_for_events(pool: SimulatedPool) -> None:
    connection = connection_to(pool)
    await connection.sign_in()
    token = (await connection.events((VM,), START, 0)).token
    poll = 30  # seconds
    waiting = asyncio.create_task(connection.events((VM,), token, poll))
    await asyncio.sleep(0.1)
    begin = time.monotonic()
    await connection.close()
    assert time.monotonic() - begin < poll / 2
    with pytest.raises((Unreachable, XapiFailure)):
        await waiting
    with pytest.raises(Unreachable):
        await connection.call("VM.get_all")


async def test_a_cancelled_call_is_broken_off(pool: SimulatedPool) -> None:
    connection = connection_to(pool)
    await connection.sign_in()
    token = (await connection.events((VM,), START, 0)).token
    waiting = asyncio.create_task(connection.events((VM,), token, 20))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await connection.events((VM,), START, 0)).events  # its thread is free again
    await connection.close()


async def test_a_session_does_not_stand_in_an_address() -> None:
    with answering(result(b'"OpaqueRef:secret"')) as host:
        connection = Connection(host.address, "root", "x", Trust(), originator="test")
        await connection.sign_in()
        reply = await connection.get("127.0.0.1", "/rrd_updates", {"start": "1", "cf": "AVERAGE"}, lambda reply: reply)
        assert isinstance(reply, Reply) and reply.status == 200
        head = host.requests[-1].decode()
        assert head.startswith("GET /rrd_updates?start=1&cf=AVERAGE HTTP/1.1\r\n")
        assert "Cookie: session_id=OpaqueRef:secret" in head
        await connection.close()


async def test_members_that_name_each_other_end_somewhere() -> None:
    with simulated(hosts=(2,), vms=(1,)) as simulation:
        pool = simulation.pool
        first, second = pool.addresses
        pool.fault("session.login_with_password", host=first, error=["HOST_IS_SLAVE", second])
        pool.fault("session.login_with_password", host=second, error=["HOST_IS_SLAVE", first])
        connection = connection_to(pool, members=(first, second))
        with pytest.raises(Unreachable, match="name each other"):
            await connection.sign_in()
        await connection.close()


async def test_a_host_that_is_still_booting_says_so(pool: SimulatedPool) -> None:
    pool.fault("*", error=["HOST_STILL_BOOTING"])
    connection = connection_to(pool)
    with pytest.raises(XapiFailure) as caught:
        await connection.sign_in()
    assert caught.value.details == ("HOST_STILL_BOOTING",)
    await connection.close()
