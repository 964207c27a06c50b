"""A wall clock that people and time servers set, while the program runs."""

import datetime as dt
import time

import apscheduler.schedulers.base
import pytest


class WallClock:
    """What `time.time()` and APScheduler believe; the loop's own clock goes on as ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0  # seconds
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + self.ahead)

        class Datetime(dt.datetime):
            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
                return dt.datetime.fromtimestamp(time.time(), tz)

        monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Datetime)

    def set_by(self, seconds: float) -> None:
        """Forward, or back if below zero."""
        self.ahead += seconds
