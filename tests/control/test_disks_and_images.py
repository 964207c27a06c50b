"""Disks and images in and out, by the wire: what they are unpacked from, and what a hostile one may not do."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

import pytest

from data.objects import VDI
from tests.control.image_files import sparse_vmdk, vhdx
from tests.control.moving_bytes import as_qcow2, bench, everything, fetched, imported, iso, sent, sr_of
from tests.control.ova_files import Held
from tests.control.wired import Wired
from tests.waiting import PATIENCE
from xo_dash.control.actions import action
from xo_dash.control.run import RunState
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.transfers.images import converted, disk_size
from xo_dash.control.transfers.raw_disk import HEAD
from xo_dash.control.transfers.upload import Upload

__all__ = ["bench"]

DISK = bytes(512 << 10) + bytes(range(256)) * 2048 + bytes(1 << 20) + b"the end" * 1000
"""Holes, data, and no whole sectors."""


async def test_a_disk_comes_in_and_goes_out_again(bench: Wired) -> None:
    sr, sha = sr_of(bench, "disk"), hashlib.sha256(DISK).hexdigest()
    before = everything(bench)
    item = await imported(bench, DISK, sr, "sr.import_disk", "disk.img", checksum="0" * 64)
    assert item.state is RunState.FAILED and "checksum" in str(item.reason) and not item.left
    await bench.until(lambda: everything(bench) == before)
    item = await imported(bench, DISK, sr, "sr.import_disk", "disk.img", checksum=f"sha256:{sha}", name="data")
    assert item.state is RunState.DONE, str(item.reason)
    disk = await bench.until(lambda: bench.home.one(VDI, str(item.result)))  # type: ignore[arg-type]
    assert disk.name_label == "data" and disk.virtual_size >= len(DISK)
    for form, content in (("raw", DISK.ljust(disk.virtual_size, b"\0")), ("vhd", None)):
        run = bench.runner.start(bench.ann, action("vdi.export"), [disk], {"format": form})
        got = await fetched(bench, run)
        await bench.until(lambda run=run: run.ended)  # type: ignore[misc]
        assert run.items[0].state is RunState.DONE, str(run.items[0].reason)
        assert got == content or (content is None and got.startswith(b"conectix"))


async def test_an_iso_goes_into_a_library(bench: Wired) -> None:
    library = sr_of(bench, "iso")
    item = await imported(bench, iso(), library, "sr.upload_iso", "tiny.iso")
    assert item.state is RunState.DONE, str(item.reason)
    image = await bench.until(lambda: bench.home.one(VDI, str(item.result)))  # type: ignore[arg-type]
    assert image.name_label == "tiny.iso" and library.ref == image.SR
    run = await bench.runner.run(bench.ann, action("vdi.delete_image"), [image], {})
    assert run.items[0].state is RunState.DONE, str(run.items[0].reason)
    before = everything(bench)
    for content, reason in ((bytes(250_000), "no signature"), (iso()[:50_000], "cut off"), (b"x", "no signature")):
        item = await imported(bench, content, library, "sr.upload_iso", "tiny.iso")
        assert item.state is RunState.FAILED and reason in str(item.reason) and everything(bench) == before
    item = await imported(bench, b"x", library, "sr.upload_iso", "boot.iso", unchecked=True)
    assert item.state is RunState.DONE, str(item.reason)
    for name, size, reason in (("tiny.iso", 0, "the file is empty"), ("tiny.exe", 5, ".iso")):
        upload = bench.runner.exchange.offer(name, size, bench.ann.id)
        request = {"file": {"id": upload.id, "name": name, "size": size}}
        run = await bench.runner.run(bench.ann, action("sr.upload_iso"), [library], request)
        assert run.items[0].state is RunState.REFUSED and reason in str(run.items[0].reason)


async def test_an_image_is_unpacked_on_its_way(bench: Wired) -> None:
    sr, image = sr_of(bench, "disk"), as_qcow2(DISK)
    item = await imported(bench, image, sr, "sr.import_disk", "disk.qcow2", checksum=hashlib.sha512(image).hexdigest())
    assert item.state is RunState.DONE, str(item.reason)
    disk = await bench.until(lambda: bench.home.one(VDI, str(item.result)))  # type: ignore[arg-type]
    vhds = []
    for form in ("raw", "vhd"):
        run = bench.runner.start(bench.ann, action("vdi.export"), [disk], {"format": form})
        vhds.append(await fetched(bench, run))
        await bench.until(lambda run=run: run.ended)  # type: ignore[misc]
    assert vhds[0].rstrip(b"\0") == DISK.rstrip(b"\0")
    item = await imported(bench, vhds[1], sr, "sr.import_disk", "disk.vhd")
    assert item.state is RunState.DONE, str(item.reason)
    again = await bench.until(lambda: bench.home.one(VDI, str(item.result)))  # type: ignore[arg-type]
    assert again.virtual_size == disk.virtual_size


WHOLE = bytes(1 << 20) + bytes(range(256)) * 4096 + bytes(1 << 20)


@pytest.mark.parametrize("image", [vhdx(WHOLE), sparse_vmdk(WHOLE)], ids=["vhdx", "vmdk"])
async def test_what_hyper_v_and_vmware_write_is_read(image: bytes) -> None:
    assert await disk_size(Held(image)) == len(WHOLE)
    disk = bytearray(len(WHOLE))
    async for frame in converted(f"sha256:{hashlib.sha256(image).hexdigest()}", zeros=False)(Held(image)):
        offset, length = HEAD.unpack_from(frame)
        disk[offset : offset + length] = frame[HEAD.size :]
    assert disk == WHOLE


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (vhdx(WHOLE, sector=1 << 31, block=1 << 31), "damaged"), (vhdx(WHOLE, block=0), "damaged"),
        (vhdx(WHOLE, regions=1 << 31), "damaged"),
        (sparse_vmdk(WHOLE, flags=1 << 16), "damaged"), (sparse_vmdk(WHOLE, capacity=1 << 37, entries=1), "a size that no disk has"),
        (sparse_vmdk(WHOLE, entries=0), "damaged"),
    ],
    ids=["sectors", "blocks", "regions", "unpacks to anything", "a directory of 4 GiB", "no table"],
)  # fmt: skip
async def test_no_image_takes_more_memory_than_a_disk_needs(image: bytes, reason: str) -> None:
    with pytest.raises(EndFailed, match=reason):
        await disk_size(Held(image))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda image: image[:8] + (512).to_bytes(8, "big") + image[16:], "names another file"),
        (lambda image: image[:24] + (1 << 60).to_bytes(8, "big") + image[32:], "a size that no disk has"),
        (lambda image: image[:36] + b"\xff" * 4 + image[40:], "a size that no disk has"),
        (lambda image: image[:4] + b"\0\0\0\x09" + image[8:], "damaged"),
        (lambda image: b"# Disk DescriptorFile\nparentCID=1\n" + image, "names another file"),
        (lambda image: b"KDMV" + bytes(508), "a size that no disk has"),
        (lambda image: b"\x1f\x8b\x08" + image, "packed with gzip"),
        (lambda image: b"disk.ovf".ljust(257, b"\0") + b"ustar" + image, "OVA or XVA"),
    ],
)
async def test_a_hostile_image_is_refused_before_anything_is_made(spoil: Callable[[bytes], bytes], reason: str) -> None:
    content = spoil(as_qcow2(DISK))
    upload = Upload("id", "disk.qcow2", len(content), "ann")
    sending = asyncio.create_task(sent(upload, content))
    with pytest.raises(EndFailed, match=reason):
        await asyncio.wait_for(disk_size(upload), PATIENCE)
    upload.close()
    await sending
