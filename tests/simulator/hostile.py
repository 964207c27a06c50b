"""Calls that are well formed and otherwise senseless, from the data model and what a pool has; and what holds whatever was called."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xo_dash.simulator.model import Message, Model
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.types import NULL, Type

WORDS = ("", "0", "1", "xvda", "web", "autodetect", "fe80::1", "10.0.0.9", "2026-01-01T00:00:00Z", "<&>é", "true")
NUMBERS = (0, 1, 2, 7, 1 << 20, 1 << 30, 3 << 30, -1)


@dataclass
class Caller:
    """Makes up arguments: references are of objects that exist, except for one in twenty."""

    model: Model
    pool: Pool
    chance: random.Random

    def arguments(self, message: Message) -> list[Any]:
        return [self.value(parameter.type) for parameter in message.parameters]

    def value(self, kind: Type, depth: int = 0) -> Any:  # noqa: PLR0911  one for each
        match kind.kind:
            case "ref":
                return self.ref(kind.name)
            case "enum":
                return self.chance.choice(kind.values or ("",))
            case "int":
                return self.chance.choice(NUMBERS)
            case "float":
                return float(self.chance.choice(NUMBERS))
            case "bool":
                return self.chance.random() < 0.5
            case "datetime":
                return "20260921T12:00:00Z"
            case "set":
                assert kind.of is not None
                return [self.value(kind.of, depth + 1) for _ in range(self.chance.randrange(3))]
            case "map":
                assert kind.key is not None and kind.of is not None
                return {str(self.value(kind.key, depth + 1)): self.value(kind.of, depth + 1) for _ in range(self.chance.randrange(2))}
            case "option":
                return None
            case "record":
                return self.record(kind.name, depth)
        return self.chance.choice(WORDS)

    def ref(self, cls: str) -> str:
        rows = list(self.pool.db.rows(cls)) if cls in self.model.classes else []
        if not rows or self.chance.random() < 0.05:
            return self.chance.choice((NULL, "OpaqueRef:nothing"))
        return self.chance.choice(rows)

    def record(self, cls: str, depth: int) -> dict[str, Any]:
        """One that exists, now and then with a field of another; made up where there is none."""
        rows = list(self.pool.db.rows(cls))
        if rows:
            return dict(self.pool.db.record(cls, self.chance.choice(rows)))
        return {name: self.value(each.type, depth + 1) for name, each in self.model.classes[cls].fields.items()} if depth < 3 else {}


def faults(model: Model, pool: Pool) -> Iterator[str]:
    """What does not hold in a pool where nothing goes on."""
    yield from one_sided(model, pool)
    yield from unfinished(model, pool)
    yield from misplaced(pool)


def one_sided(model: Model, pool: Pool) -> Iterator[str]:
    """Links that the other side does not know of."""
    for cls, links in model.links.items():
        for ref, record in pool.db.records(cls):
            for name, link in links.items():
                others = record[name] if link.many else [record[name]]
                for other in others:
                    if other not in pool.db.rows(link.other):
                        continue  # clients may write what is not there, and what is destroyed leaves its reference
                    back = pool.db.get(other, link.other_field)
                    if ref not in (back if link.other_many else [back]):
                        yield f"{cls}.{name} of {ref} has {other}, whose {link.other_field} is {back}"


def unfinished(model: Model, pool: Pool) -> Iterator[str]:
    """Operations that nobody ends any more, and operations that are said to be possible as they would not be said now."""
    for cls, facts in model.classes.items():
        if "current_operations" not in facts.fields or cls == "task":
            continue
        for ref, record in list(pool.db.records(cls)):
            if record["current_operations"]:
                yield f"{cls} {ref} is still at {record['current_operations']}"
            said = sorted(record["allowed_operations"])
            pool.refresh(ref)
            now = sorted(pool.db.get(ref, "allowed_operations"))
            if said != now:
                yield f"{cls} {ref} ({record.get('power_state', '')}) said {set(said) ^ set(now)} otherwise than it is"


def misplaced(pool: Pool) -> Iterator[str]:
    """VMs, drives and disks that contradict each other."""
    for ref, vm in pool.db.records("VM"):
        placed = vm["resident_on"] in pool.db.rows("host")
        if placed != (vm["power_state"] in ("Running", "Paused")):
            yield f"VM {ref} is {vm['power_state']} and resident on {vm['resident_on']}"
        if vm["power_state"] == "Halted" and (vm["domid"] != -1 or any(pool.db.get(vbd, "currently_attached") for vbd in vm["VBDs"])):
            yield f"VM {ref} is halted with domid {vm['domid']} or a drive attached"
    for ref, vbd in pool.db.records("VBD"):
        if vbd["empty"] != (vbd["VDI"] == NULL):
            yield f"VBD {ref} is empty: {vbd['empty']}, with {vbd['VDI']}"
