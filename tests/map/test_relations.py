"""Lines, ghosts and the way out, as pure functions over a laid out pool."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browsing import in_the_browser
from tests.map.pure import modules

PLAN = """(vms) => {
  const m = new model.Model(), gib = 1024;
  const rows = Array.from({length: vms}, (_, i) =>
    [100 + i, `vm-${i}`, 1, i % 5 === 4 ? -1 : 10 + i % 3, `vm-${i}`, i % 5 === 4 ? 0 : 1, 2 * gib, 2, "", -1, -1, 0,
      [20, 21 + i % 3].slice(0, 1 + i % 2), [30 + i % 2], 0, 0, 40960, [], "", ""]);
  m.apply({r: 1, v: 0, p: [[1, "pool", "pool", 0, 0, "", 0, "live", 0, 0]],
    h: [0, 1, 2].map((i) => [10 + i, `host-${i}`, 1, `host-${i}`, 6, 64 * gib, 4 * gib, 28 * gib, 16, 0]),
    m: rows, s: [[20, "nfs", 1, -1, "nfs", "nfs", 4000, 100, 0, 0, [], 0],
      ...[0, 1, 2].map((i) => [21 + i, `local-${i}`, 1, 10 + i, "local", "ext", 400, 10, 0, 0, [], 0])],
    n: [[30, "a", 1, "a", [10, 1, 11, 1, 12, 1], 0], [31, "b", 1, "b", [10, 1, 11, 1, 12, 1], 0]]});
  window.m = m;
  window.plan = arrange.arrange(m, {w: 1400, h: 800}, {});
}"""


@in_the_browser
async def page(browser: Browser) -> AsyncIterator[Page]:
    async with modules(browser, "model", "arrange", "relations", "whatif", "crumbs", "camera", "places", "arrows", "carrying") as page:
        await page.evaluate(PLAN, 60)
        yield page


async def test_a_vm_is_joined_with_its_srs_and_networks_by_right_angles(page: Page) -> None:
    for vm in (100, 101, 104):  # one on shared storage, one that has a local disk as well, one that is off
        lines: list[dict[str, Any]] = await page.evaluate("(id) => relations.lines(plan, m, [id])", vm)
        wanted = await page.evaluate("(id) => [...m.things.get(id).srs, ...m.things.get(id).networks].sort()", vm)
        assert sorted(line["to"] for line in lines) == wanted
        for line in lines:
            assert all(a[0] == b[0] or a[1] == b[1] for a, b in zip(line["points"], line["points"][1:], strict=False))


async def test_a_line_ends_at_what_it_is_for(page: Page) -> None:
    ends = await page.evaluate(
        "relations.lines(plan, m, [101]).map(({to, points}) => { const [x, y] = points.at(-1), {kind} = m.things.get(to);"
        " const at = places.hit(plan, x + 0.01, y); return [kind, at.kind === 'host' ? 'floor' : m.things.get(at.id).name]; })"
    )
    assert ends == [["sr", "nfs"], ["sr", "floor"], ["network", "b"]]


async def test_more_than_twelve_are_bundled_and_counted(page: Page) -> None:
    few = await page.evaluate("relations.lines(plan, m, [100, 101, 102])")
    assert {line["count"] for line in few} == {1}
    all_ = await page.evaluate("relations.bundles(m, [...m.things.keys()])")
    assert len(all_) == 12
    assert max(len(bundle["from"]) for bundle in all_) > 5


async def test_an_sr_and_a_network_know_their_vms(page: Page) -> None:
    assert await page.evaluate("relations.users(m, m.things.get(22)).size") == 1 + 10
    assert await page.evaluate("relations.users(m, m.things.get(30)).size") == 1 + 30
    assert await page.evaluate("relations.users(m, m.things.get(100))") is None


GHOSTS = """() => {
  const gone = plan.pools[0].hosts[0].tiles.map(({id}) => id);
  const outcome = {hosts: new Set([10]), moves: new Map(gone.map((id, i) => [id, 11 + i % 2])), stranded: new Set()};
  const within = (a, b) => b.x <= a.x + 0.01 && b.x + b.w >= a.x + a.w - 0.01 && b.y <= a.y + 0.01 && b.y + b.h >= a.y + a.h - 0.01;
  const ghosts = whatif.ghosts(plan, m, outcome);
  for (const ghost of ghosts) ghost.free = plan.pools[0].hosts.find((host) => within(ghost, host.free))?.id;
  return {count: gone.length, gone, ghosts, lit: [...whatif.standing(m, outcome)]};
}"""


async def test_ghosts_stand_in_what_is_free_where_they_would_go_and_are_to_scale(page: Page) -> None:
    found = await page.evaluate(GHOSTS)
    assert len(found["ghosts"]) == found["count"] > 10
    assert {ghost["free"] for ghost in found["ghosts"]} == {11, 12}
    for ghost in found["ghosts"]:
        assert ghost["w"] * ghost["h"] == pytest.approx(ghost["from"]["w"] * ghost["from"]["h"], rel=0.02)
    assert not {10, *found["gone"]} & set(found["lit"]) and {11, 12, 20} <= set(found["lit"])


CHAIN = """(id) => {
  const seen = new camera.Camera(), box = places.find(plan, id);
  seen.keep(plan, 1400, 800);
  seen.go(seen.before(box, 1400, 800), plan, 1400, 800, -1);
  return crumbs.chain(plan, seen, 1400, 800).map(({kind, id}) => [kind, id]);
}"""


async def test_the_way_out_is_known(page: Page) -> None:
    assert await page.evaluate(CHAIN, 10) == [["pool", 1], ["host", 10]]
    vm = await page.evaluate("plan.pools[0].hosts[1].tiles[0].id")
    assert await page.evaluate(CHAIN, vm) == [["pool", 1], ["host", 11], ["vm", vm]]
    path = "(id) => crumbs.path(plan, id).map(({kind, id}) => [kind, id])"
    assert await page.evaluate(path, 20) == [["pool", 1], ["sr", 20]]
    assert await page.evaluate(path, vm) == [["pool", 1], ["host", 11], ["vm", vm]]
    assert await page.evaluate("crumbs.chain(plan, new camera.Camera(), 1400, 800)") == []


async def test_the_camera_stays_over_the_map(page: Page) -> None:
    found = await page.evaluate(
        "(() => { const one = new camera.Camera(); one.keep(plan, 1400, 800); one.go({zoom: 4, x: 1e6, y: -50}, plan, 1400, 800, -1);"
        " return [one.zoom, one.x + 1400 / 4 <= plan.width + 0.01, one.y]; })()"
    )
    assert found == [4, True, 0]


LEAVES = """(many) => {
  const vms = [...m.things.values()].filter(({kind, host}) => kind === "vm" && host === 10).slice(0, many);
  m.apply({v: m.revision + 1, m: vms.map(({id, uuid, name, ram, srs, networks, disk}) =>
    [id, uuid, 1, 11, name, 1, ram, 2, "", 40, -1, 0, srs, networks, 0, [0, 0, 0, 0, 10], disk, [], "", ""])});
  window.plan = arrange.arrange(m, {w: 1400, h: 800}, {});
  return vms.map(({id}) => id);
}"""
"""VMs of the first host are on their way to the second, 40 % of it."""


async def test_a_move_under_way_is_an_arrow_from_the_place_it_leaves(page: Page) -> None:
    assert await page.evaluate("arrows.arrows(plan, m, [])") == []
    (vm,) = await page.evaluate(LEAVES, 1)
    drawn = await page.evaluate("arrows.arrows(plan, m, [{from: 20, to: 22, part: 0.5}])")
    assert [(arrow["part"], arrow["count"]) for arrow in drawn] == [(0.4, 1), (0.5, 1)]
    hit = "([x, y]) => { const {id, kind, box} = places.hit(plan, x, y); return [id, box.ghosts?.[0]?.id ?? -1]; }"
    assert (await page.evaluate(hit, drawn[0]["from"])) == [10, vm] and (await page.evaluate(hit, drawn[0]["to"]))[0] == vm
    assert (await page.evaluate(hit, drawn[1]["from"]))[0] == 20 and (await page.evaluate(hit, drawn[1]["to"]))[0] == 11, "on its floor"
    assert await page.evaluate("arrows.journeys(m, [['nfs@', 'gone', 3], ['nfs', 'local-1', 50]])") == [{"from": 20, "to": 22, "part": 0.5}]
    await page.evaluate(LEAVES, 14)
    (many,) = await page.evaluate("arrows.arrows(plan, m, [])")
    assert many["count"] == 15 and abs(many["part"] - 0.4) < 1e-9
    await page.evaluate("m.apply({v: m.revision + 1, x: [...m.leaving]})")
    assert await page.evaluate("arrows.arrows(plan, m, [])") == []


CARRIED = """async () => {
  const told = [], map = {
    ...carrying.carrying, plan, model: m, movable: true, state: {group: "placement"},
    look: {focus: 100, hover: -1, selected: new Set([100, 101])},
    format: {number: String, memory: String, milliseconds: String}, width: 1400, height: 800,
    words: {carried: "{n} VMs", bench: "halted", hold: "where?", carry: "", noTarget: "none", checking: "...", checkedOf: "{n} of {all}",
      checkedIn: "{n} of {all} in {time}",
      plans: {migrate: "{name} to {target}", moveDisks: "disks of {name} to {target}", connect: "{name} on {target}"}},
    $refs: {carry: document.createElement("div"), focus: document.body}, $emit: (...what) => told.push(what),
    point() {}, refresh() {}, bringIntoView() {}, verb: (id) => told.push([id]), say: (words) => told.push(words),
  };
  const parts = ["title", "words", "esc", "alt", "shift", "checked", "undo"].map((part) => `<i class=xo-carry-${part}></i>`);
  map.$refs.carry.innerHTML = `${parts.join("")}<button></button>`;
  const strip = () => ["title", "words", "checked"].map((part) => map.$refs.carry.querySelector(`.xo-carry-${part}`).textContent);
  map.hold();
  map.targets([["host-0", "no", "here"], ["host-1", "live", "Live"], ["nfs", "disks", "Move"],
    ["a", "nic", "NIC"], ["local-2", "disks", "Move"]]);
  const press = (key) => { told.length = 0; const taken = map.carriedKey({key}); return [taken, map.carried?.over ?? -1, ...told]; };
  const found = {};
  const asked = () => map.carriedDrawn().rings.filter(({how}) => how === "asked").length;
  found.asked = [asked()];
  map.targets([["host-1", "live", "Live", "Live, 3 s", "8 stays free", 64, 56]], true);
  found.asked.push(asked());
  map.carried.over = 11;
  map.tellCarried();
  found.strip = strip();
  found.free = map.carriedDrawn().rings.filter(({free}) => free).map(({host, free}) => [host.id, free]);
  found.places = map.carriedDrawn().ghosts.map(({id, w, h}) => [id, w > 0 && h > 0]);
  map.carried.over = -1;
  for (const keys of ["ArrowRight", "ArrowRight", "ArrowUp", "Enter", "q"]) (found[keys] ??= []).push(press(keys));
  map.hold();
  found.Tab = [press("Tab")];
  found.Escape = [press("Escape"), map.putDown];
  return found;
}"""


async def test_what_is_held_goes_from_target_to_target_by_keys_and_is_dropped(page: Page) -> None:
    found = await page.evaluate(CARRIED)
    first, second = found["ArrowRight"]
    assert first == [True, 11, "host-1: Live"] and second[1] in (23, 20), "then the next to the right that can be a target"
    assert found["ArrowUp"] == [[True, 30, "a: NIC"]] and found["Tab"][0][:2] == [True, 30]
    assert found["strip"][:2] == ["2 VMs to host-1", "Live"] and " in " in found["strip"][2], "the strip says what a drop would do"
    assert found["asked"][0] > 0 and found["asked"][1] == 0, "a host that has not answered is not guessed at"
    assert [11, {"before": 64, "after": 56}] in found["free"] and all(
        free["before"] < free["after"] for id_, free in found["free"] if id_ != 11
    )
    assert found["Enter"] == [[True, -1, ["carry", []], ["drop", {"vms": ["vm-0", "vm-1"], "host": "a", "ask": False, "copy": False}]]]
    assert found["places"] == [[100, True]], "the place that it would take; the other is there already"
    assert found["q"][0][0] is False and found["Escape"] == [[True, -1, ["carry", []]], False]
