"""What a command is: a row of the table in `actions`, with the type of its request and the plan that carries it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from data.identity import seen_from
from data.objects import SR, VM, Host, Network
from data.stores.users import Role, User
from data.texts import natural
from data.types import XapiObject
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.fields import RequestField, fields
from xo_dash.control.requests.request import Edit, NoRequest, Request
from xo_dash.control.transfers.ends import Opening
from xo_dash.control.usable import Usable, usable_by
from xo_dash.i18n import N_

if TYPE_CHECKING:
    from xo_dash.control.run import Finds

S = TypeVar("S", bound=XapiObject)
R = TypeVar("R", bound=Request)
NOT_YOURS: Final = N_("your rights do not include it")
DIFFERENT: Final = N_("the values differ; enter one for all")
"""Of a field that an edit of several would empty; see `Action.differing`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the objects that a field may be; `refused` says why this one cannot be."""

    value: str  # its uuid
    label: str
    refused: LazyText | None = None


def in_order(choices: Iterable[Choice]) -> list[Choice]:
    """Those that can be chosen first, by name."""
    return sorted(choices, key=lambda choice: (choice.refused is not None, natural(choice.label)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Action(Generic[S, R]):
    """A command a user may give to a `kind` of objects. Texts are messages, put into words when shown."""

    id: str  # "vm.start": in the audit, in grants
    kind: type[S]
    title: str  # what the button says
    done: str  # with {name}
    role: Role
    applies_to: Callable[[S], bool]  # whether it is a command for such an object at all, whatever its state
    blocked: Callable[[S], LazyText | None]  # why it cannot be done to this object now; None if it can
    plan: Callable[[R, S], Plan]  # asked for after all checks, of the mirror as it is then
    request: type[R] = NoRequest  # type: ignore[assignment]  # what most take
    defaults: Callable[[Sequence[S]], Mapping[str, object]] = lambda subjects: {}  # what a dialog begins with; see `begins_with`
    edits: bool = False  # `defaults` are what the objects have now, not suggestions
    unasked: Callable[[Sequence[S]], Collection[str]] = lambda subjects: ()  # fields that mean nothing for these objects
    needless: Callable[[Mapping[str, object]], Collection[str]] = lambda typed: ()  # ... with these values of the others; see `only_with`
    check: Callable[[R, S], Iterable[Fault | None]] = lambda request, subject: ()  # what the type of the request cannot say; None: a pause
    notes: Callable[[R, S], Iterable[LazyText]] = lambda request, subject: ()  # what to know before it is done as asked for; no refusals
    settle: Callable[[R, S, Usable], R] | None = None  # names what is left open, of the SRs and networks that its user may use
    pin: Callable[[R, S], R] = lambda request, subject: (
        request
    )  # as it begins: names what is still open, which its rules would soon choose otherwise
    look: Callable[[R, Opening, Sequence[S], Usable | None], Awaitable[R]] | None = (
        None  # what its file says, put in before it is given; raises EndFailed
    )
    choices: Mapping[str, Callable[[Sequence[S]], Sequence[Choice]]] = field(default_factory=dict)  # of fields that are objects
    quick_check: Callable[[S], bool] | None = None  # `blocked(...) is None`, without the words: a selection may be thousands
    relevant: Callable[[S], bool] | None = None  # whether its state makes one think of it; unless given, whether it can be done
    occasional: bool = False  # about what few have (a change that waits, a cloud-init disk): in no menu of the others
    succeeded: Callable[[S], bool] | None = None  # whether the object is as it should be afterwards; asked when a task is lost
    warning: str = ""  # what it costs; then it is confirmed first
    danger: bool = False  # what it costs does not come back
    typed: bool = False  # confirmed by typing, also for few: the name of one object, the number of several
    without_pool: bool = False  # it is for a pool that does not respond
    delivers: bool = False  # a file comes out of it, for whoever gave the command
    needs: Collection[str] = ()  # calls without which it cannot be done at all; older releases lack some
    prominent: bool = False  # a button of its own, not in the menu
    group: str = ""  # "settings": what an object is, rather than what is done with it; in menus apart
    other_hosts: Callable[[R, S], Iterable[Host]] = lambda request, subject: ()  # that have work with it, besides where the object is
    sender: Callable[[R, S], Host | None] = lambda request, subject: None  # the host that sends disks for it, if one does and is known
    leaves: Callable[[R, S], Finds | None] = lambda request, subject: None  # asked before it begins: what to look for if it fails
    stays: Callable[[S], LazyText | None] = lambda subject: None  # how the object is now, said when it failed or was cancelled
    page: Callable[[S], str] | None = None  # the path of a page that asks instead of the dialog, for a single object; "": the dialog does
    page_of_many: Callable[[Sequence[S]], str] | None = None  # ... and for several; "" for too many
    icon: str = ""
    also_removed: Callable[[S], Sequence[str]] = lambda subject: ()  # what else goes, by name
    consequences: Callable[[S], Sequence[str]] = lambda subject: ()  # what follows for others, in the reader's words

    @property
    def fields(self) -> tuple[RequestField, ...]:
        """What has to be known but what it is done to."""
        return fields(self.request)

    def begins_with(self, subjects: Sequence[S], user: User | None = None) -> Mapping[str, object]:
        """What its fields begin with. Of an edit of several, None where they have different values: nothing of one goes to the others.

        `user`: whose SRs and networks are suggested.
        """
        values = {**self.defaults(subjects), **dict.fromkeys(self.differing(subjects))}
        if self.edits or not self._places or usable_by(user, *subjects) is None:
            return values
        return values | {name: self._suggested(name, values[name], subjects, user) for name in self._places if values.get(name)}

    def choices_for(self, name: str, subjects: Sequence[S], user: User | None) -> Sequence[Choice]:
        """What a field that is an object may be; SRs and networks that are not for `user` are refused."""
        find = self.choices.get(name)
        found = find(subjects) if find is not None else ()
        kind = self._places.get(name)
        if kind is None or (usable := usable_by(user, *subjects)) is None:
            return found
        home = subjects[0].home
        return [
            replace(choice, refused=choice.refused or lazy(NOT_YOURS))
            if (row := seen_from(home, kind, choice.value)) is not None and not usable(row)
            else choice
            for choice in found
        ]

    @property
    def _places(self) -> Mapping[str, type[SR | Network]]:
        """{field: what it is}"""
        return {one.name: one.kind for one in self.fields if one.kind is not None and issubclass(one.kind, SR | Network)}

    def _suggested(self, name: str, usual: object, subjects: Sequence[S], user: User | None) -> object:
        able = [choice.value for choice in self.choices_for(name, subjects, user) if choice.refused is None]
        return usual if usual in able else next(iter(able), usual)

    def differing(self, subjects: Sequence[S]) -> Collection[str]:
        """The fields that an edit of several finds with different values."""
        if not self.edits or len(subjects) < 2:
            return ()
        first, *others = [self.defaults([subject]) for subject in subjects]
        patterns = {field.name for field in self.fields if field.is_pattern}  # these hold the name of each
        return [name for name in first if name not in patterns and any(other[name] != first[name] for other in others)]

    def undecided(self, subjects: Sequence[S], given: Collection[str]) -> tuple[str, ...]:
        """Fields that each object keeps as it has them: they differ, and nobody said which value all are to have.

        Where nothing was said at all the edit would change nothing: then none is, and each wants a value.
        """
        if not given or not issubclass(self.request, Edit):
            return ()
        differing = set(self.differing(subjects)) - set(given)
        return tuple(field.name for field in self.fields if field.name in differing and not field.stays)

    def for_each(self, request: R, subject: S) -> R:
        """It for one object of several: patterns filled in, and what is left as it is. Raises BadRequest."""
        own = request.for_each(subject)
        if not own.left_as_is:
            return own
        now = self.defaults([subject])
        kept = own.with_values({name: now[name] for name in own.left_as_is if name in now})
        whole: R = msgspec.structs.replace(kept, unchanged=())
        return whole

    def can(self, subject: S) -> bool:
        """Whether nothing blocks it, without the words."""
        return self.quick_check(subject) if self.quick_check is not None else self.blocked(subject) is None

    def is_relevant(self, subject: S) -> bool:
        return self.relevant(subject) if self.relevant is not None else self.can(subject)

    def settled(self, request: R, subject: S, user: User | None) -> R:
        """The request with what it leaves open and what `user` has to choose otherwise; `subject`: as seen by anybody."""
        if self.settle is None:
            return request
        vms = [one.row for one in mentions(request, subject) if isinstance(one.row, VM)]
        usable = usable_by(user, subject, *vms)
        return self.settle(request, subject, usable) if usable is not None else request

    def faults(self, request: R, subject: S) -> list[Fault]:
        """Everything that is wrong with a request for `subject` now."""
        return [fault for fault in self.looking_for_faults(request, subject) if fault is not None]

    def looking_for_faults(self, request: R, subject: S) -> Iterator[Fault | None]:
        """The same in pieces, for who has to let others run meanwhile."""
        yield from _unknown(request, subject)
        yield from self.check(request, subject)


def only_with(name: str, value: object, *others: str) -> Callable[[Mapping[str, object]], Collection[str]]:
    """For `needless`: these others mean something only while the field `name` has this value."""
    return lambda typed: () if typed.get(name) == value else others


class Mention(NamedTuple):
    """An object that a request names, and where; None: there is none in its pool, or, where it may be of any, anywhere."""

    field: RequestField
    place: str
    row: XapiObject | None
    is_named: bool  # else nothing was chosen

    @property
    def not_found(self) -> Fault:
        nothing = lazy(N_("“{field}” is missing"), field=LazyText(self.field.title))
        return Fault(self.place, not_found(self.field) if self.is_named else nothing)


def mentions(request: Request, subject: XapiObject, place: str = "") -> Iterator[Mention]:
    """All of them; those of its parts are at their own places."""
    for one in fields(type(request)):
        value = getattr(request, one.name)
        if isinstance(value, Request):
            yield from mentions(value, subject, f"{place}{one.name}.")
        elif one.part is not None:
            for number, part in enumerate(value or ()):
                yield from mentions(part, subject, f"{place}{one.name}.{number}.")
        elif one.kind is not None and value is not None:
            row = seen_from(subject.home, one.kind, value) if one.anywhere else subject.home.by_uuid(one.kind, value)
            yield Mention(one, f"{place}{one.name}", row, bool(value))


def _unknown(request: Request, subject: XapiObject) -> Iterator[Fault]:
    """Objects that a field names and that are not there."""
    return (one.not_found for one in mentions(request, subject) if one.row is None)


def not_found(field: RequestField) -> LazyText:
    """What is said of an object that is not there."""
    kind = field.kind.xapi_class if field.kind else ""
    return lazy(field.missing or NOT_THERE.get(kind, N_("there is no such object in its pool; choose another")))


NOT_THERE: Mapping[str, str] = {
    "host": N_("there is no such host in its pool; choose another"),
    "SR": N_("there is no such SR in the pool; choose another"),
    "VM": N_("there is no such VM in the pool; choose another"),
}

AnyAction = Action[Any, Any]
