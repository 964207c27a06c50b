"""The steps of a plan before anything is sent: it is driven with placeholders for the answers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from itertools import count, islice

from xo_dash.control.plan import Call, Inspect, Parallel, Plan, Step, Transfer, Wait

MOST_STEPS = 10_000
"""A plan of more is a mistake."""


class Placeholder(str):
    """Stands for an answer that is not there yet: `VM of step 1`."""

    kind: str
    step: int

    def __new__(cls, kind: str, step: int) -> Placeholder:
        made = super().__new__(cls, f"<{kind} {step}>")
        made.kind, made.step = kind, step
        return made


class Unread(Placeholder):
    """The same for an undoing, which may look into an answer: there is nothing in it."""

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __getitem__(self, _key: object) -> str:  # as of a record
        return ""


def rehearse(plan: Plan) -> list[Step]:
    """The steps of a plan, nothing being sent; answers are placeholders. A `Parallel` is one step."""
    return [step for depth, step in rehearsing(plan) if depth == 0]


def rehearse_all(plan: Plan) -> list[Step]:
    """The same, and after each `Parallel` the steps of its branches: placeholders are numbered in this order."""
    return [step for _depth, step in rehearsing(plan)]


def rehearsing(plan: Plan) -> Iterator[tuple[int, Step]]:
    """The same one by one, each with how deep it is: a plan for all VMs of a host is worked out in several turns of the loop."""
    return islice(_rehearsed(plan, count(1)), MOST_STEPS)


def rehearse_rest(plan: Plan, answered: Callable[[int], tuple[bool, object]]) -> list[Step]:
    """The steps of an undoing that are still to be done. `answered`: whether the step of that number is, and what it was answered."""
    left: list[Step] = []
    answer: object = None
    for number in range(MOST_STEPS):
        try:
            step = plan.send(answer)
        except StopIteration:
            break
        is_done, answer = answered(number)
        if not is_done:
            left.append(step)
            answer = Unread(step.method.partition(".")[0], number) if isinstance(step, Call) else None
    return left


def _rehearsed(plan: Plan, numbers: Iterator[int], depth: int = 0) -> Generator[tuple[int, Step], None, object]:
    """(how deep, step) of each; returns what stands for the plan's answer."""
    answer: object = None
    first: object = None
    begun = False
    while True:
        try:
            step = plan.send(answer)
        except StopIteration as end:
            return first if end.value is None else end.value
        number = next(numbers)
        yield depth, step
        if isinstance(step, Parallel):
            answers = []
            for branch in step.branches:
                answers.append((yield from _rehearsed(branch.plan(), numbers, depth + 1)))
            answer = tuple(answers)
        else:
            answer = _placeholder(step, number)
        first, begun = (answer if not begun else first), True


def _placeholder(step: Step, number: int) -> Placeholder | None:
    match step:
        case Call():
            return Placeholder(step.method.partition(".")[0], number)
        case Transfer() if step.answers:
            return Placeholder(step.answers, number)
        case Inspect():
            return Placeholder("size", number)
        case Wait() if step.kind:
            return Placeholder(step.kind, number)
        case _:
            return None
