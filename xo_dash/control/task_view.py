"""A task as it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from data.objects import Task
from data.server import Server
from data.types import XapiObject
from data.views.about import About
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.run import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """What is shown of a task, whoever began it: in the list, the bar and the API. Runs of ours are among them, see `activity`."""

    key: str
    title: LazyText  # "Start", or what a tool called it
    about: About
    subject: XapiObject | None  # the same, which rights are asked of
    server: Server | None
    who: str  # empty: from outside
    state: RunState
    progress: float  # 0 to 1
    since: float
    ended: float  # 0 while it goes on
    says: LazyText | None = None  # the step under way
    reason: LazyText | None = None
    task: Task | None = None  # while it can be cancelled
    pool: str = ""  # what its pool is called
    run: str = ""  # the key of our own run
    number: int = 0  # ... which of its objects
    cancelled: bool = False  # ... whether somebody wants it to stop
    user_id: str = ""  # ... and who began it

    @property
    def name(self) -> str:
        """Of what it is about; "" if nobody knows."""
        return self.about.name

    @property
    def goes_on(self) -> bool:
        """Whether it runs as far as anybody can see: of a pool that is away nobody can."""
        return not self.state.ended and (self.server is None or self.server.is_live)

    @property
    def order(self) -> tuple[bool, float]:
        """What goes on first, then the latest end."""
        return (self.state.ended, -(self.ended or self.since))
