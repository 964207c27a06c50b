"""All places that show objects, kept up to date as open pages keep them. CSV files have the rows of the list, tooltips those of the map."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import cast

from components.frame.tree_rows import NodeKind, TreeRows
from components.map.map_rows import MapRows
from components.map.reads import Thing
from components.vms.rows import PoolInfo, VmRow
from components.vms.vm_rows import VmRows
from data.changes import Change
from data.mirror import Mirror
from data.scope import Scope
from data.search import Index
from tests.facts.pools import any_mirror, anything_happens
from tests.map.fleets import joined

CHANGES = 60


class Places:
    def __init__(self, mirror: Mirror) -> None:
        self.mirror, self.scope = mirror, Scope(mirror)
        (self.pool,) = mirror
        self.index = Index(mirror)
        self._tree, self._list, self._map = TreeRows(mirror), VmRows(mirror), MapRows(mirror)
        self._map.add(self.pool)
        for _ in (*self._tree.fill(), *self._list.fill(), *self.index.fill()):
            pass
        mirror.observe(self._changed)
        mirror.findings.observe(self._map.judged)

    def _changed(self, changes: Sequence[Change]) -> None:
        for kept in (self._tree, self._list, self.index):
            kept.update(changes)
        self._map.changed(changes)

    @property
    def listed(self) -> dict[str, VmRow]:
        self._list.take()
        return {row.uuid: row for row in cast(list[VmRow], self._list.whole()["rows"])}

    @property
    def tree(self) -> dict[str, tuple[NodeKind, str, str]]:
        """{uuid: (kind, mark, name)}"""
        return {uuid: (NodeKind(kind), mark, name) for _id, _parent, kind, mark, name, uuid in self._tree.rows()}

    @property
    def pools(self) -> list[PoolInfo]:
        """Of the list."""
        return cast(list[PoolInfo], self._list.whole()["places"])

    @property
    def labels(self) -> list[int | str]:
        """The words that rows of the map have by number, after the number of the first."""
        return [0, *self._map.labels.all()]

    @property
    def mapped(self) -> dict[Thing, list[object]]:
        self._map.rebuild()
        return {thing: item.row for thing, item in self._map.items.items()}


def after_a_while(seed: int) -> Places:
    """Of a pool that had a lively day."""
    mirror = joined(any_mirror(seed))
    places, dice = Places(mirror), random.Random(seed)
    for _ in range(CHANGES if seed else 0):
        anything_happens(mirror, places.pool, dice)
    return places
