"""Tables on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Columns as wide as they need to be; the sentence `empty` if there are no rows."""
    lines = [head, *rows]
    if len(lines) == 1:
        print(empty)
        return
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
