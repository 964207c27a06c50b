"""Where the request that is being answered comes from: set by the transport, seen by everything that the request starts."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    address: str = ""  # "" = from inside
    host: str = ""  # address:port that was called
    agent: str = ""

    def __str__(self) -> str:
        return f"HTTP request from Internet with User-Agent: {self.agent or 'unknown'}" if self.address else "Internal"


INSIDE = Origin()
ORIGIN: ContextVar[Origin] = ContextVar("origin", default=INSIDE)
