"""Bytes in and out of a simulated pool, by the wire: what goes out can come in again, and what breaks leaves nothing behind."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import tarfile
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from components.transfers.serving import LOOK, handed_over, received
from components.transfers.words import pace
from data.objects import SR, VBD, VDI, VM, TaskStatus
from data.stores.directory import DataDirectory
from data.stores.users import Role, User, UserStore
from data.types import Ref, XapiObject
from tests.asking import client
from tests.auth.services import service_of
from tests.auth.serving import served
from tests.control.image_files import sparse_vmdk, vhdx
from tests.control.ova_files import Held
from tests.control.wired import Wired, wired
from tests.waiting import PATIENCE
from xo_dash.auth.sessions import Session
from xo_dash.control.actions import action
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Transfer
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.sr.import_disk import holds_disks, is_library, unreachable
from xo_dash.control.steps import StepOutcome
from xo_dash.control.task_waiter import TaskEnd
from xo_dash.control.transfers.delivery import Broken, Delivery
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.transfers.haul import Haul
from xo_dash.control.transfers.images import converted, disk_size
from xo_dash.control.transfers.meter import ByteCounter
from xo_dash.control.transfers.mover import Mover, notice_of
from xo_dash.control.transfers.raw_disk import HEAD
from xo_dash.control.transfers.upload import OutOfOrder, Upload
from xo_dash.i18n import duration
from xo_dash.simulator.testing import simulated
from xo_dash.simulator.transfer import qcow2

PIECE = 64 << 10


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Wired]:
    with simulated((2,), (8,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            yield bench


def sr_of(bench: Wired, kind: str) -> SR:
    """One that a disk can be put on, or an ISO."""
    fits = is_library if kind == "iso" else holds_disks
    return next(sr for sr in bench.home.all(SR).values() if fits(sr) and not unreachable(sr))


def everything(bench: Wired) -> dict[str, set[str]]:
    return {kind.xapi_class: set(bench.home.all(kind)) for kind in (VM, VBD, VDI)}


async def fetched(bench: Wired, run: Run, enough: int = 1 << 62) -> bytes:
    """What comes out of the run; no more than `enough`."""
    delivery: Delivery = await bench.until(lambda: next(iter(bench.runner.exchange.waiting(run)), None))  # type: ignore[arg-type, return-value]
    got = bytearray()
    pieces = delivery.pieces()
    async for piece in pieces:
        got += piece
        if len(got) >= enough:
            break
    await pieces.aclose()  # type: ignore[attr-defined]
    return bytes(got)


class Pipe:
    """An outlet of somebody who takes all, or nothing before `opened`."""

    def __init__(self) -> None:
        self.came = bytearray()
        self.begun, self.opened = threading.Event(), threading.Event()

    def put(self, piece: memoryview, within: float) -> None:
        self.begun.set()
        assert self.opened.wait(within)
        self.came += piece


async def claimed(bench: Wired, run: Run, pipe: Pipe) -> AsyncGenerator[bytes | memoryview]:
    delivery: Delivery = await bench.until(lambda: next(iter(bench.runner.exchange.waiting(run)), None))  # type: ignore[arg-type, return-value]
    delivery.lend(pipe)
    return delivery.pieces()


async def exported(bench: Wired, vm: VM, **values: object) -> tuple[RunItem, bytes]:
    run = bench.runner.start(bench.ann, action("vm.export"), [vm], values)
    content = await fetched(bench, run)
    await bench.until(lambda: run.ended)
    return run.items[0], content


async def sent(upload: Upload, content: bytes, until: Callable[[int], bool] = lambda _offset: False) -> None:
    """Send what is wanted, in requests that break off now and then, until the upload is closed."""
    cut = 3
    while not upload.closed:
        wanted = await upload.wanted(1)
        if wanted is None or until(wanted.offset):
            if wanted is not None:
                return
            continue

        async def body(
            at: int = wanted.offset, end: int = min(wanted.offset + wanted.length, wanted.offset + cut * PIECE)
        ) -> AsyncIterator[bytes]:
            for start in range(at, end, PIECE):
                yield content[start : min(start + PIECE, end)]

        await upload.feed(wanted.offset, body())
        cut += 1


async def imported(bench: Wired, content: bytes, subject: XapiObject, action_id: str, file: str, **values: object) -> RunItem:
    upload = bench.runner.exchange.offer(file, len(content), bench.ann.id)
    request = {"file": {"id": upload.id, "name": file, "size": len(content)}, **values}
    run = bench.runner.start(bench.ann, action(action_id), [subject], request)
    sending = asyncio.create_task(sent(upload, content))
    await bench.until(lambda: run.ended)
    upload.close()
    await sending
    return run.items[0]


def halted(bench: Wired) -> VM:
    return next(vm for vm in bench.machines if "export" in vm.allowed_operations and vm.VBDs)


async def test_a_vm_goes_out_and_comes_in_again(bench: Wired) -> None:
    vm = halted(bench)
    item, content = await exported(bench, vm, compression="none")
    assert item.state is RunState.DONE, str(item.reason)
    assert item.steps[0].meter is not None and item.steps[0].meter.moved == len(content)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames()[0] == "ova.xml"
    item = await imported(bench, content, bench.pool, "pool.import_vm", "web.xva", sr=sr_of(bench, "disk").uuid)
    assert item.state is RunState.DONE, str(item.reason)
    copy = await bench.until(lambda: bench.home.one(VM, str(item.result)))  # type: ignore[arg-type]
    assert copy.name_label == vm.name_label and len(copy.VBDs) == len(vm.VBDs) and copy.uuid != vm.uuid
    assert await exported(bench, vm, compression="zstd") != b""


async def test_a_thread_hands_over_the_same_and_what_it_does_not_is_not_whole(bench: Wired) -> None:
    vm = halted(bench)
    _item, content = await exported(bench, vm, compression="none")
    run, pipe = bench.runner.start(bench.ann, action("vm.export"), [vm], {"compression": "none"}), Pipe()
    pipe.opened.set()
    assert [piece async for piece in await claimed(bench, run, pipe)] == []
    await bench.until(lambda: run.ended)
    item = run.items[0]
    assert item.state is RunState.DONE and item.steps[0].meter is not None, str(item.reason)
    assert item.steps[0].meter.moved == len(pipe.came) == len(content)
    # cancelled while its receiver takes nothing
    run, pipe = bench.runner.start(bench.ann, action("vm.export"), [vm], {"compression": "none"}), Pipe()
    pieces = await claimed(bench, run, pipe)
    ending = asyncio.create_task(anext(pieces))
    await asyncio.to_thread(pipe.begun.wait, 20)
    bench.runner.cancel(bench.ann, run)
    await bench.until(lambda: run.ended)
    pipe.opened.set()
    with pytest.raises(Broken):
        await ending
    assert run.items[0].state is RunState.CANCELLED
    # a receiver who goes while the thread waits
    run, pipe = bench.runner.start(bench.ann, action("vm.export"), [vm], {"compression": "none"}), Pipe()
    pieces = await claimed(bench, run, pipe)
    ending = asyncio.create_task(anext(pieces))
    await asyncio.to_thread(pipe.begun.wait, 20)
    ending.cancel()
    await bench.until(lambda: run.ended)
    pipe.opened.set()
    assert run.items[0].state is RunState.FAILED and "interrupted" in str(run.items[0].reason)
    await bench.until(lambda: "export" in vm.allowed_operations)


async def test_an_upload_ends_when_the_right_does(bench: Wired, tmp_path: Path) -> None:
    """Over a connection whose sender sends nothing for now."""
    ann, users, session = signed_in(bench, tmp_path)
    before, size = everything(bench), 4 << 20
    upload = bench.runner.exchange.offer("disc.iso", size, ann.id)
    file = {"id": upload.id, "name": "disc.iso", "size": size}
    run = bench.runner.start(ann, action("sr.upload_iso"), [sr_of(bench, "iso")], {"file": file, "unchecked": True})
    arrived, ended = asyncio.Event(), asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield bytes(size // 2)
        arrived.set()
        await ended.wait()
        yield bytes(size // 2)

    async def put(request: Request) -> Response:
        await upload.wanted(20)
        return await received(upload, 0, request, session, bench.runner)

    async with served(Starlette(routes=[Route("/", put, methods=["PUT"])])) as url, client() as asking:
        sending = asyncio.create_task(asking.put(url, content=half()))
        await arrived.wait()
        await users.set_role(ann.id, Role.VIEWER)
        await bench.until(lambda: run.ended)
        ended.set()
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)):
            await sending
    assert run.items[0].state is RunState.FAILED and "no longer has the right" in str(run.items[0].reason)
    await bench.until(lambda: everything(bench) == before)


def signed_in(bench: Wired, tmp_path: Path) -> tuple[User, UserStore, Session]:
    """An operator, of whom the runner asks the store."""
    users = UserStore(directory := DataDirectory(tmp_path / "data"))
    ann = bench.hire(users.add_now("ann", "x", Role.OPERATOR))
    _token, session = service_of(directory, users).sessions.start(ann, "127.0.0.1")
    return ann, users, session


@pytest.mark.parametrize("by_thread", [True, False])
async def test_a_download_ends_when_the_right_does(bench: Wired, tmp_path: Path, by_thread: bool) -> None:
    """Over a connection whose receiver takes nothing for now: what is not on its way yet never comes."""
    ann, users, session = signed_in(bench, tmp_path)
    sr = sr_of(bench, "disk")
    item = await imported(bench, os.urandom(4 << 20), sr, "sr.import_disk", "disk.img")
    disk = await bench.until(lambda: bench.home.one(VDI, str(item.result)))  # type: ignore[arg-type]
    run = bench.runner.start(ann, action("vdi.export"), [disk], {"format": "raw"})
    delivery: Delivery = await bench.until(lambda: next(iter(bench.runner.exchange.waiting(run)), None))  # type: ignore[arg-type, return-value]
    if not by_thread:
        delivery.lend = lambda _outlet: None  # type: ignore[method-assign]  # as where the connection has TLS
    routes = [Route("/", lambda request: handed_over(delivery, request, session))]
    async with served(Starlette(routes=routes), buffer=64 << 10) as url, client() as asking, asking.stream("GET", url) as answer:
        came = answer.aiter_raw()
        got = len(await anext(came))
        await users.set_role(ann.id, Role.VIEWER)
        await bench.until(lambda: run.ended)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            async for piece in came:
                got += len(piece)
    assert LOOK < 1 and got < disk.virtual_size
    assert run.items[0].state is RunState.FAILED and "no longer has the right" in str(run.items[0].reason)


async def test_what_breaks_leaves_nothing(bench: Wired) -> None:
    vm = halted(bench)
    _item, content = await exported(bench, vm, compression="none")
    before = everything(bench)
    sr, pool = sr_of(bench, "disk").uuid, bench.pool
    # a file that ends too early, and one that is none
    item = await imported(bench, content[: len(content) // 2], pool, "pool.import_vm", "half.xva", sr=sr)
    assert item.state is RunState.FAILED, str(item.reason)
    item = await imported(bench, b"not an archive" * 1000, pool, "pool.import_vm", "text.xva", sr=sr)
    assert item.state is RunState.FAILED and "it is not an XVA" in str(item.reason)
    # one that nobody sends any more, and is cancelled
    upload = bench.runner.exchange.offer("web.xva", len(content), bench.ann.id)
    request = {"file": {"id": upload.id, "name": "web.xva", "size": len(content)}, "sr": sr}
    run = bench.runner.start(bench.ann, action("pool.import_vm"), [pool], request)
    await sent(upload, content, until=lambda offset: offset > len(content) // 2)
    await bench.until(lambda: everything(bench) != before)
    bench.runner.cancel(bench.ann, run)
    await bench.until(lambda: run.ended)
    assert run.items[0].state is RunState.CANCELLED and upload.closed
    # one that is somebody else's
    upload = bench.runner.exchange.offer("web.xva", len(content), "somebody else")
    request["file"] = {"id": upload.id, "name": "web.xva", "size": len(content)}
    run = await bench.runner.run(bench.ann, action("pool.import_vm"), [pool], request)
    assert run.items[0].state is RunState.FAILED and "choose it again" in str(run.items[0].reason)
    # a download whose receiver goes
    run = bench.runner.start(bench.ann, action("vm.export"), [vm], {"compression": "none"})
    await fetched(bench, run, enough=1)
    await bench.until(lambda: run.ended)
    assert run.items[0].state is RunState.FAILED and "interrupted" in str(run.items[0].reason)
    await bench.until(lambda: everything(bench) == before and "export" in vm.allowed_operations)


async def test_what_we_had_cancelled_tells_why() -> None:
    """Pools differ in what becomes of the task of a transfer that never began: some end it."""
    ended: asyncio.Future[TaskEnd] = asyncio.get_running_loop().create_future()

    class Caller:
        async def call(self, method: str, task: str) -> None:
            ended.set_result(TaskEnd(TaskStatus.CANCELLED))

    async def following() -> TaskEnd:
        return await ended

    caller: Any = Caller()
    nothing: Any = None
    mover = Mover(lambda _pool: caller, nothing, nothing, nothing, nothing)
    step = Transfer("/export", {}, says=lazy(""), label="", name="x", at="pool")
    haul = Haul(nothing, nothing, step, nothing, task=Ref("OpaqueRef:task"), following=asyncio.create_task(following()))
    failure = StepOutcome(RunState.FAILED, lazy("the host refused the transfer"), "TransferRefused")
    assert await mover._concluded(haul, failure) is failure


def test_what_goes_out_is_stopped_sooner_than_what_comes_in() -> None:
    """A host that has nothing to send yet does not see that nobody takes it; of an import it has to take back what it made."""
    out = Transfer("/export", {}, says=lazy(""), label="", name="x")
    assert notice_of(out) < notice_of(replace(out, content=lambda: b""))


async def test_what_comes_is_what_is_wanted() -> None:
    upload = Upload("id", "disk.img", 10, "ann", stalled=0.05)

    async def body(*pieces: bytes) -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    reading = asyncio.create_task(anext(aiter(upload.pieces(4, 6))))
    wanted = await upload.wanted(1)
    assert wanted is not None and (wanted.offset, wanted.length) == (4, 6)
    with pytest.raises(OutOfOrder):
        await upload.feed(0, body(b"xx"))
    await upload.feed(4, body(b"ab", b"cdefghi"))
    assert await reading == b"ab" and await upload.wanted(0.01) is None


def test_one_that_stands_still_has_no_speed() -> None:
    now = 0.0
    meter = ByteCounter(100, lambda: None, lambda: now)
    now = 1.0
    meter.add(50)
    assert pace(meter).endswith("left")
    now = 31.0
    assert pace(meter) == f"no data for {duration(30)}"
    meter.add(50)
    assert pace(meter) == "finishing"


async def test_what_is_whole_stays_so() -> None:
    delivery = Delivery(None, None, "x")  # type: ignore[arg-type]  # of no run
    writing, got = asyncio.create_task(delivery.write(b"one")), []
    async for piece in delivery.pieces():
        got.append(piece)
        asyncio.get_running_loop().call_soon(lambda: (delivery.finish(), delivery.abort()))  # over, while a slow receiver still reads
    assert got == [b"one"]
    await writing


async def test_a_receiver_learns_that_it_is_not_whole() -> None:
    delivery = Delivery(None, None, "x")  # type: ignore[arg-type]  # of no run
    pieces = delivery.pieces()
    writing = asyncio.create_task(delivery.write(b"one"))
    assert await anext(pieces) == b"one"
    delivery.abort()
    with pytest.raises(Broken):
        await anext(pieces)
    await asyncio.gather(writing, return_exceptions=True)


async def test_a_piece_is_lent_until_the_next_one_is_asked_for() -> None:
    delivery = Delivery(None, None, "x")  # type: ignore[arg-type]  # of no run
    pieces = delivery.pieces()
    writing = asyncio.create_task(delivery.write(b"one"))
    assert await anext(pieces) == b"one" and not writing.done()
    following = asyncio.create_task(anext(pieces))
    await writing
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    with pytest.raises(EndFailed):  # nobody takes it any more
        await delivery.write(b"two")


# ---- disks and images


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


def iso() -> bytes:
    """A MiB by its own account, with the descriptor that says so."""
    sectors = 512
    head = bytes(16 << 11) + b"\1CD001\1".ljust(80, b"\0") + sectors.to_bytes(4, "little").ljust(48, b"\0") + (2048).to_bytes(2, "little")
    return head.ljust(sectors << 11, b"\0")


def as_qcow2(content: bytes) -> bytes:
    """By the simulator's writer."""
    size = -(-len(content) // 65536) * 65536
    content = content.ljust(size, b"\0")
    used = [number for number in range(size // qcow2.CLUSTER) if any(content[number * qcow2.CLUSTER : (number + 1) * qcow2.CLUSTER])]
    return b"".join((*qcow2.beginning(size, used), *(content[n * qcow2.CLUSTER : (n + 1) * qcow2.CLUSTER] for n in used)))


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
