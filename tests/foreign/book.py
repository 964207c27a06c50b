"""What a pool knows: rows by class, and what became of them since a token. Facts of XAPI's protocol, none of our own code."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

Record = dict[str, Any]
Records = dict[str, dict[str, Record]]
"""{class as XAPI writes it: {ref: record}}"""

BEGIN = 1000
"""The generation of a database that has lived for a while."""


class Book:
    """A database with a generation; for any thread."""

    def __init__(self, records: Records) -> None:
        self.records = copy.deepcopy(records)
        self._generation = BEGIN
        self._log: list[tuple[int, str, str, str]] = []  # generation, class, operation, ref
        self._odd: list[tuple[int, Record]] = []  # generation, an event as it is
        self._changed = threading.Condition()
        self._over = False

    def put(self, name: str, ref: str, record: Mapping[str, Any]) -> None:
        """A row that is new, or has these fields from now on."""
        with self._changed:
            rows = self.records.setdefault(name, {})
            operation = "mod" if ref in rows else "add"
            rows[ref] = {**rows.get(ref, {}), **record}
            self._note(name, operation, ref)

    def remove(self, name: str, ref: str) -> None:
        with self._changed:
            del self.records[name][ref]
            self._note(name, "del", ref)

    def tell(self, event: Record) -> None:
        """An event exactly like this, to everybody, once."""
        with self._changed:
            self._generation += 1
            self._odd.append((self._generation, event))
            self._changed.notify_all()

    def inject(self, name: str, ref: str) -> str:
        with self._changed:
            before = self._generation
            self._note(name, "mod", ref)
        return _token(before, 0)

    def end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def events(self, classes: Iterable[str], token: str, timeout: float) -> Record:
        """event.from's answer, after waiting for something to tell."""
        wanted = {name.lower() for name in classes}
        since, messages = (int(part) for part in token.split(",")) if token else (0, 0)
        end = time.monotonic() + timeout
        with self._changed:
            while not (found := self._since(wanted, since, messages)) and (left := end - time.monotonic()) > 0 and not self._over:
                self._changed.wait(left)
            counts = {name.lower(): len(rows) for name, rows in self.records.items() if name != "message"}
            return {"events": found, "valid_ref_counts": counts, "token": _token(self._generation, self._generation)}

    def _note(self, name: str, operation: str, ref: str) -> None:
        self._generation += 1
        self._log.append((self._generation, name, operation, ref))
        self._changed.notify_all()

    def _since(self, wanted: set[str], since: int, messages: int) -> list[Record]:
        whole = {name for name in self.records if name.lower() in wanted and not (messages if name == "message" else since)}
        found = [self._event(name, "add", ref) for name in whole for ref in self.records[name]]
        latest = {(name, ref): operation for at, name, operation, ref in self._log if at > since and name not in whole}
        found += [self._event(name, operation, ref) for (name, ref), operation in latest.items() if name.lower() in wanted]
        return found + ([event for at, event in self._odd if at > since] if since else [])

    def _event(self, name: str, operation: str, ref: str) -> Record:
        event = {"id": str(self._generation), "timestamp": "0.0", "class": name.lower(), "operation": operation, "ref": ref}
        return event if operation == "del" else {**event, "snapshot": self.records[name][ref]}


def _token(database: int, messages: int) -> str:
    return f"{database:020d},{messages:020d}"
