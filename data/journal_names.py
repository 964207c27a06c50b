"""A VM's history for somebody who may not see everything: values that name other objects are told if an object of that name is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from data.names import name_of
from data.objects import SR, VDI, Appliance, Host, Network
from data.sight import Sight
from data.stores.journal import JournalLine
from data.types import XapiObject

UNSEEN: Final = "…"
_NAMING: Final[Mapping[str, tuple[type[XapiObject], ...]]] = {
    "resident_on": (Host,),
    "affinity": (Host,),
    "appliance": (Appliance,),
    "disk": (VDI,),
    "cd": (VDI,),
    "disk_sr": (SR,),
    "nic": (Network,),
}
"""{what changed, without what follows a slash: the kinds of what its values name}"""
_OF_A_DISK: Final = frozenset({"disk_sr", "disk_size"})
"""Keys with a disk's name after the slash."""
BETWEEN: Final = " · "
"""In the value of a NIC: between its network and its MAC."""


def seen_lines(lines: Iterable[JournalLine], among: Sight) -> list[JournalLine]:
    """The same, without names of what is not seen now."""
    names = _Names(among)
    return [_seen_line(line, names) for line in lines]


class _Names:
    """Of all that is seen, by kind: collected once for many lines, where one asks for it."""

    def __init__(self, among: Sight) -> None:
        self._among = among
        self._known: dict[type[XapiObject], frozenset[str]] = {}

    def has(self, name: str, kinds: Iterable[type[XapiObject]]) -> bool:
        return any(name in self._of(kind) for kind in kinds)

    def _of(self, kind: type[XapiObject]) -> frozenset[str]:
        if kind not in self._known:
            self._known[kind] = frozenset(map(name_of, self._among.every(kind)))
        return self._known[kind]


def _seen_line(line: JournalLine, names: _Names) -> JournalLine:
    what, _slash, which = line.key.partition("/")
    if what in _OF_A_DISK and not names.has(which, (VDI,)):
        line = line._replace(key=f"{what}/{UNSEEN}")
    kinds = _NAMING.get(what)
    if kinds is None:
        return line
    return line._replace(before=_seen(line.before, kinds, names), after=_seen(line.after, kinds, names))


def _seen(value: str, kinds: Iterable[type[XapiObject]], names: _Names) -> str:
    name, between, rest = value.partition(BETWEEN)
    return value if not name or names.has(name, kinds) else f"{UNSEEN}{between}{rest}"
