"""What goes on in the pools, as far as somebody may see what it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from data.changes import Operation
from data.observers import Unsubscribe
from data.sight import Sight
from data.types import XapiObject
from data.views.about import about
from xo_dash.control.activity import Activity
from xo_dash.control.run import Run
from xo_dash.control.runner import Runner
from xo_dash.control.task_view import TaskView

SeesTask = Callable[[XapiObject, str], bool]
"""(what it is about, the id of the user who began it) -> whether it is told of."""
AsSeen = Callable[[XapiObject], XapiObject | None]
"""(what it is about) -> the same as the reader sees it, with what belongs to it; None if it is not there for them."""


class VisibleTasks:
    """Runs of ours, and the lines of tasks of anybody's."""

    def __init__(self, runner: Runner, seen: Sight, sees: SeesTask | None, as_seen: AsSeen) -> None:
        """`seen`: all that its reader sees; `sees`: None for who sees all."""
        self._runner, self._seen, self._sees, self._as_seen = runner, seen, sees, as_seen

    @property
    def runs(self) -> Sequence[Run]:
        """As `Runner.runs` has them."""
        sees = self._sees
        runs = self._runner.runs
        return runs if sees is None else [run for run in runs if all(sees(item.subject, run.user_id) for item in run.items)]

    def lines(self) -> list[TaskView]:
        """As `Activity.lines` has them; what is about nothing is for who sees all. A line leads to what its reader sees alone."""
        sees = self._sees
        lines = self._activity.lines()
        if sees is None:
            return lines
        return [
            replace(line, about=about(self._as_seen(line.subject), line.name))
            for line in lines
            if line.subject is not None and sees(line.subject, line.user_id)
        ]

    def observe(self, observer: Callable[[], None]) -> Unsubscribe:
        """Call `observer` whenever a line may look different, or is no longer for its reader."""
        end = self._activity.observe(observer)
        if self._sees is None:
            return end
        comes_or_goes = self._seen.observe(
            lambda changes: observer() if any(one.operation is not Operation.MOD for one in changes) else None
        )

        def end_both() -> None:
            end()
            comes_or_goes()

        return end_both

    @property
    def _activity(self) -> Activity:
        return self._runner.activity
