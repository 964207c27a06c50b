"""/rrd_updates in the forms that xapi has had."""

import json
import math

import pytest

from data.history import LENGTH
from tests.recorded import recorded
from xo_dash.xapi import rrd
from xo_dash.xapi.errors import BadReply
from xo_dash.xapi.wire import Reply

VM = "760905a6-346e-c3ae-b488-3abb0de44377"
HOST = "a4ea6a1c-5b1c-4b6e-9d6f-0b7f3a2f5c11"
LEGEND = {
    f"AVERAGE:vm:{VM}:cpu0": [0.5, 0.25],
    f"AVERAGE:vm:{VM}:cpu1": [0.0, 0.75],
    f"AVERAGE:vm:{VM}:memory": [4 * 1024.0 * 1024, 4 * 1024.0 * 1024],
    f"AVERAGE:vm:{VM}:memory_internal_free": [1024.0, math.nan],
    f"AVERAGE:vm:{VM}:vif_0_rx": [10.0, 20.0],
    f"AVERAGE:vm:{VM}:vif_1_rx": [1.0, math.nan],
    f"AVERAGE:vm:{VM}:vbd_xvda_write": [7.0, 8.0],
    f"AVERAGE:vm:{VM}:vbd_xvda_write_latency": [999.0, 999.0],
    f"MAX:vm:{VM}:cpu0": [9.0, 9.0],
    f"AVERAGE:host:{HOST}:cpu0": [0.1, 0.3],
    f"AVERAGE:host:{HOST}:memory_total_kib": [100.0, 100.0],
    f"AVERAGE:host:{HOST}:memory_free_kib": [60.0, 50.0],
    f"AVERAGE:host:{HOST}:pif_eth0_tx": [5.0, 6.0],
    f"AVERAGE:host:{HOST}:pif_eth0.20_tx": [5.0, 6.0],  # the same bytes again, as a VLAN's
    "AVERAGE:sr:1:something:new": [0.0, 0.0],
}


def reply(body: str | bytes, status: int = 200) -> Reply:
    return Reply(status, "application/json", body.encode() if isinstance(body, str) else body)


def rows(text: bool) -> str:
    """Two samples of LEGEND, newest first, with numbers as strings or bare."""
    data = [{"t": t, "values": [column[at] for column in LEGEND.values()]} for at, t in ((1, 1005), (0, 1000))]
    meta = {"start": 1000, "step": 5, "end": 1005, "rows": 2, "columns": len(LEGEND), "legend": list(LEGEND)}
    bare = json.dumps({"meta": meta, "data": data})
    return json.dumps(json.loads(bare, parse_float=str, parse_int=str, parse_constant=str)) if text else bare


@pytest.mark.parametrize("text", [True, False], ids=["numbers as strings", "bare NaN"])
def test_both_dialects_of_json_give_columns(text: bool) -> None:
    update = rrd.parse(reply(rows(text)))
    assert update is not None and (update.first, update.end) == (200, 1005)
    vm = {name: list(column) for name, column in update.objects[VM].items()}
    assert vm["cpu"] == [0.25, 0.5]
    assert vm["memory_used"][0] == 3 * 1024 * 1024 and vm["guest_memory"][0] == 0.75
    assert math.isnan(vm["memory_used"][1]) and math.isnan(vm["guest_memory"][1]), "a gap stays a gap"
    assert vm["net_rx"] == [11.0, 20.0]
    assert vm["disk_write"] == [7.0, 8.0]
    assert "vbd_xvda_write_latency" not in vm and "net_tx" not in vm
    host = {name: list(column) for name, column in update.objects[HOST].items()}
    assert host["memory_used"] == [40 * 1024, 50 * 1024]
    assert host["net_tx"] == [5.0, 6.0]


def test_rows_may_come_before_their_legend() -> None:
    told = json.loads(rows(text=True))
    found = rrd.parse(reply(json.dumps({"data": told["data"], "meta": told["meta"]})))
    assert found is not None and list(found.objects[VM]["cpu"]) == [0.25, 0.5]


def test_a_host_s_legend_is_read_again_when_it_is_another() -> None:
    def told(*names: str) -> Reply:
        legend = [f"AVERAGE:vm:{VM}:{name}" for name in names]
        return reply(json.dumps({"meta": {"legend": legend}, "data": [{"t": 5, "values": [0.5] * len(names)}]}))

    reader = rrd.Reader()
    for names in (("cpu0", "memory"), ("cpu0", "memory"), ("vif_0_rx", "memory", "cpu0"), ("cpu0",)):
        update = reader.parse(told(*names))
        assert update is not None and set(names) <= set(update.objects[VM]) and update.objects[VM]["cpu"][0] == 0.5


@pytest.mark.parametrize(
    ("columns", "online", "busy"),
    [
        ([[1.0], [0.0], [0.0], [0.0]], 1, [1.0]),
        ([[1.0], [0.0], [0.0], [0.0]], 2, [0.5]),
        ([[1.0], [0.0], [0.0], [0.0]], 0, [0.25]),  # nobody knows how many are online
        ([[1.0], [0.0]], 4, [0.5]),  # added just now: not measured yet
        ([[1.0, math.nan], [0.0, math.nan]], 1, [1.0, math.nan]),
        ([[1.0, 0.5], [math.nan, 0.5]], 2, [1.0, 0.5]),
        ([[1.0], [1.0], [1.0]], 1, [1.0]),  # they were taken off just now
    ],
)
def test_vcpus_that_are_not_online_do_not_dilute_the_share(columns: list[list[float]], online: int, busy: list[float]) -> None:
    legend = [f"AVERAGE:vm:{VM}:cpu{n}" for n in range(len(columns))] + [f"AVERAGE:vm:{VM}:memory"]
    rows = [{"t": 5 * at, "values": [*(column[at] for column in columns), 7]} for at in range(len(busy))]
    update = rrd.parse(reply(json.dumps({"meta": {"legend": legend}, "data": rows[::-1]})), {VM: online})
    assert update is not None
    assert list(update.objects[VM]["cpu"]) == pytest.approx(busy, nan_ok=True)


def test_no_derived_series_makes_a_number_of_a_gap() -> None:
    sources = {"cpu0": 0.5, "cpu1": 0.5, "memory": 7.0, "memory_internal_free": 7.0, "vif_0_rx": 1.0, "vif_0_tx": 1.0, "vif_1_rx": 1.0,
               "vif_1_tx": 1.0, "vbd_xvda_read": 1.0, "vbd_xvda_write": 1.0, "vbd_xvda_latency": 1.0}  # fmt: skip
    of_host = {"cpu0": 0.5, "cpu1": 0.5, "memory_total_kib": 9.0, "memory_free_kib": 7.0, "pif_eth0_rx": 1.0, "pif_eth0_tx": 1.0}
    legend = [f"AVERAGE:vm:{VM}:{name}" for name in sources] + [f"AVERAGE:host:{HOST}:{name}" for name in of_host]
    known = [*sources.values(), *of_host.values()]
    data = [{"t": 10, "values": known}, {"t": 5, "values": [math.nan] * len(known)}, {"t": 0, "values": known}]
    update = rrd.parse(reply(json.dumps({"meta": {"legend": legend}, "data": data})))
    assert update is not None
    for columns in update.objects.values():
        for name, column in columns.items():
            assert [math.isnan(value) for value in column] == [False, True, False], name


def test_a_sample_a_minute_stands_at_its_time() -> None:
    legend = [f"AVERAGE:vm:{VM}:cpu0"]
    data = [{"t": 120, "values": [0.3]}, {"t": 60, "values": [0.2]}]
    update = rrd.parse(reply(json.dumps({"meta": {"legend": legend}, "data": data})))
    assert update is not None
    column = update.objects[VM]["cpu"]
    assert update.first == 12 and len(column) == 13
    assert [round(column[at], 3) for at in (0, 12)] == [0.2, 0.3] and all(math.isnan(value) for value in column[1:12])


def test_what_is_not_measured_yet_is_asked_for_again() -> None:
    legend = [f"AVERAGE:vm:{VM}:cpu0"]
    data = [{"t": 15, "values": [math.nan]}, {"t": 10, "values": [0.2]}]
    update = rrd.parse(reply(json.dumps({"meta": {"legend": legend}, "data": data})))
    assert update is not None and update.end == 10
    assert rrd.parse(reply(json.dumps({"meta": {"legend": legend}, "data": data[:1]}))) is None


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", '"NaN"', '"-Infinity"'])
def test_every_way_to_write_what_is_no_number(word: str) -> None:
    legend = f'["AVERAGE:vm:{VM}:cpu0","AVERAGE:vm:{VM}:memory"]'
    update = rrd.parse(reply(f'{{"meta":{{"legend":{legend}}},"data":[{{"t":5,"values":[{word}, 7]}}]}}'))
    assert update is not None and not math.isfinite(update.objects[VM]["cpu"][0]) and update.objects[VM]["memory"][0] == 7


def test_a_day_is_cut_to_what_is_kept() -> None:
    data = [{"t": 5 * at, "values": [1.0]} for at in range(2000, 0, -1)]
    update = rrd.parse(reply(json.dumps({"meta": {"legend": [f"AVERAGE:vm:{VM}:cpu0"]}, "data": data})))
    assert update is not None and len(update.objects[VM]["cpu"]) == LENGTH and update.end == 10000


def test_500_is_no_data() -> None:
    assert rrd.parse(reply("<html>Internal error</html>", 500)) is None


@pytest.mark.parametrize(
    "body",
    ["", "{meta: {}}", "[]", '{"meta":{"legend":["a"]},"data":[{"t":1,"values":[]}]}', "<xport>", "<row><t>x</t></row>", "\xff"],
)
def test_junk_is_told(body: str) -> None:
    with pytest.raises(BadReply):
        rrd.parse(reply(body))


def test_a_real_host_says_the_same_in_json_and_in_xml() -> None:
    from_json = rrd.parse(reply(recorded("rrd_updates.json")))
    from_xml = rrd.parse(reply(recorded("rrd_updates.xml")))
    assert from_json is not None and from_xml is not None
    assert HOST in from_json.objects and VM in from_json.objects
    assert from_json.objects.keys() == from_xml.objects.keys()
    for uuid, columns in from_json.objects.items():
        assert columns.keys() == from_xml.objects[uuid].keys()
    load = from_json.objects[HOST]
    assert 0 <= load["cpu"][-1] <= 1 and load["memory_used"][-1] > 0
