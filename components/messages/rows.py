"""XAPI's messages as rows of a list."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from components.hosts.words import pool_name, pool_path
from components.lists.rows import Cell, ListColumn, ListRow, TableSpec
from components.messages.words import MARKS, PRIORITIES, body, title
from components.urls import path_of
from data.changes import Change, Operation
from data.messages import level_of, subject_name, subject_of
from data.objects import Message
from data.relations import Reads
from data.server import Server
from data.types import timestamp
from data.views.things import POOL_NAME
from xo_dash.i18n import _


def message_table(belongs: Callable[[Message], bool]) -> TableSpec[Message]:
    """Newest first."""
    columns = [
        ListColumn(_("Age"), "164px", brief=True, dated=True),
        ListColumn(_("Message"), "minmax(180px, 1.3fr)", main=True),
        ListColumn(_("Object"), "minmax(120px, 0.8fr)", brief=True),
        ListColumn(_("Pool"), "minmax(90px, 0.5fr)", drop=1),
        ListColumn(_("Details"), "minmax(160px, 2fr)", drop=2),
    ]
    return TableSpec(
        kind=Message,
        columns=columns,
        row=_row,
        reads=Reads(Message, ("timestamp", "name", "cls", "obj_uuid", "body", "priority", *POOL_NAME)),
        near=_about,
        belongs=belongs,
        title=_("Messages"),
        nothing=_("No messages. Messages from XAPI appear here until somebody dismisses them."),
        find=_("Message, object, text"),
        segments={str(int(level)): _(word) for level, word in PRIORITIES.items()},
    )


def _row(message: Message) -> ListRow:
    level, subject = level_of(message), subject_of(message)
    at = timestamp(message.timestamp)
    name = subject_name(message) or message.cls
    more = body(message)
    cells = (
        Cell(since=at) if at else Cell("–", key=math.nan),
        Cell(title(message), mark=MARKS[level], tip=message.name),
        Cell(name, path=path_of(subject))
        if subject
        else Cell(name, tone="dim", tip=_("{kind}, no longer exists").format(kind=message.cls)),
        Cell(pool_name(message), path=pool_path(message)),
        Cell(more, tone="dim", tip=message.body[:1000]),
    )
    return ListRow(cells, (str(int(level)),), f"{message.name}\n{message.cls}\n{message.obj_uuid}")


def _about(change: Change) -> Iterable[Message]:
    """The messages about what has another name now, or is gone."""
    subject = change.subject
    if not isinstance(subject, Message | Server) and (change.operation is not Operation.MOD or "name_label" in change.names):
        return [message for message in subject.home.all(Message).values() if message.obj_uuid == subject.uuid]
    return ()
