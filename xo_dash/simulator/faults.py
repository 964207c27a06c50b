"""What goes wrong on purpose: rules as data, matched against each request; the first that fits strikes.

    {"method": "VM.start", "error": ["HOST_OFFLINE", "OpaqueRef:..."], "count": 1}
    {"method": "event.from", "action": "drop"}              the connection ends without an answer
    {"method": "*", "action": "503"}                        HTTP 503
    {"class": "VM", "name": "web-*", "action": "truncate"}  half an answer, for VMs so named
    {"method": "*.get_*", "delay": 2.5}                     late, in real seconds
    {"method": "VM.get_all_records", "action": "slow"}      the answer comes in drops, `rate` bytes a second
    {"host": "127.0.0.2", "action": "hang"}                 no answer, and no end either
    {"method": "/rrd_updates", "action": "503"}             HTTP paths count as methods

`ref`, `name` and `sr` limit a rule to calls about that object (an SR: and its disks), `host` to those that one address receives,
`user` and `role` to who calls; `probability` is a chance, `count` how often it still happens.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pool import Pool

ACTIONS = ("", "drop", "503", "truncate", "slow", "hang")
NUMBERS = ("count", "delay", "probability", "rate")
CLASS = "class"  # as rules write it; no name for a field in Python


@dataclass(slots=True)
class Fault:
    method: str = "*"  # a pattern; Async. need not be named
    cls: str = ""  # of the method, a pattern
    ref: str = ""
    name: str = ""  # of an object that the call names, a pattern
    sr: str = ""  # its reference
    host: str = ""  # an address
    user: str = ""
    role: str = ""  # read-only ... pool-admin; root has none
    count: int = -1  # -1 = always
    delay: float = 0.0
    error: list[str] = field(default_factory=list)
    action: str = ""
    probability: float = 1.0
    rate: float = 10_000.0

    @classmethod
    def read(cls, raw: Any) -> Fault:
        """ValueError, in words, on a rule that says nothing or something unknown."""
        if not isinstance(raw, dict):
            raise ValueError(f"a fault is an object, not {json.dumps(raw)}")
        given = {"cls" if key == CLASS else key: value for key, value in raw.items()}
        known = {f.name for f in fields(cls)}
        if unknown := set(given) - known:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        for key, value in given.items():
            if key in NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise ValueError(f"{key} of a fault is a number, not {json.dumps(value)}")
            if key == "error" and not (isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value)):
                raise ValueError("error of a fault is a list of texts: the code, then its arguments")
            if key not in (*NUMBERS, "error") and not isinstance(value, str):
                raise ValueError(f"{CLASS if key == 'cls' else key} of a fault is a text, not {json.dumps(value)}")
        fault = cls(**given)
        if fault.action not in ACTIONS:
            raise ValueError(f"action is one of {', '.join(filter(None, ACTIONS))}, not {fault.action!r}")
        if not (fault.action or fault.error or fault.delay):
            raise ValueError("a fault has an error, an action or a delay")
        if fault.delay < 0 or fault.rate <= 0 or not 0 <= fault.probability <= 1:
            raise ValueError("delay is at least 0, rate more than 0, probability between 0 and 1")
        return fault

    @property
    def told(self) -> dict[str, Any]:
        """As it is written: only what differs from the defaults."""
        usual = Fault()
        held = {f.name: getattr(self, f.name) for f in fields(self)}
        return {CLASS if k == "cls" else k: v for k, v in held.items() if v != getattr(usual, k)}

    def matches(self, pool: Pool | None, method: str, parameters: Sequence[Any], host: str) -> bool:
        bare = method.removeprefix("Async.").removeprefix("InternalAsync.")
        if not (fnmatchcase(method, self.method) or fnmatchcase(bare, self.method)):
            return False
        if self.cls and not fnmatchcase(bare.rpartition(".")[0], self.cls):
            return False
        if self.host and self.host != host:
            return False
        return not (self.ref or self.name or self.sr or self.user or self.role) or self._concerns(pool, list(texts(parameters)))

    def _concerns(self, pool: Pool | None, words: list[str]) -> bool:
        """Does the call name this object, and come from this user?"""
        if self.ref and self.ref not in words:
            return False
        if pool is None:
            return not (self.name or self.sr or self.user or self.role)
        rows = [row for row in map(pool.db.row, words) if row]
        if self.name and not any(fnmatchcase(str(row.record.get("name_label", "")), self.name) for row in rows):
            return False
        if self.sr and not any(self.sr in (row.ref, row.record.get("SR")) for row in rows):
            return False
        if not (self.user or self.role):
            return True
        session = next(filter(None, map(pool.sessions.find, words)), None)
        return session is not None and self.user in ("", session.user) and self._plays(pool, session.ref)

    def _plays(self, pool: Pool, session: str) -> bool:
        if not self.role:
            return True
        row = pool.db.row(session)
        subject = pool.db.row(row.record["subject"]) if row else None
        roles = subject.record["roles"] if subject else []
        return any(pool.db.get(role, "name_label") == self.role for role in roles if pool.db.exists(role))


def texts(values: Any) -> Iterator[str]:
    """All texts in the parameters of a call, those in records included."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from texts(value)
        elif isinstance(value, dict):
            yield from texts(value.values())


class Faults:
    def __init__(self) -> None:
        self.rules: list[Fault] = []
        self._chance = random.Random()  # noqa: S311

    def add(self, method: str = "*", **more: Any) -> Fault:
        return self.put(Fault.read({"method": method, **more}))

    def put(self, fault: Fault) -> Fault:
        self.rules.append(fault)
        return fault

    def forget(self, **like: Any) -> None:
        """Those whose fields are exactly so."""
        self.rules = [rule for rule in self.rules if any(getattr(rule, k) != v for k, v in like.items())]

    def clear(self) -> None:
        self.rules.clear()

    def __len__(self) -> int:
        return len(self.rules)

    def take(self, method: str, parameters: Sequence[Any] = (), host: str = "", pool: Pool | None = None) -> Fault | None:
        """The rule that strikes this request, counted down; None for almost all requests."""
        for fault in self.rules:
            if fault.count != 0 and fault.matches(pool, method, parameters, host) and self._chance.random() < fault.probability:
                if fault.count > 0:
                    fault.count -= 1
                    if fault.count == 0:
                        self.rules.remove(fault)
                return fault
        return None


def read_file(path: Path) -> list[Fault]:
    """A rule, or a list of them, as JSON. ValueError with one sentence about a file that is none."""
    try:
        raw = json.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:  # neither JSON nor text
        raise ValueError(f"{path}: no JSON ({error})") from None
    found = []
    for number, rule in enumerate(raw if isinstance(raw, list) else [raw], 1):
        try:
            found.append(Fault.read(rule))
        except ValueError as error:
            raise ValueError(f"{path}: rule {number}: {error}") from None
    return found
