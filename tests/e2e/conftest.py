"""The programs that several tests look at; those that a test stops, it starts itself."""

from collections.abc import Iterator

import pytest

from tests.e2e.programs import Board


@pytest.fixture(scope="session")
def demo(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """`xo-dash serve --demo`, once both of its pools are there."""
    board = Board(tmp_path_factory.mktemp("demo") / "data", "--demo")
    try:
        board.live(2)
        yield board
    finally:
        board.close()
