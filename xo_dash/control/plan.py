"""A plan: what is done for a request, step by step, as a generator that gets each answer back.

    def plan(request: CloneVM, vm: VM) -> Plan:
        copy = yield Call("VM.clone", vm.ref, request.name, says=..., undo=lambda ref: remove_made(ref, request.name))
        yield Call("VM.set_name_description", copy, "", says=...)

The runner drives it with XAPI's answers, `rehearsal` with placeholders: so what is foretold and what happens are one thing. What a plan
must know it reads from the mirror, before its first step, and never from an answer: of a placeholder nothing is known.

A step may be plans beside each other (`Parallel`), or bytes on their way (`Transfer`). What a plan returns, else the answer of its first
step, is what it made: the answer that the plan around it gets.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Generator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

from data.types import NULL_REF, Ref
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.requests.file import File
from xo_dash.control.requests.request import REDACTED

if TYPE_CHECKING:
    from xo_dash.control.transfers.ends import Source


class Call:
    """One call of XAPI, sent once."""

    __slots__ = (
        "alone",
        "asynchronous",
        "at",
        "final",
        "gone_is_done",
        "harmless",
        "judge",
        "member",
        "method",
        "parameters",
        "says",
        "secret",
        "stays",
        "undo",
        "undone",
    )

    def __init__(
        self,
        method: str,
        *parameters: object,
        says: LazyText,
        undo: Callable[[Any], Plan] | None = None,
        undone: LazyText | None = None,
        stays: LazyText | None = None,
        judge: Callable[[object], LazyText | None] | None = None,
        asynchronous: bool = True,
        gone_is_done: bool = False,
        alone: bool = False,
        at: str = "",
        member: str = "",
        secret: bool = False,
        harmless: bool | None = None,
        final: bool = False,
    ) -> None:
        """`says`: what it does, "Cloning web-1". `undo`: of its answer, the plan that takes it back when a later step fails;
        `undone` and `stays` say what is so then if that worked, and if not.
        `judge`: of its answer, why it did not do it all the same; plugins say so in words of their own.

        `asynchronous`: by a task of its own; false for the few that XAPI only does at once.
        `gone_is_done`: what it removes may already be gone. `alone`: no later step needs it; its failure is told and the plan goes on.
        `at`: the server's id of another pool than the object's, whose the call is. `member`: the address of the host that is told itself,
        in a session of its own, since its pool has no master. `secret`: its answer is written down only sealed.
        `harmless`: whether sending it twice does what sending it once does; unless given, its name tells (`set_*`, `assert_*`, ...).
        `final`: once it is done, what was done before is not taken back any more, whatever fails afterwards.
        """
        self.method = method
        self.parameters = parameters
        self.says = says
        self.undo = undo
        self.undone = undone
        self.stays = stays
        self.judge = judge
        self.asynchronous = asynchronous
        self.gone_is_done = gone_is_done
        self.alone = alone
        self.at = at
        self.member = member
        self.secret = secret
        self.harmless = harmless
        self.final = final


@dataclass(frozen=True, slots=True, repr=False)
class Hidden:
    """A secret among the parameters of a call: it is sent, and shown to nobody. No text, so that nothing writes it down as one."""

    value: str

    def __repr__(self) -> str:
        return REDACTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A call that changes nothing, and whose answer may end the plan.

    One that gets no answer ends nothing, since the next call will tell, unless it has `passes`: failures that then end nothing either.
    """

    method: str
    parameters: tuple[object, ...]
    says: LazyText
    judge: Callable[[object], LazyText | None]  # why the answer stands against the plan; None if it does not
    member: str = ""  # see Call
    passes: Collection[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Until the mirror shows something: a host that is back, a guest that answers, the disk of a clone. The answer is what it shows."""

    until: Callable[[], object]  # asked again after each change of the mirror; plain data, such as a reference
    within: float  # seconds
    says: LazyText
    failed: LazyText  # why, when the time is over
    kind: str = ""  # of the reference that it shows, "VDI"; then it is foretold
    asks: tuple[object, ...] = ()  # the same for `xe`: what follows it, and what goes into its fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One of the plans that a `Parallel` has beside each other."""

    says: LazyText  # what it is about: "web-1"
    plan: Callable[[], Plan]
    host: Ref = NULL_REF  # the one whose work it is, if it is one's: each does so much at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """Several plans beside each other, as many at a time as the pool and each host take. The answer: a tuple of what each made.

    Once one fails no other is begun, and what all of them did is taken back. `alone`: each stands for itself, one that fails takes back
    what it did, its place in the answer is None, and the plan goes on. `at_once`: so many at a time at most; 0: no limit.
    """

    branches: Sequence[Branch]
    says: LazyText
    alone: bool = False
    at_once: int = 0


@dataclass(frozen=True, slots=True)
class PoolExport:
    """What comes out of the object's own pool, by one of its HTTP handlers, for another pool."""

    path: str
    query: Mapping[str, object]  # without the task


Exporting = Callable[[PoolExport], AsyncGenerator["bytes | memoryview"]]
"""The bytes of one export; raises EndFailed where its task says that they are not all. A piece is lent until the next one is asked for."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Transfer:
    """Bytes out of a pool or into it, by one of its HTTP handlers. The answer is the result of its task.

    What goes in is a `source`, or `content`, made in a thread, or an `export` of the object's pool; without any of them it goes out, to
    whoever gave the command.
    """

    path: str
    query: Mapping[str, object]  # without the task
    _: KW_ONLY
    says: LazyText
    label: str  # what others see the task called
    name: str  # of the file
    source: File | None = None
    content: Callable[[], bytes] | None = None
    export: PoolExport | None = None
    at: str = ""  # the id of the server that an export goes to
    compose: Callable[[Exporting], AsyncGenerator[bytes]] | None = None  # what goes out, if it is made of several exports
    parts: int = 1  # so many
    encode: Callable[[Source], AsyncGenerator[bytes]] | None = None  # what is sent of a source, if that is not simply all of it
    is_framed: bool = False  # in frames, of which nobody knows how many bytes they take
    total: int = 0  # bytes in all, 0 if nobody knows
    answers: str = ""  # the class of what the result is a reference of
    host: str = ""  # the address of the member whose own it is; "": whichever has it
    undo: Callable[[Any], Plan] | None = None
    undone: LazyText | None = None
    stays: LazyText | None = None

    @property
    def is_upload(self) -> bool:
        return any(what is not None for what in (self.source, self.content, self.export))

    @property
    def method(self) -> str:
        """`GET /export`, `GET /export | PUT /import`, `GET /export_raw_vdi (packed)`"""
        own = f"{'PUT' if self.is_upload else 'GET'} {self.path}"
        if self.compose is not None:
            return f"{own} (packed)"
        return f"GET {self.export.path} | {own}" if self.export is not None else own


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspect:
    """A look into a file that is sent, before something is made for it. The answer: bytes of the disk in it, as XAPI writes numbers."""

    file: File
    says: LazyText
    size: Callable[[Source], Awaitable[int]] | None = None  # how that is found, if not by what kind of image it is


Step = Call | Question | Wait | Parallel | Transfer | Inspect
Plan = Generator[Step, Any, Any]


def is_removal(step: Step) -> bool:
    """Whether all that it does is that something is gone afterwards."""
    return isinstance(step, Call) and step.method.endswith((".destroy", ".forget"))


def one(method: str, *parameters: object, says: LazyText, asynchronous: bool = True) -> Plan:
    """The plan of a single call."""
    yield Call(method, *parameters, says=says, asynchronous=asynchronous)


def several(steps: Sequence[Step]) -> Plan:
    """A plan whose steps do not need each other's answers."""
    for step in steps:  # noqa: UP028  # not `yield from`: a list takes no answers
        yield step
