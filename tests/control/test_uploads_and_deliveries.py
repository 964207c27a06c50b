"""The two ends of a transfer: which bytes are asked for, and whether what was handed over is whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from components.transfers.words import pace
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Transfer
from xo_dash.control.transfers.delivery import Broken, Delivery
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.transfers.meter import ByteCounter
from xo_dash.control.transfers.mover import notice_of
from xo_dash.control.transfers.upload import OutOfOrder, Upload
from xo_dash.i18n import duration


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
