"""A command once more: for those that did not get there, or with its fields as they were, to be corrected."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from components.actions.run_command import give, run_command
from components.ui import Tone, notify
from data.types import XapiObject
from xo_dash.auth.current import current_actor
from xo_dash.context import Context
from xo_dash.control.requests.request import REDACTED
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.i18n import _

AGAIN = frozenset({RunState.FAILED, RunState.REFUSED, RunState.CANCELLED})
"""What nobody knows the end of is not among them: it may have been done."""


def failed(run: Run) -> list[RunItem]:
    """Those that a second try may be good for."""
    return [item for item in run.items if item.state in AGAIN]


def dismiss(context: Context, run: Run) -> None:
    """Its card goes for good; it stays where somebody only looks through its user's eyes."""
    if not current_actor().only_looks:
        context.runner.dismiss(run)


async def retry_failed(context: Context, run: Run, begun: Callable[[Run], object] | None = None) -> Run | None:
    """The same request, for the failed alone, as they are now; the card of the old run goes."""
    subjects = [row for item in failed(run) if (row := _now(context, run, item)) is not None]
    if run.request is None or not subjects:
        notify(_("There is nothing to retry."), Tone.WARNING)
        return None
    dismiss(context, run)
    return await give(context, run.action, subjects, run.request, begun)


async def correct_and_retry(context: Context, run: Run) -> Run | None:
    """The dialog with all fields as they were."""
    subjects = [row for item in run.items if item.state in AGAIN and (row := _now(context, run, item)) is not None]
    return await run_command(context, run.action, subjects, preset_of(run)) if subjects else None


def preset_of(run: Run) -> Mapping[str, object]:
    """The fields of its request, without the secret ones, which are asked for again."""
    if run.request is None:
        return {}
    told, own = run.request.told(), msgspec.structs.asdict(run.request)
    return {name: own[name] for name, value in told.items() if value != REDACTED}


def _now(context: Context, run: Run, item: RunItem) -> XapiObject | None:
    pool = context.mirror.pools.get(item.pool)
    return pool.by_uuid(run.action.kind, item.uuid) if pool is not None else None
