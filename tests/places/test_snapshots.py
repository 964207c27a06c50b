"""The list of all snapshots, and deleting many of them; those of backups stay unless somebody wants just them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from components.lists import Listing
from components.vms import snapshots as rows
from data.mirror import PoolMirror
from data.objects import SR, VBD, VDI, VM
from data.vms import BACKUP
from tests import fakes
from tests.places.house import Looking, eventually, looking

GIB = 1 << 30


def snapshot(build: fakes.Builder, name: str, days: float, used: int, **more: Any) -> Any:
    """Taken so many days ago, with one disk of its own."""
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    own = build.put(
        VM, name_label=name, is_a_snapshot=True, is_a_template=True, snapshot_time=moment.strftime("%Y%m%dT%H:%M:%SZ"),
        allowed_operations=["destroy"], **more,
    )  # fmt: skip
    sr = build.put(SR, name_label=f"sr of {name}")
    disk = build.put(VDI, SR=sr, physical_utilisation=used, virtual_size=10 * GIB, managed=True, is_a_snapshot=True)
    drive = build.put(VBD, VM=own, VDI=disk, type="Disk")
    build.commit()
    pool = build.pool
    for row, field, refs in ((pool.one(VM, own), "VBDs", [drive]), (pool.one(VDI, disk), "VBDs", [drive])):
        assert row is not None
        fakes.change(build.mirror, row, **{field: refs})
    return pool.one(VM, own)


@pytest.fixture
def extra() -> fakes.Builder:
    build = fakes.Builder(fakes.home_lab(), "extra")
    vm = build.put(VM, name_label="legacy-erp")
    snapshot(build, "before year end", 334, 3 * GIB, snapshot_of=vm)
    snapshot(build, "yesterday", 1, GIB, snapshot_of=vm)
    snapshot(build, "monthly", 45, GIB, snapshot_of=vm, other_config={f"{BACKUP}job": "job"})
    snapshot(build, "left behind", 8, GIB)
    return build


def named(pool: PoolMirror, name: str) -> VM:
    return next(vm for vm in pool.all(VM).values() if vm.name_label == name)


def segments(vm: VM) -> set[str]:
    return set(rows.snapshot_table().row(vm).segments)


def test_each_row_says_whose_how_old_and_how_large_it_is(extra: fakes.Builder) -> None:
    vm, name, age, amount, sr, _home, part = rows.snapshot_table().row(named(extra.pool, "before year end")).cells
    assert (vm.text, name.text, amount.text, sr.text, part.text) == (
        "legacy-erp",
        "before year end",
        "3\u202fGiB",
        "sr of before year end",
        "",
    )
    assert age.since and vm.path and name.path.endswith("/snapshots")
    assert rows.snapshot_table().row(named(extra.pool, "left behind")).cells[0].text == "–"


def test_they_are_told_apart(extra: fakes.Builder) -> None:
    assert segments(named(extra.pool, "before year end")) == {rows.OLD, rows.MONTHS}
    assert segments(named(extra.pool, "yesterday")) == set()
    assert segments(named(extra.pool, "monthly")) == {rows.BACKUP}, "what belongs to a backup is nobody's old snapshot"
    assert segments(named(extra.pool, "left behind")) == {rows.OLD, rows.ALONE}


async def acts(at: Looking, *chosen: VM) -> None:
    """As the browser does, once its rows are there."""
    (listing,) = at.user.find(Listing).elements
    assert isinstance(listing, Listing)
    await eventually(at, lambda: set(chosen) <= set(listing._ids))
    at.user.find(Listing).trigger("act", [listing._ids[row] for row in chosen])


async def test_many_are_deleted_without_those_of_backups(tmp_path: Path, extra: fakes.Builder) -> None:
    async with looking(tmp_path, extra.mirror) as at:
        await at.open("/snapshots")
        await eventually(at, lambda: {"before year end", "monthly", "left behind"} <= at.texts())
        await acts(at, *(named(extra.pool, name) for name in ("before year end", "monthly", "left behind")))
        await at.user.should_see("1 snapshot used by a backup job is skipped")
        await at.user.should_see("Delete snapshot: 2 snapshots")


async def test_a_backups_own_are_asked_for_once_more(tmp_path: Path, extra: fakes.Builder) -> None:
    async with looking(tmp_path, extra.mirror) as at:
        await at.open("/snapshots")
        await acts(at, named(extra.pool, "monthly"))
        await at.user.should_see("Delete 1 snapshot that a backup job uses?")
        at.user.find("Continue").click()
        await at.user.should_see("Delete snapshot: monthly")
