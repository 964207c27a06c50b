"""Commands given as data: which action, on what, with what. For the command line; an answer is data too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from data.identity import Key, key_of, seen_from
from data.names import name_of, pool_name
from data.objects import KINDS
from data.scope import everything
from data.sight import Sight
from data.stores.users import User
from data.types import Home, Ref, XapiObject
from data.visibility import Sees
from xo_dash.control.action import DIFFERENT, AnyAction
from xo_dash.control.actions import ACTIONS, BY_ID, actions_for
from xo_dash.control.eligibility import impossible, out_of_sight
from xo_dash.control.lazy_text import lazy
from xo_dash.control.quota.desk import QuotaDesk
from xo_dash.control.rehearsal import rehearse_all
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest, Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.run import Leftover, Run, RunItem, StepLog
from xo_dash.control.runner import Runner
from xo_dash.control.support import unsupported
from xo_dash.control.xe import xe_lines
from xo_dash.i18n import _

NAMED = 5
"""Objects that are listed where a name is of several."""


class OfferedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that the command line is ready to send."""

    name: str
    size: int  # bytes


class Asking(NamedTuple):
    """Whoever wants to know what would be done."""

    user: User
    quotas: QuotaDesk


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"values": "with"}):
    """One command: `on` has uuids, `uuid@pool` or names that only one object has; `values` are the fields of its request."""

    action: str
    on: list[str]
    values: dict[str, Any] = {}
    files: dict[str, OfferedFile] = {}  # by field
    dry_run: bool = False


class Trouble(StrEnum):
    """What is wrong with an order."""

    ACTION = "action"  # there is none of that name
    ON = "on"  # no object is named
    MISSING = "missing"  # an object that is not there
    AMBIGUOUS = "ambiguous"  # a name or uuid of several
    REQUEST = "request"  # see `faults`


class OrderRefused(Exception):  # told to who gave it
    """It cannot be begun; the text is a sentence in the reader's language, `faults` are by field, `matches` the keys of several."""

    def __init__(self, sentence: str, trouble: Trouble, faults: Sequence[Fault] = (), matches: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.trouble = trouble
        self.faults = tuple(faults)
        self.matches = tuple(matches)


def accept(order: Order, among: Sight, user: User | None = None) -> tuple[AnyAction, list[XapiObject], Request]:
    """What it means; what it leaves open is chosen for `user`. Raises OrderRefused."""
    action = BY_ID.get(order.action)
    if action is None:
        near = ", ".join(row.id for row in ACTIONS if row.id.partition(".")[0] == order.action.partition(".")[0])
        raise OrderRefused(_("there is no action “{action}”; there are: {actions}").format(
            action=order.action[:80], actions=near or ", ".join(BY_ID)), Trouble.ACTION)  # fmt: skip
    if not order.on:
        raise OrderRefused(_("name the objects for “{action}”").format(action=action.id), Trouble.ON)
    subjects = list(dict.fromkeys(_find(among, action, text) for text in order.on))
    fitting = [subject for subject in subjects if action.applies_to(subject)]
    if not fitting:
        raise OrderRefused(_not_for(action, subjects[0]), Trouble.REQUEST)
    try:
        kept = action.undecided(fitting, order.values)
        theirs = {name: action.defaults(fitting[:1])[name] for name in kept}
        request = decode(action.request, {**_usual(action, fitting, user), **theirs, **_by_name(action, subjects, order.values)})
        if faults := _undecided(action, fitting, {*order.values, *kept}):
            raise BadRequest(faults)
        if kept:
            request = msgspec.structs.replace(request, unchanged=kept)
    except BadRequest as error:
        raise OrderRefused(_("the command is incomplete or invalid"), Trouble.REQUEST, error.faults) from error
    return action, subjects, request


def _not_for(action: AnyAction, subject: XapiObject) -> str:
    others = ", ".join(row.id for row in actions_for(subject))
    if not others:
        return _("“{action}” is not for “{name}”").format(action=action.id, name=name_of(subject))
    return _("“{action}” is not for “{name}”; what is: {actions}").format(action=action.id, name=name_of(subject), actions=others)


def _undecided(action: AnyAction, subjects: Sequence[XapiObject], given: Collection[str]) -> list[Fault]:
    """What an edit of several would empty, where they have different values and nobody said which one all are to have."""
    stays = {field.name for field in action.fields if field.stays}
    return [Fault(name, lazy(DIFFERENT)) for name in action.differing(subjects) if name not in given and name not in stays]


def _usual(action: AnyAction, subjects: Sequence[XapiObject], user: User | None) -> Mapping[str, object]:
    """What a dialog would begin with; what there is not, or not for all of them, is left out, so that it stays or is asked for."""
    return {name: value for name, value in action.begins_with(subjects, user).items() if value not in ("", None)}


def _by_name(action: AnyAction, subjects: Sequence[XapiObject], values: Mapping[str, Any]) -> dict[str, Any]:
    """The same; an object that is called by a name that only one has, by its key. The rest is left for `decode` to judge."""
    home, found = subjects[0].home, dict(values)
    for one in action.fields:
        text = values.get(one.name)
        if one.kind is None or not isinstance(text, str) or seen_from(home, one.kind, text) is not None:
            continue
        named = _called(home, one.kind, text)
        if not named and one.anywhere:
            named = [row for other in home.pools.values() for row in _called(other, one.kind, text)]
        if len(named) == 1:
            found[one.name] = key_of(named[0]) if one.anywhere else named[0].uuid
    return found


def _called(home: Home, kind: type[XapiObject], name: str) -> list[XapiObject]:
    return [row for row in home.all(kind).values() if name and _name(row) == name]


def _name(row: XapiObject) -> str | None:
    """None for what has none."""
    return getattr(row, "name_label", None)


def _find(among: Sight, action: AnyAction, text: str) -> XapiObject:
    """By key, by uuid or by name; the last two also with `@` and the name of the pool or connection."""
    kind = action.kind
    before, at, pool = text.rpartition("@")
    bare = before if at else text
    found: list[XapiObject] = list(among.having(kind, text)) or [row for row in among.having(kind, bare) if _is_in(row, pool if at else "")]
    if not found:
        named = [row for row in among.every(kind) if _name(row) == text]
        named = named or [row for row in among.every(kind) if at and _name(row) == bare and _is_in(row, pool)]
        found = [row for row in named if action.applies_to(row)] or named  # a disk, say, and not its snapshots and base copies
    if len(found) == 1:
        return found[0]
    if not found:
        raise OrderRefused(_("there is no {kind} “{text}”; enter a name or a UUID").format(kind=kind.xapi_class, text=text[:255]),
                           Trouble.MISSING)  # fmt: skip
    keys = [str(Key(row.uuid, row.home.key)) for row in found]
    listed = ", ".join(keys[:NAMED])
    raise OrderRefused(_("“{text}” matches several: {listed}; specify which one").format(text=text[:255], listed=listed),
                       Trouble.AMBIGUOUS, matches=keys)  # fmt: skip


def _is_in(row: XapiObject, pool: str) -> bool:
    """`pool`: its name, or that of its connection; "": any."""
    return not pool or pool in (row.home.server.label, pool_name(row.home))


def preview(action: AnyAction, subjects: Iterable[XapiObject], request: Request, by: Asking | None = None) -> list[dict[str, object]]:
    """What would be done to each: the steps in words, the calls for `xe`, or what is wrong, with it or for whoever asks."""
    return [_previewed(action, subject, request, by) for subject in subjects]


def _previewed(action: AnyAction, subject: XapiObject, request: Request, by: Asking | None) -> dict[str, object]:
    about: dict[str, object] = {"uuid": subject.uuid, "name": name_of(subject)}
    if reason := impossible(action, subject):
        return about | {"refused": str(reason)}
    try:
        own = action.settled(action.for_each(request, subject), subject, by.user if by is not None else None)
        faults = action.faults(own, subject)
        if not faults and by is not None:
            whole = subject.home.original(subject)  # whose usual SRs may be others than those that are seen
            theirs = action.settled(own, whole, by.user)
            faults = out_of_sight(theirs, whole, by.user) or by.quotas.faults(by.user, action.id, theirs, whole)
        if faults:
            raise BadRequest(faults)
    except BadRequest as error:
        return about | {"refused": "; ".join(str(fault.reason) for fault in error.faults)}
    steps = rehearse_all(action.plan(own, subject))
    if reason := unsupported(steps, subject.home):
        return about | {"refused": str(reason)}
    return about | {"steps": [str(step.says) for step in steps], "calls": xe_lines(steps, subject.home)}


def told(run: Run, sees: Sees = everything) -> dict[str, object]:
    """A run as it is now; of what it made or left, what its reader `sees`."""
    return {
        "id": run.key,
        "action": run.action.id,
        "state": run.state.value,
        "ended": run.ended,
        "progress": round(run.progress, 3),
        "results": [_result(item, sees) for item in run.items],
    }


def _result(item: RunItem, sees: Sees) -> dict[str, object]:
    made = _made(item, sees)
    return {
        "uuid": item.uuid,
        "name": item.name,
        "state": item.state.value,
        "reason": str(item.reason or ""),
        "code": item.code,
        "steps": [_step(step) for step in item.steps],
        "left": [{"says": str(left.says), "uuids": _uuids_left(item, left, sees)} for left in item.left],
        "can_be_undone": item.can_be_undone,
        "made": made.uuid if made is not None else "",
    }


def _uuids_left(item: RunItem, left: Leftover, sees: Sees) -> list[str]:
    return [row.uuid for row in rows_left(item, left) if sees(row)] if left.made else []


def _step(step: StepLog) -> dict[str, object]:
    about: dict[str, object] = {"says": str(step.says), "state": step.state.value, "undone": step.undone}
    return about | ({"inside": [_step(one) for one in step.inside]} if step.inside else {})


def _made(item: RunItem, sees: Sees) -> XapiObject | None:
    """The object that the command made, once the mirror has heard of it and its reader sees it."""
    if not isinstance(item.result, str) or not item.result.startswith("OpaqueRef:"):
        return None
    made = _row(item.subject.home, Ref(item.result))
    return made if made is not None and sees(made) else None


def _row(home: Home, ref: Ref) -> XapiObject | None:
    return next((row for kind in KINDS if (row := home.one(kind, ref)) is not None), None)


def rows_left(item: RunItem, left: Leftover, among: Mapping[str, Home] | None = None) -> list[XapiObject]:
    """What is left, as far as it is still there. `among`: the pools that somebody sees."""
    pools = item.subject.home.pools if among is None else among
    home = pools.get(left.pool)
    return [row for ref in left.refs if (row := _row(home, ref)) is not None] if home is not None else []


def undoing(runner: Runner, run: Run) -> list[dict[str, object]]:
    """What taking back the rest of a run would do: for each of its objects that has something left, as `preview` tells it."""
    found = [(item, runner.undoing(item)) for item in run.items if item.can_be_undone]
    return [{"uuid": item.uuid, "name": item.name, "steps": [str(step.says) for step in steps], "calls": xe_lines(steps, item.subject.home)}
            for item, steps in found]  # fmt: skip


def refusal_as_data(error: OrderRefused) -> dict[str, object]:
    """A refusal as data."""
    return {"error": str(error), "faults": {fault.field: str(fault.reason) for fault in error.faults}}
