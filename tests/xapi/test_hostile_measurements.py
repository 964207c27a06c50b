"""A host's measurements are of the size that they say they are, and of times that a clock can show."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise

import pytest

from data.archives import AVERAGE, MOST, ArchiveData, aligned
from data.history import NAN
from tests.xapi.memory import peak
from xo_dash.xapi import archives, rrd, rrd_formats, rrd_legend, rrd_rows
from xo_dash.xapi.errors import BadReply
from xo_dash.xapi.wire import Reply

VM = "760905a6-346e-c3ae-b488-3abb0de44377"
LEGEND = [f"AVERAGE:vm:{VM}:cpu0"]
Row = tuple[object, Sequence[object]]


def reply(body: str) -> Reply:
    return Reply(200, "application/json", body.encode())


def as_json(rows: Sequence[Row], legend: Sequence[str] = LEGEND) -> Reply:
    return reply(json.dumps({"meta": {"legend": legend}, "data": [{"t": t, "values": values} for t, values in rows]}))


def as_xml(rows: Sequence[Row], legend: Sequence[str] = LEGEND) -> Reply:
    entries = "".join(f"<entry>{entry}</entry>" for entry in legend)
    data = "".join(f"<row><t>{t}</t>{''.join(f'<v>{value}</v>' for value in values)}</row>" for t, values in rows)
    return reply(f"<xport><meta><legend>{entries}</legend></meta><data>{data}</data></xport>")


def readers(found: Reply) -> list[Callable[[], object]]:
    return [lambda: rrd.parse(found), lambda: archives.parse_updates(found, (VM,), 60)]


@pytest.mark.parametrize("write", [as_json, as_xml])
def test_three_samples_far_apart_are_no_archive(write: Callable[[Sequence[Row]], Reply]) -> None:
    hostile = write([(0, [0.1]), (1, [0.2]), (10_000_000, [0.3])])
    ordinary = write([(60 * at, [0.5]) for at in range(120)])

    def read(found: Reply) -> None:
        with suppress(BadReply):
            archives.parse_updates(found, (VM,), 60)

    assert peak(lambda: read(hostile)) < 3 * peak(lambda: read(ordinary))
    with pytest.raises(BadReply, match="apart"):
        archives.parse_updates(hostile, (VM,), 60)


@pytest.mark.parametrize("write", [as_json, as_xml])
@pytest.mark.parametrize("t", ["Infinity", "-Infinity", "NaN", "1e300", "-5", "9" * 400, "", "noon"])
def test_a_time_that_is_none_is_a_bad_reply(t: str, write: Callable[[Sequence[Row]], Reply]) -> None:
    for read in readers(write([(t, [0.5]), (5, [0.5])])):
        with pytest.raises(BadReply):
            read()


@pytest.mark.parametrize("write", [as_json, as_xml])
def test_rows_fit_their_legend_and_an_archive_its_host(write: Callable[[Sequence[Row]], Reply]) -> None:
    for rows in ([(5, [0.5] * 2)], [(5, [])], [(at, [0.5]) for at in range(rrd_rows.MOST_ROWS + 1)], [(5, [0.5] * 1000)]):
        for read in readers(write(rows)):
            with pytest.raises(BadReply):
                read()


@pytest.mark.parametrize(
    "body",
    [
        '{"meta":{"legend":[]},"data":' + "[" * 100_000,
        '{"meta":' + '{"a":' * 100_000,
        "<xport>" + "<a>" * 100_000,
        "<xport><data><row>" + "<v/>" * 1000 + "</row></data></xport>",
        "<rrd><ds><name>a</name></ds><rra><database><row><v>1</v></row></database></rra></rrd>",
        '{"step":5,"lastupdate":"Infinity","ds":[],"rra":[]}',
        '{"step":"NaN","lastupdate":5,"ds":[],"rra":[]}',
        '{"step":5,"lastupdate":5,"ds":[],"rra":[{"cf":"AVERAGE","pdp_per_row":"1e999","database":[]}]}',
        '{"step":5,"lastupdate":5,"ds":[],"rra":[{"cf":"AVERAGE","pdp_per_row":"NaN","database":[]}]}',
    ],
    ids=["deep rows", "deep meta", "deep XML", "a wide row", "no time", "endless", "no step", "endless rows", "no rows"],
)
def test_shapes_that_nobody_writes_are_bad_replies(body: str) -> None:
    for read in (*readers(reply(body)), lambda: archives.parse_whole(reply(body), 5)):
        with pytest.raises(BadReply):
            read()


def test_an_element_costs_no_more_than_its_number() -> None:
    values = ["0"] * 200_000
    written = as_xml([(5, values)], ["x"] * len(values))
    assert peak(lambda: rrd_formats.export(written)) < 3 * len(written.body)


@pytest.mark.parametrize("name", ["cpu" + "9" * 5000, "vif_" + "1" * 50 + "_rx", "pif_" + "x" * 5000 + "_rx", "vbd_" + "a" * 50 + "_read"])
def test_a_name_of_any_length_is_not_kept(name: str) -> None:
    found = as_json([(5, [0.5, 0.5])], [*LEGEND, f"AVERAGE:vm:{VM}:{name}"])
    rrd_legend._purpose.cache_clear()
    past, update = archives.parse_updates(found, (VM,), 60), rrd.parse(found)
    assert past is not None and set(past.columns[AVERAGE]) == {"cpu0"}
    assert update is not None and name not in update.objects[VM]
    assert rrd_legend._purpose.cache_info().currsize <= len(LEGEND) + (len(name) <= rrd_legend.LONGEST)


def test_hosts_whose_clocks_are_years_apart_share_one_short_stretch() -> None:
    def past(first: int, *values: float) -> ArchiveData:
        return ArchiveData(5, first, {AVERAGE: {"cpu0": array("f", values)}})

    early, late = aligned([past(0, 1, 2, 3), past(1_800_000_000, 4, 5)])
    assert early.first == late.first and early.length == late.length == MOST
    assert list(late.columns[AVERAGE]["cpu0"][-2:]) == [4, 5] and set(map(str, early.columns[AVERAGE]["cpu0"])) == {str(NAN)}
    near = [list(one.columns[AVERAGE]["cpu0"]) for one in aligned([past(0, 1, 2, 3), past(10, 3, 4, 5)])]
    assert [str(value) for value in near[0]] == ["1.0", "2.0", "3.0", "nan", "nan"]
    assert [str(value) for value in near[1]] == ["nan", "nan", "3.0", "4.0", "5.0"]
    assert all(len(before) == len(after) for before, after in pairwise(near))
