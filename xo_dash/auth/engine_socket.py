"""A websocket as engine.io has it, freed when it ends.

engine.io tells itself that the other side left by an OSError, whose traceback holds the frames that hold the task that holds the
error: a ring, with all that the connection needs to compress on it (a third of a megabyte), until the garbage collector comes.
"""

from __future__ import annotations

from typing import Any

from engineio.async_drivers.asgi import WebSocket  # type: ignore[import-untyped]


class EngineSocket(WebSocket):  # type: ignore[misc]
    """Forgets how it ended once everybody has heard of it."""

    _left: OSError | None = None

    async def __call__(self, environ: dict[str, Any]) -> object:
        try:
            return await super().__call__(environ)
        finally:
            if self._left is not None:
                self._left.__traceback__ = None
                self._left = None

    async def wait(self) -> str | bytes:
        try:
            return await super().wait()  # type: ignore[no-any-return]
        except OSError as error:
            self._left = error
            raise
