"""Tables and secrets on a terminal."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable, Sequence

from data.stores.errors import RecordRefused
from xo_dash.i18n import _


def ask_secret(prompt: str, *, twice: bool = False) -> str:
    """A password from the terminal, unseen, or the first line of standard input; never an argument, which others can see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass(prompt)
    if twice and getpass.getpass(_("Repeat password: ")) != password:
        raise RecordRefused(_("the passwords do not match; nothing was changed"))
    return password


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Columns as wide as they need to be; the sentence `empty` if there are no rows."""
    lines = [head, *rows]
    if len(lines) == 1:
        print(empty)
        return
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
