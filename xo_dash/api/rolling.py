"""Rolling updates and reboots: `POST /api/v1/pools/{uuid}/rolling` begins one, `POST /api/v1/rolling/{id}/answer` says how it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

import msgspec
from starlette.responses import Response

from data.names import name_of
from data.objects import Pool
from data.visibility import Sees
from xo_dash.api.asked import Asked, Problem, told
from xo_dash.api.collections import Collection
from xo_dash.api.named import the_one
from xo_dash.api.objects import find
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.rolling.check import Check
from xo_dash.control.rolling.pauses import answers_to, reason_of
from xo_dash.control.rolling.request import RollHosts, action_of
from xo_dash.control.rolling.state import Rolling
from xo_dash.i18n import _


class RollingBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"values": "with"}):
    """What is posted: the fields of the run. `dry_run`: only what stands against it, and what would be done to which host."""

    values: dict[str, Any] = {}
    dry_run: bool = False


class RollingAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """While it is paused any of them; `stop` at any time: it ends after the host under way."""

    answer: Literal["go_on", "wait", "look", "again", "skip", "stop"]


def _seen(asked: Asked) -> Iterable[Rolling]:
    return asked.context.rolling.runs_in(asked.scope)


FIELDS: Final = (
    "id", "pool_uuid", "user", "begins", "began", "ended", "state", "paused", "answers", "stopping", "request", "turns", "left", "log",
)  # fmt: skip


def _run_as_data(rolling: Rolling, _sees: Sees) -> dict[str, object]:
    """As it is written down, but for whose it is and what only we need; what is said in it is in the reader's words."""
    data = {**msgspec.to_builtins(rolling), "begins": rolling.due, "user": rolling.user_name, "request": rolling.request.told(),
            "state": rolling.state,
            "paused": reason_of(rolling), "answers": answers_to(rolling), "left": [_(title) for title in rolling.left],
            "turns": [msgspec.to_builtins(turn) | {"reason": turn.reason, "waits": turn.waiting} for turn in rolling.turns],
            "log": [{"at": line.at, "host": line.host, "what": line.text} for line in rolling.log]}  # fmt: skip
    return {name: data[name] for name in FIELDS}


def _part(name: str) -> Callable[[Rolling, Sees], object]:
    return lambda rolling, sees: _run_as_data(rolling, sees)[name]


ROLLING: Final = Collection[Rolling](
    name="rolling", title="Rolling updates and reboots: those under way and the last that have ended, the newest first", all=_seen,
    fields={name: _part(name) for name in FIELDS}, always=("id",), whole=_run_as_data,
    order=lambda one: f"{1e15 - one.began * 1000:.0f} {one.id}",
    text=lambda one, _data: " ".join((one.user_name, *(turn.name for turn in one.turns))),
)  # fmt: skip


async def begin(asked: Asked) -> Response:
    """202 with a run that goes on by itself, and over a restart."""
    asked.query(())
    body = await asked.body(RollingBody)
    pool = the_one(asked, Pool, "pool", asked.path("uuid"))
    try:
        request = decode(RollHosts, body.values)
    except BadRequest as error:
        faults = {fault.field: str(fault.reason) for fault in error.faults}
        raise Problem(422, "; ".join(f"{field}: {reason}" for field, reason in faults.items()), faults=faults) from error
    engine = asked.context.rolling
    if body.dry_run:
        obstacles = await engine.obstacles(request, pool) if engine.may_not(asked.user, request, pool) is None else ()
        found = await engine.assess(request, pool, obstacles)
        refused = engine.why_not(asked.user, request, pool, found)
        hosts = [{"uuid": host.uuid, "name": name_of(host), "action": action_of(request, host).id} for host in found.hosts]
        return await told(asked, {"dry_run": True, "refused": str(refused) if refused is not None else None, "hosts": hosts,
                                  "checks": [_check_as_data(one) for one in found.checks]})  # fmt: skip
    if (reason := engine.may_not(asked.user, request, pool)) is not None:
        raise Problem(403, str(reason))
    started = await engine.start(asked.user, request, pool)
    if not isinstance(started, Rolling):
        found = await engine.assess(request, pool, started.told)  # as they see it
        raise Problem(409, str(started.reason), checks=[_check_as_data(one) for one in found.checks])
    return await told(asked, _run_as_data(started, asked.scope.sees), 202, {"location": f"/api/v1/rolling/{started.id}"})


def _check_as_data(check: Check) -> dict[str, object]:
    return {"gravity": check.gravity, "what": str(check.what), "why": str(check.why), "ways": check.ways, "chosen": check.how or None,
            "vm": check.vm.uuid if check.vm is not None else None, "host": check.host.uuid if check.host is not None else None,
            "fix": check.fix[0].id if check.fix is not None else None,
            "fix_on": check.fix[1].uuid if check.fix is not None else None}  # fmt: skip


async def answer(asked: Asked) -> Response:
    asked.query(())
    body = await asked.body(RollingAnswer)
    rolling = find(ROLLING, asked, asked.path("id"))
    if rolling.ended:
        raise Problem(409, _("the run has ended already"))
    if not rolling.paused and body.answer not in ("stop", *answers_to(rolling)):
        raise Problem(409, _("the run is not paused; it can only be stopped"))
    if body.answer not in ("stop", *answers_to(rolling)):
        possible = ", ".join(answers_to(rolling))
        raise Problem(409, _("“{answer}” is no answer to this; there are: {answers}").format(answer=body.answer, answers=possible))
    if (reason := asked.context.rolling.answer(asked.user, rolling, body.answer)) is not None:
        raise Problem(403, str(reason))
    return await told(asked, _run_as_data(rolling, asked.scope.sees), 202)
