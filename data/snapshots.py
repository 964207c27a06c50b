"""A VM's snapshots as the tree they grew in, laid out in rows: one line of growth down to "you are here", branches beside it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from data.objects import VM
from data.types import Ref, timestamp


@dataclass(frozen=True, slots=True)
class Twig:
    """A row of the picture. Columns are counted from the left, 0 being the way to the present."""

    vm: VM  # a snapshot; the VM itself in the row of the present
    column: int
    above: bool  # a line comes from above into its point
    below: bool  # ... and goes on in its column
    passing: tuple[int, ...]  # columns whose lines pass this row by
    forks: tuple[int, ...]  # columns that branch off to the right here


def snapshot_tree(vm: VM) -> list[Twig]:
    """The snapshots of `vm`, oldest first, and `vm` itself last; nothing if there is no snapshot.

    Source: `parent` is the snapshot a VM or snapshot grew from, null or dangling once that one is deleted.
    """
    snapshots = sorted(vm.all_of(VM, vm.snapshots), key=lambda snapshot: (timestamp(snapshot.snapshot_time) or 0.0, snapshot.uuid))
    if not snapshots:
        return []
    rows = [*snapshots, vm]
    place = {row.ref: i for i, row in enumerate(rows)}
    parents = _parents(rows, place)
    columns = _columns(parents)
    children = _children(parents)
    passing = _passing(parents, columns)
    return [_twig(row, parents[i] >= 0, columns[i], {columns[child] for child in children[i]}, passing[i]) for i, row in enumerate(rows)]


def _parents(rows: list[VM], place: dict[Ref, int]) -> list[int]:
    """The row each grew from; -1 for none. A clock set back may make a parent the younger one: then there is no line."""
    found = (place.get(row.parent, -1) for row in rows)
    return [parent if parent < i else -1 for i, parent in enumerate(found)]


def _columns(parents: list[int]) -> list[int]:
    """The way to the present is column 0; another child takes its parent's column on if nobody has, else the first free one."""
    last = len(parents) - 1
    columns, children = [-1] * len(parents), _children(parents)
    at = last
    while at >= 0:
        columns[at], at = 0, parents[at]
    ends = _ends_of_lines(children)
    busy_until: dict[int, int] = {0: last}
    for i, parent in enumerate(parents):
        if columns[i] == 0:
            continue
        if parent >= 0 and columns[parent] > 0 and children[parent][0] == i:
            columns[i] = columns[parent]
            continue
        start = parent if parent >= 0 else i
        columns[i] = next(c for c in range(1, len(parents) + 1) if busy_until.get(c, -1) < start)
        busy_until[columns[i]] = ends[i]
    return columns


def _children(parents: list[int]) -> list[list[int]]:
    """Of each row those that grew from it."""
    found: list[list[int]] = [[] for _parent in parents]
    for child, parent in enumerate(parents):
        if parent >= 0:
            found[parent].append(child)
    return found


def _ends_of_lines(children: list[list[int]]) -> list[int]:
    """The last row that first children lead to from each on; a child is below its parent."""
    ends = list(range(len(children)))
    for i in reversed(ends):
        if children[i]:
            ends[i] = ends[children[i][0]]
    return ends


def _passing(parents: list[int], columns: list[int]) -> list[set[int]]:
    """The columns whose lines begin above each row and end below it."""
    open_lines: Counter[int] = Counter()
    starts: defaultdict[int, list[int]] = defaultdict(list)
    for child, parent in enumerate(parents):
        if parent >= 0:
            starts[parent].append(columns[child])
    found = []
    for i, column in enumerate(columns):
        if parents[i] >= 0:
            open_lines[column] -= 1
        found.append({at for at, count in open_lines.items() if count > 0 and at != column})
        open_lines.update(starts[i])
    return found


def _twig(row: VM, above: bool, column: int, below: set[int], passing: set[int]) -> Twig:
    return Twig(
        vm=row, column=column, above=above, below=column in below, passing=tuple(sorted(passing)), forks=tuple(sorted(below - {column}))
    )
