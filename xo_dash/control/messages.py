"""Dismissing XAPI's messages: one, or as many as the pool keeps, some at a time."""

from __future__ import annotations

from collections.abc import Sequence

from data.names import name_of
from data.objects import Host, Message, Pool
from data.texts import whole
from data.types import XapiObject
from xo_dash.control.action import Arguments, Step
from xo_dash.control.said import Said, say
from xo_dash.i18n import N_

AT_ONCE = 100
"""Messages in one call; the next call waits for its end."""
MOST = 1000
"""Messages of one command: its audit names them all."""
MANY_SINCE = (25, 33)
"""The first xapi that is known to destroy many with one call."""


def dismiss_plan(subject: XapiObject, arguments: Arguments) -> Sequence[Step]:
    """Those of `uuids` that are still there."""
    named = (subject.home.by_uuid(Message, uuid) for uuid in arguments["messages"].split())
    refs = [message.ref for message in named if message is not None]
    says, name = N_("Dismissing messages of {name}"), name_of(subject)
    if not _takes_many(subject):
        return [_step("message.destroy", ref, says, name) for ref in refs]
    return [_step("message.destroy_many", refs[at : at + AT_ONCE], says, name) for at in range(0, len(refs), AT_ONCE)]


def _step(method: str, parameter: object, says: str, name: str) -> Step:
    return Step(method=method, parameters=(parameter,), says=says, name=name, asynchronous=False, alone=True, gone_is_done=True)


def _takes_many(subject: XapiObject) -> bool:
    """Whether all of the pool's hosts are new enough: the master may change."""
    versions = [host.software_version.get("xapi_build", "") for host in subject.home.all(Host).values()]
    return bool(versions) and all(tuple(whole(part) for part in version.split(".")[:2]) >= MANY_SINCE for version in versions)


def check(subject: XapiObject, value: str) -> Said | None:
    count = len(value.split())
    if not count:
        return say(N_("no message was chosen"))
    return say(N_("at most {most} messages at a time"), most=MOST) if count > MOST else None


def is_message(subject: XapiObject) -> bool:
    return isinstance(subject, Message)


def is_pool(subject: XapiObject) -> bool:
    return isinstance(subject, Pool)
