"""What is written on a terminal is text: names and reasons of a pool may have what a terminal takes for commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import IO, Any, Final, cast

_SHOWN: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t\r"}


@contextmanager
def harmless() -> Iterator[None]:
    """Meanwhile characters of control that are printed are shown as `\\x1b`."""
    with redirect_stdout(cast(IO[str], _Plain(sys.stdout))), redirect_stderr(cast(IO[str], _Plain(sys.stderr))):
        yield


class _Plain:
    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        return self._stream.write(text.translate(_SHOWN))
