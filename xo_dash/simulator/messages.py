"""Alerts (class message): files beside the database on a real pool, so they have a generation and a history of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .database import Record
from .errors import XapiError

if TYPE_CHECKING:
    from .pool import Pool

KEEP = 10_000
WINDOW = 512  # changes remembered one by one
TABLES = {"VM": "VM", "Host": "host", "SR": "SR", "Pool": "pool", "VMPP": "VMPP", "VMSS": "VMSS", "PVS_proxy": "PVS_proxy",
          "VDI": "VDI", "Certificate": "Certificate"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MessageStep:
    generation: int
    ref: str
    record: Record | None  # None = destroyed


class Messages:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._records: dict[str, Record] = {}  # oldest first
        self._steps: list[MessageStep] = []
        self._forgotten = 0  # steps up to this generation are no longer remembered
        self.generation = 0

    def __len__(self) -> int:
        return len(self._records)

    def items(self) -> Iterator[tuple[str, Record]]:
        return iter(list(self._records.items()))

    def record(self, ref: str) -> Record:
        if ref not in self._records:
            raise XapiError("HANDLE_INVALID", "message", ref)
        return self._records[ref]

    def by_uuid(self, uuid: str) -> str:
        for ref, record in self._records.items():
            if record["uuid"] == uuid:
                return ref
        raise XapiError("UUID_INVALID", "message", uuid)

    def create(self, name: str, priority: int, cls: str, obj_uuid: str, body: str, timestamp: str = "") -> str:
        db = self._pool.db
        ref = f"OpaqueRef:{db.new_uuid()}"
        record: Record = {
            "uuid": db.new_uuid(),
            "name": name,
            "priority": priority,
            "cls": cls,
            "obj_uuid": obj_uuid,
            "timestamp": timestamp or self._pool.clock.iso(),
            "body": body,
        }
        self._records[ref] = record
        self._step(ref, record)
        while len(self._records) > KEEP:
            self.destroy(next(iter(self._records)))
        return ref

    def date_back(self, generation: int, timestamp: str) -> None:
        """Those that came since `generation` tell of something long ago, and have their place among the others by it."""
        new, _ = self.since(generation)
        for _, record in new:
            record["timestamp"] = timestamp
        self._records = dict(sorted(self._records.items(), key=lambda message: message[1]["timestamp"]))

    def destroy(self, ref: str) -> None:
        self.record(ref)
        del self._records[ref]
        self._step(ref, None)

    def since(self, generation: int) -> tuple[list[tuple[str, Record]], list[str]]:
        """(new ones; references of destroyed ones, also of those that came since), oldest first. All, if it is too long ago to tell."""
        if generation < self._forgotten or generation <= 0:
            return list(self._records.items()), [s.ref for s in self._steps if s.record is None]
        steps = [s for s in self._steps if s.generation > generation]
        new = [(s.ref, s.record) for s in steps if s.record is not None and s.ref in self._records]
        return new, [s.ref for s in steps if s.record is None]

    def _step(self, ref: str, record: Record | None) -> None:
        self._pool.db.generation += 1
        self.generation = self._pool.db.generation
        self._steps.append(MessageStep(self.generation, ref, record))
        if len(self._steps) > WINDOW:
            self._forgotten = self._steps[WINDOW // 2 - 1].generation
            del self._steps[: WINDOW // 2]
        self._pool.db.wake("message", ref)
