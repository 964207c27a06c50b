"""Who wants to be told of something."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, ParamSpec

log = logging.getLogger(__name__)

P = ParamSpec("P")
Unsubscribe = Callable[[], None]


class Observers(Generic[P]):
    """Told in the order in which they came. All are called on the loop."""

    def __init__(self) -> None:
        self._observers: dict[object, Callable[P, None]] = {}

    def __len__(self) -> int:
        return len(self._observers)

    def add(self, observer: Callable[P, None]) -> Unsubscribe:
        """Until what is returned is called."""
        key = object()
        self._observers[key] = observer
        return lambda: self._observers.pop(key, None) and None

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for observer in tuple(self._observers.values()):
            call(observer, *args, **kwargs)


def call(observer: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Tell one. One broken view must not keep the others from the change, nor stop what is under way."""
    try:
        observer(*args, **kwargs)
    except Exception:
        log.exception("a view failed on a change")
