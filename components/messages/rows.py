"""XAPI's messages as rows of a list."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from components.hosts.rows import pool_cell
from components.lists.rows import Cell, ListColumn, ListRow, Newest, TableSpec
from components.messages.words import MARKS, PRIORITIES, details, title
from components.urls import path_about
from data.changes import Change, Operation
from data.messages import CLASSES
from data.objects import Message
from data.relations import Reads
from data.types import Home
from data.views.message import MessageView
from data.views.things import POOL_NAME
from xo_dash.i18n import _

ABOUT: Final = tuple(CLASSES.values())
SHOWN: Final = frozenset({"name_label", "name", "hostname", "is_a_snapshot", "is_control_domain", "snapshot_of", "SR", "VBDs"})
"""What tells the name of an object, and whose page shows it."""


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
        newest=Newest(lambda message: MessageView.raised.of(message) or 0.0, _segments),
    )


def _row(message: Message) -> ListRow:
    level, alarm, name = MessageView.level.of(message), MessageView.alarm.of(message), MessageView.name.of(message)
    at, body, kind = MessageView.raised.of(message), MessageView.body.of(message), MessageView.about_kind.of(message)
    about = MessageView.about.of(message)
    called = about.name or kind
    gone = "" if about.exists else _("{kind}, no longer exists").format(kind=kind)
    cells = (
        Cell(since=at) if at else Cell("–", key=math.nan),
        Cell(title(name, alarm), mark=MARKS[level], tip=name),
        Cell(called, path=path_about(about), tone="dim" if gone else "", tip=gone),
        pool_cell(message),
        Cell(details(body, alarm), tone="dim", tip=body[:1000]),
    )
    return ListRow(cells, _segments(message), f"{called}\n{kind}\n{message.obj_uuid}")


def _segments(message: Message) -> tuple[str]:
    return (str(int(MessageView.level.of(message))),)


def _about(changes: Sequence[Change]) -> Iterator[Message]:
    """The messages about what is called or shown otherwise now, or is gone: of each pool all are looked through once."""
    found: dict[Home, set[str]] = {}
    for change in changes:
        subject = change.subject
        if isinstance(subject, ABOUT) and (change.operation is not Operation.MOD or not SHOWN.isdisjoint(change.names)):
            found.setdefault(subject.home, set()).add(subject.uuid)
    for home, uuids in found.items():
        yield from (message for message in home.all(Message).values() if message.obj_uuid in uuids)
