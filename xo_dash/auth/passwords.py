"""Hashing passwords with argon2id: 64 MiB and about 0.1 s each, so in threads, and never many at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar

from passlib.context import CryptContext
from passlib.exc import PasswordSizeError, UnknownHashError

from xo_dash.i18n import _

T = TypeVar("T")

SHORTEST = 8
LONGEST = 1024


class Overloaded(Exception):
    """More people sign in at once than there is time for."""


def complaint(name: str, password: str) -> str:
    """What is wrong with a new password, as a sentence; empty if nothing is."""
    if len(password) < SHORTEST:
        return _("The password needs at least {count} characters.").format(count=SHORTEST)
    if len(password) > LONGEST:
        return _("The password may have at most {count} characters.").format(count=LONGEST)
    if password.casefold() == name.strip().casefold():
        return _("The password must not be the name.")
    return ""


class Passwords:
    """`hash` and `verify` for the event loop, `hash_now` for a command line."""

    def __init__(self, memory: int = 64 * 1024, threads: int = 2, queue: int = 20) -> None:
        """`memory`: KiB for one hash; `threads`: hashes at once; `queue`: how many may wait."""
        self._context = CryptContext(
            schemes=["argon2"], argon2__type="ID", argon2__memory_cost=memory, argon2__time_cost=3, argon2__parallelism=4
        )
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="passwords")
        self._free = queue

    @cached_property
    def _nobody(self) -> str:
        return self.hash_now("nobody's")

    def hash_now(self, password: str) -> str:
        return str(self._context.hash(password))

    def verify_now(self, password: str, password_hash: str) -> tuple[bool, str | None]:
        """Whether it fits, and a hash to replace an outdated one with.

        An empty hash fits nothing, and takes as long to find out: how long it took must not tell who has an account.
        """
        try:
            fits, better = self._context.verify_and_update(password, password_hash or self._nobody)
        except (UnknownHashError, PasswordSizeError, ValueError):
            return False, None
        return bool(fits and password_hash), better

    async def hash(self, password: str) -> str:
        """Raises Overloaded."""
        return await self._run(lambda: self.hash_now(password))

    async def verify(self, password: str, password_hash: str) -> tuple[bool, str | None]:
        """As `verify_now`; raises Overloaded."""
        return await self._run(lambda: self.verify_now(password, password_hash))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._free == 0:
            raise Overloaded
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._free += 1
