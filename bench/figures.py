"""What a measurement answers, and how it is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number beside what it should stay under."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    beside: str = ""
    """The same run's yardstick, in words."""

    @property
    def kept(self) -> bool:
        return self.limit is None or self.value <= self.limit

    @property
    def row(self) -> str:
        limit = "" if self.limit is None else f"{_plain(self.limit)} {self.unit}"
        verdict = "" if self.limit is None else ("yes" if self.kept else "**no**")
        return f"| {self.what} | {_plain(self.value)} {self.unit} | {limit} | {verdict} | {self.beside} |"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _plain(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
