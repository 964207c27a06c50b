"""Bytes in and out of a simulated pool, for tests: `content = await fetched(bench, run)`, `await sent(upload, content)`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import pytest

from data.objects import SR, VBD, VDI, VM
from data.types import XapiObject
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.run import Run, RunItem
from xo_dash.control.sr.import_disk import holds_disks, is_library, unreachable
from xo_dash.control.transfers.delivery import Delivery
from xo_dash.control.transfers.upload import Upload
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
