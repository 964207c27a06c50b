"""Houses to break into."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nicegui import core

from tests.auth.house import House

Build = Callable[..., House]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With ann, an administrator, and bob; shared by the tests of a file."""
    with House(tmp_path_factory.mktemp("house"), "people") as built:
        yield built


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Make a house for one test alone: `people`, `empty`, `demo` or `tls`; limits of the crowd by name."""
    built: list[House] = []

    def start(mode: str, **limits: float) -> House:
        built.append(House(tmp_path, mode, **limits))
        return built[-1].__enter__()

    yield start
    for house in built:
        house.__exit__()


@pytest.fixture
async def programs_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """In which pages are closed and sessions written."""
    monkeypatch.setattr(core, "loop", asyncio.get_running_loop())
