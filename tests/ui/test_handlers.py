"""Whether a handler wants arguments is asked once for each method, and answered as NiceGUI does."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from nicegui import helpers
from nicegui.helpers.functions import expects_arguments as asked

from components import handlers


class Thing:
    def nothing(self) -> None: ...

    def event(self, event: object) -> None: ...

    def perhaps(self, event: object = None) -> None: ...

    def any(self, *events: object) -> None: ...

    @classmethod
    def of_class(cls, event: object) -> None: ...

    @staticmethod
    def static(event: object) -> None: ...

    def __call__(self, event: object) -> None: ...


HANDLERS: tuple[Callable[..., Any], ...] = (
    Thing().nothing, Thing().event, Thing().perhaps, Thing().any, Thing.of_class, Thing().static, Thing(), Thing.nothing, print, [].append,
    lambda: None, lambda event: None, functools.partial(Thing().event, 1), functools.partial(Thing().event),
)  # fmt: skip


@pytest.mark.parametrize("handler", HANDLERS, ids=range(len(HANDLERS)))
def test_it_is_answered_as_before(handler: Callable[..., Any]) -> None:
    handlers.install()
    assert helpers.expects_arguments is not asked
    for _turn in range(2):
        try:
            expected = asked(handler)
        except ValueError:
            with pytest.raises(ValueError):
                helpers.expects_arguments(handler)
        else:
            assert helpers.expects_arguments(handler) is expected
