"""Commands: `GET /api/v1/actions` has all of them with the schema of what each wants to know, `POST /api/v1/actions/{id}` gives one."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from data.types import XapiObject
from xo_dash.api.asked import Asked, Problem, told
from xo_dash.api.runs import run_as_data
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import ACTIONS, BY_ID
from xo_dash.control.looking import looked
from xo_dash.control.orders import Asking, Order, OrderRefused, Trouble, accept, preview
from xo_dash.control.requests.fields import hide_unchanged
from xo_dash.control.requests.request import files_of
from xo_dash.i18n import _

STATUS: Final[Mapping[Trouble, int]] = {
    Trouble.ACTION: 404, Trouble.ON: 400, Trouble.MISSING: 404, Trouble.AMBIGUOUS: 409, Trouble.REQUEST: 422,
}  # fmt: skip


class ActionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"values": "with"}):
    """What is posted: the objects, and the fields of the action's request."""

    on: Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=1000)]
    values: dict[str, Any] = {}
    dry_run: bool = False


def action_as_data(action: AnyAction) -> dict[str, object]:
    """`on`: XAPI's class of what it is for; `role`: whoever has it may do it; `schema`: of the fields in `with`."""
    return {
        "id": action.id,
        "title": _(action.title),
        "on": action.kind.xapi_class,
        "role": action.role.value,
        "warning": _(action.warning) if action.warning else "",
        "schema": schema_of(action.request),
    }


def schema_of(shape: type) -> Mapping[str, object]:
    """JSON schema of a struct, with what it refers to inside."""
    return _schema(shape)


@cache
def _schema(shape: type) -> Mapping[str, object]:
    (schema,), parts = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    own = schema.get("$ref", "").rpartition("/")[2]
    whole: dict[str, object] = {**(parts.pop(own) if own in parts else schema)}
    hide_unchanged([whole])
    return whole | ({"$defs": parts} if parts else {})


async def all_actions(asked: Asked) -> Response:
    asked.query(())
    items = await to_thread(lambda: [action_as_data(action) for action in ACTIONS])  # the schemas take a while the first time
    return await told(asked, {"items": items, "next": None})


async def one_action(asked: Asked) -> Response:
    asked.query(())
    return await told(asked, action_as_data(_action(asked.path("id"))))


async def give(asked: Asked) -> Response:
    """202 with a run that goes on by itself; what it would do, for a dry run."""
    asked.query(())
    body = await asked.body(ActionBody)
    order = Order(action=asked.path("id"), on=body.on, values=body.values, dry_run=body.dry_run)
    try:
        action, subjects, request = accept(order, asked.scope.mirror, asked.user)
    except OrderRefused as refused:
        raise _problem(refused) from refused
    _allow(asked, action, subjects)
    if action.look is not None and any(not file.url for file in files_of(request)):
        raise Problem(400, _("“{action}” reads its file before it starts; give the file as an address").format(action=action.id))
    try:
        request = await looked(asked.context.runner.exchange, asked.user, action, subjects, request)
    except OrderRefused as refused:
        raise _problem(refused) from refused
    if body.dry_run:
        by = Asking(asked.user, asked.context.runner.quotas)
        return await told(asked, {"action": action.id, "dry_run": True, "preview": preview(action, subjects, request, by)})
    run = asked.context.runner.start(asked.user, action, subjects, request, address=asked.address)
    return await told(asked, run_as_data(run, asked.scope.sees), 202, {"location": f"/api/v1/runs/{run.key}"})


def _action(action_id: str) -> AnyAction:
    action = BY_ID.get(action_id)
    if action is None:
        raise Problem(404, _("there is no action “{action}”; GET /api/v1/actions lists them").format(action=action_id[:80]))
    return action


def _allow(asked: Asked, action: AnyAction, subjects: Sequence[XapiObject]) -> None:
    """Raises Problem if they may do it to none of these; the runner asks again, of each."""
    verdicts = [may(asked.user, action, subject) for subject in subjects]
    if not any(verdicts):
        raise Problem(403, str(verdicts[0].reason))


def _problem(refused: OrderRefused) -> Problem:
    more: dict[str, object] = {}
    if refused.faults:
        more["faults"] = {fault.field: str(fault.reason) for fault in refused.faults}
    if refused.matches:
        more["matches"] = list(refused.matches)
    sentence = "; ".join([str(refused), *(f"{fault.field}: {fault.reason}" for fault in refused.faults)])
    return Problem(STATUS[refused.trouble], sentence, **more)
