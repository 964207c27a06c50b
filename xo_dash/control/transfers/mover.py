"""Carrying out a `Transfer`: a task of its own in XAPI, the bytes between the pool and the other end, and the truth from the task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from itertools import count
from typing import Any, Final

from data.types import Ref
from xo_dash.control.plan import Exporting, Inspect, PoolExport, Transfer
from xo_dash.control.requests.file import File
from xo_dash.control.run import Run, RunItem, RunState, StepLog
from xo_dash.control.steps import CANCELLED, Progressed, StepOutcome, TaskNoted, judged
from xo_dash.control.task_waiter import Caller, Connections, TaskEnd, TaskWaiter
from xo_dash.control.throttle import HostTurns
from xo_dash.control.transfers.delivery import Delivery
from xo_dash.control.transfers.ends import EndFailed, Source
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.control.transfers.haul import EMPTY, OURS, Haul, failure_of
from xo_dash.control.transfers.images import disk_size
from xo_dash.control.transfers.meter import OFTEN, SPAN, ByteCounter
from xo_dash.xapi.errors import XapiError
from xo_dash.xapi.line import PIECE
from xo_dash.xapi.streams import DownloadStream, TransferStream

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
"""Transfers of one pool."""
TO_FETCH: Final = 120.0
"""Seconds in which somebody has to begin to take what comes out."""
TO_NOTICE: Final = 10.0
"""Seconds in which XAPI should see that a transfer broke, and take back what it made."""
TO_STOP: Final = 1.0
"""The same of what goes out: nothing was made for it, and a host that has nothing to send yet does not see that nobody is there."""
TO_END: Final = 30.0
"""Seconds that it gets to end the task, once that is cancelled."""
TO_REFUSE: Final = 5.0
"""Seconds for one whose handler never began."""
ENDLESS: Final = 1 << 50
"""Bytes that an import of unknown length is said to have: XAPI wants a number, and takes the end of the archive for the end."""


class Mover:
    """Moves the bytes of a step. Four of a pool at a time share what there is, for each takes a piece in its turn."""

    def __init__(
        self,
        connections: Connections,
        follower: TaskWaiter,
        exchange: Exchange,
        told: Callable[[Run], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._connections = connections
        self._follower = follower
        self._exchange = exchange
        self._tell = told
        self._spawn = spawn
        self._throttle = HostTurns(AT_ONCE)

    def begin(self, run: Run, item: RunItem, step: Transfer, logged: StepLog, progressed: Progressed, made: TaskNoted) -> Haul:
        """Something to `carry`, and to `stop`."""
        return Haul(run, item, step, self.count(step, logged, progressed), made=made)

    def count(self, step: Transfer, logged: StepLog, progressed: Progressed) -> ByteCounter:
        """What tells how far it is, to whoever looks at its step."""

        def told() -> None:
            progressed(meter.fraction)

        logged.meter = meter = ByteCounter(step.total, told)
        return meter

    async def carry(self, haul: Haul) -> StepOutcome:
        """All of it, to what its task says became of it."""
        work = asyncio.get_running_loop().create_task(self._work(haul))
        haul.held.callback(work.cancel)
        haul.held.push_async_callback(self._let_go, haul)
        async with haul.held:
            await self._moved(haul, work)
            outcome = await self._concluded(haul, failure_of(haul, work))
            if haul.delivery is not None and outcome.state is RunState.DONE:
                try:
                    haul.delivery.finish()
                except EndFailed as error:
                    return StepOutcome(RunState.FAILED, error.reason)
            return outcome

    async def inspect(self, run: Run, step: Inspect) -> StepOutcome:
        """What is in a file."""
        source: Source | None = None
        try:
            source = await self._exchange.source(step.file, run.user_id)
            size = await (step.size or disk_size)(source)
        except EndFailed as error:
            return StepOutcome(RunState.FAILED, error.reason, OURS)
        finally:
            if source is not None and step.file.url:
                source.close(None)
        return StepOutcome(RunState.DONE, result=str(size))

    def stop(self, haul: Haul) -> None:
        """Somebody wants it to end."""
        haul.stopped = True
        haul.stirred.set()

    async def settle(self, pool: str, task: Ref) -> None:
        """Return when the pool has ended a transfer whose other end is gone, or does not in the usual time."""

        async def ended(within: float) -> None:
            await asyncio.wait_for(self._follower.end(pool, task, caller, lambda _progress: None), within)

        with suppress(XapiError, TimeoutError):
            caller = self._connections(pool)
            try:
                await ended(TO_NOTICE)
            except TimeoutError:
                await caller.call("task.cancel", task)
                await ended(TO_END)
            await caller.call("task.destroy", task)

    # phases

    async def _work(self, haul: Haul) -> None:
        """Get both ends, and move all there is."""
        for pool in sorted({haul.item.pool, haul.pool}):  # in one order, or two that go both ways would wait for each other
            await haul.held.enter_async_context(self._throttle.turn(pool))
        if haul.step.content is not None:
            await self._made(haul, haul.step.content)
        elif haul.step.source is not None:
            await self._into(haul, haul.step.source)
        elif haul.step.export is not None:
            await self._piped(haul, haul.step.export)
        elif haul.step.compose is not None:
            await self._composed(haul, haul.step.compose)
        else:
            await self._out(haul)

    async def _fetched(self, haul: Haul) -> Delivery:
        """Where what comes out goes, once somebody takes it."""
        delivery = haul.delivery = self._exchange.deliver(haul.run, haul.item, haul.step.name)
        self._tell(haul.run)
        await delivery.fetched(TO_FETCH)
        return delivery

    async def _composed(self, haul: Haul, compose: Callable[[Exporting], AsyncGenerator[bytes]]) -> None:
        delivery, numbers = await self._fetched(haul), count()

        def exported(export: PoolExport) -> AsyncGenerator[bytes | memoryview]:
            number = next(numbers)
            return self._exported(haul, export, lambda fraction: haul.meter.shared((number + fraction) / haul.step.parts))

        async with aclosing(compose(exported)) as pieces:
            async for piece in pieces:
                await delivery.write(piece)
                haul.meter.add(len(piece))

    async def _out(self, haul: Haul) -> None:
        delivery = await self._fetched(haul)
        stream = await self._opened(haul, "GET", None)
        if delivery.outlet is not None and isinstance(stream, DownloadStream):
            await _passed_on(stream, delivery, haul.meter)
        else:
            async with aclosing(stream.pieces()) as pieces:
                async for piece in pieces:
                    await delivery.write(piece)
                    haul.meter.add(len(piece))
        if not haul.meter.moved:
            raise EndFailed(EMPTY)

    async def _made(self, haul: Haul, content: Callable[[], bytes]) -> None:
        data = memoryview(await asyncio.to_thread(content))
        stream = await self._opened(haul, "PUT", len(data))
        for at in range(0, len(data), PIECE):
            await stream.write(data[at : at + PIECE])
            haul.meter.add(len(data[at : at + PIECE]))

    async def _into(self, haul: Haul, file: File) -> None:
        source = haul.source = await self._exchange.source(file, haul.run.user_id)
        source.moved, haul.meter.total = haul.meter.add, haul.step.total or source.size
        pieces = haul.step.encode(source) if haul.step.encode is not None else source.pieces()
        stream = await self._opened(haul, "PUT", None if haul.step.is_framed else source.size)
        async with aclosing(pieces) as body:
            async for piece in body:
                await stream.write(piece)

    async def _piped(self, haul: Haul, export: PoolExport) -> None:
        """From pool to pool. What came short of the whole goes no further: the other pool sees no end before this one's task says so."""
        into: TransferStream | None = None
        async with aclosing(self._exported(haul, export, haul.meter.shared)) as pieces:
            async for piece in pieces:
                into = into or await self._opened(haul, "PUT", ENDLESS)
                await into.write(piece)
                haul.meter.add(len(piece))
        if into is None:
            raise EndFailed(EMPTY)
        into.close()

    async def _exported(self, haul: Haul, export: PoolExport, progressed: Progressed) -> AsyncGenerator[bytes | memoryview]:
        """What comes out of the object's own pool, by a task of its own. Raises EndFailed where that says that it is not whole."""
        pool, caller = haul.item.pool, self._connections(haul.item.pool)
        task = await self._task(haul, pool, caller)
        following = asyncio.get_running_loop().create_task(self._follower.end(pool, task, caller, progressed))
        try:
            stream = await caller.transfer("GET", export.path, _texts(export.query) | {"task_id": task})
            try:
                async with aclosing(stream.pieces()) as pieces:
                    async for piece in pieces:
                        yield piece
                outcome = judged(haul.item, await following)
            finally:
                stream.abort()  # where it is not at its end the pool then ends its task
            if outcome.state is not RunState.DONE:
                raise EndFailed(outcome.reason or EMPTY)
        finally:
            following.cancel()
            self._spawn(self._tidy("task.destroy", pool, task))

    async def _task(self, haul: Haul, pool: str, caller: Caller) -> Ref:
        task = Ref(str(await caller.call("task.create", haul.step.label, "")))
        haul.item.tasks.append(task)
        haul.made(pool, task)
        return task

    async def _opened(self, haul: Haul, method: str, length: int | None) -> TransferStream:
        caller = self._connections(haul.pool)
        with_task = haul.task = await self._task(haul, haul.pool, caller)
        progressed = haul.meter.shared if haul.step.export is None else _ignored
        following = self._follower.end(haul.pool, with_task, caller, progressed)
        haul.following = asyncio.get_running_loop().create_task(following)
        haul.following.add_done_callback(lambda _following: haul.stirred.set())
        self._tell(haul.run)
        query = _texts(haul.step.query) | {"task_id": with_task}
        haul.stream = await caller.transfer(method, haul.step.path, query, length=length, host=haul.step.host)
        return haul.stream

    async def _moved(self, haul: Haul, work: asyncio.Task[None]) -> None:
        """Until the bytes have moved, or XAPI has ended the task without them, or somebody wants it to end."""
        work.add_done_callback(lambda _work: haul.stirred.set())
        while not work.done():
            if haul.stopped or haul.is_refused:
                work.cancel()
            haul.stirred.clear()
            try:
                await asyncio.wait_for(haul.stirred.wait(), SPAN)
            except TimeoutError:
                haul.meter.look()

    async def _concluded(self, haul: Haul, failure: StepOutcome | None) -> StepOutcome:
        """What the task says; of one that was never begun, or cannot say, what we saw."""
        if haul.step.compose is not None:  # each of its exports has said so already
            return failure or StepOutcome(RunState.DONE)
        if haul.following is None or haul.task is None:
            return failure or CANCELLED
        try:
            end = await (asyncio.shield(haul.following) if failure is None else self._broken_off(haul, haul.following, haul.task))
        except TimeoutError:
            return failure or CANCELLED
        outcome = judged(haul.item, end)
        if failure is None:
            return outcome
        if outcome.state is RunState.DONE:
            return outcome if haul.step.is_upload else failure  # it was too late to stop what went in
        ours = haul.cancelled and outcome.state is RunState.CANCELLED  # we ended it, for that reason
        return failure if failure.code == OURS or outcome.state is RunState.LOST or ours else outcome

    async def _broken_off(self, haul: Haul, following: asyncio.Task[TaskEnd], task: Ref) -> TaskEnd:
        """How the task ends, of which XAPI sees the bytes end too early. Raises TimeoutError.

        It is cancelled only where that does not end it: a cancel would reach also what XAPI does then to take back what it has made.
        """
        if haul.stream is not None:
            haul.stream.abort()
            with suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(following), notice_of(haul.step))
        haul.cancelled = True
        await self._tidy("task.cancel", haul.pool, task)
        return await asyncio.wait_for(asyncio.shield(following), TO_END if haul.stream is not None else TO_REFUSE)

    async def _let_go(self, haul: Haul) -> None:
        if haul.stream is not None:
            haul.stream.close()
        if haul.delivery is not None:
            haul.delivery.abort()
            self._exchange.done(haul.delivery)
        if haul.source is not None and haul.step.source is not None and haul.step.source.url:
            haul.source.close(None)  # what somebody sends may be read by the next step too: the runner closes it
        if haul.following is not None:
            haul.following.cancel()
        if haul.task is not None:
            self._spawn(self._tidy("task.destroy", haul.pool, haul.task))

    async def _tidy(self, method: str, pool: str, task: Ref) -> None:
        try:
            await self._connections(pool).call(method, task)
        except XapiError as error:
            log.debug("%s of %s: %s", method, task, error)


async def _passed_on(stream: DownloadStream, delivery: Delivery, meter: ByteCounter) -> None:
    """All of it, by the stream's thread; we look now and then how far it is. Raises EndFailed where nobody takes it any more."""
    passing = asyncio.get_running_loop().create_task(stream.pass_on(delivery.put))
    try:
        while not passing.done():
            await asyncio.wait({passing}, timeout=OFTEN)
            meter.add(stream.passed - meter.moved)
            if delivery.is_gone and not passing.done():  # the host may have nothing to send for long
                raise EndFailed(delivery.why_gone)
        await passing
    finally:
        passing.cancel()


def notice_of(step: Transfer) -> float:
    """Seconds that XAPI gets to see that its bytes ended too early, before its task is cancelled."""
    return TO_NOTICE if step.is_upload else TO_STOP


def _texts(query: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items()}


def _ignored(_progress: float) -> None:
    """The other pool says how far it is."""
