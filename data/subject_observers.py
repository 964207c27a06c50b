"""Who wants to be told of single objects, or of what a topic means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from data.changes import Change, Observer, Subject, Topic
from data.observers import Unsubscribe
from data.types import XapiObject


class SubjectObservers:
    """Kept by what they look at, so that a change of anything else costs them nothing."""

    def __init__(self) -> None:
        self._by_topic: defaultdict[Subject | Topic, dict[int, Observer]] = defaultdict(dict)
        self._next = 0

    def __len__(self) -> int:
        """How many there are, each once for every topic of its."""
        return sum(map(len, self._by_topic.values()))

    def add(self, topics: Iterable[Subject | Topic], observer: Observer) -> Unsubscribe:
        """Until what is returned is called."""
        self._next += 1
        key, watched = self._next, tuple(topics)
        for topic in watched:
            self._by_topic[topic][key] = observer

        def unsubscribe() -> None:
            for topic in watched:
                observers = self._by_topic.get(topic)
                if observers is not None:
                    observers.pop(key, None)
                    if not observers:
                        del self._by_topic[topic]

        return unsubscribe

    def gather(self, changes: Sequence[Change]) -> list[tuple[Observer, list[Change]]]:
        """Each observer with what concerns it."""
        calls: dict[int, tuple[Observer, list[Change]]] = {}
        if self._by_topic:
            for change in changes:
                for key, observer in self._of(change.subject).items():
                    calls.setdefault(key, (observer, []))[1].append(change)
        return list(calls.values())

    def _of(self, subject: Subject) -> dict[int, Observer]:
        found: dict[int, Observer] = {}
        for topic in (subject, type(subject), subject.ref if isinstance(subject, XapiObject) else None):
            if topic is not None and (observers := self._by_topic.get(topic)):
                found |= observers
        return found
