"""What goes wrong on purpose: rules as data, matched against each request.

    {"method": "VM.start", "error": ["HOST_OFFLINE", "OpaqueRef:..."], "count": 1}
    {"method": "event.from", "action": "drop"}          the connection ends without an answer
    {"method": "*", "action": "503"}                    HTTP 503
    {"method": "VM.get_all_records", "action": "truncate"}  half an answer
    {"method": "*.get_*", "delay": 2.5}                 slow, in real seconds
    {"method": "/rrd_updates", "action": "503"}         HTTP paths count as methods

`ref` limits a rule to calls that name this reference, `count` to so many times, `host` to one address; `probability` is a chance.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

ACTIONS = ("", "drop", "503", "truncate")


@dataclass(slots=True)
class Fault:
    method: str = "*"  # a pattern; Async. need not be named
    ref: str = ""
    host: str = ""
    count: int = -1  # how often it still happens; -1 = always
    delay: float = 0.0
    error: list[str] = field(default_factory=list)
    action: str = ""
    probability: float = 1.0

    @classmethod
    def read(cls, raw: dict[str, Any]) -> Fault:
        """ValueError, in words, on a rule that says nothing or something unknown."""
        unknown = set(raw) - {"method", "ref", "host", "count", "delay", "error", "action", "probability"}
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        try:
            fault = cls(**raw)
        except TypeError as error:
            raise ValueError(str(error)) from None
        if fault.action not in ACTIONS:
            raise ValueError(f"action is one of {', '.join(filter(None, ACTIONS))}, not {fault.action!r}")
        if not (fault.action or fault.error or fault.delay):
            raise ValueError("a fault has an error, an action or a delay")
        return fault

    def matches(self, method: str, parameters: Sequence[Any], host: str) -> bool:
        bare = method.removeprefix("Async.").removeprefix("InternalAsync.")
        if not (fnmatchcase(method, self.method) or fnmatchcase(bare, self.method)):
            return False
        return (not self.ref or self.ref in parameters) and (not self.host or self.host == host)


class Faults:
    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._chance = random.Random()  # noqa: S311

    def add(self, method: str = "*", **more: Any) -> Fault:
        fault = Fault.read({"method": method, **more})
        self._rules.append(fault)
        return fault

    def clear(self) -> None:
        self._rules.clear()

    def __len__(self) -> int:
        return len(self._rules)

    def take(self, method: str, parameters: Sequence[Any] = (), host: str = "") -> Fault | None:
        """The rule that strikes this request, counted down; None for almost all requests."""
        for fault in self._rules:
            if fault.count != 0 and fault.matches(method, parameters, host) and self._chance.random() < fault.probability:
                if fault.count > 0:
                    fault.count -= 1
                    if fault.count == 0:
                        self._rules.remove(fault)
                return fault
        return None
