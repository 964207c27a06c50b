"""Runs: what becomes of commands. `GET /api/v1/runs/{id}`, `DELETE` cancels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from starlette.responses import Response

from data.visibility import Sees
from xo_dash.api.asked import Asked, Problem, missing, told
from xo_dash.api.collections import Collection
from xo_dash.api.listing import wanted_fields
from xo_dash.control import orders
from xo_dash.control.access import may
from xo_dash.control.lazy_text import read_by
from xo_dash.control.run import Run
from xo_dash.i18n import _


def run_as_data(run: Run, sees: Sees) -> dict[str, object]:
    """What `xo-dash do` is told of it, by whom and when; `steps` are those of all objects."""
    with read_by(sees):
        data = orders.told(run, sees)
    results = [{**result, "pool": item.subject.home.key} for result, item in zip(_results(data), run.items, strict=True)]
    return {
        **data,
        "user": run.user_name,
        "created": run.created,
        "cancelled": run.cancelled,
        "steps": [{**step, "uuid": result["uuid"]} for result in results for step in _results(result, "steps")],
        "results": results,
    }


def _results(data: dict[str, object], name: str = "results") -> list[dict[str, object]]:
    found = data[name]
    return found if isinstance(found, list) else []


def _seen(asked: Asked) -> Iterable[Run]:
    return asked.context.tasks.runs


def _part(name: str) -> object:
    return lambda run, sees: run_as_data(run, sees)[name]


FIELDS: Final = ("id", "action", "state", "ended", "progress", "user", "created", "cancelled", "steps", "results")
RUNS: Final = Collection[Run](
    name="runs", title="Commands that were given: those under way and the last that have ended, the newest first", all=_seen,
    fields={name: _part(name) for name in FIELDS}, always=("id",),  # type: ignore[misc]  # functions of a run
    whole=run_as_data, order=lambda run: f"{1e15 - run.created * 1000:.0f} {run.key}",
    text=lambda run, _data: " ".join((run.action.id, run.user_name, *(item.name for item in run.items))),
)  # fmt: skip


def need_run(asked: Asked) -> Run:
    """The run of the address. Raises Problem."""
    run = next((run for run in _seen(asked) if run.key == asked.path("id")), None)
    return run if run is not None else missing(_("there is no run of this id (any more); GET /api/v1/runs lists those there are"))


async def one_run(asked: Asked) -> Response:
    names = wanted_fields(RUNS, asked.query(("fields",)))
    run = need_run(asked)
    return await told(asked, RUNS.as_data(run, asked.scope.sees, names))


async def cancel(asked: Asked) -> Response:
    """What waits is not begun, what can be cancelled is, and what was done so far is taken back."""
    asked.query(())
    run = need_run(asked)
    if run.ended:
        raise Problem(409, _("it has ended already; nothing can be cancelled"))
    verdicts = [may(asked.user, run.action, item.subject) for item in run.items]
    if not all(verdicts):
        raise Problem(403, str(next(verdict.reason for verdict in verdicts if not verdict)))
    asked.context.runner.cancel(asked.user, run)
    return await told(asked, run_as_data(run, asked.scope.sees), 202)


class UndoBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`dry_run`: only what it would do."""

    dry_run: bool = False


async def undo(asked: Asked) -> Response:
    """202: what could not be undone when it failed is tried once more."""
    asked.query(())
    body = await asked.body(UndoBody)
    run = need_run(asked)
    left = [item for item in run.items if item.can_be_undone]
    if not left:
        raise Problem(409, _("nothing of it is left to be undone"))
    verdicts = [may(asked.user, run.action, item.subject) for item in left]
    if not any(verdicts):
        raise Problem(403, str(verdicts[0].reason))
    if body.dry_run:
        return await told(asked, {"id": run.key, "dry_run": True, "preview": orders.undoing(asked.context.runner, run)})
    asked.context.runner.take_back(asked.user, run, address=asked.address)
    return await told(asked, run_as_data(run, asked.scope.sees), 202)
