"""The page around the map, without a browser."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui.testing import User

from components.map.announcer import Announcer
from components.map.map import Map, SelectedObject
from components.map.map_rows import MapCounts, MapRows, count
from components.map.summary import figures
from data.changes import Change, Operation
from data.facts.pool import own_pool
from data.facts.sr import is_shown
from data.facts.vm import is_guest
from data.identity import key_of
from data.mirror import Mirror
from data.names import by_name, name_of
from data.objects import SR, VM, Host, HostMetrics
from data.placement import guests_on, memory_of
from data.server import ServerState
from pages import home
from tests import fakes
from tests.looking import looking
from tests.map.serve import wire
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.i18n import size


@pytest.fixture
def context(mirror: Mirror, data_dir: Path) -> Context:
    return fakes.context(mirror, data_dir)


@pytest.fixture
async def user(context: Context, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[User]:
    async with looking(monkeypatch, context, home) as user:
        yield user


async def test_the_head_counts_and_the_list_says_what_is_wrong(user: User) -> None:
    await user.open("/")
    await user.should_see("46 VMs")
    await user.should_see("nfs-vault is 96% full")
    await user.should_see("storage: link down on xcp-lab-3")


async def test_the_head_says_what_is_free_and_follows_it(user: User, mirror: Mirror) -> None:
    await user.open("/")
    hosts = [memory_of(host, guests_on(host)) for host in mirror.every(Host)]
    srs = [sr for sr in mirror.every(SR) if is_shown(sr) and sr.type != "iso"]
    free = sum(sr.physical_size - sr.physical_utilisation for sr in srs)
    await user.should_see(f"Memory: {size(sum(host.free for host in hosts))} free")
    await user.should_see(f"Storage: {size(free)} free")
    before = srs[0].physical_utilisation
    fakes.change(mirror, srs[0], physical_utilisation=0)
    await user.should_see(f"Storage: {size(free + before)} free")
    (lost, *_), (away, *answering) = list(mirror.every(Host)), hosts
    fakes.change(mirror, lost.home.all(HostMetrics)[lost.metrics], live=False)
    assert away.free
    await user.should_see(f"Memory: {size(sum(host.free for host in answering))} free")


async def test_a_pool_that_does_not_answer_is_named(user: User, mirror: Mirror) -> None:
    await user.open("/")
    mirror.set_server(next(iter(mirror)).server, state=ServerState.BAD_PASSWORD)
    await user.should_see("lab-pool: user name or password rejected")
    await user.should_not_see("nfs-vault is 96% full")


async def test_without_a_server_the_way_to_one_is_shown(user: User, mirror: Mirror) -> None:
    for pool in list(mirror):
        mirror.remove(pool.id)
    await user.open("/")
    await user.should_see("Add server")
    fakes.Builder(mirror, "new").commit()
    await user.should_see(Map)
    await user.should_not_see("Add server")


async def test_suggested_moves_go_when_something_else_is_drawn_or_their_pool_goes(user: User, mirror: Mirror) -> None:
    pool = own_pool(next(iter(mirror)))
    assert pool is not None
    words, host = f"Suggest moves: {name_of(pool)}", by_name(mirror.every(Host))[0]
    await user.open(f"/?moves={key_of(pool)}&goal=cpu")
    await user.should_see(words)
    (chart,) = user.find(Map).elements
    assert chart.on_choose is not None
    chart.on_choose([SelectedObject("host", key_of(host))])
    user.find("Simulate failure…").click()
    await user.should_see(f"If {name_of(host)} fails")
    await user.should_not_see(words)
    await user.open(f"/?moves={key_of(pool)}")
    await user.should_see(words)
    fakes.remove(mirror, pool)
    await user.should_not_see(words)


async def test_nothing_is_left_when_the_browser_goes(user: User, mirror: Mirror) -> None:
    before = mirror.observer_count
    client = await user.open("/")
    assert client is not None
    assert mirror.observer_count > before
    assert all(pool.history.is_watched for pool in mirror)
    client.delete()
    await until(lambda: mirror.observer_count == before)


async def test_words_from_the_browser_are_not_trusted(user: User, mirror: Mirror) -> None:
    await user.open("/")
    (chart,) = user.find(Map).elements
    for kind, args in (
        ("choose", [["vm", "no such uuid"], ["x", 1], 7, ["vm"]]),
        ("choose", None),
        ("trails", ["x", None, 1e9]),
        ("menu", "?"),
        ("verb", "vm.destroy"),
        ("verb", ["vm.snapshot"]),
        ("lose", "?"),
        ("lose", ["no such host", 7, None]),
        ("step", "1"),
        ("pin", ["vm"]),
        ("pin", ["vm", "no such uuid"]),
        ("view", {"x": 1}),
    ):
        for listener in chart._event_listeners.values():
            if listener.type == kind:
                chart._handle_event({"listener_id": listener.id, "args": args})
    await asyncio.sleep(0)
    await user.should_see("46 VMs")


async def test_what_a_lost_host_means_is_told_and_follows_the_pool(user: User, mirror: Mirror) -> None:
    pool = next(iter(mirror))
    wire(mirror)
    host = next(row for row in pool.all(Host).values() if row.name_label == "xcp-lab-1")
    await user.open("/")
    (chart,) = user.find(Map).elements
    assert chart.on_lose is not None
    chart.on_lose([host.uuid])
    await user.should_see("If xcp-lab-1 fails")
    await user.should_see("6 of 10 VMs cannot be restarted.")
    await user.should_see("of memory needed")
    chart.on_lose([])
    await user.should_not_see("If xcp-lab-1 fails")
    chart.on_lose([host.uuid])
    await user.should_see("If xcp-lab-1 fails")
    other = next(row for row in pool.all(Host).values() if row.name_label == "xcp-lab-2")
    fakes.change(mirror, other, enabled=False)
    await user.should_see("10 of 10 VMs cannot be restarted.")


async def test_hosts_of_one_pool_alone_are_asked_for_together(user: User, mirror: Mirror) -> None:
    hosts = [row.uuid for pool in mirror for row in pool.all(Host).values()]
    await user.open("/")
    (chart,) = user.find(Map).elements
    assert chart.on_lose is not None
    chart.on_lose(hosts)
    await user.should_see("If 3 hosts fail")
    await user.should_see("28 of 28 VMs cannot be restarted.")
    await user.should_see("no other host accepts VMs")


async def test_the_worst_problem_is_said_at_most_once_in_ten_seconds(user: User, mirror: Mirror) -> None:
    now = [100.0]
    await user.open("/")
    with user:
        spoken = Announcer(mirror, clock=lambda: now[0])
    assert spoken.text == ""  # what was there already is on the page
    server = next(iter(mirror)).server
    mirror.set_server(server, state=ServerState.BAD_PASSWORD)
    spoken.look()
    assert spoken.text.startswith("Critical: lab-pool: user name or password rejected")
    mirror.set_server(server, state=ServerState.LIVE)
    spoken.look()
    assert spoken.text.startswith("Critical: lab-pool")
    assert spoken._timer is not None and spoken._timer.when() - asyncio.get_running_loop().time() > 9


def test_the_figures_and_where_they_lead(mirror: Mirror, context: Context) -> None:
    """None is said as well; without HA nobody asked for protection."""
    patches = context.patches

    def found(counts: MapCounts) -> dict[str, str]:
        return {figure.text: figure.path for figure in figures(mirror, counts, patches)}

    assert found(MapCounts(2, 60, 2000, 1306, 690, 0, 4)) == {
        "60 hosts": "/hosts", "2,000 VMs": "/vms", "1,306 running": "/vms?state=running", "690 halted": "/vms?state=halted",
        "0 paused": "/vms?state=paused", "4 suspended": "/vms?state=suspended", "0 hosts unpatched": "/hosts?show=unpatched",
        "HA off": "/hosts",
    }  # fmt: skip
    amounts = found(MapCounts(memory=3 << 10, memory_free=1 << 10, space=4 << 20, space_used=5 << 19))
    assert amounts[f"Memory: {size(1 << 30)} free"] == "/hosts"
    assert amounts[f"Storage: {size(3 << 39)} free"] == "/storage"
    pool = max(mirror, key=lambda pool: len(pool.all(VM)))
    guests = [vm for vm in pool.all(VM).values() if is_guest(vm)]
    fakes.change(mirror, guests[0], ha_restart_priority="restart")
    own = own_pool(pool)
    assert own is not None
    fakes.change(mirror, own, ha_enabled=True)
    fakes.change(mirror, next(mirror.every(Host)), pending_guidances=["reboot_host"])
    assert found(MapCounts())["1 host unpatched"] == "/hosts?show=unpatched"
    assert found(count(mirror))[f"{len(guests) - 1} VMs unprotected"] == "/vms?lacks=ha"
    rows = MapRows(mirror)
    for each in mirror:
        rows.add(each)
    rows.rebuild()
    assert rows.counts.unprotected == len(guests) - 1
    fakes.change(mirror, guests[1], ha_restart_priority="best-effort")
    rows.changed([Change(guests[1], Operation.MOD, frozenset(("ha_restart_priority",)))])
    rows.rebuild()
    assert rows.counts.unprotected == len(guests) - 2 == count(mirror).unprotected
