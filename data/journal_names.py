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


def seen_line(line: JournalLine, among: Sight) -> JournalLine:
    """The same, without names of what is not seen now."""
    what, _slash, which = line.key.partition("/")
    if what in _OF_A_DISK and not _is_seen(which, (VDI,), among):
        line = line._replace(key=f"{what}/{UNSEEN}")
    kinds = _NAMING.get(what)
    if kinds is None:
        return line
    return line._replace(before=_seen(line.before, kinds, among), after=_seen(line.after, kinds, among))


def _is_seen(name: str, kinds: Iterable[type[XapiObject]], among: Sight) -> bool:
    return any(name_of(row) == name for kind in kinds for row in among.every(kind))


def _seen(value: str, kinds: Iterable[type[XapiObject]], among: Sight) -> str:
    name, between, rest = value.partition(BETWEEN)
    return value if not name or _is_seen(name, kinds, among) else f"{UNSEEN}{between}{rest}"
