"""Who is to be looked at when, to the second."""

from __future__ import annotations

from collections import defaultdict

from data.changes import Subject


class Agenda:
    """A subject stands in it once, with the earliest of its times. Times are of a clock that only goes on."""

    def __init__(self, now: float) -> None:
        self._now = int(now)
        self._when: dict[Subject, int] = {}
        self._at: defaultdict[int, dict[Subject, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._when)

    def put(self, subject: Subject, at: float) -> None:
        """In the second that `at` is in, or sooner if it stands there."""
        second = max(self._now, int(at))
        before = self._when.get(subject)
        if before is None or second < before:
            self.drop(subject)
            self._when[subject] = second
            self._at[second][subject] = None

    def drop(self, subject: Subject) -> None:
        second = self._when.pop(subject, None)
        if second is not None:
            del self._at[second][subject]
            if not self._at[second]:
                del self._at[second]

    def take(self, now: float) -> Subject | None:
        """One that is due, which stands in it no more."""
        if not self.is_due(now):
            return None
        subject = next(iter(self._at[self._now]))
        self.drop(subject)
        return subject

    def is_due(self, now: float) -> bool:
        """Whether there is one."""
        while self._now <= now and self._now not in self._at:
            self._now += 1
        return self._now <= now
