"""`filter=`: the language of the filter field on the map and over lists.

Words are combined with AND: `web tag:prod -is:halted "old mail"`. A plain word is looked for in names, addresses and the start of
uuids; a key before a colon asks for that alone: one of KEYS, or any field (`power_state:Running`, `memory_static_max:>4GiB`). A minus
before either excludes.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from data.facts import vm as vms
from data.facts.host import is_live
from data.facts.pool import is_master
from data.facts.vm import VmState
from data.findings.registry import FindingRegistry
from data.level import Level
from data.names import name_of, pool_name
from data.objects import PIF, SR, VBD, VDI, VIF, VM, Host, Network, Pool
from data.types import XapiObject
from data.visibility import Sees
from data.vms import folder_of, os_name
from xo_dash.control.requests.sizes import parse_size
from xo_dash.i18n import _

T = TypeVar("T")
LONGEST: Final = 2000
MOST_TERMS: Final = 30
SHORTEST_UUID: Final = 4
_TERM: Final = re.compile(r'(-?)(?:([A-Za-z_]+):(?!:))?(?:"([^"]*)"?|(\S*))')
_COMPARED: Final = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq, "": operator.eq}
_NUMBER: Final = re.compile(r"(>=|<=|>|<|=|)(.+)")


class BadFilter(Exception):  # it is told at its field
    """It cannot be understood; the text says why, and what would be."""


class Term(NamedTuple):
    key: str  # "" for a plain word
    value: str  # lower case
    excluded: bool


Test = Callable[[Any, str, Sees], bool]
"""(item, value in lower case, what may be seen) -> whether it fits"""


def parse(text: str, keys: Sequence[str]) -> list[Term]:
    """In the order of the text; what says nothing yet (`tag:`) is left out. Raises BadFilter for what cannot fit anything."""
    if len(text) > LONGEST:
        raise BadFilter(_("the filter is longer than {most} characters; shorten it").format(most=LONGEST))
    known = {key.lower(): key for key in keys}
    terms: list[Term] = []
    for minus, key, quoted, bare in _TERM.findall(text):
        if key and key.lower() not in known:
            sentence = _("the filter asks for “{key}”, which is not there; quote it to look for it as text, or use: {keys}")
            raise BadFilter(sentence.format(key=key[:80], keys=", ".join(keys)))
        value = (quoted or bare).lower()
        if value and value != "-":
            _check(known.get(key.lower(), ""), value, is_quoted=bool(quoted))
            terms.append(Term(known.get(key.lower(), ""), value, minus == "-"))
    if len(terms) > MOST_TERMS:
        raise BadFilter(_("the filter has more than {most} words; use fewer").format(most=MOST_TERMS))
    return terms


def _check(key: str, value: str, *, is_quoted: bool) -> None:
    """Raises BadFilter for a word that `is:` does not know, and for more or less than what is no number; what is quoted is a text."""
    if key == "is" and value not in IS:
        raise BadFilter(_("“is:{word}” is not known; use one of: {words}").format(word=value[:80], words=", ".join(IS)))
    if not is_quoted and key not in ("", *KEYS) and value[0] in "<>" and _number(value.lstrip("<>=")) is None:
        raise BadFilter(_("“{value}” does not compare with a number; write {key}:>4 or {key}:>4GiB").format(value=value[:80], key=key))


def holds(value: object, wanted: str) -> bool:
    """Whether the value of a field is what is asked for: a text has it in it, a number is it or compares to it, of several one does."""
    if isinstance(value, bool):
        return wanted in (("true", "yes") if value else ("false", "no"))
    if isinstance(value, (int, float)):
        return _compares(value, wanted)
    if isinstance(value, Mapping):
        return any(wanted in f"{key}={one}".lower() for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return any(holds(one, wanted) for one in value)
    return value is not None and wanted in str(value).lower()


def _compares(value: float, wanted: str) -> bool:
    found = _NUMBER.fullmatch(wanted)
    if found is None:
        return False
    number = _number(found[2])
    return number is not None and bool(_COMPARED[found[1]](value, number))


def _number(text: str) -> float | None:
    """Of a number or a size; None for neither."""
    try:
        return float(text)
    except ValueError:
        size = parse_size(text.strip())
        return None if isinstance(size, str) else float(size)


# ---- keys of XAPI's objects besides their fields


def _named(row: XapiObject | None, value: str, sees: Sees) -> bool:
    return row is not None and sees(row) and value in name_of(row).lower()


def _any_named(rows: Sequence[XapiObject], value: str, sees: Sees) -> bool:
    return any(_named(row, value, sees) for row in rows)


def addresses(row: XapiObject) -> Sequence[str]:
    if isinstance(row, VM):
        return vms.addresses_of(row)
    return [row.address] if isinstance(row, Host) else []


def _address(row: XapiObject, value: str, _sees: Sees) -> bool:
    return any(address.lower().startswith(value) for address in addresses(row))


def _host(row: XapiObject, value: str, sees: Sees) -> bool:
    if isinstance(row, Host):
        return _named(row, value, sees)
    return isinstance(row, VM) and _named(row.home.one(Host, row.resident_on) or row.home.one(Host, row.affinity), value, sees)


def _sr(row: XapiObject, value: str, sees: Sees) -> bool:
    if isinstance(row, VM):
        disks = [row.home.one(VDI, vbd.VDI) for vbd in row.all_of(VBD, row.VBDs)]
        return _any_named([sr for disk in disks if disk and (sr := row.home.one(SR, disk.SR))], value, sees)
    return _named(row.home.one(SR, row.SR) if isinstance(row, VDI) else row if isinstance(row, SR) else None, value, sees)


def _network(row: XapiObject, value: str, sees: Sees) -> bool:
    if isinstance(row, VM):
        return _any_named([net for vif in row.all_of(VIF, row.VIFs) if (net := row.home.one(Network, vif.network))], value, sees)
    if isinstance(row, Host):
        return _any_named([net for pif in row.all_of(PIF, row.PIFs) if (net := row.home.one(Network, pif.network))], value, sees)
    return isinstance(row, Network) and _named(row, value, sees)


def _state(row: XapiObject, value: str, _sees: Sees) -> bool:
    if isinstance(row, VM):
        return vms.state_of(row).startswith(value)
    return value in str(getattr(row, "status", "")).lower() if hasattr(row, "status") else False


def _is_a(kind: type[XapiObject], row: XapiObject) -> bool:
    return isinstance(row, kind)


def _mark(row: XapiObject) -> Level:
    return row.home.part(FindingRegistry).mark(row)


def _has_state(state: VmState) -> Callable[[XapiObject], bool]:
    return lambda row: isinstance(row, VM) and vms.state_of(row) is state


IS: Final[Mapping[str, Callable[[XapiObject], bool]]] = {
    "alarm": lambda row: _mark(row) >= Level.WARNING,
    "critical": lambda row: _mark(row) is Level.CRITICAL,
    "warning": lambda row: _mark(row) is Level.WARNING,
    **{state.value: _has_state(state) for state in VmState},
    "busy": lambda row: bool(getattr(row, "current_operations", None)),
    "master": lambda row: isinstance(row, Host) and is_master(row),
    "maintenance": lambda row: isinstance(row, Host) and is_live(row) and not row.enabled,
    "lost": lambda row: (isinstance(row, Host) and not is_live(row)) or _has_state(VmState.UNKNOWN)(row),
    **{kind.xapi_class.lower(): partial(_is_a, kind) for kind in (VM, Host, SR, Network, Pool)},
}
"""{what follows `is:`: whether it is so}"""


def _is(row: XapiObject, value: str, _sees: Sees) -> bool:
    test = IS.get(value)
    return test is not None and test(row)


KEYS: Final[Mapping[str, Test]] = {
    "name": lambda row, value, _sees: value in name_of(row).lower(),
    "uuid": lambda row, value, _sees: row.uuid.lower().startswith(value),
    "ip": _address,
    "address": _address,
    "tag": lambda row, value, _sees: any(value in tag.lower() for tag in getattr(row, "tags", ())),
    "os": lambda row, value, _sees: isinstance(row, VM) and value in os_name(row).lower(),
    "folder": lambda row, value, _sees: isinstance(row, VM) and value in folder_of(row).lower(),
    "state": _state,
    "host": _host,
    "pool": lambda row, value, _sees: value in (row.home.key.lower(), row.home.id) or value in pool_name(row.home).lower(),
    "sr": _sr,
    "net": _network,
    "network": _network,
    "is": _is,
}
"""{key: whether an object fits}; where a field has the name of a key, the key is meant."""


def plain(row: XapiObject, value: str, _sees: Sees) -> bool:
    return (
        value in name_of(row).lower()
        or any(value in address.lower() for address in addresses(row))
        or (len(value) >= SHORTEST_UUID and row.uuid.lower().startswith(value))
    )
