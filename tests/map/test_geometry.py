"""Where pools, hosts and VMs are: what the server tells, laid out in a real browser by the map's own modules."""

import copy
import itertools
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from data.mirror import Mirror
from tests import fakes
from tests.browsing import in_the_browser
from tests.map import edges, fleets
from tests.map.plans import (
    TEN_TIMES,
    Box,
    Message,
    Plan,
    Shape,
    area,
    holders,
    hosts,
    message,
    open_plans,
    outside,
    overlapping,
    plan,
    rectangle,
    rectangles,
    say,
    side,
    told,
    took,
)

SHAPES: dict[str, Shape] = {
    "1/6": fleets.LONE,
    "3/40": ((3, 40),),
    "3/40 + 1/6": fleets.LAB,
    "12/300": fleets.RACK,
    "60/2,000": fleets.HALL,
}
HUGE: Shape = ((30, 500),) * 20
SCREENS = ((1440, 900), (1920, 1080))
PHONE = (390, 844)
SIZES = ("ram", "equal", "vcpu", "disk")
VM_HOST, VM_STATE, VM_MIB, VM_MARK = 3, 5, 6, 14
POOL_MARK, HOST_RAM, HOST_SYSTEM, HOST_MARK, HOST_OTHERS = 6, 5, 6, 9, 10

ALARMS = """() => {
  const camera = new map.Camera(), found = [];
  for (const holder of map.holders(plan)) for (const tile of holder.tiles) for (const zoom of [1, 1.3, 2, 5, 20]) {
    Object.assign(camera, { zoom, x: tile.x - 40, y: tile.y - 40 });
    const hull = camera.project(holder.inner ?? holder, 1), box = map.alarmed(camera.project(tile, 1), hull);
    const least = Math.min(box.w, box.h), room = Math.min(hull.w, hull.h) >= map.ALARM;
    if (least < map.ALARM) found.push([tile.id, zoom, box]);
    const right = box.x + box.w - hull.x - hull.w, below = box.y + box.h - hull.y - hull.h;
    if (room && Math.max(hull.x - box.x, hull.y - box.y, right, below) > 1) found.push([tile.id, zoom, box, hull]);
  }
  return found;
}"""
"""Tiles that would be under 5 px, or out of their place, if they were in alarm."""


@in_the_browser
async def page(browser: Browser) -> AsyncIterator[Page]:
    yield await open_plans(browser)


def strange(seed: int) -> Message:
    """A fleet of random shape, with amounts that are odd."""
    chance = random.Random(seed)
    found = message(tuple((chance.randint(1, 9), chance.randint(0, 90)) for _ in range(chance.randint(1, 5))), seed)
    for row in found["m"]:
        if chance.random() < 0.2:
            row[VM_MIB] = chance.choice((0, 16, 128, 300_000))
    for row in found["h"]:
        row[HOST_OTHERS] = chance.choice((0, 0, 20_000))
        if chance.random() < 0.1:
            row[HOST_RAM] = chance.choice((0, 2048, 6_000_000))
    return found


async def test_the_screen_is_filled(page: Page) -> None:
    """At least 70 % of it is hosts, tanks, rails, names of pools, and tiles of the bench: all but the ground between them."""
    for (name, shape), view in itertools.product(SHAPES.items(), SCREENS):
        found = await plan(page, message(shape), view)
        marks = [box for pool in found["pools"] for box in (*pool["hosts"], *pool["tanks"], *pool["bench"]["tiles"])]
        heads = [{"w": pool["w"] - 2 * found["chrome"]["pad"], "h": found["chrome"]["head"]} for pool in found["pools"]]
        rails = [{"w": pool["rails"]["w"], "h": pool["rails"]["step"] * pool["rails"]["shown"]} for pool in found["pools"]]
        assert area([*marks, *heads, *rails]) / (view[0] * view[1]) >= 0.70, f"{name} at {view}"
        assert found["height"] <= view[1] + 1


async def test_nothing_overlaps_and_nothing_is_outside(page: Page) -> None:
    for name, said in (*((name, message(shape)) for name, shape in SHAPES.items()), *((seed, strange(seed)) for seed in range(8))):
        await say(page, said)
        for view, size in itertools.product((SCREENS[0], PHONE), SIZES):
            is_tidy(await plan(page, None, view, size=size), f"{name} at {view} by {size}")


def is_tidy(found: Plan, where: str) -> None:
    assert not overlapping(found["pools"]), where
    screen = {"x": 0, "y": 0, "w": found["width"], "h": found["height"]}
    assert not outside(found["pools"], screen), where
    for pool in found["pools"]:
        assert not overlapping([*pool["hosts"], *pool["tanks"]]), where
        assert not outside([*pool["hosts"], *pool["tanks"], *pool["bench"]["tiles"]], pool), where
        assert len(pool["bench"]["tiles"]) > 200 or not overlapping(pool["bench"]["tiles"]), where
    for host in hosts(found):
        tiles = [*host["tiles"], *host["ghosts"], host["system"], host["free"], host["others"]]
        assert not overlapping(tiles), where
        assert not outside(tiles, host["inner"]), where


async def test_areas_are_ram_to_one_scale(page: Page) -> None:
    for said in (*map(message, SHAPES.values()), *map(strange, range(4))):
        found = await plan(page, said, size="ram")
        ram = {row[0]: row for row in said["h"]}
        held = {row[0]: row[VM_MIB] for row in said["m"]}
        for box in hosts(found):
            row = ram[box["id"]]
            parts = [*box["tiles"], box["system"], box["free"], box["others"]]
            assert area(parts) == pytest.approx(found["scale"] * max(1, row[HOST_RAM]), rel=0.01) or not row[HOST_RAM]
            if sum(held[tile["id"]] for tile in box["tiles"]) + row[HOST_SYSTEM] + row[HOST_OTHERS] <= row[HOST_RAM]:
                for tile in box["tiles"]:
                    assert area([tile]) == pytest.approx(found["scale"] * held[tile["id"]], rel=0.01)


async def test_tiles_are_nearly_square(page: Page) -> None:
    for name, shape in SHAPES.items():
        found = await plan(page, message(shape), SCREENS[1])
        aspects = sorted(max(tile["w"] / tile["h"], tile["h"] / tile["w"]) for host in hosts(found) for tile in host["tiles"])
        assert aspects[len(aspects) // 2] < 2 and aspects[int(len(aspects) * 0.95)] < 3.5, name


async def test_a_start_moves_the_tiles_of_one_host_and_the_bench_only(page: Page) -> None:
    small = itertools.product((fleets.LONE, fleets.LAB, fleets.RACK), SIZES)
    for shape, size in (*small, (fleets.HALL, "auto")):
        said = message(shape)
        before = rectangles(await plan(page, said, size=size))
        on = {row[0] for row in said["h"]}
        bench = {row[0] for row in said["m"] if row[VM_HOST] not in on}
        row = next((row for row in said["m"] if row[0] in bench), said["m"][0])  # where all run, one stops
        host = row[VM_HOST] if row[0] not in bench else next(one[0] for one in said["h"] if one[2] == row[2])
        row[VM_HOST], row[VM_STATE] = (host, 1) if row[0] in bench else (-1, 0)
        after = rectangles(await plan(page, said, size=size))
        moved = {id_ for id_ in before if before[id_] != after[id_]}
        assert row[0] in moved
        assert moved <= {vm[0] for vm in said["m"] if vm[VM_HOST] in (host, -1) and vm[2] == row[2]}


async def test_what_is_measured_and_the_order_of_arrival_move_nothing(page: Page) -> None:
    chance = random.Random(5)
    small = itertools.product((fleets.LONE, fleets.LAB), ({}, {"size": "equal"}, {"size": "disk"}, {"group": "tag"}, {"group": "sr"}))
    for shape, how in (*small, (fleets.RACK, {"group": "os"}), (fleets.HALL, {})):
        said = message(shape)
        before = rectangles(await plan(page, said, **how))
        other = copy.deepcopy(said)
        del other["f"]
        for rows in (other["p"], other["h"], other["m"], other["s"], other["n"]):
            chance.shuffle(rows)
        for rows, mark in ((other["p"], POOL_MARK), (other["h"], HOST_MARK), (other["m"], VM_MARK)):
            for row in rows:
                row[mark] = chance.randrange(4)
        for row in other["m"]:
            row[8], row[9], row[11] = f"10.1.1.{chance.randrange(200)}", chance.randrange(100), chance.randrange(2)
        for row in other["s"]:
            row[7] = chance.randrange(row[6] + 1)
        assert rectangles(await plan(page, other, **how)) == before


async def test_a_change_in_place_is_the_same_as_all_anew(page: Page) -> None:
    """What a browser did with changes as they came does not differ from what another sees that opens the map now."""
    said = message(fleets.LAB)
    for how in ({}, {"size": "equal"}, {"size": "vcpu"}, {"group": "tag"}):
        await plan(page, said, **how)
        row = copy.deepcopy(next(row for row in said["m"] if row[VM_STATE] == 1))
        row[VM_HOST], row[VM_STATE] = -1, 0
        same: list[object] = await page.evaluate(
            """([row, version, how]) => {
              const change = window.model.apply({v: version, m: [row]});
              const plan = map.refill(window.plan, window.model, change) ? window.plan : null;
              const all = (plan) => [...map.places(plan)].map(({id, box}) => [id, box.x, box.y, box.w, box.h]).join();
              return [plan !== null, plan && all(plan) === all(map.arrange(window.model, {w: 1440, h: 900}, how))];
            }""",
            [row, said["v"] + 1, how],
        )
        assert same == [True, True], how


async def test_ten_thousand_vms_have_a_cell_each(page: Page) -> None:
    """And are laid out in a time that grows as they do."""
    said = message(HUGE)
    found = await plan(page, said, SCREENS[1])
    assert found["sizes"]["mode"] == "equal"
    tiles = [tile for host in hosts(found) for tile in host["tiles"]]
    assert sorted(map(side, tiles))[len(tiles) // 2] >= 8
    assert not any(holder["dust"] for holder in holders(found))
    of_many = await took(page)
    found = await plan(page, None, SCREENS[1], size="ram")
    dust = [holder["dust"] for holder in hosts(found) if holder["dust"]]
    assert dust
    small = {tile["id"] for host in hosts(found) for tile in host["tiles"] if tile.get("dust")}
    assert small == {id_ for one in dust for id_ in one["ids"]}
    loose = [side(tile) for host in hosts(found) for tile in host["tiles"] if not tile.get("dust")]
    assert sum(one < 4 for one in loose) < 0.005 * len(loose)
    assert not await page.evaluate(ALARMS)
    await say(page, message(fleets.HALL))
    assert of_many < TEN_TIMES * await took(page, 10)


async def test_ram_is_shown_where_the_median_tile_is_large_enough(page: Page) -> None:
    for shape in SHAPES.values():
        found = await plan(page, message(shape), SCREENS[1])
        assert found["sizes"]["mode"] == "ram"


async def test_an_alarm_is_never_under_five_pixels(page: Page) -> None:
    for shape, size in itertools.product(SHAPES.values(), ("ram", "equal")):
        await plan(page, message(shape), SCREENS[0], size=size)
        assert not await page.evaluate(ALARMS)


def keys_of(said: Any) -> dict[int, str]:
    """{id: key} of pools and hosts, as the browser makes them of their rows."""
    pools = {row[0]: row[10] for row in said["p"]}
    return pools | {row[0]: f"{row[1]}@{pools[row[2]]}" for row in said["h"]}


async def test_own_order_comes_before_the_names(page: Page) -> None:
    mirror = fleets.fleet(((3, 10), (1, 2)))
    said = told(mirror)
    keys = keys_of(said)
    named = {row[3]: keys[row[0]] for row in said["h"]} | {row[2]: keys[row[0]] for row in said["p"]}
    ids = {key: id_ for id_, key in keys.items()}
    found = await plan(page, said)
    plain = [[box["id"] for box in pool["hosts"]] for pool in found["pools"]]
    wish = [named["home"], named["xcp-lab-3"]]
    found = await plan(page, None, order=wish)
    assert [pool["id"] for pool in found["pools"]] == [ids[named["home"]], ids[named["lab-pool"]]]
    assert [box["id"] for box in found["pools"][1]["hosts"]] == [ids[named[f"xcp-lab-{i}"]] for i in (3, 1, 2)]
    assert plain[-1] == [ids[named[f"xcp-lab-{i}"]] for i in (1, 2, 3)]


async def test_a_host_is_dropped_before_or_after_another(page: Page) -> None:
    said = message(((3, 10), (1, 2)))
    found = await plan(page, said)
    ids = [box["id"] for box in found["pools"][-1]["hosts"]]
    keys = keys_of(said)
    drop = """([id, x, y]) => {
      const found = map.dropAt(plan, id, x, y);
      return found && map.moved(plan, model, id, found.index);
    }"""
    boxes = found["pools"][-1]["hosts"]
    right = lambda box: [box["x"] + box["w"] * 0.9, box["y"] + 5]  # noqa: E731
    moved: Any = await page.evaluate(drop, [ids[0], *right(boxes[2])])
    assert moved == {"parent": keys[found["pools"][-1]["id"]], "order": [keys[ids[i]] for i in (1, 2, 0)]}
    assert await page.evaluate(drop, [ids[0], boxes[0]["x"] + 3, boxes[0]["y"] + 3]) is None
    assert await page.evaluate(drop, [ids[0], *right(boxes[0])]) is None  # behind itself: no other place
    pools = found["pools"]
    moved = await page.evaluate(drop, [pools[1]["id"], pools[0]["x"] + 2, pools[0]["y"] + 2])
    assert moved == {"parent": "", "order": [keys[pools[1]["id"]], keys[pools[0]["id"]]]}
    lone = pools[0]["hosts"][0]
    assert not await page.evaluate("(id) => map.movable(plan, id)", lone["id"])


async def test_a_vm_on_its_way_is_in_both_hosts(page: Page) -> None:
    said = message(((3, 10),))
    row = next(row for row in said["m"] if row[VM_STATE] == 1)
    source, row[VM_HOST] = row[VM_HOST], next(host[0] for host in said["h"] if host[0] != row[VM_HOST])
    row[15] = [0, 0, 0, 0, source]
    found = await plan(page, said, size="ram")
    boxes = {host["id"]: host for host in hosts(found)}
    assert [ghost["id"] for ghost in boxes[source]["ghosts"]] == [row[0]]
    assert row[0] in [tile["id"] for tile in boxes[row[VM_HOST]]["tiles"]]
    assert area(boxes[source]["ghosts"]) == pytest.approx(found["scale"] * row[VM_MIB], rel=0.01)


async def test_what_may_not_be_seen_keeps_its_room(page: Page) -> None:
    said = message(((3, 10),))
    said["h"][0][HOST_OTHERS] = 14 * 1024
    box: Box = next(box for box in hosts(await plan(page, said, size="ram")) if box["id"] == said["h"][0][0])
    found = await plan(page, None, size="ram")
    assert area([box["others"]]) == pytest.approx(found["scale"] * 14 * 1024, rel=0.01)


async def test_edges_have_rectangles_too(page: Page) -> None:
    empty = told(Mirror())
    odd = [empty, message(((1, 0),)), message(((1, 1),) * 40), *map(strange, range(20, 24))]
    for said, view in itertools.product(odd, (SCREENS[0], PHONE, (200, 200))):
        found = await plan(page, said, view)
        assert all(0 <= value < 1e6 for box in rectangles(found).values() for value in box)


async def test_a_host_that_promised_more_than_it_has_is_full_not_negative(page: Page) -> None:
    said = message(((1, 6),))
    for row in said["m"]:
        row[VM_HOST], row[VM_STATE], row[VM_MIB] = said["h"][0][0], 1, 40 * 1024
    found = await plan(page, said)
    (box,) = hosts(found)
    assert area([box["free"]]) == pytest.approx(0, abs=0.01)
    assert area([*box["tiles"], box["system"]]) == pytest.approx(found["scale"] * said["h"][0][HOST_RAM], rel=0.01)


async def test_on_a_phone_a_median_vm_can_be_touched_and_the_map_is_longer_than_the_screen(page: Page) -> None:
    said = message(fleets.LAB)
    found = await plan(page, said, PHONE)
    sides = sorted(area([tile]) ** 0.5 for host in hosts(found) for tile in host["tiles"])
    assert sides[len(sides) // 2] >= 40
    assert found["height"] > PHONE[1]
    assert len({pool["x"] for pool in found["pools"]}) == 1
    before = rectangles(found)
    running = next(row for row in said["m"] if row[VM_STATE] == 1)
    running[VM_HOST], running[VM_STATE] = -1, 0
    after = rectangles(await plan(page, said, PHONE))
    assert {row[0] for row in said["h"] if before[row[0]] != after[row[0]]} == set()


async def test_vms_of_a_pool_whose_hosts_are_not_seen_are_in_its_box(page: Page) -> None:
    said = message(((1, 6), (1, 6)))
    hidden = said["h"].pop()
    for row in (mine := [row for row in said["m"] if row[2] == hidden[2]]):
        row[VM_HOST], row[VM_STATE] = -1, 0
    for view in (SCREENS[0], PHONE):
        box = next(pool for pool in (await plan(page, said, view))["pools"] if pool["id"] == hidden[2])
        tiles = box["bench"]["tiles"]
        assert mine and {tile["id"] for tile in tiles} == {row[0] for row in mine} and not outside(tiles, box)


async def test_pools_without_hosts_do_not_take_the_room_of_the_others(page: Page) -> None:
    mirror = fleets.fleet(fleets.LAB)
    alone = await plan(page, told(mirror), SCREENS[0])
    for i in range(3):
        fakes.Builder(mirror, f"new-{i}").commit()
    found = await plan(page, told(mirror), SCREENS[0])
    assert found["scale"] >= alone["scale"] * 0.75
    assert found["height"] <= SCREENS[0][1] + 1
    assert [rectangle(pool)[3] < 60 for pool in found["pools"]] == [False, False, True, True, True]


async def test_srs_have_room_for_their_names_on_a_phone_and_in_a_low_window(page: Page) -> None:
    for view in ((390, 634), (720, 290)):
        found = await plan(page, message(fleets.LAB), view)
        tanks = [tank for pool in found["pools"] for tank in pool["tanks"]]
        assert tanks and min(tank["w"] for tank in tanks) >= 34 and min(tank["h"] for tank in tanks) >= 18


async def test_hundreds_of_srs_have_a_cell_each_beside_their_hosts(page: Page) -> None:
    for edge, view in itertools.product((edges.storage(), edges.few_hosts_many_srs()), (*SCREENS, (390, 844))):
        found = await plan(page, told(edge), view)
        (pool,) = found["pools"]
        tanks = pool["tanks"]
        assert len(tanks) >= 150
        assert not overlapping(tanks)
        assert not outside(tanks, pool)
        assert min(side(tank) for tank in tanks) >= 3


async def test_networks_without_room_are_one_row_that_is_none_of_them(page: Page) -> None:
    found = await plan(page, told(edges.networks()), SCREENS[0])
    rails = found["pools"][0]["rails"]
    row = "(i) => { const [{ rails }] = plan.pools; return map.hit(plan, rails.x + 5, rails.y + (i + 0.5) * rails.step).kind; }"
    assert [await page.evaluate(row, i) for i in range(rails["shown"])] == ["network"] * (rails["shown"] - 1) + ["pool"]


async def test_memory_that_is_promised_twice_leaves_nothing_free_and_less_than_nothing_nowhere(page: Page) -> None:
    found = await plan(page, told(edges.crowded()), SCREENS[0])
    crowded = found["pools"][0]["hosts"][0]
    assert area([crowded["free"]]) == 0
    assert not outside(crowded["tiles"], crowded["inner"])
    assert not overlapping(crowded["tiles"])
    assert all(side(tile) > 0 for tile in crowded["tiles"])
