"""Messages that a host carries out itself: they fail where it does not answer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from .. import machine
from ..call import Call
from ..registry import message

Function = TypeVar("Function", bound=Callable[..., Any])


def on_host(*names: str) -> Callable[[Function], Function]:
    """As `message`, for those whose first parameter is the host: HOST_OFFLINE or CANNOT_CONTACT_HOST if it is away."""

    def keep(function: Function) -> Function:
        @functools.wraps(function)
        def forwarded(call: Call, host: str, *arguments: Any) -> Any:
            machine.need(call.pool, host)
            return function(call, host, *arguments)

        return message(*names)(forwarded)  # type: ignore[return-value]

    return keep
