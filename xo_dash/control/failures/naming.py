"""The arguments of a failure as people know them: names instead of references, sizes instead of numbers, words instead of states.

An argument that cannot be said is None: it is missing, of something that is gone or of another kind, or not what its name says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from data.names import name_of
from data.objects import KINDS, PBD, PIF, SR, VBD, VDI, VIF, VM, Host, Network, PowerState
from data.types import NULL_REF, Home, Ref, XapiObject
from xo_dash.control.lazy_text import Amount, LazyText, ObjectName, lazy
from xo_dash.control.words import UNDER_WAY, method_words, states_words, under_way
from xo_dash.i18n import N_

UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REF: Final = re.compile(r"OpaqueRef:[-0-9A-Za-z]*")
NUMBER: Final = re.compile(r"[0-9]{1,19}")
BETWEEN: Final = re.compile(r"[;,]\s*")
AMOUNTS: Final = frozenset({"needed", "available", "requested", "maximum", "minimum", "maximum size", "minimum size"})
NUMBERS: Final = frozenset({"vcpus", "pcpus", "timeout", "number", "major", "minor"})
OPERATIONS: Final = frozenset({"operation", "operation_type"})
METHODS: Final = frozenset({"method", "permission"})
CLASSES: Final = frozenset(kind.xapi_class for kind in KINDS)
OBJECTS: Final[Mapping[str, type[XapiObject]]] = {
    "vm": VM, "snapshot": VM, "host": Host, "source": Host, "destination": Host, "sr": SR, "vdi": VDI, "vbd": VBD, "vif": VIF,
    "network": Network, "pif": PIF, "pbd": PBD,
}  # fmt: skip
"""Arguments that are an object of one kind. Source: failures/codes.txt."""
LONGEST: Final = 300
"""Characters of a host's own text that are shown: some drivers send pages."""


def spoken(name: str, value: str, home: Home | None) -> object | None:
    """The argument called `name` as it stands in a sentence."""
    value = value.strip()
    if name in AMOUNTS | NUMBERS:
        return _number(name, value)
    if name in ("expected", "actual"):
        return _states(value)
    if name in OPERATIONS:
        return under_way(value)
    if name in METHODS:
        return _method(value)
    if name == "class":
        return value if value in CLASSES else None
    return _object_or_text(name, value, home)


def _number(name: str, value: str) -> object | None:
    if not NUMBER.fullmatch(value):
        return None
    return Amount(int(value)) if name in AMOUNTS else value


def _object_or_text(name: str, value: str, home: Home | None) -> object | None:
    if REF.fullmatch(value):
        return _known(value, home, OBJECTS.get(name))
    if UUID.fullmatch(value) and name != "uuid":
        return _known(value, home, OBJECTS.get(name))
    if name in OBJECTS and NUMBER.fullmatch(value.removeprefix("-")):
        return None  # no name of anything
    if "_" in value and set(BETWEEN.split(value.strip("{} "))) <= UNDER_WAY.keys():
        return under_way(value)
    if command := _method(value):
        return command
    return _with_names(value, home) if REF.search(value) else plain(value) or None


def _with_names(text: str, home: Home | None) -> LazyText:
    """A host's own text with references in it."""
    gone = lazy(N_("an object that is gone"))
    names = {f"object{number}": _known(ref, home) or gone for number, ref in enumerate(REF.findall(text))}
    holes = iter(names)
    message = REF.sub(lambda _match: f"{{{next(holes)}}}", plain(text).replace("{", "{{").replace("}", "}}"))
    return lazy(message, **names)


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
            drive = lazy(N_("drive {position}"), position=row.userdevice)
            return lazy(N_("drive {position} of {vm}"), position=row.userdevice, vm=called(owner)) if owner else drive
        case VIF():
            owner = home.one(VM, row.VM)
            nic = lazy(N_("NIC {position}"), position=row.device)
            return lazy(N_("NIC {position} of {vm}"), position=row.device, vm=called(owner)) if owner else nic
        case PIF():
            host = home.one(Host, row.host)
            return lazy(N_("{device} of {host}"), device=row.device, host=called(host)) if host else row.device
        case PBD():
            return _path(home.one(Host, row.host), home.one(SR, row.SR))
        case _:
            return ObjectName(row, plain(name_of(row)))


def _path(host: Host | None, storage: SR | None) -> LazyText:
    if host and storage:
        return lazy(N_("the path of {host} to {sr}"), host=called(host), sr=called(storage))
    if host:
        return lazy(N_("a path of {host} to storage"), host=called(host))
    return lazy(N_("a path to {sr}"), sr=called(storage)) if storage else lazy(N_("a path to storage"))


def _known(value: str, home: Home | None, kind: type[XapiObject] | None = None) -> object | None:
    """What the object of that reference or uuid is called, if it is there and of that kind (None: of any)."""
    if home is None or value == NULL_REF:
        return None
    return next((called(row) for row in _candidates(value, home, (kind,) if kind else KINDS)), None)


def _candidates(value: str, home: Home, kinds: tuple[type[XapiObject], ...]) -> Iterator[XapiObject]:
    by_ref = value.startswith("OpaqueRef:")
    for kind in kinds:
        if by_ref:
            row = home.one(kind, Ref(value))
            if row is not None:
                yield row
        else:
            yield from (row for row in home.all(kind).values() if row.uuid == value)


def _method(value: str) -> LazyText | None:
    words = method_words(value)
    return lazy(N_("“{command}”"), command=LazyText(words)) if words else None


def _states(value: str) -> LazyText | None:
    """XAPI writes them in lower case, several with commas or semicolons between."""
    by_name = {state.value.lower(): state for state in PowerState if state is not PowerState.UNKNOWN}
    states = frozenset(by_name[word] for part in re.split("[,;]", value) if (word := part.strip().lower()) in by_name)
    return states_words(states) if states else None
