"""Why somebody is not let in, or not allowed to change an account."""

from collections.abc import Awaitable
from typing import TypeVar

from data.stores.errors import RecordRefused

T = TypeVar("T")


class Refused(Exception):
    """Not let in; `str(error)` is a translated sentence. `wait` is in seconds, 0 if it is not a matter of time."""

    def __init__(self, sentence: str, wait: float = 0.0) -> None:
        super().__init__(sentence)
        self.wait = wait


class TooLate(Refused):
    """A sign-in that has to begin again."""


class UnfitPassword(Refused):
    """A new password that is none."""


def sentence_of(error: Exception) -> str:
    """The stores speak without capital and full stop, as a command line does."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


async def refusing(change: Awaitable[T]) -> T:
    """What a store does not take is refused with its sentence. Raises Refused."""
    try:
        return await change
    except RecordRefused as error:
        raise Refused(sentence_of(error)) from error
