"""Passwords: whether a new one is good enough, and hashing with argon2id, 64 MiB and about 0.1 s each: in threads, never many at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar

from passlib.context import CryptContext
from passlib.exc import PasswordSizeError, UnknownHashError

from xo_dash.auth.refused import Refused, UnfitPassword
from xo_dash.i18n import _

T = TypeVar("T")

SHORTEST = 8
LONGEST = 1024
WEAKEST = 2
"""The least score of zxcvbn, 0 to 4: more than a million guesses."""
JUDGED = 72
"""Characters that zxcvbn takes."""


class Overloaded(Refused):
    """More people sign in at once than there is time for."""


def complaint(name: str, password: str) -> str:
    """What is wrong with a new password, as a sentence; empty if nothing is. For a thread: it takes up to 20 ms."""
    return _wrong_shape(name, password) or (_too_easy() if _is_easy(name, password) else "")


def _wrong_shape(name: str, password: str) -> str:
    if len(password) < SHORTEST:
        return _("The password needs at least {count} characters.").format(count=SHORTEST)
    if len(password) > LONGEST:
        return _("The password may have at most {count} characters.").format(count=LONGEST)
    if password.casefold() == name.strip().casefold():
        return _("The password must not be the name.")
    return ""


def _too_easy() -> str:
    return _("The password is easy to guess. Use several unrelated words, or let a password manager make one.")


def _is_easy(name: str, password: str) -> bool:
    from zxcvbn import zxcvbn  # noqa: PLC0415  # its lists of words take a tenth of a second

    return int(zxcvbn(password[:JUDGED], user_inputs=[name, "xo-dash"])["score"]) < WEAKEST


class Passwords:
    """`hash_new` and `verify` for the event loop, `hash_now` for a command line."""

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

    async def hash_new(self, name: str, password: str) -> str:
        """The hash of a password that somebody of this name chose. Raises UnfitPassword, Overloaded."""
        problem = _wrong_shape(name, password)
        if not problem and await self._run(lambda: _is_easy(name, password)):
            problem = _too_easy()
        if problem:
            raise UnfitPassword(problem)
        return await self.hash(password)

    async def verify(self, password: str, password_hash: str) -> tuple[bool, str | None]:
        """As `verify_now`; raises Overloaded."""
        return await self._run(lambda: self.verify_now(password, password_hash))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._free == 0:
            raise Overloaded(_("Too many people are signing in. Try again in a few seconds."), 3.0)
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._free += 1
