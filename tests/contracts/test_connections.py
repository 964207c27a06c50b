"""The pool of the tests and a connection over the wire: the same errors in the same situations."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from data.mirror import Mirror
from data.stores.directory import DataDirectory
from data.stores.servers import ServerStore, TlsMode
from data.stores.users import Role, User, UserStore
from data.stores.vault import Vault
from data.types import NULL_REF, Ref
from tests import fakes
from tests.contracts import conforms
from tests.control.fake_pool import Desk, FakePool, Users, user
from tests.places import serve
from tests.settings.test_adding_a_server import Answering
from tests.sync.test_collecting import Hosts
from xo_dash.control.local_user import Users as SomeUsers
from xo_dash.control.task_waiter import Caller, Connections
from xo_dash.simulator.testing import SimulatedPool
from xo_dash.sync.servers import Servers
from xo_dash.xapi.address import Address
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import NotConnected, Unreachable, XapiFailure
from xo_dash.xapi.tls import Trust

GONE = "OpaqueRef:11111111-2222-3333-4444-555555555555"


@dataclass
class Side:
    """A connection, a halted VM of its pool, and how the connection goes away."""

    caller: Caller
    vm: str
    leave: Callable[[], Awaitable[None]]


@pytest.fixture(params=["real", "fake"])
async def side(request: pytest.FixtureRequest, pool: SimulatedPool, fake: FakePool) -> AsyncIterator[Side]:
    if request.param == "fake":

        async def leave() -> None:
            fake.away = True

        yield Side(fake, fake.vm().ref, leave)
        return
    connection = Connection(Address.parse(pool.url), pool.user, pool.password, Trust(plain=True), originator="tests")
    await connection.sign_in()
    records: dict[str, dict[str, Any]] = await connection.call("VM.get_all_records")
    halted = next(ref for ref, row in records.items() if row["power_state"] == "Halted" and not row["is_a_template"])
    yield Side(connection, halted, connection.close)
    await connection.close()


async def failure(side: Side, method: str, *arguments: object) -> list[str]:
    with pytest.raises(XapiFailure) as raised:
        await side.caller.call(method, *arguments)
    return list(raised.value.details)


async def test_a_method_that_is_none(side: Side) -> None:
    assert await failure(side, "VM.fly", side.vm) == ["MESSAGE_METHOD_UNKNOWN", "VM.fly"]


@pytest.mark.parametrize("method", ["VM.get_record", "VM.clean_shutdown"])
async def test_an_object_that_is_gone(side: Side, method: str) -> None:
    assert await failure(side, method, GONE) == ["HANDLE_INVALID", "VM", GONE]


async def test_a_call_of_its_own_task_on_an_object_that_is_gone_fails_in_the_task(side: Side) -> None:
    task = await side.caller.call("Async.VM.clean_shutdown", GONE)
    while (record := await side.caller.call("task.get_record", task))["status"] == "pending":  # noqa: ASYNC110
        await asyncio.sleep(0.01)  # nobody here hears the pool's events
    assert (record["status"], record["error_info"]) == ("failure", ["HANDLE_INVALID", "VM", GONE])


@pytest.mark.parametrize("method", ["task.get_record", "task.destroy", "task.cancel"])
async def test_a_task_that_is_gone(side: Side, method: str) -> None:
    assert await failure(side, method, GONE) == ["HANDLE_INVALID", "task", GONE]


async def test_a_call_of_its_own_task_gives_that_task(side: Side) -> None:
    task = await side.caller.call("Async.VM.start", side.vm, False, False)
    record = await side.caller.call("task.get_record", task)
    assert isinstance(task, str) and Ref(task) != NULL_REF
    assert record["status"] in ("pending", "success") and record["name_label"] == "Async.VM.start"


async def test_without_a_connection_nothing_is_sent(side: Side) -> None:
    await side.leave()
    with pytest.raises(NotConnected):
        await side.caller.call("VM.start", side.vm, False, False)


@pytest.fixture(params=["real", "desk", "none", "places"])
async def connections(request: pytest.FixtureRequest, tmp_path: Path, fake: FakePool) -> AsyncIterator[Connections]:
    """Whatever finds connections, with one server that is disabled, `off`, or none at all."""
    if request.param != "real":
        yield {"desk": Desk(tmp_path, fake).connection, "none": fakes._no_connection, "places": serve._nobody}[request.param]
        return
    directory = DataDirectory(tmp_path)
    store = ServerStore(directory, Vault(directory))
    record = await store.add("192.0.2.1", "root", "secret", tls=TlsMode.PLAIN)
    await store.update(record.id, enabled=False)
    servers = Servers(Mirror(), store)
    await servers.start()
    yield lambda server_id: servers.connection(record.id if server_id == "off" else server_id)
    await servers.stop()
    await asyncio.to_thread(directory.close)


@pytest.mark.parametrize("server_id", ["gone", "off"])
def test_a_server_without_a_connection(connections: Connections, server_id: str) -> None:
    with pytest.raises(NotConnected) as raised:
        connections(server_id)
    assert isinstance(raised.value, Unreachable)


@pytest.fixture(params=["real", "fake"])
async def people(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[SomeUsers, User]:
    if request.param == "real":
        store = UserStore(DataDirectory(tmp_path))
        return store, await store.add("ann", "h", Role.OPERATOR)
    ann = user()
    return Users({ann.id: ann}), ann


def test_a_user_who_is_there_and_one_who_is_not(people: tuple[SomeUsers, User]) -> None:
    store, ann = people
    assert store.get(ann.id) == ann
    assert store.get("gone") is None


@pytest.mark.parametrize(
    ("fake", "real"),
    [(FakePool(), Connection), (Hosts(), Connection), (Answering(), Servers), (Users(), UserStore)],
    ids=lambda one: getattr(one, "__name__", type(one).__name__),
)
def test_a_fake_is_called_as_what_it_stands_for(fake: object, real: type) -> None:
    conforms(fake, real)


def test_what_does_not_conform_is_found() -> None:
    class Wrong:
        def add(self, address: str, colour: str) -> None: ...

    for fake in (Wrong(), SimpleNamespace(colour=1)):
        with pytest.raises(AssertionError, match="colour"):
            conforms(fake, Servers)
    assert inspect.iscoroutinefunction(Servers.add)
