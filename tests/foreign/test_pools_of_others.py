"""Pools that nobody here made become LIVE, and every page of theirs can be read: recorded ones, in every way of speaking."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.methods import Methods
from data.mirror import PoolMirror
from data.objects import KINDS, VM, Host, Message
from data.server import ServerState
from data.stores.servers import TlsMode
from tests.foreign import sources
from tests.foreign.eyes import eyes_on
from tests.foreign.stranger import PASSWORD, Manner, Records, Stranger, stranger
from tests.sync.house import House
from tests.waiting import until


async def connected(home: House, server: Stranger) -> PoolMirror:
    record = await home.servers.add(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
    pool = home.mirror.pools[record.id]
    await home.live(pool)
    assert {kind.xapi_class: len(pool.all(kind)) for kind in KINDS if kind is not Message} == {
        kind.xapi_class: len(server.registry.records.get(kind.xapi_class, {})) for kind in KINDS if kind is not Message
    }
    return pool


MANNERS = {
    "modern": Manner(),
    "xml only": Manner(json=False, rrd="xml"),
    "numbers as text": Manner(numbers_as_text=True, rrd="bare"),
    "kept alive": Manner(close=False, rrd="404"),
    "HTTP 1.0": Manner(version="HTTP/1.0", rrd="500"),
    "chunked": Manner(chunked=True, close=False, rrd="endless"),
    "no counts": Manner(counts=False),
}


@pytest.mark.parametrize("name", sources.NAMES)
async def test_every_page_of_a_recorded_pool_can_be_read(name: str, home: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stranger(sources.source(name), Manner(close=False)) as server:
        await connected(home, server)
        async with eyes_on(home, folder, monkeypatch) as eyes:
            await eyes.read_everything()


@pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS)
async def test_every_way_of_speaking_is_understood(manner: Manner, home: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stranger(sources.own(), manner) as server:
        pool = await connected(home, server)
        if not manner.rrd.isdigit():
            await until(lambda: pool.history.load(sources.uuid(5)))
        await until(lambda: pool.all(Message))
        server.registry.put("VM", "OpaqueRef:vm", {"name_label": "changed"})
        server.registry.remove("VM", "OpaqueRef:halted")
        await until(lambda: {vm.name_label for vm in pool.all(VM).values()} == {"changed", "dom0", "before", "Debian 12"})
        async with eyes_on(home, folder, monkeypatch) as eyes:
            await eyes.read_everything()


@pytest.mark.parametrize("manner", [Manner(), Manner(json=False)], ids=["json", "xml"])
@pytest.mark.parametrize("name", sources.NAMES[1:3])
async def test_both_ways_of_writing_give_the_same_rows(name: str, manner: Manner, home: House) -> None:
    records = sources.source(name)
    with stranger(records, manner) as server:
        pool = await connected(home, server)
        for ref, record in records["VM"].items():
            vm = pool.all(VM)[ref]  # type: ignore[index]
            assert (vm.name_label, vm.memory_dynamic_max, vm.VCPUs_max) == (
                record["name_label"], record["memory_dynamic_max"], record["VCPUs_max"],
            )  # fmt: skip


@pytest.mark.parametrize("methods", [("VM.start", "VM.clone"), ()], ids=["listed", "not listed"])
@pytest.mark.parametrize("json", [True, False], ids=["json", "xml"])
async def test_what_a_release_lacks_is_known(methods: tuple[str, ...], json: bool, home: House) -> None:
    with stranger(sources.own(), Manner(json=json, methods=methods)) as server:
        known = (await connected(home, server)).part(Methods)
        assert not known.lacks("VM.start") and known.lacks("VTPM.create") is bool(methods)


async def test_an_ipv6_address_will_do(home: House) -> None:
    try:
        server = Stranger(sources.own(), Manner(), host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    try:
        pool = await connected(home, server)
        assert pool.server.master == "::1"
    finally:
        server.end()


async def test_a_member_sends_on_to_its_master_without_a_port(home: House) -> None:
    with stranger(sources.own()) as master:
        member = Stranger({}, Manner(master=str(master.host)), host="127.0.0.3", port=master.port)
        try:
            record = await home.servers.add(member.url, "root", PASSWORD, tls=TlsMode.PLAIN)
            pool = await home.live(home.mirror.pools[record.id])
            assert pool.server.master == "127.0.0.1" and pool.all(Host)
        finally:
            member.end()


async def test_events_that_make_no_sense_change_nothing(home: House) -> None:
    with stranger(sources.own()) as server:
        pool = await connected(home, server)
        name = {"uuid": "x", "name_label": "intruder"}
        for event in (
            {"id": "1", "timestamp": "0.0", "class": "pusb", "operation": "add", "ref": "OpaqueRef:new", "snapshot": name},
            {"id": "1", "timestamp": "0.0", "class": "future_thing", "operation": "mod", "ref": "OpaqueRef:new", "snapshot": {"a": [1]}},
            {"id": "1", "timestamp": "0.0", "class": "vm", "operation": "mod", "ref": "OpaqueRef:vm"},
            {"id": "1", "timestamp": "0.0", "class": "vm", "operation": "del", "ref": "OpaqueRef:was-never"},
            {"id": "1", "timestamp": "0.0", "class": "vm", "operation": "mod", "ref": "OpaqueRef:vm", "snapshot": None},
            {"id": "1", "timestamp": "0.0", "class": "vm", "operation": "mod", "ref": "OpaqueRef:vm", "snapshot": "text"},
            {"id": "1", "timestamp": "0.0", "class": "vm", "operation": "mod", "ref": "OpaqueRef:vm", "snapshot": []},
        ):
            server.registry.tell(event)
        server.registry.put("VM", "OpaqueRef:halted", {"name_label": "after all"})
        await until(lambda: any(vm.name_label == "after all" for vm in pool.all(VM).values()))
        assert pool.server.state is ServerState.LIVE
        assert any(vm.name_label == "one" for vm in pool.all(VM).values()) and len(pool.all(VM)) == 5


async def test_thousands_of_messages_come_after_the_picture(home: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records: Records = sources.own()
    example = next(iter(records["message"].values()))
    records["message"] = {f"OpaqueRef:{n}": {**example, "uuid": f"m-{n}", "body": "x" * 100} for n in range(8000)}
    with stranger(records) as server:
        pool = await connected(home, server)
        await until(lambda: len(pool.all(Message)) == 8000)
        async with eyes_on(home, folder, monkeypatch) as eyes:
            await eyes.read(f"/vm/{sources.uuid(5)}")


async def test_a_slow_server_is_waited_for(home: House) -> None:
    with stranger(sources.own(), Manner(delay=0.5)) as server:
        await connected(home, server)
