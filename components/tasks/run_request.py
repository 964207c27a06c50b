"""What was asked for with a command, as its fields and as commands for a shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from components.actions.preview import commands
from components.ui import Card, key_values
from data.identity import seen_from
from data.journal_names import UNSEEN
from data.names import name_of
from data.types import Home, XapiObject
from xo_dash.context import Context
from xo_dash.control.rehearsal import rehearse
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.requests.fields import InputKind, RequestField, fields
from xo_dash.control.requests.file import File
from xo_dash.control.requests.request import REDACTED
from xo_dash.control.run import Run, RunItem
from xo_dash.control.xe import xe_lines
from xo_dash.i18n import _, number, size

NAMED: Final = 10
"""Parts of a request that are listed."""
Called = Callable[[RequestField, type[XapiObject], str], str]
"""(field, kind, key) -> what the object is called."""


def request_card(context: Context, run: Run, item: RunItem) -> None:
    """Nothing where nothing was asked for. Commands name all that they touch, so they are for who gave them and for who sees everything."""
    told_all = not context.is_restricted or run.user_id == context.viewer
    home = context.mirror.pools.get(item.pool, None if context.is_restricted else item.subject.home)
    called = partial(_called, home, "" if told_all else UNSEEN)
    rows = _rows(run.action.fields, run.request.told(), called) if run.request is not None else []
    lines = _lines(run, item) if told_all else ()
    if not rows and not lines:
        return
    with Card(_("Request")):
        if rows:
            key_values(rows)
        commands(lines)


def _rows(asked: Sequence[RequestField], told: Mapping[str, object], called: Called) -> list[tuple[str, str]]:
    """(title, value) of what was given, as the audit has it: what is secret is not in it, however deep it lies."""
    given = [(field, told.get(field.name)) for field in asked]
    return [(_(field.title), _value(field, value, called)) for field, value in given if value not in (None, "", [], REDACTED)]


def _value(field: RequestField, value: object, called: Called) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        more = [_("... and {n} more").format(n=number(len(value) - NAMED))] if len(value) > NAMED else []
        return "; ".join([*(_value(field, one, called) for one in value[:NAMED]), *more])
    if isinstance(value, dict):
        if field.part in (None, File):  # where it is offered is nobody else's business
            return " ".join([str(value.get("name", "")), *([f"({size(held)})"] if isinstance(held := value.get("size"), int) else [])])
        return ", ".join(f"{title}: {text}" for title, text in _rows(fields(field.part), value, called))
    text = size(value) if field.entry is InputKind.SIZE and isinstance(value, int) else str(value)
    if field.kind is not None:
        return called(field, field.kind, text)
    return _(field.options[text]) if text in field.options else text


def _called(home: Home | None, unseen: str, field: RequestField, kind: type[XapiObject], key: str) -> str:
    """`home`: the pool as far as whoever looks may see it. `unseen`: instead of the key of what is not there for them; empty: the key."""
    row = None
    if home is not None:
        row = seen_from(home, kind, key) if field.anywhere else home.by_uuid(kind, key)
    return name_of(row) if row is not None else unseen or key


def _lines(run: Run, item: RunItem) -> Sequence[str]:
    """Only while it can still be said what they would be."""
    subject: XapiObject = item.subject
    if run.request is None or item.state.ended or subject.home.one(type(subject), subject.ref) is not subject:
        return ()
    try:
        return xe_lines(rehearse(run.action.plan(run.action.for_each(run.request, subject), subject)), subject.home)
    except BadRequest:
        return ()
