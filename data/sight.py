"""What places are given to look at: the mirror of everything, or what somebody may see of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar

from data.changes import ChangeSource
from data.findings.registry import FindingRegistry
from data.types import Home, XapiObject

T = TypeVar("T", bound=XapiObject)


class Sight(ChangeSource, Protocol):
    """`data.mirror.Mirror` says what its parts mean."""

    @property
    def pools(self) -> Mapping[str, Home]: ...

    @property
    def findings(self) -> FindingRegistry: ...

    def __iter__(self) -> Iterator[Home]: ...

    def every(self, kind: type[T]) -> Iterator[T]: ...

    def having(self, kind: type[T], key: str) -> list[T]: ...

    def find(self, kind: type[T], key: str) -> T | None: ...
