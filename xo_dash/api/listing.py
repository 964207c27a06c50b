"""`GET /api/v1/{collection}`: filtered, in order, a page at a time, made in slices so that others have their turn."""

from __future__ import annotations

import heapq
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import orjson
from starlette.responses import Response

from data.texts import typed_whole
from data.turns import Turns
from xo_dash.api.asked import Asked, Problem, as_json, writing
from xo_dash.api.collections import Collection
from xo_dash.api.encoded import EncodedRows
from xo_dash.control import filters
from xo_dash.control.filters import Term
from xo_dash.i18n import _

T = TypeVar("T")
USUAL, MOST = 1000, 10_000
"""Items of one answer."""
PARAMETERS: Final = ("fields", "filter", "limit", "cursor")
AT_ONCE: Final = 20
"""Items between two looks at the clock."""


async def listed(collection: Collection[Any], asked: Asked) -> Response:
    given = asked.query(PARAMETERS)
    names = wanted_fields(collection, given)
    try:
        terms = filters.parse(given.get("filter", ""), collection.filter_keys)
    except filters.BadFilter as error:
        raise Problem(400, str(error)) from error
    limit, after = _limit(given), _after(given)
    turns = Turns()
    found = await _first(collection, asked, terms, after, limit + 1, turns)
    written, encode = writing(asked), _encoder(collection, asked, names)
    between = b'{"items":['
    for items in _batches(found[:limit]):
        written.write(between + b",".join(map(encode, items)))
        between = b","
        await turns.pause()
    following = _cursor(collection.order(found[limit - 1])) if len(found) > limit else None
    written.write((b'],"next":' if found else b'{"items":[],"next":') + orjson.dumps(following) + b"}")
    return await as_json(asked, written)


def _encoder(collection: Collection[Any], asked: Asked, names: Sequence[str]) -> Callable[[Any], bytes]:
    """What makes JSON of an item."""
    sees = asked.scope.sees
    if collection.kind is not None:
        return asked.scope.shared(EncodedRows).encoder(collection.kind, collection.wanted(names), sees)
    read = collection.reader(names)
    return lambda item: orjson.dumps(read(item, sees))


def wanted_fields(collection: Collection[Any], given: Mapping[str, str]) -> list[str]:
    """Those of `fields=`; none for all. Raises Problem."""
    names = [name.strip() for name in given.get("fields", "").split(",") if name.strip()]
    for name in names:
        if name not in collection.fields:
            sentence = _("{collection} have no field “{field}”; the fields are: {fields}")
            raise Problem(400, sentence.format(collection=collection.name, field=name[:80], fields=", ".join(collection.fields)))
    return names


def _limit(given: Mapping[str, str]) -> int:
    limit = typed_whole(given.get("limit", str(USUAL)))
    if limit is None or not 1 <= limit <= MOST:
        raise Problem(400, _("“limit” must be a whole number from 1 to {most}").format(most=MOST))
    return limit


def _after(given: Mapping[str, str]) -> str:
    """Behind which item the list goes on; empty: from its beginning."""
    try:
        return b64decode(given.get("cursor", ""), b"-_", validate=True).decode(errors="replace")
    except ValueError as error:
        raise Problem(400, _("“cursor” must be the “next” of another answer; leave it out to begin anew")) from error


def _cursor(order: str) -> str:
    return urlsafe_b64encode(order.encode()).decode()


async def _first(collection: Collection[T], asked: Asked, terms: Sequence[Term], after: str, count: int, turns: Turns) -> list[T]:
    """The first `count` in order behind `after`."""
    best: list[tuple[str, T]] = []
    shows = asked.scope.shows
    sees, order, lists = asked.scope.sees, collection.order, collection.lists
    is_row = collection.kind is not None
    for items in _batches(list(collection.all(asked))):
        for item in items:
            if lists(item) and (not is_row or shows(item)) and (place := order(item)) > after and _fits(collection, item, terms, sees):  # type: ignore[arg-type]  # rows are what scopes are asked about
                best.append((place, item))
        if len(best) > 2 * count:
            best = heapq.nsmallest(count, best, key=_place)
        await turns.pause()
    best.sort(key=_place)
    return [item for _order, item in best[:count]]


def _place(pair: tuple[str, object]) -> str:
    return pair[0]


def _fits(collection: Collection[T], item: T, terms: Sequence[Term], sees: Any) -> bool:
    return all(_has(collection, item, term, sees) is not term.excluded for term in terms)


def _has(collection: Collection[T], item: T, term: Term, sees: Any) -> bool:
    if (test := collection.keys.get(term.key)) is not None:
        return test(item, term.value, sees)
    if term.key:
        return filters.holds(collection.fields[term.key](item, sees), term.value)
    if collection.kind is not None:
        return filters.plain(item, term.value, sees)  # type: ignore[arg-type]  # of a kind are rows
    data = collection.as_data(item, sees)
    text = collection.text(item, data) if collection.text else " ".join(map(str, data.values()))
    return term.value in text.lower()


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
