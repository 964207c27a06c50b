"""Between requests the server sleeps, and ends as soon as it is told to."""

import asyncio
import signal
import sys
import threading
from types import FrameType

import pytest
import uvicorn

from tests.asking import PATIENCE
from xo_dash.ending import Ending
from xo_dash.server_loop import ServerLoop


class Looking(uvicorn.Server):
    """Tells when it looks whether it is to end."""

    def __init__(self) -> None:
        super().__init__(uvicorn.Config("nothing:app"))
        self.looked = asyncio.Event()

    async def on_tick(self, counter: int) -> bool:
        self.looked.set()
        return await super().on_tick(counter)


@pytest.mark.parametrize(("tick", "is_told"), [(3600.0, True), (0.001, False)])
async def test_it_ends_when_it_is_told_and_sees_by_itself_that_it_is_to_end(tick: float, is_told: bool) -> None:
    server = Looking()
    loop = ServerLoop(server, tick)
    running = asyncio.create_task(server.main_loop())
    await server.looked.wait()

    def end() -> None:
        server.handle_exit(signal.SIGTERM, None)
        if is_told:
            loop.end()

    threading.Thread(target=end).start()
    async with asyncio.timeout(PATIENCE):
        await running
    assert server.server_state.default_headers[0][0] == b"date"


def test_a_signal_in_the_middle_of_another_stops_nothing() -> None:
    """As `timeout`, a terminal with `make`, and systemd send them: two at once. Here the second comes at each call that the first makes."""
    told: list[int] = []
    handle = Ending(lambda: told.append(0))._handler(lambda number, _frame: told.append(number))

    def again(_frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            sys.setprofile(None)
            handle(signal.SIGTERM, None)
            sys.setprofile(again)

    def first() -> None:
        sys.setprofile(again)
        handle(signal.SIGTERM, None)
        sys.setprofile(None)

    thread = threading.Thread(target=first, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert told.count(signal.SIGTERM) > 1
