"""What is written down of a run, a line for each thing that happened, and the text of a line."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec

from data.reading import RecordedRows
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.control.plan import Call, Parallel, Question, Step, Transfer
from xo_dash.control.run import Run, RunState

VERSION: Final = 1
Place = tuple[int, ...]
"""Where a step stands: its number; inside of plans beside each other also the number of the plan and of the step in it, and so on. What
undoes a step has that one's place, UNDO, and its own number."""
UNDO: Final = -1
ALL: Final = -1
"""Instead of an object's number."""


class RunBegan(msgspec.Struct, frozen=True, kw_only=True, tag="run"):
    """The first line."""

    key: str
    action: str
    user_id: str
    user: str
    address: str
    created: float
    request: dict[str, Any]
    objects: list[tuple[str, str, str, str]]  # uuid, name, server, uuid of its pool
    cap: Role = Role.ADMIN  # see Run.cap


class ItemBegan(msgspec.Struct, frozen=True, kw_only=True, tag="begin"):
    """Its turn has come. `rows`: what its plan read."""

    item: int
    at: float  # what its plan takes for now
    request: dict[str, Any]
    rows: RecordedRows


class StepBegan(msgspec.Struct, frozen=True, kw_only=True, tag="step"):
    """On the disk before anything is sent."""

    item: int
    place: Place
    at: float
    does: str  # see `identified`
    says: dict[str, Any]


class TaskMade(msgspec.Struct, frozen=True, kw_only=True, tag="task"):
    item: int
    place: Place
    pool: str  # the server's id
    task: str


class StepEnded(msgspec.Struct, frozen=True, kw_only=True, tag="answer"):
    item: int
    place: Place
    at: float
    state: str
    reason: dict[str, Any] | None = None
    code: str = ""
    result: Any = None


class ItemEnded(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    item: int
    at: float
    state: str
    reason: dict[str, Any] | None = None
    code: str = ""


class RunCancelled(msgspec.Struct, frozen=True, kw_only=True, tag="cancel"):
    """Somebody wants one of its objects to stop, or all of it."""

    item: int = ALL


RunLine = RunBegan | ItemBegan | StepBegan | TaskMade | StepEnded | ItemEnded | RunCancelled
_DECODER: Final[msgspec.json.Decoder[RunLine]] = msgspec.json.Decoder(RunLine)


def encoded(line: RunLine) -> str:
    """Raises TypeError for an answer that is no plain data, such as a row of the mirror."""
    return msgspec.json.encode(line, enc_hook=_plain).decode()


def decoded(text: str) -> RunLine:
    """Raises msgspec.DecodeError."""
    return _DECODER.decode(text)


def _plain(value: object) -> object:
    if isinstance(value, XapiObject):
        raise TypeError("a row of the mirror is no answer that can be written down")
    return str(value)


def began(run: Run) -> RunBegan:
    return RunBegan(
        key=run.key, action=run.action.id, user_id=run.user_id, user=run.user_name, address=run.address, created=run.created,
        request=msgspec.to_builtins(run.request) if run.request is not None else {},
        objects=[(item.uuid, item.name, item.pool, item.pool_uuid) for item in run.items], cap=run.cap,
    )  # fmt: skip


def identified(step: Step) -> str:
    """What a step does, as far as doing it again must be the same: its method, and a digest of all that it sends."""
    match step:
        case Call():
            name, sent = step.method, [step.at, *step.parameters]
        case Question():
            name, sent = step.method, [*step.parameters]
        case Transfer():
            name, sent = step.method, [step.query]
        case Parallel():
            name, sent = "plans", [len(step.branches)]
        case _:
            name, sent = type(step).__name__.lower(), []
    digest = hashlib.sha256(msgspec.json.encode(sent, enc_hook=str, order="sorted")).hexdigest()
    return f"{name} {digest[:32]}"


def state_of(text: str) -> RunState:
    """LOST for one that this version does not know."""
    return RunState(text) if text in set(RunState) else RunState.LOST
