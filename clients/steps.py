"""What a client's script says: one line, with the steps that passed or the one that failed. Standard library only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """The simulated pool, as the runner describes it in the environment."""

    url: str
    user: str
    password: str

    @classmethod
    def given(cls) -> Target:
        return cls(os.environ["POOL_URL"], os.environ["POOL_USER"], os.environ["POOL_PASSWORD"])


def take(name: str, steps: Mapping[str, Callable[[], None]]) -> None:
    """Run `steps` in order, print one line, and exit with 1 at the first that raises."""
    passed: list[str] = []
    for step, function in steps.items():
        try:
            function()
        except Exception as error:  # whatever the client makes of a wrong answer
            said = f"{type(error).__name__}: {error}".replace("\n", " ")
            print(f"{name}: FAILED at {step}: {said} (passed: {', '.join(passed) or 'nothing'})")
            sys.exit(1)
        passed.append(step)
    print(f"{name}: {', '.join(passed)}")


def expect(what: bool, otherwise: str) -> None:
    """An assertion that says what was seen."""
    if not what:
        raise AssertionError(otherwise)
