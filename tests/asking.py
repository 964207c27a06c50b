"""Asking our own programs over plain HTTP on loopback.

A client of httpx reads every certificate authority there is when it is made: 40 to 100 ms of processor time, which a wait
for a program takes from that program. Those made here read nothing, and take our own programs at their word.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

UNVERIFIED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
UNVERIFIED.check_hostname = False
UNVERIFIED.verify_mode = ssl.CERT_NONE
PATIENCE = 60.0
"""Seconds for what hangs, and no measure: a busy machine may take long."""


def client(**options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(verify=UNVERIFIED, **{"timeout": PATIENCE, **options})


def get(url: str) -> httpx.Response:
    return httpx.get(url, verify=UNVERIFIED, timeout=PATIENCE)


def until_it_answers(url: str, alive: Callable[[], bool], said: Callable[[], str]) -> httpx.Response:
    """What a program says as soon as it listens; `said` is told if it ended or does not come."""
    deadline = time.monotonic() + PATIENCE
    with httpx.Client(verify=UNVERIFIED, timeout=PATIENCE) as asking:
        while True:
            try:
                return asking.get(url)
            except httpx.TransportError:
                assert alive() and time.monotonic() < deadline, f"{url} does not answer: {said()}"
                time.sleep(0.05)


async def until(is_so: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until `await is_so()` is true."""
    deadline = time.monotonic() + PATIENCE
    while not await is_so():
        assert time.monotonic() < deadline, f"it does not come: {what}"
        await asyncio.sleep(0.05)
