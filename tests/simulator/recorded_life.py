"""A recorded client's calls and what another one saw, made comparable with what happens here.

References, uuids and times differ in every run. References are paired as they appear: arguments and results by their place, new
objects by their class and likeness. What remains must be equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

NULL = "OpaqueRef:NULL"
REF = re.compile(r"OpaqueRef:[\w-]+")
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
DATE = re.compile(r"\b\d{8}T\d\d:\d\d:\d\dZ")
SECONDS = re.compile(r"\d{10}\.")
EPOCH = "19700101T00:00:00Z"
Event = dict[str, Any]


@dataclass
class Step:
    """One call, the task it made if it was asynchronous, and what had changed when the next one came."""

    method: str
    arguments: list[Any]
    result: Any
    failure: list[str] | None
    task: dict[str, Any] | None = None
    events: dict[str, Event] = field(default_factory=dict)  # by reference: the net change


def steps(recording: Sequence[dict[str, Any]]) -> list[Step]:
    found: list[Step] = []
    for entry in recording:
        match entry["kind"]:
            case "call":
                found.append(Step(entry["method"], entry["args"], entry.get("result"), entry.get("failure")))
            case "task":
                found[-1].task = entry["record"]
            case "batch":
                for event in entry["events"]:
                    fold(found[-1].events, event)
    return found


def fold(known: dict[str, Event], event: Event) -> None:
    """What two batches tell of one object, as one that spans both would."""
    before = known.get(event["ref"])
    if event["operation"] == "del" and before and before["operation"] == "add":
        del known[event["ref"]]
    elif before and before["operation"] == "add":
        known[event["ref"]] = {**event, "operation": "add"}
    else:
        known[event["ref"]] = event


class Pairs:
    """Their references and ours."""

    def __init__(self) -> None:
        self.ours: dict[str, str] = {NULL: NULL}
        self._paired: set[str] = {NULL}

    def add(self, theirs: str, ours: str) -> None:
        self.ours[theirs] = ours
        self._paired.add(ours)

    def known(self, ours: str) -> bool:
        return ours in self._paired

    def translated(self, value: Any) -> Any:
        """Their arguments as ours."""
        if isinstance(value, str):
            return REF.sub(lambda found: self.ours.get(found[0], found[0]), value)
        if isinstance(value, list):
            return [self.translated(item) for item in value]
        if isinstance(value, dict):
            return {self.translated(key): self.translated(item) for key, item in value.items()}
        return value

    def theirs(self, value: Any) -> Any:
        return self._plain(value, lambda ref: self.ours.get(ref, "OpaqueRef:?"))

    def mine(self, value: Any) -> Any:
        return self._plain(value, lambda ref: ref if ref in self._paired else "OpaqueRef:?")

    def _plain(self, value: Any, name: Any) -> Any:  # noqa: PLR0911  one for each type
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return str(value)
        if isinstance(value, str):
            text = REF.sub(lambda found: str(name(found[0])).replace("OpaqueRef:", "REF "), value)
            if SECONDS.fullmatch(text):
                return "TIME"
            text = DATE.sub(lambda found: found[0] if found[0] == EPOCH else "TIME", text)
            return text if text.startswith("REF ") else UUID.sub("UUID", text)
        if isinstance(value, list):
            return sorted((self._plain(item, name) for item in value), key=str)
        if isinstance(value, dict):
            return {self._plain(key, name): self._plain(item, name) for key, item in value.items()}
        return value


def pair_results(pairs: Pairs, theirs: Any, ours: Any) -> None:
    """References in the same place are the same objects."""
    if isinstance(theirs, str) and isinstance(ours, str):
        for one, other in zip(REF.findall(theirs), REF.findall(ours), strict=False):
            if one not in pairs.ours and not pairs.known(other):
                pairs.add(one, other)


def pair_new(pairs: Pairs, theirs: dict[str, Event], ours: dict[str, Event]) -> None:
    """New objects of one class: the most alike first, parents before those that point at them."""
    for _ in range(3):
        for ref, event in theirs.items():
            if event["operation"] == "add" and ref not in pairs.ours:
                alike = sorted(
                    (unlike(pairs, event, other), candidate)
                    for candidate, other in ours.items()
                    if other["operation"] == "add" and other["class"] == event["class"] and not pairs.known(candidate)
                )
                if alike and (len(alike) == 1 or alike[0][0] < alike[1][0]):
                    pairs.add(ref, alike[0][1])
    for ref, event in theirs.items():  # whoever is left is as good as any other
        if event["operation"] == "add" and ref not in pairs.ours:
            rest = [r for r, other in ours.items()
                    if other["operation"] == "add" and other["class"] == event["class"] and not pairs.known(r)]  # fmt: skip
            if rest:
                pairs.add(ref, rest[0])


def unlike(pairs: Pairs, theirs: Event, ours: Event) -> int:
    return len(list(differing(pairs, theirs["snapshot"], ours["snapshot"])))


def differing(pairs: Pairs, theirs: dict[str, Any], ours: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """(field, their value, ours) of all that are not the same."""
    for name in {**theirs, **ours}:
        one, other = pairs.theirs(theirs.get(name)), pairs.mine(ours.get(name))
        if one != other:
            yield name, one, other
