"""What one object of a run writes down as it goes, and what it wrote before a restart: where a step is looked up before it is taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import msgspec

from data.mirror import PoolMirror
from data.reading import PastRows, RecordedRows
from data.types import Ref
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.packed_text import packed, unpacked
from xo_dash.control.plan import Call, Step
from xo_dash.control.requests.request import Request
from xo_dash.control.resume.files import RunFile
from xo_dash.control.resume.lines import (
    UNDO,
    ItemBegan,
    ItemEnded,
    Place,
    RunLine,
    StepBegan,
    StepEnded,
    TaskMade,
    identified,
    state_of,
)
from xo_dash.control.resume.plan_clock import plan_began
from xo_dash.control.run import Leftover, RunState
from xo_dash.control.steps import StepOutcome


@dataclass(slots=True)
class PastStep:
    """A step of before the restart. Without an `ended` nobody noted what became of it."""

    began: StepBegan
    task: TaskMade | None = None
    ended: StepEnded | None = None

    @property
    def is_done(self) -> bool:
        return self.ended is not None and self.ended.state == RunState.DONE

    @property
    def outcome(self) -> StepOutcome | None:
        end = self.ended
        return None if end is None else StepOutcome(state_of(end.state), unpacked(end.reason), end.code, end.result)


@dataclass(slots=True)
class PastItem:
    """What the file says of one object."""

    began: ItemBegan | None = None
    ended: ItemEnded | None = None
    steps: dict[Place, PastStep] = field(default_factory=dict)

    def add(self, line: RunLine) -> None:
        match line:
            case ItemBegan():
                self.began = line
            case ItemEnded():
                self.ended = line
            case StepBegan():
                self.steps[line.place] = PastStep(line)
            case TaskMade() if line.place in self.steps:
                self.steps[line.place].task = line
            case StepEnded() if line.place in self.steps:
                self.steps[line.place].ended = line
            case _:
                pass


class ItemRecord:
    """Without a file nothing is written; without a past nothing is found."""

    def __init__(
        self, file: RunFile | None = None, number: int = 0, past: PastItem | None = None, pools: Mapping[str, PoolMirror] | None = None
    ) -> None:
        """`number`: of the object in its run. `pools`: where the rows are that its plan read."""
        self._file = file
        self._number = number
        self._steps = past.steps if past is not None else {}
        began = past.began if past is not None else None
        self.moment = began.at if began is not None else 0.0
        self.rows = PastRows(pools, began.rows) if began is not None and pools is not None else None
        self.stopped: LazyText | None = None  # why it may not go on

    # of before

    def find(self, place: Place) -> PastStep | None:
        return self._steps.get(place)

    def done_from(self, place: Place) -> list[Leftover]:
        """The steps of one plan that were done, from this one on."""
        of, least = place[:-1], place[-1]
        found = [step for at, step in self._steps.items() if at[:-1] == of and at[-1] >= least and UNDO not in at and step.is_done]
        return [Leftover(says) for step in found if (says := unpacked(step.began.says))]

    def answer_to(self, place: Place) -> tuple[bool, object]:
        """Whether a step is done, and what it was answered."""
        step = self._steps.get(place)
        return (True, step.ended.result) if step is not None and step.ended is not None and step.is_done else (False, None)

    def try_again(self) -> None:
        """Undoing begins once more: what of it was done is not sent again, what failed is."""
        self.stopped = None
        self._steps = {place: step for place, step in self._steps.items() if UNDO not in place or step.is_done}

    @contextmanager
    def driving(self, place: Place) -> Generator[None]:
        """While a plan comes to its step at `place`: if that was begun before, with the mirror as it was when the plan began."""
        with ExitStack() as windows:
            windows.enter_context(plan_began(self.moment or time.time()))
            if self.rows is not None and place in self._steps and UNDO not in place:
                windows.enter_context(self.rows.restored())
            yield

    # of now

    def began(self, moment: float, request: Request, rows: Callable[[], RecordedRows]) -> None:
        """`rows`: what its plan read, to be asked for in a thread."""
        self.moment = moment
        if self._file is not None:
            asked = msgspec.to_builtins(request)
            self._file.note_later(lambda: ItemBegan(item=self._number, at=moment, request=asked, rows=rows()))

    async def begin(self, place: Place, step: Step) -> None:
        """Return when it is on the disk that this will be sent. What undoes a step is remembered besides: see `try_again`."""
        if self._file is None and UNDO not in place:
            return
        line = StepBegan(item=self._number, place=place, at=time.time(), does=identified(step), says=packed(step.says) or {})
        if UNDO in place:
            self._steps[place] = PastStep(line)
        if self._file is not None:
            await self._file.write(line)

    def task_made(self, place: Place, pool: str, task: Ref) -> None:
        self._note(TaskMade(item=self._number, place=place, pool=pool, task=task))

    def ended(self, place: Place, outcome: StepOutcome) -> None:
        """An answer that is a row of the mirror is not noted: whoever waited for it waits again."""
        line = StepEnded(item=self._number, place=place, at=time.time(), state=outcome.state, reason=packed(outcome.reason),
                         code=outcome.code, result=outcome.result)  # fmt: skip
        if UNDO in place and place in self._steps:
            self._steps[place].ended = line
        with suppress(TypeError):
            self._note(line)

    def item_ended(self, outcome: StepOutcome) -> None:
        self._note(ItemEnded(item=self._number, at=time.time(), state=outcome.state, reason=packed(outcome.reason), code=outcome.code))

    def _note(self, line: RunLine) -> None:
        if self._file is not None:
            self._file.note(line)


def changes_nothing(step: Call) -> bool:
    """Whether it only asks: of one that nobody knows about, all before it can be undone."""
    verb = step.method.partition(".")[2]
    return verb.startswith(("get_", "assert_")) or verb == "migrate_receive"


def is_harmless(step: Call) -> bool:
    """Whether it may be sent again although it may have been carried out: it would change nothing then."""
    if step.harmless is not None:
        return step.harmless
    verb = step.method.partition(".")[2]
    return step.gone_is_done or verb.startswith(("get_", "set_", "assert_", "remove_from_")) or verb in ("add_tags", "remove_tags")
