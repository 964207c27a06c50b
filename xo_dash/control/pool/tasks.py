"""Cancelling XAPI's tasks."""

from __future__ import annotations

from typing import Final

from data.names import name_of
from data.objects import Task, TaskStatus
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.i18n import N_


def cannot_cancel(task: Task) -> LazyText | None:
    """A task can be cancelled while XAPI offers it."""
    if task.status is not TaskStatus.PENDING:
        return lazy(N_("it has ended"))
    if "cancel" in task.current_operations.values():
        return lazy(N_("it is already being cancelled"))
    return None if "cancel" in task.allowed_operations else lazy(N_("it cannot be cancelled now"))


def plan(request: NoRequest, task: Task) -> Plan:
    return one("task.cancel", task.ref, says=lazy(N_("Cancelling {name}"), name=name_of(task)), asynchronous=False)


CANCEL: Final[AnyAction] = Action(
    id="task.cancel", kind=Task, title=N_("Cancel"), done=N_("{name}: cancel request sent to the pool"), role=Role.OPERATOR, icon="close",
    applies_to=lambda task: True, blocked=cannot_cancel, plan=plan,
)  # fmt: skip
