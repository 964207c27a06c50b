"""What fills an SR as tiles of a picture: all of the SR, what one VM has on it, or the many small ones. Pure, without layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from components.storage.words import KINDS, USES, part_name
from data.contents import Part, Use, node_use, uses_of
from data.names import name_of
from data.storage import Room, disk_kind
from xo_dash.i18n import _, ngettext, number

MOST: Final = 80
"""Tiles at a time; the smaller ones are one together."""
REST: Final = "rest"


@dataclass(frozen=True, slots=True)
class AreaTile:
    """`uses`: bytes of each `Use`, from the top; without a `key` there is nothing to open."""

    key: str
    name: str
    uses: Sequence[tuple[str, int]]
    note: str = ""

    def wire(self) -> list[object]:
        """[key, name, note, use, bytes, use, bytes, ...]"""
        return [self.key, self.name, self.note, *(value for pair in self.uses for value in pair)]


def part_key(part: Part) -> str:
    """The same as long as it is of the same VMs, whatever they are called meanwhile."""
    return f"{part.holder}{hash((frozenset(part.machines), part.image))}"


def tiles_of_sr(parts: Sequence[Part], room: Room) -> list[AreaTile]:
    """Each holder, then what is not of disks, and what is free."""
    rest = uses_of(parts, room.used, room.free)
    others = [AreaTile("", _(USES[use]), [(use, rest[use])]) for use in (Use.OTHER, Use.FREE) if rest[use] > 0]
    return [*_first(_of_parts(parts), REST), *others]


def tiles_of_rest(parts: Sequence[Part]) -> list[AreaTile]:
    """The small ones, which are one tile of the whole."""
    return _first(_of_parts(parts)[MOST:], "")


def tiles_of_part(part: Part) -> list[AreaTile]:
    """Each of its disks, snapshots and base copies; what is a disk leads to its chain."""
    nodes = sorted((node for node in part.nodes if node.physical_utilisation > 0), key=lambda node: (-node.physical_utilisation, node.uuid))
    return _first(
        [AreaTile(node.uuid, name_of(node), [(node_use(node), node.physical_utilisation)], _(KINDS[disk_kind(node)])) for node in nodes], ""
    )


def _of_parts(parts: Sequence[Part]) -> list[AreaTile]:
    return [AreaTile(part_key(part), part_name(part), _uses(part)) for part in parts if part.used > 0]


def _uses(part: Part) -> list[tuple[str, int]]:
    return [(use, amount) for use, amount in uses_of((part,), -1, -1).items() if amount > 0]


def _first(tiles: Sequence[AreaTile], rest: str) -> list[AreaTile]:
    """The largest ones, and one for all others, which opens where `rest` names it."""
    small = tiles[MOST:]
    if not small:
        return list(tiles)
    sums: Counter[str] = Counter()
    for tile in small:
        for use, amount in tile.uses:
            sums[use] += amount
    name = ngettext("{n} more", "{n} more", len(small)).format(n=number(len(small)))
    return [*tiles[:MOST], AreaTile(rest, name, [(use, sums[use]) for use in Use if use in sums])]
