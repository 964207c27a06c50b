"""Values of calls as `xe` takes them: objects by uuid, answers that are still to come by the variable that has them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from data.objects import KINDS
from data.types import NULL_REF, Home, Ref
from xo_dash.control.rehearsal import Placeholder


def placeholders(values: Iterable[object]) -> Iterator[Placeholder]:
    """The answers that are still to come."""
    for value in values:
        if isinstance(value, Placeholder):
            yield value
        elif isinstance(value, (dict, list, tuple)):
            yield from placeholders(value.values() if isinstance(value, dict) else value)


def written(value: object, home: Home) -> Any:
    """As `xe` takes it; a record by its fields."""
    if isinstance(value, dict):
        return _Map({_word(name, home): written(one, home) for name, one in value.items()})
    if isinstance(value, Placeholder):
        return f"${variable(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ",".join(written(one, home) for one in value)
    return _word(str(value), home)


class _Map(dict[str, Any]):
    """`{1:device-config}` of it: `device-config:server=nas device-config:serverpath=/export`."""

    def __format__(self, name: str) -> str:
        return " ".join(f"{name}:{key}={value}" for key, value in self.items()) if name else str(dict(self))


def _word(text: str, home: Home) -> str:
    if text == NULL_REF:
        return ""
    if not text.startswith("OpaqueRef:"):
        return shlex.quote(text)
    homes = (home, *(other for other in home.pools.values() if other is not home))
    row = next((row for one in homes for kind in KINDS if (row := one.one(kind, Ref(text))) is not None), None)
    return row.uuid if row is not None else "?"


def variable(answer: Placeholder) -> str:
    """The name of the shell variable that has it."""
    return f"{answer.kind.lower()}_{answer.step}"
