"""All VMs as rows of the list, and what became different since anybody was told."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from typing import Final

from components.deltas import Haste, RowDelta
from components.vms.rows import PARTS, SHOWN, PoolInfo, RowPart, VmRow, parts_of, place_of, renewed, row_of
from data.changes import Change, Operation
from data.objects import VM, Host, Pool
from data.server import Server
from data.sight import Sight
from data.views.view import is_present
from data.views.vm import VMView as V

EVERY: Final = frozenset(PARTS)


class VmRows:
    """Fill it by `fill`, then give it every change; `take` says what that changed."""

    def __init__(self, mirror: Sight) -> None:
        self._mirror = mirror
        self.epoch = secrets.token_hex(4)
        self.revision = 0
        self._ids: dict[VM, int] = {}
        self._vms: dict[int, VM] = {}
        self._rows: dict[int, VmRow] = {}
        self._places: list[PoolInfo] = []
        self._places_may_differ = False
        self._dirty: dict[VM, frozenset[RowPart]] = {}
        self._gone: set[int] = set()
        self._next = 0

    def fill(self, slice_of: int = 100) -> Iterator[None]:
        """Make all rows; pauses after every slice, so that whoever runs it can let others have a turn."""
        self._places = self._now()
        for number, vm in enumerate(list(self._mirror.every(VM))):
            self._draw(vm)
            if number % slice_of == slice_of - 1:
                yield

    def whole(self) -> dict[str, object]:
        return {"names": VmRow._fields, "rows": list(self._rows.values()), "places": self._places}

    def vm(self, id_: int) -> VM | None:
        """The VM behind a row's id; None once it is gone."""
        return self._vms.get(id_)

    def update(self, changes: Iterable[Change]) -> bool:
        """Note what has to be looked at again; whether that is anything."""
        for change in changes:
            for vm in SHOWN.affected(change, self._mirror.pools):
                parts = EVERY
                if change.operation is Operation.MOD:
                    parts = parts_of(type(change.subject), change.names)  # type: ignore[arg-type]  # a class is hashable
                self._dirty[vm] = self._dirty.get(vm, frozenset()) | parts
            self._places_may_differ |= isinstance(change.subject, Server | Pool | Host)  # a pool may go by its master's name
        return bool(self._dirty) or self._places_may_differ

    def take(self) -> RowDelta | None:
        """What became different since the last time, as a new revision; None if nothing did."""
        dirty, self._dirty = self._dirty, {}
        newest = self._next
        put = [row for vm, parts in dirty.items() if (row := self._draw(vm, parts))]
        gone, self._gone = sorted(self._gone), set()
        places = self._other_places()
        if not put and not gone and places is None:
            return None
        self.revision += 1
        is_same = not gone and places is None and self._next == newest
        return RowDelta(put, gone, Haste.SOON if is_same else Haste.NOW, (places,))

    def _draw(self, vm: VM, parts: frozenset[RowPart] = EVERY) -> VmRow | None:
        """The row of `vm`, if it is another than before; only these of its parts may be."""
        if not is_present(vm) or not V.is_guest.of(vm):
            self._drop(vm)
            return None
        id_ = self._ids.get(vm)
        if id_ is None:
            self._next += 1
            id_ = self._ids[vm] = self._next
            self._vms[id_] = vm
        before = self._rows.get(id_)
        row = row_of(id_, vm) if before is None or parts is EVERY else renewed(before, vm, parts)
        if row == before:
            return None
        self._rows[id_] = row
        return row

    def _drop(self, vm: VM) -> None:
        id_ = self._ids.pop(vm, None)
        if id_ is not None:
            del self._vms[id_]
            self._rows.pop(id_, None)
            self._gone.add(id_)

    def _other_places(self) -> list[PoolInfo] | None:
        """All pools, if one of them is another than before."""
        if not self._places_may_differ:
            return None
        self._places_may_differ = False
        before, self._places = self._places, self._now()
        return self._places if self._places != before else None

    def _now(self) -> list[PoolInfo]:
        return [place_of(pool) for pool in self._mirror]
