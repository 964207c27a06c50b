"""What a fact says it reads is all it reads: whatever changes in a pool, who looks sees what one would see who came anew."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from data.objects import KINDS, VM
from data.scope import Scope
from data.trash import XODASH_TRASH, note
from data.types import NULL_REF, XapiObject
from data.views.appliance import ApplianceView
from data.views.host import HostView
from data.views.message import MessageView
from data.views.network import NetworkView
from data.views.pool import PoolView
from data.views.sr import SRView
from data.views.view import Fact, View
from data.views.vm import VMView
from tests.facts.pools import any_mirror
from tests.fakes import change
from tests.map.fleets import joined

VIEWS: tuple[type[View[Any]], ...] = (VMView, HostView, PoolView, SRView, NetworkView, ApplianceView, MessageView)
KNOWN = {"auto_poweron": "true", "xo:notes": "a note", "base_template_name": "a template", "firmware": "uefi", "cores-per-socket": "2"}
"""Keys of XAPI's maps that facts look for."""


def facts_of(kind: type[View[Any]]) -> dict[str, Fact[Any, Any]]:
    return {name: fact for name, fact in vars(kind).items() if isinstance(fact, Fact)}


def another(value: Any) -> Any:
    """A value of the same type."""
    if isinstance(value, Enum):
        return next(one for one in type(value) if one is not value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return NULL_REF if value.startswith("OpaqueRef:") else f"{value}7"
    if isinstance(value, dict):
        return {key: f"{text}7" for key, text in value.items()} if value else KNOWN
    return type(value)() if value else type(value)(["a", "b"])


def different(row: XapiObject, field: str) -> Any:
    """Another value of the field; a VM's other_config puts it into the trash."""
    if isinstance(row, VM) and field == "other_config" and not row.other_config:
        return KNOWN | {XODASH_TRASH: note(row, 0, 1)}
    return another(getattr(row, field))


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("seed", range(2))
async def test_whoever_looks_sees_what_is_so(kind: type[View[Any]], seed: int) -> None:
    mirror = joined(any_mirror(seed))
    (pool,) = mirror
    scope, facts = Scope(mirror), facts_of(kind)
    views = [scope.view(kind, row) for row in list(mirror.every(kind.kind))[:3]]
    around = {subject for view in views for fact in facts.values() for subject in fact.reads.subjects(view.row)}
    leaves = [view.follow(facts, lambda: None) for view in views]

    def look(row: XapiObject, field: str) -> None:
        scope._engine._flush()
        for view in views:
            for name, fact in facts.items():
                assert getattr(view, name) == fact.of(view.row), f"{name} does not read {field} of {type(row).__name__}"

    for row in [row for kind in KINDS for row in pool.all(kind).values() if row.ref in around or kind in around]:
        for field in row.__struct_fields__:
            if field not in ("uuid", "ref", "home"):
                before = getattr(row, field)
                change(mirror, row, **{field: different(row, field)})
                look(row, field)
                change(mirror, row, **{field: before})
                scope._engine._flush()
    for leave in leaves:
        leave()
