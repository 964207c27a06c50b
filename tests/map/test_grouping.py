"""The same VMs in other containers: by tag, system, network, SR or folder."""

import itertools
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from data.objects import VM
from tests.browsing import in_the_browser
from tests.map import fleets
from tests.map.plans import (
    TEN_TIMES,
    Message,
    Plan,
    area,
    message,
    open_plans,
    outside,
    overlapping,
    plan,
    rectangles,
    say,
    side,
    told,
    took,
)

GROUPS = ("tag", "os", "network", "sr", "folder")
SCREENS = ((1440, 900), (1920, 1080))
PHONE = (390, 844)
VM_HOST, VM_STATE, VM_MIB, VM_TAGS = 3, 5, 6, 19

WALK = """() => {
  const seen = new Set(), next = [map.first(plan)];
  while (next.length) {
    const id = next.pop();
    if (seen.has(id)) continue;
    seen.add(id);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) next.push(map.neighbour(plan, id, dx, dy));
  }
  return seen.size;
}"""
TAB = """() => {
  const firsts = plan.groups.map((group) => group.tiles[0].id), seen = [firsts[0]];
  for (let i = 1; i < firsts.length; i++) seen.push(map.nextContainer(plan, seen.at(-1), 1));
  const round = map.nextContainer(plan, seen.at(-1), 1), back = map.nextContainer(plan, firsts[0], -1);
  return seen.join() === firsts.join() && round === firsts[0] && back === firsts.at(-1);
}"""
HITS = """() => {
  const missed = [];
  for (const group of plan.groups) {
    const head = map.hit(plan, group.x + 5, group.y + 5);
    if (head.kind !== "pool" || head.id !== -1 || head.group !== group || !head.head) missed.push(group.name);
    for (const tile of group.tiles) {
      const found = map.hit(plan, tile.x + tile.w / 2, tile.y + tile.h / 2);
      if (found.id !== tile.id || found.kind !== "vm" || map.find(plan, tile.id) !== tile) missed.push(tile.id);
    }
  }
  const { x, y, w, h } = plan.groups[0], ids = map.inside(plan, { x, y, w, h });
  return [missed, ids.length === plan.groups[0].tiles.length];
}"""


@in_the_browser
async def page(browser: Browser) -> AsyncIterator[Page]:
    yield await open_plans(browser)


def counted(found: Plan) -> dict[str, int]:
    return {group["name"] or group["kind"]: group["count"] for group in found["groups"]}


def tags_of(said: Message) -> dict[int, list[str]]:
    words = said["l"][1:]
    return {row[0]: sorted(words[label] for label in row[VM_TAGS] or []) for row in said["m"]}


async def test_each_vm_is_in_the_first_of_its_groups_and_those_without_are_last(page: Page) -> None:
    said = message(fleets.LAB)
    tags = tags_of(said)
    found = await plan(page, said, group="tag")
    expected = Counter((tags[id_] or ["none"])[0] for id_ in tags)
    assert counted(found) == dict(expected)
    assert found["groups"][-1]["kind"] == "none"
    where = {tile["id"]: (group["name"], tile["more"]) for group in found["groups"] for tile in group["tiles"]}
    assert where == {id_: ((names or [""])[0], max(0, len(names) - 1)) for id_, names in tags.items()}
    held = {row[0]: row[VM_MIB] for row in said["m"]}
    for group in found["groups"]:
        assert group["ram"] == sum(held[tile["id"]] for tile in group["tiles"])


async def test_containers_are_networks_srs_systems_and_folders_as_well(page: Page) -> None:
    mirror = fleets.fleet(fleets.LAB)
    said = told(mirror)
    names = {row[0]: row[4] for row in said["s"]} | {row[0]: row[3] for row in said["n"]}
    for group in GROUPS:
        found = await plan(page, said if group == "tag" else None, group=group)
        assert sum(one["count"] for one in found["groups"]) == 46
        labels = [(one["name"], one["detail"], one["kind"]) for one in found["groups"]]
        assert len(set(labels)) == len(labels)  # where names are alike, their pools are told
        if group in ("network", "sr"):
            assert all(names[one["id"]] == one["name"] for one in found["groups"] if not one["kind"])
    systems = {name for name in fleets.SYSTEMS if any(name in word for word in said["l"][1:])}
    assert {one["name"] for one in (await plan(page, None, group="os"))["groups"] if not one["kind"]} == systems
    folders = {vm.other_config["folder"] for vm in mirror.every(VM) if "folder" in vm.other_config}
    assert {one["name"] for one in (await plan(page, None, group="folder"))["groups"] if not one["kind"]} == folders


async def test_an_order_of_one_s_own_says_where_groups_stand_and_which_a_vm_is_in(page: Page) -> None:
    said = message(fleets.LAB)
    tags = tags_of(said)
    for wanted in (["web", "test"], ["test", "no such tag", "ci", "web", "prod", "db"]):
        found = await plan(page, said, group="tag", order=["some uuid", "folder:web", *(f"tag:{tag}" for tag in wanted)])
        ranked = {
            id_: min(names, key=lambda tag: (wanted.index(tag) if tag in wanted else 99, tag), default="") for id_, names in tags.items()
        }
        where = {tile["id"]: group["name"] for group in found["groups"] for tile in group["tiles"]}
        assert where == ranked
        shown = [group["name"] for group in found["groups"] if not group["kind"]]
        assert [tag for tag in shown if tag in wanted] == [tag for tag in wanted if tag in shown]
        assert not any(tag in wanted for tag in shown[len([tag for tag in wanted if tag in shown]) :])  # the others after them
        rows = [(round(group["y"]), group["x"]) for group in found["groups"] if not group["kind"]]
        assert rows == sorted(rows)  # they are read from left to right


async def test_in_an_order_of_one_s_own_the_containers_still_look_well(page: Page) -> None:
    for shape, view in itertools.product((fleets.LAB, fleets.RACK, fleets.HALL), (*SCREENS, PHONE)):
        await say(page, message(shape))
        for group in GROUPS:
            plain = await plan(page, None, view, tiles=False, group=group)
            wanted = [one["key"] for one in plain["groups"] if not one["kind"]][::-1]
            found = await plan(page, None, view, tiles=False, group=group, order=wanted)
            where = f"{shape} by {group} at {view}"
            assert not overlapping(found["groups"]), where
            assert not outside(found["groups"], {"x": 0, "y": 0, "w": found["width"], "h": found["height"]}), where
            if view != PHONE:
                assert area(found["groups"]) / (view[0] * view[1]) >= 0.70, where
                assert min(one["w"] for one in found["groups"]) >= 60, where


async def test_a_group_without_vms_of_its_own_keeps_its_place_in_the_order(page: Page) -> None:
    """All of `db` are `prod` as well: it is not seen while that comes first, and is back when it does not."""
    said = message(fleets.LAB)
    moved = "([handle, index, wanted]) => map.moved(plan, model, handle, index, wanted)"
    await plan(page, said, group="tag", order=["tag:prod", "tag:db", "tag:web"])
    assert "db" not in counted(await page.evaluate("JSON.parse(JSON.stringify(plan))"))
    told = await page.evaluate(moved, ["tag:prod", 1, ["tag:prod", "tag:db", "tag:web"]])
    assert told == {"parent": "tag", "order": ["db", "web", "prod", "ci", "test"]}
    found = await plan(page, None, group="tag", order=[f"tag:{tag}" for tag in told["order"]])
    assert next(iter(counted(found))) == "db"


async def test_groups_are_dragged_by_their_names_and_those_of_no_group_are_not(page: Page) -> None:
    await plan(page, message(fleets.LAB), group="tag")
    assert await page.evaluate("map.movable(plan, 'tag:prod')")
    assert not await page.evaluate("map.movable(plan, plan.groups.at(-1).key)")
    before = "() => { const [one, two] = plan.groups; return map.dropAt(plan, two.key, one.x + 2, one.y + 2); }"
    assert (await page.evaluate(before))["index"] == 0
    assert await page.evaluate("map.beside(plan, plan.groups[0].key, -1)") == -1
    vm = "map.handleFor(plan, {...model.things.get(plan.groups[1].tiles[0].id)}) === plan.groups[1].key"
    assert await page.evaluate(vm)


async def test_nothing_overlaps_all_is_filled_and_to_one_scale(page: Page) -> None:
    for shape, view in itertools.product((fleets.LONE, fleets.LAB, fleets.RACK, fleets.HALL), (*SCREENS, PHONE)):
        said = message(shape)
        held = {row[0]: row[VM_MIB] for row in said["m"]}
        await say(page, said)
        for group in GROUPS:
            found = await plan(page, None, view, group=group, size="ram")
            where = f"{shape} by {group} at {view}"
            assert not overlapping(found["groups"]), where
            assert not outside(found["groups"], {"x": 0, "y": 0, "w": found["width"], "h": found["height"]}), where
            for one in found["groups"]:
                assert not outside(one["tiles"], one["inner"]), where
                assert len(one["tiles"]) > 150 or not overlapping(one["tiles"]), where
                for tile in one["tiles"]:
                    assert area([tile]) == pytest.approx(found["scale"] * held[tile["id"]], rel=0.01), where
            if view != PHONE:
                assert area(found["groups"]) / (view[0] * view[1]) >= 0.70, where


async def test_the_names_of_containers_have_room(page: Page) -> None:
    said = message(fleets.RACK)
    for group in GROUPS:
        found = await plan(page, said if group == "tag" else None, group=group)
        assert min(one["w"] for one in found["groups"]) >= 90


async def test_a_start_moves_nothing_and_other_tags_move_what_they_must(page: Page) -> None:
    said = message(fleets.LAB)
    before = rectangles(await plan(page, said, group="tag"))
    for row in said["m"]:
        row[VM_HOST], row[VM_STATE] = (-1, 0) if row[VM_STATE] == 1 else (said["h"][0][0], 1)
    assert rectangles(await plan(page, said, group="tag")) == before
    row = next(row for row in said["m"] if row[VM_TAGS])
    row[VM_TAGS] = 0
    await plan(page, said, group="tag")
    none = await page.evaluate("(id) => plan.groups.at(-1).tiles.some((tile) => tile.id === id)", row[0])
    assert none


async def test_keys_and_pointer_work_there_as_by_placement(page: Page) -> None:
    said = message(fleets.LAB)
    await say(page, said)
    for group in GROUPS:
        await plan(page, None, group=group)
        assert await page.evaluate(WALK) == 46
        assert await page.evaluate(TAB)
        assert await page.evaluate(HITS) == [[], True]


async def test_more_groups_than_can_be_told_apart_come_together(page: Page) -> None:
    said = message(fleets.HALL)
    at = len(said["l"]) - 1
    said["l"] += [f"tag {i}" for i in range(300)]
    for i, row in enumerate(said["m"]):
        row[VM_TAGS] = [at + i % 300]
    found = await plan(page, said, group="tag")
    assert len(found["groups"]) == 48
    rest = found["groups"][-1]
    assert (rest["kind"], rest["folded"]) == ("rest", 300 - 47)
    assert sum(counted(found).values()) == len(said["m"])


async def test_one_cell_for_each_where_ram_would_be_too_small(page: Page) -> None:
    said = message(((30, 500),) * 20)
    found = await plan(page, said, SCREENS[1], group="sr", size="equal")
    tiles = [tile for one in found["groups"] for tile in one["tiles"]]
    assert len(tiles) == 10_000
    sides = Counter(round(side(tile), 3) for tile in tiles)
    ((usual, count),) = sides.most_common(1)
    assert usual >= 7 and count >= 8500  # a crowded container squeezes its own
    of_many = await took(page, group="sr")
    await say(page, message(fleets.HALL))
    assert of_many < TEN_TIMES * await took(page, 10, group="sr")


async def test_nothing_there_is_no_error(page: Page) -> None:
    said = message(((1, 0),))
    for view in (*SCREENS, PHONE):
        found = await plan(page, said, view, group="tag")
        assert found["groups"] == []
