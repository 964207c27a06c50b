"""What goes on in the pools, as far as somebody may see what it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from data.observers import Unsubscribe
from data.types import XapiObject
from xo_dash.control.activity import Activity, TaskView
from xo_dash.control.run import Run
from xo_dash.control.runner import Runner

SeesTask = Callable[[XapiObject, str], bool]
"""(what it is about, the id of the user who began it) -> whether it is told of."""


class VisibleTasks:
    """Runs of ours, and the lines of tasks of anybody's."""

    def __init__(self, runner: Runner, sees: SeesTask | None) -> None:
        """`sees`: None for who sees all."""
        self._runner, self._sees = runner, sees

    @property
    def runs(self) -> Sequence[Run]:
        """As `Runner.runs` has them."""
        sees = self._sees
        runs = self._runner.runs
        return runs if sees is None else [run for run in runs if all(sees(item.subject, run.user_id) for item in run.items)]

    def lines(self) -> list[TaskView]:
        """As `Activity.lines` has them; what is about nothing is for who sees all."""
        sees = self._sees
        lines = self._activity.lines()
        return lines if sees is None else [line for line in lines if line.subject is not None and sees(line.subject, line.user_id)]

    def observe(self, observer: Callable[[], None]) -> Unsubscribe:
        """Call `observer` whenever a line may look different."""
        return self._activity.observe(observer)

    @property
    def _activity(self) -> Activity:
        return self._runner.activity
