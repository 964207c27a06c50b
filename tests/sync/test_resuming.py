"""What is read again after a break, and what is not; and a pool that knows XML-RPC only."""

import asyncio
from collections.abc import Callable, Iterable

from data.decode import Sharing
from data.mirror import Mirror, PoolMirror
from data.objects import VBD, VM
from data.server import Server, ServerState
from data.types import Ref, XapiObject
from tests.sync.house import House
from tests.waiting import until
from xo_dash.simulator.testing import SimulatedPool
from xo_dash.sync.gc_tuning import Loading
from xo_dash.sync.pace import Interest
from xo_dash.sync.poller import Known, Poller
from xo_dash.sync.pool_identity import Identity
from xo_dash.xapi.address import Address
from xo_dash.xapi.codec import Codec
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.events import Batch, Token
from xo_dash.xapi.tls import Trust


async def test_after_a_break_of_the_line_only_what_is_new_is_read(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool))
    poller = home.servers._running[mirror.id].poller
    before = poller._token
    states: list[ServerState] = []
    home.mirror.observe_subjects([mirror.server], lambda _changes: states.append(mirror.server.state))
    ref = pool.call("VM.get_all")[0]
    pool.fault("event.from", action="drop", count=1)
    pool.call("VM.set_name_label", ref, "before")
    await until(lambda: not pool.do(lambda inside: len(inside.faults)))
    pool.call("VM.set_name_label", ref, "after")
    await home.becomes(mirror, ServerState.UNREACHABLE)
    await home.live(mirror)
    await until(lambda: mirror.one(VM, Ref(ref)).name_label == "after")  # type: ignore[union-attr]
    assert states == [ServerState.UNREACHABLE, ServerState.LIVE]  # no SYNCING: the toolstack is the same
    assert poller._token > before


def test_a_toolstack_that_does_not_say_when_it_started_is_never_the_same() -> None:
    one = Identity(uuid="u", name="n", ref="r", product="", started="100", master_uuid="m")
    assert one.is_same_run(one)
    assert not one.is_same_run(None)
    silent = Identity(uuid="u", name="n", ref="r", product="", started="", master_uuid="m")
    assert not silent.is_same_run(silent)
    moved = Identity(uuid="u", name="n", ref="r", product="", started="100", master_uuid="m2")
    assert not moved.is_same_run(one)


async def nobody(_identity: object) -> str:
    return ""


async def test_a_pool_that_knows_only_xml_lives(pool: SimulatedPool) -> None:
    connection = Connection(Address.parse(pool.url), pool.user, pool.password, Trust(), originator="test")
    connection.codec = Codec.XML
    mirror = Mirror()
    live = mirror.add(Server(id="1", label="old", address=pool.url))
    poller = Poller(mirror, live, connection, Known(lambda: "", nobody, lambda _contact: None), Loading())
    await poller._step(1)
    assert live.server.is_live and connection.codec is Codec.XML
    ref = Ref(pool.call("VM.get_all")[0])
    record = pool.call("VM.get_record", ref)
    vm = live.one(VM, ref)
    assert vm is not None and vm.memory_static_max == record["memory_static_max"] > 0
    pool.call("VM.set_name_label", ref, "by XML")
    await poller._step(1)  # messages
    await poller._step(1)
    assert vm.name_label == "by XML"
    await connection.close()


class Asking(Connection):
    """Counts how often it asks for events."""

    asked = 0

    async def events(self, kinds: Iterable[type[XapiObject]], token: Token, wait: float, sharing: Sharing | None = None) -> Batch:
        self.asked += 1
        return await super().events(kinds, token, wait, sharing)


async def test_while_nobody_looks_changes_are_asked_for_several_at_a_time(pool: SimulatedPool) -> None:
    ref = Ref(pool.call("VM.get_all")[0])
    connections, homes, polls = [], [], []
    for interest in (Interest.COMMANDS, Interest.NOBODY):
        mirror = Mirror()
        connection = Asking(Address.parse(pool.url), pool.user, pool.password, Trust(), originator="test")
        home = mirror.add(Server(id="1", label="lab", address=pool.url))
        known = Known(lambda: "", nobody, lambda _contact: None)
        poller = Poller(mirror, home, connection, known, Loading(), lambda interest=interest: interest)  # type: ignore[misc]
        connections.append(connection)
        homes.append(home)
        polls.append(asyncio.create_task(poller.run()))

    def shown(home: PoolMirror, name: str) -> Callable[[], bool]:
        return lambda: (vm := home.one(VM, ref)) is not None and vm.name_label == name

    for number in range(20):
        pool.call("VM.set_name_label", ref, f"web-{number}")
        await until(shown(homes[0], f"web-{number}"))
    await until(shown(homes[1], "web-19"))
    assert connections[1].asked < connections[0].asked
    for poll in polls:
        poll.cancel()
    await asyncio.gather(*polls, return_exceptions=True)
    for connection in connections:
        await connection.close()


def test_equal_values_are_one() -> None:
    def row(number: int) -> VM:
        return VM(
            uuid=str(number), resident_on=Ref("".join(["host", "-1"])), platform={"acpi": "1", "n": str(number // 2)},
            VBDs=[Ref("".join(["vbd", "-1"]))], allowed_operations=frozenset({"start", "clone"}),
        )  # fmt: skip

    sharing = Sharing()
    rows = [row(number) for number in range(3)]
    for one in rows:
        sharing.share(one)
    first, second, third = rows
    assert first.platform is second.platform and first.platform == {"acpi": "1", "n": "0"} and third.platform["n"] == "1"
    assert first.resident_on is third.resident_on and first.VBDs[0] is third.VBDs[0]
    assert first.tags is third.tags and first.blocked_operations is third.blocked_operations
    assert first.allowed_operations is third.allowed_operations
    disk = VBD(VM=Ref("".join(["host", "-1"])))
    sharing.share(disk)
    assert disk.VM is first.resident_on
