"""What browsers make of the rows that they are sent: files and tooltips say of an object what its page says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, cast

import pytest

from components.map import rows as map_rows
from components.map.words import words as map_words
from components.vms.grid import _words as list_words
from components.vms.grid import column_titles
from components.vms.rows import LONGEST_NOTE, VmRow
from components.vms.words import STATES, doing_of, tools_text
from data.facts.host import HostState
from data.facts.pool import own_pool
from data.facts.vm import is_guest
from data.objects import PIF, SR, VM, Host, Network
from data.server import Server
from data.views.host import HostView
from data.views.network import NetworkView
from data.views.pool import PoolView
from data.views.sr import SRView
from data.views.vm import VMView
from tests.facts.places import Places, after_a_while
from tests.facts.pools import MIB
from tests.node import in_node
from xo_dash.i18n import using

MODULES = {
    "file": "components/vms/modules/csv.js", "columns": "components/vms/modules/columns.js",
    "model": "components/map/modules/model.js", "tip": "components/map/modules/tip.js",
}  # fmt: skip
MADE = """(all, words, keys) => all.map(({ rows, places, message }) => {
  const format = new Proxy({}, { get: () => String }); // figures as they come
  const tell = columns.teller({ words: words.list, format, loads: new Map(), places: new Map(places) });
  const map = new model.Model();
  map.apply(message);
  const tips = [...map.things.values()].map((thing) => [thing.id, tip.describe(map, thing, words.map, format)]);
  return [file.csv(rows, keys.map((key) => ({ title: key, key })), tell), tips];
})"""
KINDS = {Server: "p", Host: "h", VM: "m", SR: "s", Network: "n"}
SEEDS = range(6)

Tip = tuple[str, str, dict[str, str]]
"""(title, state, {label: value})"""


class Made:
    """What a browser has made of the places of one pool."""

    def __init__(self, places: Places, text: str, tips: list[tuple[int, tuple[str, str, list[tuple[str, str]]]]]) -> None:
        self.places = places
        lines = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
        self.lines = {line["uuid"]: line for line in lines}
        by_id = {id_: (title, state, dict(rows)) for id_, (title, state, rows) in tips}
        self.tips: dict[object, Tip] = {thing: by_id[cast(int, row[0])] for thing, row in places.mapped.items()}


def sent(places: Places) -> dict[str, object]:
    """What a browser is told of all there is."""
    rows = [dict(zip(VmRow._fields, row, strict=True)) for row in places.listed.values()]
    message: dict[str, Any] = {"r": 1, "v": 1, "l": places.labels, **{key: [] for key in KINDS.values()}}
    for thing, row in places.mapped.items():
        message[KINDS[type(thing)]].append(row)
    return {"rows": rows, "places": [(place.id, place._asdict()) for place in places.pools], "message": message}


@pytest.fixture(scope="module")
def made() -> Iterator[list[Made]]:
    with using("en"):
        several = [after_a_while(seed) for seed in SEEDS]
        words = {"list": list_words(), "map": map_words()}
        found = in_node(MADE, MODULES, [sent(places) for places in several], words, list(column_titles()))
        yield [Made(places, *one) for places, one in zip(several, found, strict=True)]


def test_files(made: list[Made]) -> None:
    for one in made:
        guests = [vm for vm in one.places.pool.all(VM).values() if is_guest(vm)]
        assert set(one.lines) == {vm.uuid for vm in guests}
        for vm in guests:
            view, line = one.places.scope.view(VMView, vm), one.lines[vm.uuid]
            assert line["state"] == (doing_of(vm) or STATES[view.state])
            assert line["tools"] == tools_text(view.tools)
            figures = {"memory": view.memory, "vcpus": view.vcpus, "disk": view.disk_total, "snapshots": view.snapshot_count}
            assert {name: int(line[name] or 0) for name in figures} == figures
            assert bool(line["uptime"]) is bool(view.started)
            texts = {
                "name": view.name, "host": view.host.name if view.host else "", "pool": view.pool, "os": view.os,
                "addresses": " ".join(view.addresses), "macs": " ".join(view.macs), "tags": ", ".join(view.tags),
                "note": view.description[:LONGEST_NOTE], "group": view.appliance.name if view.appliance else "",
            }  # fmt: skip
            assert {name: line[name] for name in texts} == texts


def test_tooltips_of_vms(made: list[Made]) -> None:
    words = map_words()
    states = cast(list[str], words["states"])
    for one in made:
        for vm in filter(is_guest, one.places.pool.all(VM).values()):
            view, (title, state, said) = one.places.scope.view(VMView, vm), one.tips[vm]
            assert (title, state) == (view.name, states[map_rows.STATES[view.state]])
            assert said.get("Address", "") == view.address
            assert said["Memory"] == str(view.memory // MIB) and said["CPU"].endswith(f"{view.vcpus or '–'} vCPU")
            assert set(said.get("Networks", "").split(", ")) - {""} == {nic.network.name for nic in view.nics if nic.network}
            assert bool(view.snapshot_count) is ("Snapshots" in said)


def test_tooltips_of_hosts_srs_networks_and_pools(made: list[Made]) -> None:
    for one in made:
        pool, scope = one.places.pool, one.places.scope
        for host in pool.all(Host).values():
            view, (title, state, said) = scope.view(HostView, host), one.tips[host]
            words = {HostState.UNHEARD: "not responding", HostState.MAINTENANCE: "maintenance"}
            assert (title, state) == (view.name, words.get(view.state, "master" if view.is_master else ""))
            assert (said["Memory"], said["Free"]) == (str(view.memory.total // MIB), str(view.memory.free // MIB))
        for sr in filter(one.tips.get, pool.all(SR).values()):
            shown, (title, state, said) = scope.view(SRView, sr), one.tips[sr]
            assert (title, state, said["Size"]) == (shown.name, shown.type, str(shown.room.size // MIB))
            assert set(said.get("Not attached on", "").split(", ")) - {""} == {host.name for host in shown.cut_off}
            assert said["VMs"] == str(shown.guest_count)
        for network in filter(one.tips.get, pool.all(Network).values()):
            seen, (title, _state, said) = scope.view(NetworkView, network), one.tips[network]
            down = {port.host.name for port in seen.ports if port.host and pool.all(PIF) and port.link.name != "UP"}
            assert title == seen.name and set(said.get("Link down on", "").split(", ")) - {""} == down
            assert said["VMs"] == str(seen.guest_count)
        if own := own_pool(pool):
            whole, (title, _state, said) = scope.view(PoolView, own), one.tips[pool.server]
            assert title == whole.name and said["Hosts"] == str(sum(whole.host_states.values()))
            assert said["VMs"].split(" ")[0] == str(sum(whole.vm_states.values()))
