"""What a command is: a row of the table in `actions`, and the calls it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from data.names import name_of
from data.stores.users import Role
from data.types import Home, XapiObject
from xo_dash.control.said import Said

Arguments = Mapping[str, str]
"""What the user gave with the command, by the argument's name; an object is given by its uuid."""

Condition = Callable[[XapiObject], Said | None]
"""Why it cannot be done to this object now; None if it can."""


Judge = Callable[[object, Home], Said | None]
"""Why what a question was answered stands against the command; None if nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of XAPI. `says` is a message with a field `{name}`."""

    method: str  # "VM.destroy"
    parameters: tuple[object, ...]
    says: str
    name: str
    asynchronous: bool = True  # by a task of its own; false for the few that XAPI only does at once
    gone_is_done: bool = False  # what it removes may already be gone
    alone: bool = False  # what comes after it does not need it
    judge: Judge | None = None  # it changes nothing, but its answer may end the plan
    blame: Step | None = None  # a question whose judge knows better why this one failed
    undo: Undo | None = None  # when a later one fails


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What takes a step back. `undone` and `stays` are messages with a field `{name}`: what is so if that worked, and if not."""

    step: Step
    undone: str
    stays: str


Plan = Callable[[XapiObject, Arguments], Sequence[Step]]


class Entry(StrEnum):
    """How an argument is asked for."""

    TEXT = "text"
    HOST = "host"
    SR = "sr"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the things an argument may be; `refused` says why this one cannot be."""

    value: str
    label: str
    refused: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """Something a command needs to know. In a TEXT, `{name}` stands for the name of each object it is done to."""

    name: str
    title: str  # a message
    entry: Entry = Entry.TEXT
    default: Callable[[Sequence[XapiObject]], str] = lambda subjects: ""
    choices: Callable[[Sequence[XapiObject]], Sequence[Choice]] = lambda subjects: ()
    check: Callable[[XapiObject, str], Said | None] = lambda subject, value: None
    secret: bool = False  # never written to the audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A command a user may give. Texts are messages, put into words when shown."""

    id: str  # "vm.start": in the audit, in grants
    kind: type[XapiObject]
    title: str  # what the button says
    doing: str  # with {name}
    done: str  # with {name}
    role: Role
    when: Condition
    plan: Plan
    holds: Callable[[XapiObject], bool]  # whether `when` has nothing against it, quickly
    suits: Callable[[XapiObject], bool]  # whether it is a command for such an object at all, whatever its state
    fits: Callable[[XapiObject], bool] = lambda subject: True  # whether its state makes one think of it
    reached: Callable[[XapiObject], bool] | None = None  # whether the object is as it should be afterwards; asked when the task is lost
    arguments: tuple[Argument, ...] = ()
    loses: str = ""  # what it costs; then it is confirmed first
    danger: bool = False  # what it costs does not come back
    prominent: bool = False  # a button of its own, not in the menu
    icon: str = ""
    names_what_goes: Callable[[XapiObject], Sequence[str]] = lambda subject: ()  # what else is removed, by name
    foretells: Callable[[XapiObject], Sequence[str]] = lambda subject: ()  # what follows for others, in the reader's words


def call(method: str, says: str, *parameters: object, asynchronous: bool = True) -> Plan:
    """The plan of a command that is one call: `method(subject, *parameters)`."""

    def plan(subject: XapiObject, arguments: Arguments) -> Sequence[Step]:
        return (Step(method=method, parameters=(subject.ref, *parameters), says=says, name=name_of(subject), asynchronous=asynchronous),)

    return plan


def text_argument(subject: XapiObject, arguments: Arguments, name: str) -> str:
    """The argument's text, for this object."""
    return arguments.get(name, "").replace("{name}", name_of(subject)).strip()
