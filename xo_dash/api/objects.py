"""One object, and what was measured of it."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from data.history import STEP, History
from xo_dash.api.asked import Asked, Problem, missing, told
from xo_dash.api.collections import Collection
from xo_dash.api.listing import wanted_fields
from xo_dash.i18n import _


def find(collection: Collection[Any], asked: Asked, key: str) -> Any:
    """The item that a uuid, a key or an id means. Raises Problem: 404 for none, 409 for several."""
    if collection.kind is not None:
        found = asked.scope.mirror.having(collection.kind, key)
        found = [row for row in found if asked.scope.shows(row)]
        found = [row for row in found if collection.lists(row)] or found
    else:
        found = [item for item in collection.all(asked) if collection.fields["id"](item, asked.scope.sees) == key]
    if not found:
        sentence = _("there is no “{key}” among the {collection} that you may see; GET /api/v1/{collection} lists them")
        missing(sentence.format(key=key[:80], collection=collection.name))
    if len(found) > 1:
        matches = sorted(map(collection.order, found))
        sentence = _("“{key}” is in several pools; use one of these instead: {matches}")
        raise Problem(409, sentence.format(key=key[:80], matches=", ".join(matches)), matches=matches)
    return found[0]


async def one(collection: Collection[Any], asked: Asked) -> Response:
    names = wanted_fields(collection, asked.query(("fields",)))
    item = find(collection, asked, asked.path("uuid"))
    return await told(asked, collection.as_data(item, asked.scope.sees, names))


async def stats(collection: Collection[Any], asked: Asked) -> Response:
    """The newest values, and those of the last ten minutes, five seconds apart; null is a gap."""
    asked.query(())
    row = find(collection, asked, asked.path("uuid"))
    history = row.home.part(History)
    load, series = history.load(row.uuid), history.series(row.uuid)
    last = max((one.last_step for one in series.values()), default=0)
    return await told(
        asked,
        {
            "uuid": row.uuid,
            "pool": row.home.key,
            "now": {} if load is None else {name: _number(value) for name, value in asdict(load).items()},
            "step": STEP,
            "end": last * STEP,
            "series": {name: [_number(value) for value in one.until(last)] for name, one in series.items()},
        },
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(f"{value:.6g}")
