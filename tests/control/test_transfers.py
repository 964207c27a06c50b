"""Bytes in and out of a simulated pool, by the wire: what goes out can come in again, and what breaks leaves nothing behind."""

from __future__ import annotations

import asyncio
import io
import os
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from components.transfers.serving import LOOK, handed_over, received
from data.objects import VDI, VM, TaskStatus
from data.stores.directory import DataDirectory
from data.stores.users import Role, User, UserStore
from data.types import Ref
from tests.asking import client
from tests.auth.services import service_of
from tests.auth.serving import served
from tests.control.moving_bytes import Pipe, bench, claimed, everything, exported, fetched, halted, imported, sent, sr_of
from tests.control.wired import Wired
from xo_dash.auth.sessions import Session
from xo_dash.control.actions import action
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Transfer
from xo_dash.control.run import RunState
from xo_dash.control.steps import StepOutcome
from xo_dash.control.task_waiter import TaskEnd
from xo_dash.control.transfers.delivery import Broken, Delivery
from xo_dash.control.transfers.haul import Haul
from xo_dash.control.transfers.mover import Mover

__all__ = ["bench"]


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
