"""Metrics: what /rrd_updates and the archives say, in which form, and that loads are the same whoever asks, and when."""

import itertools
import json
import math
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.recorded import recorded_json
from tests.simulator.client import Reply, http, sign_in
from tests.simulator.inside import NOON
from xo_dash.simulator import rrd
from xo_dash.simulator.testing import SimulatedPool, Simulation, simulated

Table = dict[str, dict[int, float]]  # {legend entry: {time: value}}


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    with simulated(hosts=(2,), vms=(12,), speed=0.0) as running:
        yield running


@pytest.fixture(scope="module")
def key(simulation: Simulation) -> str:
    return sign_in(simulation.pool).session


def get(pool: SimulatedPool, path: str, key: str = "", at: int = 0, accept: str | None = None, **query: Any) -> Reply:
    pairs = [(name, one) for name, value in query.items() for one in (value if isinstance(value, list) else [value])]
    pairs += [("session_id", key)] if key else []
    url = pool.url.replace("127.0.0.1", pool.addresses[at])
    # urllib adds no Accept of its own
    return http(f"{url}{path}?" + "&".join(f"{n}={v}" for n, v in pairs), headers={"Accept": accept} if accept else {})


def now(pool: SimulatedPool) -> int:
    return int(pool.do(lambda inside: inside.clock.now()))


def table(answer: Reply) -> Table:
    assert answer.status == 200, answer
    told = json.loads(answer.body)
    return {
        entry: {int(row["t"]): float(row["values"][column]) for row in told["data"]} for column, entry in enumerate(told["meta"]["legend"])
    }


def uuid_of(pool: SimulatedPool, name: str) -> str:
    return str(pool.call("VM.get_uuid", pool.call("VM.get_by_name_label", name)[0]))


def test_rows_are_newest_first_and_every_number_is_a_string(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    answer = get(pool, "/rrd_updates", key, start=now(pool) - 60, host="true", json="true")
    assert answer.headers["content-type"] == "application/json"
    told = answer.json
    meta, times = told["meta"], [int(row["t"]) for row in told["data"]]
    assert (meta["step"], meta["rows"], meta["columns"]) == ("5", str(len(times)), str(len(meta["legend"])))
    assert times == sorted(times, reverse=True) and times[0] == int(meta["end"])
    assert int(meta["start"]) - 5 <= now(pool) - 60 < int(meta["start"]), "the row after the one that was asked for"
    assert 12 <= len(times) <= 13 and all(b - a == 5 for b, a in itertools.pairwise(times))
    assert {type(v) for row in told["data"] for v in row["values"]} == {str}
    assert {len(row["values"]) for row in told["data"]} == {len(meta["legend"])}


def test_the_names_of_series(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    uuid = uuid_of(pool, "db-01")
    host = next(n for n in (0, 1) if f":{uuid}:" in str(get(pool, "/rrd_updates", key, n, start=-5, json="true").json["meta"]["legend"]))
    legend = set(table(get(pool, "/rrd_updates", key, host, start=-5, host="true", json="true")))
    assert {f"AVERAGE:vm:{uuid}:{name}" for name in (
        "cpu0", "cpu3", "cpu_usage", "memory", "memory_target", "memory_internal_free", "vif_0_rx", "vif_1_tx", "vbd_xvda_read",
        "vbd_xvdc_write",
        "vbd_xvda_read_latency", "vbd_xvda_iops_total", "vbd_xvda_latency", "vbd_xvda_io_throughput_total", "vbd_xvda_avgqu_sz",
        "vbd_xvda_iowait", "vbd_xvda_inflight")} <= legend  # fmt: skip
    own = {entry.split(":", 3)[3] for entry in legend if entry.startswith("AVERAGE:host:")}
    sr = pool.call("SR.get_uuid", pool.call("pool.get_default_SR", pool.call("pool.get_all")[0]))[:8]
    assert {"cpu0", "cpu15", "cpu_avg", "loadavg", "memory_total_kib", "memory_free_kib", "pif_eth0_rx", "pif_eth1_tx", "pif_aggr_rx",
            f"read_{sr}", f"iops_total_{sr}", f"latency_{sr}", f"avgqu_sz_{sr}", f"iowait_{sr}", f"inflight_{sr}",
            f"io_throughput_read_{sr}", "xapi_memory_usage_kib", "hostload", "running_vcpus", "running_domains", "memory_reclaimed_max",
            "xapi_open_fds"} <= own  # fmt: skip
    assert f"AVERAGE:vm:{uuid_of(pool, 'test-a')}:cpu0" not in legend, "it is halted"
    assert not any(f":{uuid}:" in entry for entry in table(get(pool, "/rrd_updates", key, 1 - host, start=-5, json="true")))


def test_the_host_is_only_told_of_when_asked(simulation: Simulation, key: str) -> None:
    legend = table(get(simulation.pool, "/rrd_updates", key, start=-5, json="true"))
    assert legend and not any(entry.startswith("AVERAGE:host") for entry in legend)


def test_one_vm_and_one_sr(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    dom0 = pool.call("VM.get_uuid", pool.call("host.get_control_domain", pool.inside.master.ref))
    sr = pool.call("SR.get_uuid", pool.call("pool.get_default_SR", pool.call("pool.get_all")[0]))
    legend = table(get(pool, "/rrd_updates", key, start=-5, vm_uuid=[dom0], sr_uuid=sr, json="true"))
    assert {entry.split(":")[2] for entry in legend} == {dom0, sr}
    assert f"AVERAGE:sr:{sr}:physical_utilisation" in legend


@pytest.mark.parametrize("accept, asked, expected", [
    ("text/xml", "true", "text/xml"), ("application/json", "", "application/json"), ("*/*", "", "application/json"),
    (None, "true", "application/json"), (None, "", "text/xml"), ("text/html,*/*;q=0.8", "", "application/json"),
    ("image/png", "", "text/xml"), ("text/xml;q=0.5, application/json", "", "application/json"), ("*/*;q=0.1, text/*", "true", "text/xml"),
])  # fmt: skip
def test_accept_decides_then_the_parameter(simulation: Simulation, key: str, accept: str | None, asked: str, expected: str) -> None:
    more = {"json": asked} if asked else {}
    answer = get(simulation.pool, "/rrd_updates", key, accept=accept, start=-5, host="true", **more)
    assert answer.headers["content-type"] == expected


def test_xml_says_the_same_as_json(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    query: dict[str, Any] = {"start": now(pool) - 30, "host": "true"}
    as_json = table(get(pool, "/rrd_updates", key, json="true", **query))
    root = ET.fromstring(get(pool, "/rrd_updates", key, accept="text/xml", **query).body)
    legend = [entry.text or "" for entry in root.findall("meta/legend/entry")]
    rows = {int(row.findtext("t") or 0): [float(v.text or "") for v in row.findall("v")] for row in root.findall("data/row")}
    as_xml = {entry: {t: values[n] for t, values in rows.items()} for n, entry in enumerate(legend)}
    assert as_xml == as_json or all(same(as_xml[e][t], v) for e, column in as_json.items() for t, v in column.items())
    assert root.findtext("meta/step") == "5"


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def test_what_is_wrong_with_a_request(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    assert (get(pool, "/rrd_updates", key).status, get(pool, "/rrd_updates", key).body) == (400, b"")
    assert get(pool, "/rrd_updates", key, start="soon").status == 500
    assert get(pool, "/rrd_updates", key, start=-5, vm_uuid="nobody").status == 500
    assert get(pool, "/rrd_updates", key, start=-5, cf="MAX").status == 500, "VMs have averages alone"
    assert get(pool, "/rrd_updates", "OpaqueRef:no", start=-5).status == 401
    assert get(pool, "/rrd_updates", start=-5).headers["www-authenticate"] == 'Basic realm="rrd_updates"'
    assert get(pool, "/vm_rrd", key, uuid="nobody").status == get(pool, "/sr_rrd", key, uuid="nobody").status == 500


def test_json_is_wanted_by_who_says_the_word(simulation: Simulation, key: str) -> None:
    for value in ("true", "false", ""):
        told = get(simulation.pool, "/vm_rrd", key, json=value, uuid=uuid_of(simulation.pool, "test-b"))
        assert told.headers["content-type"] == "application/json"


def test_every_way_to_say_who_one_is(simulation: Simulation, key: str) -> None:
    url = f"{simulation.pool.url}/rrd_updates?start=-5"
    assert http(url, headers={"Cookie": f"session_id={key}"}).status == 200
    assert http(url, headers={"Authorization": "Basic cm9vdDpzZWNyZXQ="}).status == 200
    assert http(url, headers={"Authorization": "Basic cm9vdDp3cm9uZw=="}).status == 401


@pytest.mark.parametrize("start, interval, step, rows", [
    (-30, 5, 5, 7), (-595, 5, 5, 120), (-600, 5, 60, 11), (-605, 5, 60, 11), (-7199, 0, 60, 120), (-7200, 5, 3600, 3), (-60, 60, 60, 2),
    (-599, 3600, 3600, 1), (-604_799, 5, 3600, 168), (-700_000, 5, 86400, 8), (-10**9, 5, 86400, 366), (-600, 30, 60, 11), (3, 5, 5, 0),
    (-30, 7, 5, 7), (-30, 14, 60, 1),
])  # fmt: skip
def test_the_step_follows_from_how_far_back(start: int, interval: int, step: int, rows: int) -> None:
    """Starts are relative to noon."""
    meta = rrd.times(int(NOON) + start, interval, int(NOON))
    assert (meta.step, len(rrd.moments(meta))) == (step, rows)


def test_a_negative_start_counts_from_the_last_row() -> None:
    assert rrd.times(-60, 5, int(NOON) + 3) == rrd.times(int(NOON) - 60, 5, int(NOON) + 3)


def test_a_poll_goes_on_where_the_last_one_ended(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    first = get(pool, "/rrd_updates", key, start=now(pool) - 20, json="true").json
    assert get(pool, "/rrd_updates", key, start=int(first["meta"]["end"]) + 1, json="true").json["data"] == []
    pool.advance(5)
    later = get(pool, "/rrd_updates", key, start=int(first["meta"]["end"]) + 1, json="true").json
    assert [int(row["t"]) for row in later["data"]] == [int(first["meta"]["end"]) + 5]


def test_a_vm_has_no_samples_from_before_its_boot(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    vm = pool.call("VM.get_by_name_label", "test-a")[0]
    uuid = pool.call("VM.get_uuid", vm)
    pool.do(lambda inside: setattr(inside.clock, "instant", True))
    pool.call("VM.start_on", vm, pool.inside.master.ref, False, False)
    pool.do(lambda inside: setattr(inside.clock, "instant", False))
    pool.advance(20)
    column = table(get(pool, "/rrd_updates", key, start=now(pool) - 60, json="true"))[f"AVERAGE:vm:{uuid}:cpu0"]
    known = [t for t, value in column.items() if not math.isnan(value)]
    assert 3 <= len(known) <= 5 and min(known) > now(pool) - 25 and len(column) >= 12


def test_a_paused_guest_does_nothing(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    uuid = uuid_of(pool, "media")
    found = [
        t
        for n in (0, 1)
        for e, t in table(get(pool, "/rrd_updates", key, n, start=-5, json="true")).items()
        if e.endswith(f"{uuid}:cpu_usage")
    ]
    assert set(found[0].values()) == {0.0}


def test_a_vm_is_asked_for_where_it_runs(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    vm = pool.call("VM.get_by_name_label", "web-1")[0]
    home = pool.call("host.get_address", pool.call("VM.get_resident_on", vm))
    other = 1 - pool.addresses.index(home)
    url = pool.url.replace("127.0.0.1", pool.addresses[other])

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any, **__: Any) -> None:
            return None

    opener = urllib.request.build_opener(NoRedirect)
    with pytest.raises(urllib.error.HTTPError) as caught, opener.open(f"{url}/vm_rrd?uuid={pool.call('VM.get_uuid', vm)}&session_id={key}"):
        pass
    with caught.value as answer:
        assert answer.code == 302 and answer.headers["location"].startswith(f"http://{home}:")
    archives = get(pool, "/vm_rrd", key, other, uuid=pool.call("VM.get_uuid", vm), json="true").json
    assert [int(rra["pdp_per_row"]) for rra in archives["rra"]] == [1, 12, 720, 17280]
    assert [len(rra["database"]) for rra in archives["rra"]] == [120, 120, 168, 366]
    assert {len(row) for rra in archives["rra"] for row in rra["database"]} == {len(archives["ds"])}


def test_archives_in_xml(simulation: Simulation, key: str) -> None:
    root = ET.fromstring(get(simulation.pool, "/host_rrd", key).body)
    assert [len(rra.findall("database/row")) for rra in root.findall("rra")] == [120] * 4 + [168] * 3 + [366] * 3
    assert root.findtext("step") == "5" and {"cpu_avg", "pool_session_count"} <= {ds.findtext("name") for ds in root.findall("ds")}


def test_old_xapis_write_bare_numbers() -> None:
    with simulated(vms=(3,), speed=0.0) as running:
        running._wanted = replace(running._wanted, dialect="8.2")
        running.stop()
        running.start()
        key = sign_in(running.pool).session
        answer = get(running.pool, "/rrd_updates", key, start=-60, host="true", json="true", accept="text/xml")
        assert answer.headers["content-type"] == "application/json", "they do not look at Accept"
        told = json.loads(answer.body)
        assert told["meta"]["step"] == 5 and {type(v) for row in told["data"] for v in row["values"]} <= {int, float}
        assert get(running.pool, "/rrd_updates", key, start=-60, accept="application/json").headers["content-type"] == "text/xml"


def test_data_sources_have_the_names_and_values_of_the_series(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    client = sign_in(pool)
    host = pool.inside.master.ref
    sources = {source["name_label"]: source for source in client.call("host.get_data_sources", host)}
    column = table(get(pool, "/rrd_updates", key, start=-5, host="true", json="true"))
    uuid = pool.call("host.get_uuid", host)
    newest = {entry.split(":", 3)[3]: values[max(values)] for entry, values in column.items() if f":{uuid}:" in entry}
    assert set(newest) == {name for name, source in sources.items() if source["enabled"]}
    assert sources["cpu_avg"]["value"] == pytest.approx(newest["cpu_avg"], abs=1e-3)
    assert client.call("host.query_data_source", host, "memory_total_kib") == newest["memory_total_kib"]
    halted = pool.call("VM.get_by_name_label", "test-b")[0]
    assert client.failure("VM.get_data_sources", halted)[0] == "VM_BAD_POWER_STATE"


def test_a_client_is_told_by_its_task(simulation: Simulation, key: str) -> None:
    client = sign_in(simulation.pool)
    for path in ("/rrd_updates?start=-5", "/host_rrd?json=true", "/host_rrds?json=true"):
        task = client.call("task.create", "metrics", "")
        answer = http(f"{client.url}{path}&task_id={task}&session_id={key}")
        assert answer.status == 200 and answer.headers["access-control-allow-origin"] == "*"
        assert client.call("task.get_status", task) == "success"


def test_a_source_is_recorded_from_when_somebody_asked(simulation: Simulation, key: str) -> None:
    pool, client = simulation.pool, sign_in(simulation.pool)
    vm = pool.call("VM.get_by_name_label", "web-1")[0]
    uuid, home = pool.call("VM.get_uuid", vm), pool.addresses.index(pool.call("host.get_address", pool.call("VM.get_resident_on", vm)))

    def column(name: str) -> dict[int, float] | None:
        return table(get(pool, "/rrd_updates", key, home, start=-30, json="true", vm_uuid=uuid)).get(f"AVERAGE:vm:{uuid}:{name}")

    assert column("runstate_blocked") is None
    sources = {s["name_label"]: s for s in client.call("VM.get_data_sources", vm)}
    assert (sources["runstate_blocked"]["enabled"], sources["runstate_blocked"]["standard"]) == (False, False)
    assert client.failure("VM.query_data_source", vm, "runstate_blocked")[0] == "INTERNAL_ERROR"
    client.call("VM.record_data_source", vm, "runstate_blocked")
    pool.advance(10)
    known = column("runstate_blocked")
    assert known and [math.isnan(v) for _, v in sorted(known.items(), reverse=True)][:3] == [False, False, True]
    assert 0 < client.call("VM.query_data_source", vm, "runstate_blocked") < 1
    client.call("VM.forget_data_source_archives", vm, "runstate_blocked")
    assert column("runstate_blocked") is None


def test_what_is_always_recorded_begins_anew_when_it_is_forgotten(simulation: Simulation, key: str) -> None:
    pool, client = simulation.pool, sign_in(simulation.pool)
    host, uuid = pool.inside.master.ref, pool.call("host.get_uuid", pool.inside.master.ref)
    client.call("host.forget_data_source_archives", host, "loadavg")
    client.call("host.record_data_source", host, "pif_eth0_rx_errors")
    assert client.failure("host.record_data_source", host, "nothing")[0] == "INTERNAL_ERROR"
    pool.advance(5)
    told = get(pool, "/rrd_updates", key, start=-30, host="true", json="true")
    columns = {e: sorted(c.items(), reverse=True) for e, c in table(told).items() if uuid in e}
    for name in ("loadavg", "pif_eth0_rx_errors"):
        assert [math.isnan(v) for _, v in columns[f"AVERAGE:host:{uuid}:{name}"]][:3] == [False, True, True]
    assert not any(math.isnan(v) for _, v in columns[f"AVERAGE:host:{uuid}:cpu0"])
    assert '"NaN"' in told.body.decode()
    client.call("host.forget_data_source_archives", host, "pif_eth0_rx_errors")


def halted(pool: SimulatedPool) -> str:
    return next(str(r) for r, v in pool.call("VM.get_all_records").items() if v["power_state"] == "Halted" and not v["is_a_template"])


def test_least_and_most_are_kept_of_vms_that_are_new_when_the_pool_wants_it() -> None:
    with simulated(vms=(3,), speed=0.0) as running:
        pool, client = running.pool, sign_in(running.pool)
        assert get(pool, "/rrd_updates", client.session, start=-700, cf="MAX").status == 500
        old = {entry.split(":")[2] for entry in table(get(pool, "/rrd_updates", client.session, start=-5, json="true"))}
        client.call("pool.add_to_other_config", pool.inside.ref, "create_min_max_in_new_VM_RRDs", "true")
        pool.do(lambda inside: setattr(inside.clock, "instant", True))
        vm = client.call("VM.clone", halted(pool), "new")
        client.call("VM.start", vm, False, False)
        pool.do(lambda inside: setattr(inside.clock, "instant", False))
        pool.advance(300)
        most = table(get(pool, "/rrd_updates", client.session, start=-300, cf="MAX", json="true"))
        uuid = client.call("VM.get_uuid", vm)
        assert uuid not in old and {entry.split(":")[2] for entry in most} == {uuid}
        every = table(get(pool, "/rrd_updates", client.session, start=-300, interval=60, vm_uuid=uuid, json="true"))
        assert list(dict.fromkeys(e.split(":")[0] for e in every)) == ["AVERAGE", "MIN", "MAX"]
        least, mean, most_ = (every[f"{cf}:vm:{uuid}:cpu0"] for cf in ("MIN", "AVERAGE", "MAX"))
        assert all(least[t] <= mean[t] <= most_[t] for t in mean if not math.isnan(mean[t]))
        archives = get(pool, "/vm_rrd", client.session, uuid=uuid, json="true").json
        assert [r["cf"] for r in archives["rra"]] == ["AVERAGE"] + ["AVERAGE", "MIN", "MAX"] * 3


def test_of_hosts_least_and_most_are_always_kept(simulation: Simulation, key: str) -> None:
    told = table(get(simulation.pool, "/rrd_updates", key, start=-300, interval=60, host="true", json="true"))
    kinds = {tuple(entry.split(":")[:2]) for entry in told}
    assert kinds == {("AVERAGE", "host"), ("MIN", "host"), ("MAX", "host"), ("AVERAGE", "vm")}
    assert {e.split(":")[0] for e in table(get(simulation.pool, "/rrd_updates", key, start=-300, host="true", cf="MIN", json="true"))} == {
        "MIN"
    }


@pytest.mark.parametrize("name", ["host_rrd", "vm_rrd"])
def test_archives_have_the_shape_of_real_ones(simulation: Simulation, key: str, name: str) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: shape(v) for k, v in value.items()}
        return [shape(value[0])] if isinstance(value, list) else type(value).__name__

    real = recorded_json(f"{name}.json")
    ours = get(simulation.pool, f"/{name}", key, json="true", uuid=uuid_of(simulation.pool, "test-b")).json
    assert shape(ours) == shape(real)
    assert [(r["cf"], r["pdp_per_row"], len(r["database"])) for r in ours["rra"]] == [
        (r["cf"], r["pdp_per_row"], len(r["database"])) for r in real["rra"]
    ]


def test_a_vm_takes_its_past_along_when_it_migrates(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    running = [r for r, v in pool.call("VM.get_all_records").items() if v["power_state"] == "Running" and not v["is_control_domain"]]
    vm = next(r for r in running if len(pool.call("VM.get_possible_hosts", r)) == 2)
    uuid = pool.call("VM.get_uuid", vm)
    there = next(h for h in pool.call("host.get_all") if h != pool.call("VM.get_resident_on", vm))
    hosts = [pool.addresses.index(pool.call("host.get_address", host)) for host in (pool.call("VM.get_resident_on", vm), there)]

    def told(at: int) -> Table:
        return table(get(pool, "/rrd_updates", key, at, start=-60, json="true", vm_uuid=uuid))

    before = told(hosts[0])[f"AVERAGE:vm:{uuid}:cpu0"]
    pool.do(lambda inside: setattr(inside.clock, "instant", True))
    pool.call("VM.pool_migrate", vm, there, {"live": "true"})
    pool.do(lambda inside: setattr(inside.clock, "instant", False))
    after = told(hosts[1])[f"AVERAGE:vm:{uuid}:cpu0"]
    assert len(before) == 13 and all(same(after[t], value) for t, value in before.items())


def test_a_halted_vm_is_asked_of_the_master(simulation: Simulation, key: str) -> None:
    pool = simulation.pool
    uuid = uuid_of(pool, "test-b")
    assert get(pool, "/vm_rrd", key, uuid=uuid).status == 200
    assert get(pool, "/vm_rrd", key, 1, uuid=uuid).status == 200, "urllib follows to the master"
    assert get(pool, "/vm_rrd", key).status == 400
