"""What browsers are told of changes: little, once, and nothing when nothing can be seen."""

import asyncio
import gzip
import json
import math
from dataclasses import replace
from typing import Any

import pytest

from components.map import frames
from components.map.map_feed import MapFeed
from components.map.map_rows import MapCounts
from data.coalesce import INTERVAL
from data.facts.pool import own_pool
from data.history import History
from data.level import Level
from data.mirror import Mirror
from data.objects import PIF, SR, VM, Host, HostMetrics, Network, PIFMetrics, PowerState
from data.placement import memory_held
from data.scope import Scope
from data.server import ServerState
from data.types import GIB, NULL_REF
from tests import fakes
from tests.map import edges, fleets
from tests.waiting import PATIENCE

VM_NAME, VM_STATE, VM_HOST, VM_TASK, VM_SYSTEM, VM_FOLDER, VM_TAGS = 4, 5, 3, 9, 17, 18, 19
POOL_MARK, NETWORK_BUSY = 6, 6
HOST_FREE, HOST_MARK, HOST_OTHERS = 7, 9, 10


class View:
    """A browser's side: keeps what it was told."""

    def __init__(self, map_feed: MapFeed) -> None:
        self.messages: list[str] = []
        self.close = map_feed.open(self.messages.append)

    @property
    def last(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.messages[-1])
        return found


def running(mirror: Mirror) -> VM:
    return next(vm for vm in mirror.every(VM) if vm.power_state is PowerState.RUNNING and not vm.is_control_domain)


async def turn() -> None:
    """Let what was woken run: the first message of a burst goes at once."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_the_snapshot_has_everything_once(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    View(map_feed)
    snapshot = json.loads(map_feed.snapshot())
    assert snapshot["r"] == 1
    assert {key: len(snapshot[key]) for key in "phmsn"} == {"p": 2, "h": 4, "m": 46, "s": 7, "n": 6}
    states = [row[VM_STATE] for row in snapshot["m"]]
    bare = replace(map_feed.counts, memory=0, memory_free=0, space=0, space_used=0)  # of those: test_home
    assert bare == MapCounts(2, 4, 46, *(states.count(state) for state in (1, 0, 2, 3)))
    ids = [row[0] for key in "phmsn" for row in snapshot[key]]
    assert len(ids) == len(set(ids))


async def test_who_has_fetched_all_of_it_is_told_what_came_since(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    fetched = json.loads(gzip.decompress(await map_feed.whole()))  # nobody looks yet
    assert len(fetched["m"]) == 46 and not map_feed.is_open
    view = View(map_feed)
    assert map_feed.missed(fetched["v"]) is None  # its ids were others
    fetched = json.loads(gzip.decompress(await map_feed.whole()))
    assert map_feed.missed(fetched["v"]) == []
    first, second = await asyncio.gather(map_feed.whole(), map_feed.whole())
    assert first is second is await map_feed.whole()
    fakes.change(mirror, running(mirror), name_label="renamed since")
    await turn()
    assert map_feed.missed(fetched["v"]) == view.messages[-1:]
    assert map_feed.missed(-1) is None and map_feed.missed(fetched["v"] + 2) is None


async def test_templates_snapshots_and_control_domains_are_not_drawn(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    vm = running(mirror)
    fakes.change(mirror, vm, is_a_template=True)
    await turn()
    assert len(view.last["x"]) == 1
    assert map_feed.counts.vms == 45


async def test_a_power_change_is_one_small_message_for_all(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    first, second = View(map_feed), View(map_feed)
    vm = running(mirror)
    host = vm.home.one(Host, vm.resident_on)
    assert host is not None
    free = next(row[7] for row in json.loads(map_feed.snapshot())["h"] if row[1] == host.uuid)
    host.resident_VMs.remove(vm.ref)
    fakes.change(mirror, vm, power_state=PowerState.HALTED, resident_on=NULL_REF)
    fakes.change(mirror, host, enabled=False)
    await turn()
    assert len(first.messages) == 1
    assert first.messages == second.messages
    assert len(first.messages[0]) < 900  # with what NiceGUI puts around it under 1 kB
    assert [row[VM_STATE] for row in first.last["m"]] == [0]
    assert first.last["h"][0][7] == free + (vm.memory_dynamic_max + vm.memory_overhead) // (1 << 20)


async def test_what_is_wrong_with_a_pool_is_its_mark(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    (lab, *_others) = mirror
    own = own_pool(lab)
    assert own is not None
    fakes.change(mirror, own, ha_enabled=True, ha_overcommitted=True)
    mirror.findings.look(own, 0)
    mirror.findings.publish()
    await turn()
    assert [(row[1], row[POOL_MARK]) for row in view.last["p"]] == [(own.uuid, Level.CRITICAL)]


async def test_a_busy_line_makes_its_rail_brighter_once(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    network = next(mirror.every(Network))
    port = network.all_of(PIF, network.PIFs)[0]
    host = port.home.one(Host, port.host)
    metrics = port.home.one(PIFMetrics, port.metrics)
    assert host is not None and metrics is not None
    fakes.change(mirror, metrics, speed=1000)
    for at, amount in enumerate((60e6, 62e6)):  # of 1 Gbit/s: the same step
        host.home.part(History).put(host.uuid, f"pif_{port.device}_rx", 2e9 + 5 * at, amount)
        host.home.part(History).publish(frozenset({host.uuid}))
        await turn()
        await asyncio.sleep(2 * INTERVAL)
        map_feed._rails_at.clear()  # as after a round
    told = [row for message in view.messages for row in json.loads(message).get("n", ())]
    assert [(row[1], row[NETWORK_BUSY]) for row in told] == [(network.uuid, 3)]


async def test_words_that_many_share_are_sent_once(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    first, *words = json.loads(map_feed.snapshot())["l"]
    assert first == 0
    assert len(words) == len(set(words))
    vm = running(mirror)
    row = next(row for row in json.loads(map_feed.snapshot())["m"] if row[1] == vm.uuid)
    assert [words[label] for label in row[VM_TAGS] or []] == vm.tags
    assert words[row[VM_SYSTEM]] in fleets.SYSTEMS
    fakes.change(mirror, vm, tags=["new", vm.tags[0]], other_config={"folder": "/elsewhere"})
    await turn()
    at, *more = view.last["l"]
    assert at == len(words)
    words += more
    (row,) = view.last["m"]
    assert sorted(words[label] for label in row[VM_TAGS]) == sorted(vm.tags)
    assert words[row[VM_FOLDER]] == "/elsewhere"
    assert json.loads(map_feed.snapshot())["l"] == [0, *words]


async def test_of_vms_that_may_not_be_seen_only_the_memory_is_told(mirror: Mirror) -> None:
    hidden = running(mirror)
    host = hidden.home.one(Host, hidden.resident_on)
    assert host is not None
    scope = Scope(mirror, lambda subject: subject is not hidden)
    map_feed = MapFeed(scope.mirror, hold=math.inf)
    view = View(map_feed)
    text = map_feed.snapshot()
    assert hidden.uuid not in text
    assert map_feed.counts.vms == 45
    row = next(row for row in json.loads(text)["h"] if row[1] == host.uuid)
    assert row[HOST_OTHERS] == memory_held(hidden) >> 20
    fakes.change(mirror, hidden, name_label="secret", tags=["secret"])
    await turn()
    assert view.messages == []
    fakes.change(mirror, hidden, power_state=PowerState.HALTED, resident_on=NULL_REF)
    fakes.change(mirror, host, resident_VMs=[ref for ref in host.resident_VMs if ref != hidden.ref], enabled=False)
    await turn()
    assert set(view.last) == {"v", "h"}
    assert (view.last["h"][0][HOST_FREE], view.last["h"][0][HOST_OTHERS]) == (row[HOST_FREE] + row[HOST_OTHERS], 0)


async def test_what_cannot_be_seen_is_not_sent(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    fakes.change(mirror, running(mirror), allowed_operations=frozenset({"start"}), name_description="x")
    await turn()
    assert view.messages == []


async def test_changes_within_a_moment_go_together(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    bursts: list[float] = []
    monkeypatch.setattr("components.map.map_feed.next_burst", lambda now: bursts.append(now) or math.inf)
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    vm = running(mirror)
    fakes.change(mirror, vm, name_label="one")
    await turn()
    for name in ("two", "three", "four"):
        fakes.change(mirror, vm, name_label=name)
        await turn()
    assert len(view.messages) == len(bursts) == 1
    map_feed._flush()  # as its timer does with the next burst
    assert len(view.messages) == 2
    assert view.last["m"][0][VM_NAME] == "four"
    assert view.last["v"] == json.loads(view.messages[0])["v"] + 1


async def test_a_task_is_followed_on_its_vm(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    vm = running(mirror)
    home = mirror.pools[vm.home.id]
    task = fakes.task(mirror, home, "Async.VM.snapshot", 0.25)
    fakes.change(mirror, vm, current_operations={task.ref: "snapshot"})
    await turn()
    assert view.last["m"][0][VM_TASK] == 25
    await asyncio.sleep(INTERVAL * 1.2)
    fakes.change(mirror, task, progress=0.75)
    await turn()
    assert view.last["m"][0][VM_TASK] == 75


async def test_a_dead_host_leaves_its_vms_unknown(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    host = next(iter(mirror.every(Host)))
    metrics = host.home.one(HostMetrics, host.metrics)
    assert metrics is not None
    guests = [vm for vm in host.all_of(VM, host.resident_VMs) if not vm.is_control_domain]
    fakes.change(mirror, metrics, live=False)
    await turn()
    assert {row[VM_STATE] for row in view.last["m"]} == {4}
    assert len(view.last["m"]) == len(guests)
    assert view.last["h"][0][HOST_MARK] == 3


async def test_a_link_that_goes_down_is_a_bead(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    fakes.change(mirror, next(row for row in mirror.every(PIFMetrics) if row.carrier), carrier=False)
    await turn()
    assert len(view.last["n"]) == 1
    assert 2 in view.last["n"][0][4][1::2]


async def test_measurements_are_a_letter_for_each_level_and_told_as_differences(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    whole = json.loads(map_feed.snapshot())["f"][0]
    pool = next(iter(mirror))
    pool.history.publish(frozenset(pool.history.loads))
    await turn()
    (first,) = view.last["f"]
    assert set(view.last) == {"v", "f"}
    assert first[2:4] == [43, 0]  # three hosts and 40 VMs; the first time as they are
    assert len(first[4]) == frames.COLUMNS * 43
    assert whole[4] == first[4]
    vm = running(mirror)
    pool.history.loads[vm.uuid].cpu = 0.99
    pool.history.publish(frozenset({vm.uuid}))
    await asyncio.sleep(INTERVAL * 1.2)
    (second,) = view.last["f"]
    assert second[3] == 1
    assert [letter for letter in second[4] if letter != frames.LETTERS[0]] != []
    assert sum(letter != frames.LETTERS[0] for letter in second[4]) == 1
    assert json.loads(map_feed.snapshot())["f"][0][4] != whole[4]


async def test_a_round_that_looks_the_same_is_not_told(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    pool = next(iter(mirror))
    pool.history.publish(frozenset(pool.history.loads))
    await turn()
    pool.history.loads[running(mirror).uuid].cpu += 0.0001
    pool.history.publish(frozenset(pool.history.loads))
    await asyncio.sleep(INTERVAL * 1.2)
    assert len(view.messages) == 1


async def test_a_pool_that_goes_and_comes(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    server = next(iter(mirror)).server
    mirror.set_server(server, state=ServerState.UNREACHABLE, last_event_at=1000.0)
    await turn()
    assert [row[3:5] for row in view.last["p"]] == [[2, 1000]]
    await asyncio.sleep(INTERVAL * 1.2)
    mirror.remove(server.id)
    await turn()
    assert len(view.last["x"]) == 1 + 3 + 40 + 5 + 3
    assert map_feed.counts.pools == 1


async def test_a_pool_added_later_is_drawn_and_measured(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    view = View(map_feed)
    build = fakes.Builder(mirror, "late")
    await turn()
    metrics = build.put(HostMetrics, memory_total=64 * GIB, live=True)
    build.put(Host, name_label="late-1", metrics=metrics)
    pool = build.commit()
    await asyncio.sleep(INTERVAL * 1.2)
    assert view.last["h"][0][3] == "late-1"
    assert pool.history.is_watched


async def test_nothing_is_watched_while_nobody_looks(mirror: Mirror) -> None:
    before = mirror.observer_count
    map_feed = MapFeed(mirror, hold=math.inf)
    views = [View(map_feed), View(map_feed)]
    assert mirror.observer_count == before + 1
    assert all(pool.history.is_watched for pool in mirror)
    for view in views:
        view.close()
    assert mirror.observer_count == before
    assert not any(pool.history.is_watched for pool in mirror)
    assert not map_feed.is_open


async def test_a_scene_opened_again_starts_from_the_present(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    View(map_feed).close()
    fakes.change(mirror, running(mirror), name_label="renamed")
    View(map_feed)
    assert "renamed" in map_feed.snapshot()


async def test_trails_are_the_last_ten_minutes(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    View(map_feed)
    id_ = next(row[0] for row in json.loads(map_feed.snapshot())["m"] if row[VM_STATE] == 1)
    ((found, samples),) = json.loads(map_feed.trails([id_, 999_999]))
    assert found == id_
    assert len(samples) == 120
    ((_, samples, disk, network),) = json.loads(map_feed.trails([], [id_]))
    assert len(samples) == 4 * 120
    assert disk == network == 0  # of these there is no history here


async def test_names_are_data(mirror: Mirror) -> None:
    map_feed = MapFeed(mirror, hold=math.inf)
    View(map_feed)
    name = '</script>"]);alert(1)//\u2028`${x}'
    fakes.change(mirror, running(mirror), name_label=name)
    await turn()
    assert name in [row[VM_NAME] for row in json.loads(map_feed.snapshot())["m"]]


async def shown(map_feed: MapFeed) -> dict[str, Any]:
    """The whole map, as soon as it is made."""
    made: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    map_feed.show(made.set_result)
    found: dict[str, Any] = json.loads(await asyncio.wait_for(made, PATIENCE))
    return found


async def test_a_large_fleet_costs_what_changed() -> None:
    mirror = fleets.fleet(((60, 2000),))
    map_feed = MapFeed(mirror)
    view = View(map_feed)
    await shown(map_feed)
    assert len(map_feed.snapshot()) < 2000 * 150
    fakes.change(mirror, next(iter(mirror.every(SR))), physical_utilisation=1)
    await turn()
    assert len(view.messages[0]) < 300


async def test_a_large_fleet_does_not_hold_the_loop() -> None:
    mirror = fleets.fleet(((30, 2000),))
    map_feed = MapFeed(mirror)
    View(map_feed)
    early: list[str] = []
    map_feed.show(early.append)
    assert not early  # rows are made a slice at a time
    counted = map_feed.counts
    assert counted.vms == 2000 and map_feed.counts is counted
    fakes.change(mirror, running(mirror), name_label="renamed meanwhile", power_state=PowerState.HALTED)
    assert map_feed.counts.halted == counted.halted + 1
    rows = (await shown(map_feed))["m"]
    assert len(rows) == 2000
    assert "renamed meanwhile" in {row[VM_NAME] for row in rows}


async def test_what_has_no_name_goes_by_its_uuid_and_every_tag_is_told() -> None:
    def rows(mirror: Mirror) -> dict[str, Any]:
        map_feed = MapFeed(mirror, hold=math.inf)
        close = map_feed.open(lambda _message: None)
        told: dict[str, Any] = json.loads(map_feed.snapshot())
        close()
        return told

    strange = rows(edges.names())
    named = [(row[1], row[VM_NAME]) for row in strange["m"]]
    assert all(name.strip() for _uuid, name in named)
    assert any(name == uuid[:8] for uuid, name in named)
    assert {name for _uuid, name in named if name in edges.NAMES} == {name for name in edges.NAMES if name.strip()}
    assert max(len(row[VM_TAGS]) for row in rows(edges.tags())["m"] if row[VM_TAGS]) == 64
