"""What every test gets: a data directory of its own, and two rules that hold everywhere.

No test may leave an ERROR in the log, nor an active link behind (NiceGUI polls each of them ten times a second, for ever).
"""

import gc
import logging
import re
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import HealthCheck, settings

from tests.browsing import browser, chromium, mark, one_chromium

__all__ = ["browser", "chromium", "one_chromium"]

# how fast a machine is, is not what they test
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

if TYPE_CHECKING:
    from nicegui import Client
    from nicegui.testing import User

    from xo_dash.simulator.testing import SimulatedPool, Simulation


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A place for a data directory; not made yet."""
    return tmp_path / "data"


@pytest.fixture
def simulation() -> "Iterator[Simulation]":
    """The simulator with one pool: a host and five VMs. Other sizes: `simulated(hosts=(3,), vms=(40,))` in the test itself."""
    from xo_dash.simulator.testing import simulated

    with simulated() as simulation:
        yield simulation


@pytest.fixture
def pool(simulation: "Simulation") -> "SimulatedPool":
    """A simulated pool of its own for every test."""
    return simulation.pool


@pytest.fixture
def pools() -> "Iterator[list[SimulatedPool]]":
    """Two simulated pools: two hosts with five VMs, and one host with three."""
    from xo_dash.simulator.testing import simulated

    with simulated(hosts=(2, 1), vms=(5, 3)) as simulation:
        yield simulation.pools


def pytest_collection_finish() -> None:
    """What is here by now stays: NiceGUI's simulated browser collects garbage twice, and would walk all of it each time (0.16 s)."""
    gc.collect()
    gc.freeze()
    if "nicegui" in sys.modules:
        from components import handlers, parts

        handlers.install()  # as the program does; most tests have pages without the frame around them
        # or what a click has drawn when it returns would hang on how fast the machine is
        vars(parts)["timed"] = lambda steps: iter(deque(steps, 0))
    if (simulated_browser := sys.modules.get("nicegui.testing.user")) is not None:
        _opens_pages_of_nothing(simulated_browser.User)
        for look in (simulated_browser.User.should_see, simulated_browser.User.should_not_see):
            look.__kwdefaults__["retries"] = LOOKS


LOOKS = 300
"""How often NiceGUI's simulated browser looks for what comes or goes, ten and twenty times a second: a busy machine takes its time."""


def _opens_pages_of_nothing(user: "type[User]") -> None:
    """NiceGUI's simulated browser opens what is answered with 200 alone; our pages of what is not there are pages too, with 404."""
    open_found = user.open

    async def pass_for_found(response: httpx.Response) -> None:
        if response.status_code == 404 and response.headers.get("x-nicegui-content") == "page":
            response.status_code = 200

    async def open_any(self: "User", path: str, *, clear_forward_history: bool = True) -> "Client":
        hooks = self.http_client.event_hooks["response"]
        hooks.append(pass_for_found)
        try:
            return await open_found(self, path, clear_forward_history=clear_forward_history)
        finally:
            hooks.remove(pass_for_found)

    user.open = open_any  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark(items)


NOTHING_LEFT = re.compile(r"Could not cancel \d+ tasks within timeout: ")
"""NiceGUI's end of a page's tasks took two tries; it names those that are left, and here there are none. On Python 3.11 a wait with a
time limit may lose a cancellation that comes in the very turn in which what it waits for is there."""


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not NOTHING_LEFT.fullmatch(record.getMessage()):
            self.records.append(record)


@pytest.fixture(autouse=True)
def error_log() -> Iterator[list[logging.LogRecord]]:
    """The ERROR records so far; a test that means to make some reads them and clears the list."""
    handler = _Errors()
    logging.getLogger().addHandler(handler)
    yield handler.records
    logging.getLogger().removeHandler(handler)
    texts = [f"{record.name}: {record.getMessage()} {record.exc_info[1]!r}" if record.exc_info else
             f"{record.name}: {record.getMessage()}" for record in handler.records]  # fmt: skip
    assert not texts, "errors in the log:\n" + "\n".join(texts)


@pytest.fixture(autouse=True)
def own_words_for_nothing_here() -> Iterator[None]:
    """NiceGUI's one app outlives a test; a handler that the product gave it would answer for the tests of parts after it."""
    from nicegui import core

    handlers, failed = core.app.exception_handlers, core.app._page_exception_handler
    before = dict(handlers)
    yield
    handlers.clear()
    handlers.update(before)
    core.app._page_exception_handler = failed


@pytest.fixture(autouse=True)
def tasks_end_with_their_loop() -> None:
    """NiceGUI remembers its tasks until they end, and no longer: one that began while the loop of a test was closing never does, and the
    end of the next page would fail as it cancels it ("Event loop is closed").
    """
    tasks = sys.modules.get("nicegui.background_tasks")
    if tasks is None:
        return
    for task in [task for task in tasks.running_tasks if task.get_loop().is_closed()]:
        tasks.running_tasks.discard(task)
        tasks._await_tasks_on_shutdown.discard(task)
        task._log_destroy_pending = False  # nothing can end it any more, as asyncio would say in the log of a test that has no part in it
    for name in [name for name, task in tasks.lazy_tasks_running.items() if task.get_loop().is_closed()]:
        del tasks.lazy_tasks_running[name]


@pytest.fixture(autouse=True)
def pages_go() -> Iterator[None]:
    """FastAPI remembers what it found out about the function of a route, and with it all that a page is made of."""
    yield
    models = sys.modules.get("fastapi.dependencies.models")
    for found in vars(models).values() if models is not None else ():
        if hasattr(found, "cache_clear"):
            found.cache_clear()


@pytest.fixture(autouse=True)
def no_active_links() -> Iterator[None]:
    """Whatever is bound is bound to something bindable."""
    yield
    nicegui = sys.modules.get("nicegui.binding")
    if nicegui is not None:
        left = list(nicegui.active_links)
        nicegui.active_links.clear()
        assert not left, f"bound to what is not bindable: {left}"
