"""What a command would send, and what is wrong with a request for it."""

from __future__ import annotations

from data.types import XapiObject
from tests.control.signatures import refused
from xo_dash.control.actions import action
from xo_dash.control.plan import Call, Question, Step
from xo_dash.control.rehearsal import rehearse
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest


def steps_of(action_id: str, subject: XapiObject, **values: object) -> list[Step]:
    """The steps of its plan for these values."""
    row = action(action_id)
    return rehearse(row.plan(decode(row.request, values).for_each(subject), subject))


def calls_of(action_id: str, subject: XapiObject, **values: object) -> list[tuple[str, tuple[object, ...]]]:
    """[(method, parameters)] of its plan."""
    found = [(step.method, step.parameters) for step in steps_of(action_id, subject, **values) if isinstance(step, (Call, Question))]
    assert [refusal for method, parameters in found if (refusal := refused(method, parameters))] == []
    return found


def faults(action_id: str, subject: XapiObject, **values: object) -> list[str]:
    """What is wrong with these values for this object, in words."""
    row = action(action_id)
    try:
        return [str(fault.reason) for fault in row.faults(decode(row.request, values).for_each(subject), subject)]
    except BadRequest as error:
        return [str(fault.reason) for fault in error.faults]
