"""The sums of an SR are those of its disks, whatever was done with them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.simulator.client import sign_in
from tests.simulator.making import GIB, Maker
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import SimulatedPool, simulated

PLACES = {
    "nfs": {"server": "10.10.0.10", "serverpath": "/mnt/tank/backup"},
    "ext": {"device": "/dev/sdb"},
    "lvm": {"device": "/dev/sdc"},
    "lvmoiscsi": {"target": "10.10.0.20", "targetIQN": "iqn.2005-10.org.freenas.ctl:vms", "SCSIid": "36589cfc000000a010000000000000001"},
}


@pytest.fixture(scope="module")
def pool() -> Iterator[SimulatedPool]:
    with simulated(hosts=(3,), vms=(12,), srs=(8,), speed=400, seed="docs") as simulation:
        yield simulation.pool


def off(pool: Pool, sr: str) -> tuple[int, int]:
    """(virtual_allocation, physical_utilisation) less what the disks make together, hidden ones among them."""
    record = pool.db.record("SR", sr)
    disks = [pool.db.record("VDI", vdi) for vdi in record["VDIs"]]
    promised = sum(disk["virtual_size"] for disk in disks)
    return record["virtual_allocation"] - promised, record["physical_utilisation"] - sum(disk["physical_utilisation"] for disk in disks)


def steps(make: Maker, pool: SimulatedPool) -> Iterator[str]:
    """Things to do with disks, one after the other."""
    call: Callable[..., Any] = make.x.call
    disk = make.disk(8 * GIB)
    yield "create"
    shots = [call("VDI.snapshot", disk) for _ in range(3)]
    yield "snapshots"
    clone = call("VDI.clone", shots[1])
    yield "clone"
    call("VDI.resize", clone, 9 * GIB)
    yield "resize"
    copy = call("VDI.copy", clone, make.sr)
    yield "copy"
    for vdi in (shots[0], clone, shots[2]):
        call("VDI.destroy", vdi)
    yield "destroy"
    pool.advance(60)
    yield "coalesce"
    vm = make.vm()
    call("VM.start", vm, False, False)
    pool.do(lambda inside: inside.db.set(inside.db.get(vm, "metrics"), current_domain_type="pv"))
    call("VM.set_suspend_SR", vm, make.sr)
    shot = call("VM.checkpoint", vm, "c")
    yield "checkpoint"
    call("VM.suspend", vm)
    call("VM.resume", vm, False, False)
    yield "suspend, resume"
    call("VM.revert", shot)
    yield "revert"
    call("VM.hard_shutdown", vm)
    call("VDI.forget", copy)
    call("SR.scan", make.sr)
    yield "forget and scan"
    call("SR.update", make.sr)
    yield "update"


@pytest.mark.parametrize("kind", PLACES)
def test_after_every_step(pool: SimulatedPool, kind: str) -> None:
    make = Maker(sign_in(pool))
    make.sr = make.x.call("SR.create", make.master, PLACES[kind], 0, kind, "", kind, "user", kind in ("nfs", "lvmoiscsi"), {})
    for what in steps(make, pool):
        assert (what, pool.do(lambda inside: off(inside, make.sr))) == (what, (0, 0))


def test_what_is_forgotten_still_lies_there(pool: SimulatedPool) -> None:
    """The sums are the storage's, not the database's; the next scan brings the row back."""
    make = Maker(sign_in(pool))
    disk = make.disk(3 * GIB)
    make.x.call("VDI.forget", disk)
    assert pool.do(lambda inside: off(inside, make.sr))[0] == 3 * GIB
    make.x.call("SR.scan", make.sr)
    assert pool.do(lambda inside: off(inside, make.sr))[0] == 0


def test_a_scan_finds_what_was_said(pool: SimulatedPool) -> None:
    """Pools begin as a scan would find them; what is used on file systems besides disks stays what it is."""

    def sums(inside: Pool) -> dict[str, tuple[int, int]]:
        return {ref: off(inside, ref) for ref in inside.db.rows("SR")}

    before, client = pool.do(sums), sign_in(pool)
    for sr, record in client.call("SR.get_all_records").items():
        assert before[sr][0] == 0, record["name_label"]
        client.call("SR.scan", sr)
    assert pool.do(sums) == before
