"""Dismissing XAPI's messages: one, or as many as the pool keeps, some at a time."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from data.names import name_of
from data.objects import Host, Message, Pool
from data.stores.users import Role
from data.texts import whole
from data.types import Ref
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import called
from xo_dash.i18n import N_

AT_ONCE = 100
"""Messages in one call; the next call waits for its end."""
MOST = 1000
"""Messages of one command: its audit names them all."""
MANY_SINCE = (25, 33)
"""The first xapi that is known to destroy many with one call."""


class DismissMessages(Request, frozen=True, kw_only=True):
    """These messages are deleted from the pool, for everybody."""

    messages: Annotated[list[str], Meta(min_length=1, max_length=MOST), called(N_("Messages"))]  # by uuid


def dismiss_plan(request: DismissMessages, pool: Pool) -> Plan:
    """Those that are still there."""
    named = (pool.home.by_uuid(Message, uuid) for uuid in request.messages)
    refs = [message.ref for message in named if message is not None]
    says = lazy(N_("Dismissing messages of {name}"), name=name_of(pool))
    if not _takes_many(pool):
        for ref in refs:
            yield _call("message.destroy", ref, says)
        return
    for at in range(0, len(refs), AT_ONCE):
        yield _call("message.destroy_many", refs[at : at + AT_ONCE], says)


def _call(method: str, parameter: Ref | list[Ref], says: LazyText) -> Call:
    return Call(method, parameter, says=says, asynchronous=False, alone=True, gone_is_done=True)


def _takes_many(pool: Pool) -> bool:
    """Whether all of the pool's hosts are new enough: the master may change."""
    versions = [host.software_version.get("xapi_build", "") for host in pool.home.all(Host).values()]
    return bool(versions) and all(tuple(whole(part) for part in version.split(".")[:2]) >= MANY_SINCE for version in versions)


def _one_plan(request: NoRequest, message: Message) -> Plan:
    return one("message.destroy", message.ref, says=lazy(N_("Dismissing {name}"), name=name_of(message)), asynchronous=False)


DISMISS_MANY: Final[AnyAction] = Action(
    id="pool.dismiss_messages", kind=Pool, request=DismissMessages, title=N_("Dismiss messages"),
    done=N_("Messages of {name} dismissed"), role=Role.OPERATOR, icon="check",
    applies_to=lambda pool: False,  # it is for the page of messages, which knows which
    blocked=lambda pool: None, plan=dismiss_plan,
)  # fmt: skip
DISMISS: Final[AnyAction] = Action(
    id="message.dismiss", kind=Message, title=N_("Dismiss"), done=N_("{name} is dismissed"), role=Role.OPERATOR, icon="check",
    applies_to=lambda message: True, blocked=lambda message: None, plan=_one_plan,
)  # fmt: skip
