"""NiceGUI asks each handler for its signature to know whether it wants arguments: three times for every element, a quarter of what a
page costs to make. A method's answer is the same for all objects of its class.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any
from weakref import WeakKeyDictionary

from nicegui import helpers

_known: WeakKeyDictionary[FunctionType, bool] = WeakKeyDictionary()


def install() -> None:
    """Once, before the first page."""
    ask = helpers.expects_arguments
    if ask.__module__ == __name__:
        return

    def expects_arguments(func: Callable[..., Any]) -> bool:
        function = func.__func__ if isinstance(func, MethodType) else None
        if not isinstance(function, FunctionType):
            return ask(func)
        known = _known.get(function)
        if known is None:
            known = _known[function] = ask(func)
        return known

    helpers.expects_arguments = expects_arguments
