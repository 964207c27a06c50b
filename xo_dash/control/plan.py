"""A plan: what is done for a request, step by step, as a generator that gets each answer back.

    def plan(request: CloneVM, vm: VM) -> Plan:
        copy = yield Call("VM.clone", vm.ref, request.name, says=..., undo=lambda ref: remove_made(ref, request.name))
        yield Call("VM.set_name_description", copy, "", says=...)

The runner drives it with XAPI's answers, `rehearse` with placeholders: so what is foretold and what happens are one thing. What a plan must
know it reads from the mirror, before its first step, and never from an answer: of a placeholder nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from xo_dash.control.said import Said

MOST_STEPS = 10_000
"""A plan of more is a mistake."""


class Call:
    """One call of XAPI, sent once."""

    __slots__ = ("alone", "asynchronous", "blame", "gone_is_done", "method", "parameters", "says", "stays", "undo", "undone")

    def __init__(
        self,
        method: str,
        *parameters: object,
        says: Said,
        undo: Callable[[Any], Plan] | None = None,
        undone: Said | None = None,
        stays: Said | None = None,
        blame: Question | None = None,
        asynchronous: bool = True,
        gone_is_done: bool = False,
        alone: bool = False,
    ) -> None:
        """`says`: what it does, "Cloning web-1". `undo`: of its answer, the plan that takes it back when a later step fails;
        `undone` and `stays` say what is so then if that worked, and if not. `blame`: who knows better why it failed.

        `asynchronous`: by a task of its own; false for the few that XAPI only does at once.
        `gone_is_done`: what it removes may already be gone. `alone`: no later step needs it; its failure is told and the plan goes on.
        """
        self.method = method
        self.parameters = parameters
        self.says = says
        self.undo = undo
        self.undone = undone
        self.stays = stays
        self.blame = blame
        self.asynchronous = asynchronous
        self.gone_is_done = gone_is_done
        self.alone = alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A call that changes nothing, and whose answer may end the plan. One that gets no answer ends nothing: the next call will tell."""

    method: str
    parameters: tuple[object, ...]
    says: Said
    judge: Callable[[object], Said | None]  # why the answer stands against the plan; None if it does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Until the mirror shows something: a host that is back, a guest that answers."""

    until: Callable[[], bool]  # asked again after each change of the mirror
    within: float  # seconds
    says: Said
    failed: Said  # why, when the time is over


Step = Call | Question | Wait
Plan = Generator[Step, Any, None]


class Placeholder(str):
    """Stands for an answer that is not there yet: `VM of step 1`."""

    kind: str
    step: int

    def __new__(cls, kind: str, step: int) -> Placeholder:
        made = super().__new__(cls, f"<{kind} {step}>")
        made.kind, made.step = kind, step
        return made


def rehearse(plan: Plan) -> list[Step]:
    """The steps of a plan, nothing being sent; answers are placeholders."""
    return list(islice(_rehearsed(plan), MOST_STEPS))


def _rehearsed(plan: Plan) -> Generator[Step, None, None]:
    answer: object = None
    count = 0
    try:
        while True:
            step = plan.send(answer)
            count += 1
            yield step
            answer = Placeholder(step.method.partition(".")[0], count) if isinstance(step, Call) else None
    except StopIteration:
        return


def one(method: str, *parameters: object, says: Said, asynchronous: bool = True) -> Plan:
    """The plan of a single call."""
    yield Call(method, *parameters, says=says, asynchronous=asynchronous)


def several(steps: Sequence[Step]) -> Plan:
    """A plan whose steps do not need each other's answers."""
    yield from steps
