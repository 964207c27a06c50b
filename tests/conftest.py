"""What every test gets: a data directory of its own, and two rules that hold everywhere.

No test may leave an ERROR in the log, nor an active link behind (NiceGUI polls each of them ten times a second, for ever).
"""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A place for a data directory; not made yet."""
    return tmp_path / "data"


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
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
def no_active_links() -> Iterator[None]:
    """Whatever is bound is bound to something bindable."""
    yield
    nicegui = sys.modules.get("nicegui.binding")
    if nicegui is not None:
        left = list(nicegui.active_links)
        nicegui.active_links.clear()
        assert not left, f"bound to what is not bindable: {left}"
