"""What an installation wants to be told of (rules.json, notes.json), and what the watch remembers over a restart (watched.json)."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from data.changes import Subject
from data.findings.finding import Rule
from data.findings.overrides import Acknowledgement, Overrides, Tuning, name_of
from data.growth import Sample
from data.stores.directory import DataDirectory
from data.stores.records import Records
from data.stores.replacing import replace_file
from data.stores.trace import UNTOLD

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tuned:
    """A rule's tuning under its key."""

    id: str
    on: bool = True
    warning: float | None = None
    critical: float | None = None
    hold: float | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """What somebody said of one finding; `until` is None for "not again while it lasts"."""

    id: str
    by: str
    at: float = field(metadata=UNTOLD)
    until: float | None = 0.0
    seen: bool = False


class Tunings(Records[Tuned]):
    """rules.json"""

    def set_now(self, key: str, tuning: Tuning) -> None:
        """The defaults are not stored."""

        def edit(records: dict[str, Tuned]) -> None:
            records.pop(key, None)
            if tuning != Tuning():
                records[key] = Tuned(key, *tuning)

        self._change("rule.tune", edit, key)


class Notes(Records[Noted]):
    """notes.json"""

    def set_now(self, names: Sequence[str], note: Acknowledgement | None) -> None:
        """None takes what was said back."""

        def edit(records: dict[str, Noted]) -> None:
            for name in names:
                records.pop(name, None)
                if note is not None:
                    records[name] = Noted(name, note.by, note.at, None if math.isinf(note.until) else note.until, note.seen)

        self._change("finding.note", edit, names[0] if names else "")

    def rename_now(self, names: Mapping[str, str]) -> None:
        """{older name: name}"""

        def edit(records: dict[str, Noted]) -> None:
            for older, name in names.items():
                if noted := records.pop(older, None):
                    records.setdefault(name, replace(noted, id=name))

        self._change(None, edit)

    def tidy_now(self, now: float, ended: Collection[str]) -> None:
        """Forget what was put off until a time that is past, and what was said of findings that are over."""

        def edit(records: dict[str, Noted]) -> None:
            for name, noted in list(records.items()):
                lasts = noted.until is None or noted.seen
                if name in ended if lasts else (noted.until or 0) < now:
                    del records[name]

        self._change(None, edit)


class Watched(msgspec.Struct):
    """What the watch remembers."""

    growth: dict[str, list[tuple[float, float]]] = {}  # {SR's key: [(epoch seconds, bytes used)]}
    since: dict[str, float] = {}  # {finding's name: epoch seconds at which it began}


class FindingStore:
    """Raises StoreError at the first reading of a damaged file of what people said; what the watch remembered may be lost."""

    def __init__(self, directory: DataDirectory) -> None:
        self._directory = directory
        self._tunings = Tunings(directory, "rules", Tuned)
        self._notes = Notes(directory, "notes", Noted)
        self._memory = directory.path / "watched.json"

    def overrides(self) -> Overrides:
        tunings = {tuned.id: Tuning(tuned.on, tuned.warning, tuned.critical, tuned.hold, tuned.tags) for tuned in self._tunings.all()}
        notes = {n.id: Acknowledgement(n.by, n.at, math.inf if n.until is None else n.until, n.seen) for n in self._notes.all()}
        return Overrides(tunings, notes)

    async def tune(self, rule: Rule, tuning: Tuning) -> None:
        await self._directory.run(self._tunings.set_now, rule.key, tuning)

    async def note(self, rule: Rule, subjects: Sequence[Subject], note: Acknowledgement | None) -> None:
        await self._directory.run(self._notes.set_now, [name_of(rule, subject) for subject in subjects], note)

    async def rename(self, names: Mapping[str, str]) -> None:
        """Keep notes under other names: {older: name}. Raises StoreError."""
        await self._directory.run(self._notes.rename_now, names)

    async def tidy(self, now: float, ended: Collection[str]) -> None:
        await self._directory.run(self._notes.tidy_now, now, ended)

    def remembered(self) -> Watched:
        """Nothing, if there is nothing or it cannot be read: it is measured anew."""
        try:
            return msgspec.json.decode(self._memory.read_bytes(), type=Watched)
        except FileNotFoundError:
            return Watched()
        except (OSError, msgspec.DecodeError) as error:
            log.warning("%s cannot be read, forecasts begin anew: %s", self._memory, error)
            return Watched()

    async def remember(self, growth: Mapping[str, Sequence[Sample]], since: Mapping[str, float]) -> None:
        memory = Watched({key: [(s.t, s.used) for s in samples] for key, samples in growth.items()}, dict(since))
        await self._directory.run(self._remember, memory)

    def _remember(self, memory: Watched) -> None:
        try:
            replace_file(self._memory, msgspec.json.encode(memory))
        except OSError as error:
            log.warning("%s cannot be written: %s", self._memory, error)
