"""The arguments of a failure as people know them: names instead of references, sizes instead of numbers, words instead of states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from data.names import name_of
from data.objects import KINDS, PBD, PIF, SR, VBD, VIF, VM, Host, PowerState
from data.texts import whole
from data.types import NULL_REF, Home, Ref, XapiObject
from xo_dash.control.said import Amount, Said, say
from xo_dash.control.words import STATES, states_words, under_way
from xo_dash.i18n import N_

UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REF: Final = re.compile(r"OpaqueRef:[-0-9A-Za-z]+")
SIZES: Final = frozenset({"needed", "available", "requested", "maximum", "minimum", "maximum size", "minimum size"})
OPERATIONS: Final = frozenset({"operation", "operation_type"})
LONGEST: Final = 300
"""Characters of a host's own text that are shown: some drivers send pages."""


def spoken(name: str, value: str, home: Home | None) -> object:
    """The argument called `name` as it stands in a sentence."""
    if name in SIZES and (amount := whole(value, -1)) >= 0:
        return Amount(amount)
    if name in ("expected", "actual") and not value.startswith("OpaqueRef:"):
        return _states(value)
    if name in OPERATIONS and re.fullmatch(r"[A-Za-z_]+", value):
        return under_way(value)
    if home is not None and (value.startswith("OpaqueRef:") or UUID.fullmatch(value)):
        return _known(value, home) or say(N_("something that is gone"))
    return plain(REF.sub(lambda match: str(_known(match[0], home) or match[0]), value) if home else value)


def plain(text: str) -> str:
    """A host's own text in one line of bearable length."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= LONGEST else line[:LONGEST].rstrip() + "…"


def called(row: XapiObject) -> object:
    """What people call an object; things without a name are called after what they belong to."""
    home = row.home
    match row:
        case VBD():
            owner = home.one(VM, row.VM)
            return say(N_("drive {position} of {vm}"), position=row.userdevice, vm=called(owner) if owner else "?")
        case VIF():
            owner = home.one(VM, row.VM)
            return say(N_("NIC {position} of {vm}"), position=row.device, vm=called(owner) if owner else "?")
        case PIF():
            host = home.one(Host, row.host)
            return say(N_("{device} of {host}"), device=row.device, host=called(host) if host else "?")
        case PBD():
            storage, host = home.one(SR, row.SR), home.one(Host, row.host)
            return say(N_("the path of {host} to {sr}"), host=called(host) if host else "?", sr=called(storage) if storage else "?")
        case _:
            return plain(name_of(row))


def _known(value: str, home: Home | None) -> object | None:
    if home is None or value == NULL_REF:
        return None
    return next((called(row) for row in _candidates(value, home)), None)


def _candidates(value: str, home: Home) -> Iterator[XapiObject]:
    by_ref = value.startswith("OpaqueRef:")
    kind: type[XapiObject]
    for kind in KINDS:
        if by_ref:
            row = home.one(kind, Ref(value))
            if row is not None:
                yield row
        else:
            yield from (row for row in home.all(kind).values() if row.uuid == value)


def _states(value: str) -> object:
    """XAPI writes them in lower case, several with commas or semicolons between."""
    by_name = {state.value.lower(): state for state in PowerState}
    states = frozenset(by_name[word] for part in re.split("[,;]", value) if (word := part.strip().lower()) in by_name)
    return states_words(states) if states else Said(STATES[PowerState.UNKNOWN]) if not value else plain(value)
