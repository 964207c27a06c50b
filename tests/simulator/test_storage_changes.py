"""Changed block tracking: what a backup program is told, and that it is what was written."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from tests.simulator.client import Client, sign_in
from tests.simulator.making import GIB, Maker
from tests.simulator.transfers import put, result
from xo_dash.simulator.testing import SimulatedPool, simulated

BLOCK = 1 << 16
MIB = 1 << 20


@pytest.fixture(scope="module")
def quick() -> Iterator[SimulatedPool]:
    with simulated(speed=50) as simulation:
        yield simulation.pool


@pytest.fixture
def x(quick: SimulatedPool) -> Client:
    return sign_in(quick)


def write(x: Client, vdi: str, offset: int, data: bytes) -> None:
    """In XenAPI's own framing: an offset and a length before each piece, zeros at the end."""
    head = offset.to_bytes(8, "little") + len(data).to_bytes(4, "little")
    result(x, put(x, "/import_raw_vdi", head + data + bytes(12), vdi=vdi, chunked="true"))


def changed(x: Client, start: str, end: str) -> set[int]:
    bits = base64.b64decode(x.call("VDI.list_changed_blocks", start, end))
    return {n for n in range(len(bits) * 8) if bits[n // 8] & (0x80 >> n % 8)}


def test_what_was_written_between_snapshots(x: Client) -> None:
    disk = Maker(x).disk(64 * MIB)
    x.call("VDI.enable_cbt", disk)
    first = x.call("VDI.snapshot", disk)
    assert x.call("VDI.get_cbt_enabled", first)
    write(x, disk, 3 * BLOCK + 10, b"x" * 20)
    second = x.call("VDI.snapshot", disk)
    write(x, disk, 9 * BLOCK - 1, b"yy")
    third = x.call("VDI.snapshot", disk)
    assert (changed(x, first, second), changed(x, second, third), changed(x, first, third)) == ({3}, {8, 9}, {3, 8, 9})
    assert len(base64.b64decode(x.call("VDI.list_changed_blocks", first, third))) == 64 * MIB // BLOCK // 8
    x.call("VDI.destroy", second)
    assert changed(x, first, third) == {3, 8, 9}, "the next has taken over what the deleted one knew"
    x.call("VDI.data_destroy", first)
    assert x.call("VDI.get_type", first) == "cbt_metadata"
    assert changed(x, first, third) == {3, 8, 9}
    assert x.failure("VDI.get_nbd_info", first) == ["VDI_INCOMPATIBLE_TYPE", first, "cbt_metadata"]


def test_what_has_nothing_to_do_with_each_other(x: Client) -> None:
    make = Maker(x)
    one, other = make.disk(), make.disk()
    assert x.failure("VDI.list_changed_blocks", one, one)[0] == "SR_BACKEND_FAILURE_460"
    x.call("VDI.enable_cbt", one)
    x.call("VDI.enable_cbt", other)
    assert x.failure("VDI.list_changed_blocks", one, other)[0] == "SR_BACKEND_FAILURE_460"
    shot = x.call("VDI.snapshot", one)
    x.call("VDI.disable_cbt", one)
    assert x.failure("VDI.list_changed_blocks", shot, one)[0] == "SR_BACKEND_FAILURE_460"
    assert x.failure("VDI.enable_cbt", shot)[0] == "OPERATION_NOT_ALLOWED"


def test_a_running_guest_writes(x: Client, quick: SimulatedPool) -> None:
    make = Maker(x)
    vm = make.vm()
    disk = make.disk_of(vm)
    x.call("VDI.enable_cbt", disk)
    x.call("VM.start", vm, False, False)
    first = x.call("VDI.snapshot", disk)
    quick.advance(60)
    assert len(changed(x, first, x.call("VDI.snapshot", disk))) > 10
    x.call("VM.hard_shutdown", vm)


def test_disks_are_read_by_nbd_where_a_network_is_made_for_it(x: Client) -> None:
    disk = Maker(x).disk()
    assert x.call("VDI.get_nbd_info", disk) == []


def test_a_snapshot_keeps_the_reference_of_a_disk_that_is_gone_until_the_next_scan(x: Client) -> None:
    disk = Maker(x).disk()
    shot, sr = x.call("VDI.snapshot", disk), x.call("VDI.get_SR", disk)
    x.call("VDI.destroy", disk)
    assert x.call("VDI.get_snapshot_of", shot) == disk
    x.call("SR.scan", sr)
    assert x.call("VDI.get_snapshot_of", shot) == "OpaqueRef:NULL"


def test_chains_end(x: Client) -> None:
    make = Maker(x)
    config = {"device": "/dev/sdc"}
    sr = x.call("SR.create", make.master, config, 0, "lvm", "", "lvm", "user", False, {})
    disk = make.disk(GIB, SR=sr)
    for _ in range(29):
        x.call("VDI.snapshot", disk)
    assert x.failure("VDI.snapshot", disk) == ["SR_BACKEND_FAILURE_109", "", "The snapshot chain is too long", ""]
